//! What a network does to an ensemble.

use zookit_proxy::Proxy;

use super::{Link, Network};
use crate::{Cluster, blocking};

/// Methods of both kinds of clusters: none of them waits.
macro_rules! partitions {
    ($cluster:ty) => {
        /// Partitions, of an ensemble that is
        /// [`partitionable`](crate::ClusterBuilder::partitionable). Nothing here waits: that members
        /// have found out takes them their time.
        ///
        /// A partition is between members. Clients go on reaching each of them, unless their
        /// [`proxy`](Self::proxy) is told otherwise.
        ///
        /// # Panics
        ///
        /// All of these, if the ensemble is not partitionable, or there is no member of a number.
        impl $cluster {
            /// Cuts a member off from all others.
            pub fn isolate(&self, at: usize) {
                let others = (0..self.network().size()).filter(|other| *other != at);
                others.for_each(|other| self.cut(at, other));
            }

            /// Cuts two members off from each other; what either of them says to others arrives. One
            /// way alone it is `link(a, b).cut()`; for what a cut is see [`Link::cut`].
            pub fn cut(&self, a: usize, b: usize) {
                self.link(a, b).cut();
                self.link(b, a).cut();
            }

            /// Divides the members into groups. Two of one group hear each other, even if they did
            /// not before; two that have no group in common do not. Groups may overlap: a member of
            /// two groups is a bridge.
            ///
            /// ```no_run
            /// # fn f(cluster: zookit_ensemble::Cluster) {
            /// cluster.partition(&[&[0, 1], &[2]]);
            /// // Five in two halves, and one that hears both.
            /// cluster.partition(&[&[0, 1, 2], &[2, 3, 4]]);
            /// # }
            /// ```
            pub fn partition(&self, groups: &[&[usize]]) {
                let size = self.network().size();
                for a in 0..size {
                    for b in (0..size).filter(|b| *b != a) {
                        let link = self.link(a, b);
                        if groups.iter().any(|group| group.contains(&a) && group.contains(&b)) {
                            link.clear();
                        } else {
                            link.cut();
                        }
                    }
                }
            }

            /// The network is well again: between the members, and between clients and members.
            pub fn heal(&self) {
                self.network().heal();
            }

            /// What one member says to another: to cut it one way, or to have it arrive late.
            ///
            /// ```no_run
            /// # async fn f(cluster: zookit_ensemble::Cluster) -> Result<(), zookit_ensemble::Error> {
            /// use std::time::Duration;
            ///
            /// // A follower that is far behind.
            /// let leader = cluster.leader().await?;
            /// let follower = cluster.followers().await[0];
            /// cluster.link(leader, follower).delay(Duration::from_millis(500));
            /// # Ok(()) }
            /// ```
            pub fn link(&self, from: usize, to: usize) -> Link<'_> {
                Link::new(self.network(), from, to)
            }

            /// What stands between clients and a member: for whatever is to happen to their
            /// connections and requests. It is healed by [`heal`](Self::heal), too.
            #[must_use]
            pub fn proxy(&self, at: usize) -> Proxy {
                self.network().client(at).clone()
            }
        }
    };
}

partitions!(blocking::Cluster);
partitions!(Cluster);

impl Cluster {
    fn network(&self) -> &Network {
        self.blocking().network()
    }
}

impl blocking::Cluster {
    fn network(&self) -> &Network {
        let network = self.routes().network();
        network.expect("the ensemble was started with `partitionable(true)`")
    }
}
