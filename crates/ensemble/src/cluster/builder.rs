//! How a cluster is to be, before it starts.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::Cluster;
use super::routes::{Direct, MakeRoutes};
use crate::config::{Role, ServerConfig};
use crate::release::{Java, Release};
use crate::server::ServerBuilder;
use crate::task::{self, Task};
use crate::{Error, blocking};

/// How a cluster is to be. Made by [`Cluster::builder`].
#[derive(Clone)]
#[must_use = "it starts with `start`"]
pub struct ClusterBuilder {
    /// What every member has.
    pub(crate) each: ServerBuilder,
    pub(crate) voters: usize,
    pub(crate) observers: usize,
    pub(crate) releases: Vec<Release>,
    pub(crate) reconfigurable: bool,
    pub(crate) routes: MakeRoutes,
    #[cfg(feature = "proxy")]
    pub(crate) partitionable: bool,
}

impl fmt::Debug for ClusterBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("ClusterBuilder");
        debug.field("voters", &self.voters).field("observers", &self.observers);
        debug.field("releases", &self.releases).field("each", &self.each);
        debug.finish_non_exhaustive()
    }
}

impl Default for ClusterBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl ClusterBuilder {
    /// Three voters of the newest release, each made [for tests](ServerBuilder::new).
    pub fn new() -> Self {
        let each = ServerBuilder::new().config(|config| {
            config.init_limit = Some(20);
            config.sync_limit = Some(10);
        });
        Self {
            each,
            voters: 3,
            observers: 0,
            releases: Vec::new(),
            reconfigurable: false,
            routes: Direct::make,
            #[cfg(feature = "proxy")]
            partitionable: false,
        }
    }

    /// How many members vote. With one the cluster is a standalone server, unless
    /// [`reconfigurable`](Self::reconfigurable).
    ///
    /// # Panics
    ///
    /// If it is 0.
    pub const fn voters(mut self, count: usize) -> Self {
        assert!(count > 0, "an ensemble needs a member that votes");
        self.voters = count;
        self
    }

    /// How many members follow without a vote. They are counted behind those that vote.
    pub const fn observers(mut self, count: usize) -> Self {
        self.observers = count;
        self
    }

    /// The release of all; by default what [`Release::find`] finds.
    pub fn release(self, release: &Release) -> Self {
        self.releases([release.clone()])
    }

    /// A release for each member, in their order; from the last one on from the beginning again.
    pub fn releases(mut self, releases: impl IntoIterator<Item = Release>) -> Self {
        self.releases = releases.into_iter().collect();
        self
    }

    /// Changes the configuration of all. Ports, data directories and members are the cluster's.
    pub fn config(mut self, change: impl Fn(&mut ServerConfig) + Send + Sync + 'static) -> Self {
        self.each = self.each.config(change);
        self
    }

    /// Changes the configuration of each, who is counted from 0.
    pub fn config_each(
        mut self,
        change: impl Fn(usize, &mut ServerConfig) + Send + Sync + 'static,
    ) -> Self {
        self.each.changes.push(Arc::new(change));
        self
    }

    /// One more argument for the Java of each.
    pub fn java_flag(mut self, flag: impl Into<String>) -> Self {
        self.each = self.each.java_flag(flag);
        self
    }

    /// The Java; by default what [`Java::find`] finds.
    pub fn java(mut self, java: &Java) -> Self {
        self.each = self.each.java(java);
        self
    }

    /// Whether members serve those who only read while they are cut off; see
    /// [`ServerBuilder::read_only_mode`].
    pub fn read_only_mode(mut self, enabled: bool) -> Self {
        self.each = self.each.read_only_mode(enabled);
        self
    }

    /// Whether members can be [added](Cluster::add) and removed at work, by the client's
    /// `reconfig`; with 3.5 or newer. Then the members' list is in a file of its own with each,
    /// which the servers rewrite.
    pub const fn reconfigurable(mut self, wanted: bool) -> Self {
        self.reconfigurable = wanted;
        self
    }

    /// Whether a network stands between the members, and between clients and members, that can be
    /// cut, delayed and so on: [`Cluster::isolate`], [`Cluster::partition`], [`Cluster::link`],
    /// [`Cluster::proxy`]. [`Server::address`](crate::Server::address) is past it, for who wants to
    /// look on from aside.
    ///
    /// It does not go together with [`reconfigurable`](Self::reconfigurable), nor with TLS between
    /// members. From 3.6 on members that elect look for others every second or two, where usual
    /// ones may let a minute pass, so that they find each other soon when a partition is over.
    #[cfg(feature = "proxy")]
    pub fn partitionable(mut self, wanted: bool) -> Self {
        self.routes = if wanted { crate::partition::Network::make } else { Direct::make };
        self.partitionable = wanted;
        if wanted { self.java_flag(crate::partition::ELECT_OFTEN) } else { self }
    }

    /// Where the directories of the servers are made; by default where the system keeps what is
    /// temporary.
    pub fn directory_in(mut self, parent: impl Into<PathBuf>) -> Self {
        self.each = self.each.directory_in(parent);
        self
    }

    /// How long a start may take until all serve; 90 s by default.
    pub fn start_limit(mut self, limit: Duration) -> Self {
        self.each = self.each.start_limit(limit);
        self
    }

    /// Starts it, and waits until it has a leader and every other member behind it.
    ///
    /// # Errors
    ///
    /// As those of [`ServerBuilder::start`], and [`Error::NoQuorum`].
    pub fn start(self) -> Task<Result<Cluster, Error>> {
        task::run(move || self.start_blocking().map(Cluster::of))
    }

    /// The same for programs without a runtime.
    ///
    /// # Errors
    ///
    /// As those of [`start`](Self::start).
    pub fn start_blocking(&self) -> Result<blocking::Cluster, Error> {
        blocking::Cluster::start_as(self)
    }

    /// What the member of this place has.
    pub(crate) fn server(&self, at: usize) -> ServerBuilder {
        let builder = self.each.clone().my_id(id_of(at));
        match self.releases.get(at % self.releases.len().max(1)) {
            Some(release) => builder.release(release),
            None => builder,
        }
    }

    pub(crate) const fn role(&self, at: usize) -> Role {
        if at < self.voters { Role::Participant } else { Role::Observer }
    }
}

/// ZooKeeper counts members from 1.
pub(crate) fn id_of(at: usize) -> u64 {
    u64::try_from(at).map_or(u64::MAX, |at| at.saturating_add(1))
}
