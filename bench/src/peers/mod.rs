//! The clients that are measured, behind one trait: connect, and read the one znode.

#[cfg(feature = "peers")]
mod theirs;
mod zookit;

use std::future::Future;
use std::net::SocketAddr;

use crate::Res;
#[cfg(feature = "peers")]
pub use theirs::{TokioZookeeper, ZookeeperAsync, ZookeeperClient};
pub use zookit::Zookit;

/// A client with one session.
pub trait Peer: Clone + Send + Sync + Sized + 'static {
    /// As in the tables.
    const NAME: &'static str;

    /// Opens a session.
    fn connect(address: SocketAddr) -> impl Future<Output = Res<Self>>;

    /// Reads [`PATH`](crate::stub::frames::PATH): how much data there is. Panics if it cannot.
    fn get(&self) -> impl Future<Output = usize> + Send + 'static;

    /// As many reads in one call: how much data there is in all. For clients that have such a call.
    fn get_batch(&self, count: usize) -> impl Future<Output = usize> + Send + 'static {
        async move { panic!("{} has no call for {count} requests", Self::NAME) }
    }
}
