//! Several servers that are one ensemble.

pub(crate) mod builder;
#[cfg(feature = "client")]
mod connect;
pub(crate) mod routes;

use std::net::SocketAddr;

pub use self::builder::ClusterBuilder;
use crate::config::{Member, Role};
use crate::release::Release;
use crate::server::{Mode, Server, later};
use crate::task::{self, Task};
use crate::{Error, blocking};

/// A real ensemble. A handle: clones are the same ensemble, which ends, and leaves nothing behind,
/// when the last of them and of its servers is dropped.
///
/// Members are counted from 0; ZooKeeper's own number of a member is one more.
#[derive(Clone, Debug)]
pub struct Cluster {
    blocking: blocking::Cluster,
}

impl Cluster {
    /// Starts this many voters that are [made for tests](ClusterBuilder::new).
    ///
    /// # Errors
    ///
    /// As those of [`ClusterBuilder::start`].
    pub fn start(size: usize) -> Task<Result<Self, Error>> {
        Self::builder().voters(size).start()
    }

    /// Starts one that is otherwise.
    pub fn builder() -> ClusterBuilder {
        ClusterBuilder::new()
    }

    pub(crate) const fn of(blocking: blocking::Cluster) -> Self {
        Self { blocking }
    }

    /// The same ensemble, without futures.
    #[must_use]
    pub const fn blocking(&self) -> &blocking::Cluster {
        &self.blocking
    }

    /// Its servers, in their order.
    #[must_use]
    pub fn servers(&self) -> Vec<Server> {
        self.blocking.servers().into_iter().map(Server::of).collect()
    }

    /// One of them.
    ///
    /// # Panics
    ///
    /// If there is none of this number.
    #[must_use]
    pub fn server(&self, at: usize) -> Server {
        Server::of(self.blocking.server(at))
    }

    /// As [`blocking::Cluster::connect_string`].
    #[must_use]
    pub fn connect_string(&self) -> String {
        self.blocking.connect_string()
    }

    /// As [`blocking::Cluster::client_address`].
    ///
    /// # Panics
    ///
    /// The same.
    #[must_use]
    pub fn client_address(&self, at: usize) -> SocketAddr {
        self.blocking.client_address(at)
    }

    /// As [`blocking::Cluster::member`].
    ///
    /// # Panics
    ///
    /// The same.
    #[must_use]
    pub fn member(&self, at: usize) -> Member {
        self.blocking.member(at)
    }

    later! {
        /// As [`blocking::Cluster::modes`].
        modes() -> Vec<Mode>;

        /// As [`blocking::Cluster::leader`].
        ///
        /// # Errors
        ///
        /// The same.
        leader() -> Result<usize, Error>;

        /// As [`blocking::Cluster::followers`].
        followers() -> Vec<usize>;

        /// As [`blocking::Cluster::observers`].
        observers() -> Vec<usize>;

        /// As [`blocking::Cluster::kill_leader`].
        ///
        /// # Errors
        ///
        /// The same.
        kill_leader() -> Result<usize, Error>;

        /// As [`blocking::Cluster::pause_leader`].
        ///
        /// # Errors
        ///
        /// The same.
        pause_leader() -> Result<usize, Error>;

        /// As [`blocking::Cluster::wait_until_served`].
        ///
        /// # Errors
        ///
        /// The same.
        wait_until_served() -> Result<(), Error>;

        /// As [`blocking::Cluster::rolling_restart`].
        ///
        /// # Errors
        ///
        /// The same.
        rolling_restart() -> Result<(), Error>;

        /// As [`blocking::Cluster::restart_all`].
        ///
        /// # Errors
        ///
        /// The same.
        restart_all() -> Result<(), Error>;

        /// As [`blocking::Cluster::stop`].
        ///
        /// # Errors
        ///
        /// The same.
        stop() -> Result<(), Error>;

        /// As [`blocking::Cluster::add`].
        ///
        /// # Errors
        ///
        /// The same.
        ///
        /// # Panics
        ///
        /// The same, when it is awaited.
        add(role: Role) -> Result<usize, Error>;
    }

    /// As [`blocking::Cluster::wait_until`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn wait_until(
        &self,
        are: impl Fn(&[Mode]) -> bool + Send + 'static,
    ) -> Task<Result<(), Error>> {
        let this = self.blocking.clone();
        task::run(move || this.wait_until(are))
    }

    /// As [`blocking::Cluster::rolling_upgrade`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn rolling_upgrade(&self, release: &Release) -> Task<Result<(), Error>> {
        let (this, release) = (self.blocking.clone(), release.clone());
        task::run(move || this.rolling_upgrade(&release))
    }
}
