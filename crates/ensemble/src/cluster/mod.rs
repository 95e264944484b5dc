//! Several servers that are one ensemble.

pub(crate) mod builder;
#[cfg(feature = "client")]
mod connect;
pub(crate) mod routes;

use std::future::Future;

pub use self::builder::ClusterBuilder;
use crate::release::Release;
use crate::server::{Server, later};
use crate::{Error, blocking, task};

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
    pub fn start(size: usize) -> impl Future<Output = Result<Self, Error>> + Send + 'static {
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

    later! {
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
    }

    /// As [`blocking::Cluster::rolling_upgrade`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn rolling_upgrade(
        &self,
        release: &Release,
    ) -> impl Future<Output = Result<(), Error>> + Send + 'static {
        let (this, release) = (self.blocking.clone(), release.clone());
        task::run(move || this.rolling_upgrade(&release))
    }
}
