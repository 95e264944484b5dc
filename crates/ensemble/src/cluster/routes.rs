//! Which address one member finds another under.
//!
//! Every member has a configuration of its own, and clients an address of their own for each: so a
//! proxy can stand before any port without its server's knowledge. [`Direct`] puts none there.

use std::fmt::Debug;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

/// The ports of a member that other members connect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum PeerPort {
    /// Where it awaits followers when it leads.
    Peer,
    /// For elections.
    Election,
}

/// Where the ports of a member are bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Addresses {
    pub(crate) client: SocketAddr,
    pub(crate) peer: SocketAddr,
    pub(crate) election: SocketAddr,
}

impl Addresses {
    pub(crate) const fn of(&self, port: PeerPort) -> SocketAddr {
        match port {
            PeerPort::Peer => self.peer,
            PeerPort::Election => self.election,
        }
    }
}

/// Who says what address goes into whose configuration. Members are counted from 0.
pub(crate) trait Routes: Debug + Send + Sync {
    /// What `from` has as the address of that port of `to`, which is bound at `bound`. Asked also
    /// for `from == to`: then it is where the member binds it, and what it tells others of itself.
    fn peer(&self, from: usize, to: usize, port: PeerPort, bound: SocketAddr) -> SocketAddr;

    /// Where clients find `to`, whose port for them is bound at `bound`.
    fn client(&self, to: usize, bound: SocketAddr) -> SocketAddr;

    /// The proxies, if there are any.
    #[cfg(feature = "proxy")]
    fn network(&self) -> Option<&crate::partition::Network> {
        None
    }
}

/// Makes the routes of a cluster, once its ports are known and before any configuration is written.
pub(crate) type MakeRoutes = fn(&[Addresses]) -> io::Result<Arc<dyn Routes>>;

/// Every port where it is bound.
#[derive(Debug)]
pub(crate) struct Direct;

impl Direct {
    pub(crate) fn make(_: &[Addresses]) -> io::Result<Arc<dyn Routes>> {
        Ok(Arc::new(Self))
    }
}

impl Routes for Direct {
    fn peer(&self, _from: usize, _to: usize, _port: PeerPort, bound: SocketAddr) -> SocketAddr {
        bound
    }

    fn client(&self, _to: usize, bound: SocketAddr) -> SocketAddr {
        bound
    }
}
