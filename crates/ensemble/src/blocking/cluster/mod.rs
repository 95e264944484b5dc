//! Several servers that are one ensemble.

mod make;
mod watching;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Server;
use crate::Error;
use crate::cluster::ClusterBuilder;
use crate::cluster::routes::{Addresses, Routes};
use crate::config::{Member, Role};
use crate::release::Release;

/// A real ensemble. A handle: clones are the same ensemble, which ends, and leaves nothing behind,
/// when the last of them and of its servers is dropped.
///
/// Members are counted from 0; ZooKeeper's own number of a member is one more.
#[derive(Clone, Debug)]
pub struct Cluster {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    builder: ClusterBuilder,
    routes: Arc<dyn Routes>,
    places: Mutex<Vec<Place>>,
}

/// A member: its server, where it is bound, and what it is to be.
#[derive(Clone, Debug)]
struct Place {
    server: Server,
    addresses: Addresses,
    role: Role,
}

impl Cluster {
    /// Starts this many voters that are [made for tests](ClusterBuilder::new).
    ///
    /// # Errors
    ///
    /// As those of [`ClusterBuilder::start`].
    pub fn start(size: usize) -> Result<Self, Error> {
        Self::builder().voters(size).start_blocking()
    }

    /// One that is otherwise; it starts with [`ClusterBuilder::start_blocking`].
    pub fn builder() -> ClusterBuilder {
        ClusterBuilder::new()
    }

    /// Its servers, in their order.
    #[must_use]
    pub fn servers(&self) -> Vec<Server> {
        self.places().iter().map(|place| place.server.clone()).collect()
    }

    /// One of them.
    ///
    /// # Panics
    ///
    /// If there is none of this number.
    #[must_use]
    pub fn server(&self, at: usize) -> Server {
        self.places()[at].server.clone()
    }

    /// Where clients find a member.
    ///
    /// # Panics
    ///
    /// If there is none of this number.
    #[must_use]
    pub fn client_address(&self, at: usize) -> SocketAddr {
        let bound = self.places()[at].addresses.client;
        self.inner.routes.client(at, bound)
    }

    /// Where clients find all members that there ever were: `127.0.0.1:PORT,…`.
    #[must_use]
    pub fn connect_string(&self) -> String {
        let size = self.places().len();
        let addresses: Vec<_> = (0..size).map(|at| self.client_address(at).to_string()).collect();
        addresses.join(",")
    }

    /// [Kills](Server::kill) the leader, and says which it was.
    ///
    /// # Errors
    ///
    /// As those of [`leader`](Self::leader) and [`Server::kill`].
    pub fn kill_leader(&self) -> Result<usize, Error> {
        let leader = self.leader()?;
        self.server(leader).kill()?;
        Ok(leader)
    }

    /// [Pauses](Server::pause) the leader, and says which it was.
    ///
    /// # Errors
    ///
    /// As those of [`leader`](Self::leader) and [`Server::pause`].
    pub fn pause_leader(&self) -> Result<usize, Error> {
        let leader = self.leader()?;
        self.server(leader).pause()?;
        Ok(leader)
    }

    /// Restarts one member after the other, the leader last, and waits each time until it is back
    /// in the ensemble.
    ///
    /// # Errors
    ///
    /// As those of [`Server::restart`] and [`wait_until_served`](Self::wait_until_served).
    pub fn rolling_restart(&self) -> Result<(), Error> {
        self.roll(|_| ())
    }

    /// The same, and each member comes back as this release.
    ///
    /// # Errors
    ///
    /// As those of [`rolling_restart`](Self::rolling_restart).
    pub fn rolling_upgrade(&self, release: &Release) -> Result<(), Error> {
        self.roll(|server| server.set_release(release))
    }

    /// Stops all members, starts them again on their data, and waits until they are an ensemble.
    ///
    /// # Errors
    ///
    /// As those of [`Server::stop`], [`Server::launch`] and
    /// [`wait_until_served`](Self::wait_until_served).
    pub fn restart_all(&self) -> Result<(), Error> {
        self.stop()?;
        for server in self.servers() {
            server.launch()?;
        }
        self.wait_until_served()
    }

    /// [Stops](Server::stop) all members. Their data and ports are kept.
    ///
    /// # Errors
    ///
    /// As those of [`Server::stop`].
    pub fn stop(&self) -> Result<(), Error> {
        self.servers().iter().try_for_each(Server::stop)
    }

    /// Starts one more server of a [reconfigurable](ClusterBuilder::reconfigurable) ensemble, of
    /// the leader's release, and says which it is. It follows the leader and does not belong to the
    /// ensemble yet: it does once a client has said so by `reconfig`, with what
    /// [`member`](Self::member) gives.
    ///
    /// # Errors
    ///
    /// As those of [`leader`](Self::leader) and [`Server::start`].
    ///
    /// # Panics
    ///
    /// If the ensemble is not reconfigurable.
    pub fn add(&self, role: Role) -> Result<usize, Error> {
        assert!(self.inner.builder.reconfigurable, "only a reconfigurable ensemble takes members");
        self.join(role)
    }

    /// What the others know of a member: the line by which it belongs to the ensemble.
    ///
    /// # Panics
    ///
    /// If there is none of this number.
    #[must_use]
    pub fn member(&self, at: usize) -> Member {
        self.line_of(at)
    }

    fn roll(&self, change: impl Fn(&Server)) -> Result<(), Error> {
        let leader = self.leader()?;
        let servers = self.servers();
        for at in (0..servers.len()).filter(|at| *at != leader).chain([leader]) {
            let server = &servers[at];
            if server.pid().is_none() {
                // One that does not run comes back as it is to be whenever it is started.
                change(server);
                continue;
            }
            server.stop()?;
            change(server);
            server.launch()?;
            self.wait_until_served()?;
        }
        Ok(())
    }

    #[cfg(feature = "proxy")]
    pub(crate) fn routes(&self) -> &dyn Routes {
        &*self.inner.routes
    }

    fn places(&self) -> MutexGuard<'_, Vec<Place>> {
        self.inner.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
