//! One server.

pub(crate) mod builder;
pub(crate) mod directory;
pub(crate) mod four_letter;
pub(crate) mod launch;
pub(crate) mod ports;
pub(crate) mod process;
pub(crate) mod warden;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

pub use self::builder::ServerBuilder;
use crate::config::ServerConfig;
use crate::release::Release;
use crate::task::{self, Task};
use crate::{Error, blocking};

/// What a server is at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mode {
    /// It serves by itself.
    Standalone,
    /// It leads its ensemble.
    Leader,
    /// It follows the leader.
    Follower,
    /// It follows without a vote.
    Observer,
    /// It is cut off from its ensemble and serves those who only read.
    ReadOnly,
    /// Its process lives and does not serve: it is starting or electing, or it is paused.
    NotServing,
    /// It has no process.
    Down,
}

impl Mode {
    /// Whether it serves in an ensemble, or by itself.
    #[must_use]
    pub const fn serves(self) -> bool {
        !matches!(self, Self::NotServing | Self::Down)
    }
}

/// A real server. A handle: clones are the same server, which ends, and leaves nothing behind, when
/// the last of them is dropped.
///
/// What waits is a future that needs no particular runtime. It begins when the method is called,
/// and goes on when it is dropped. The same without futures is [`blocking::Server`].
///
/// ```
/// use std::time::Duration;
/// use zookit_ensemble::{Mode, Server};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # if zookit_ensemble::Release::listed()?.is_empty() {
/// #     eprintln!("skipped: a server: `cargo xtask test` sets ZOOKIT_REAL_CLASSPATHS");
/// #     return Ok(());
/// # }
/// let server = Server::builder()
///     .config(|config| config.max_session_timeout = Some(Duration::from_secs(5)))
///     .start()
///     .await?;
/// server.pause().await?;
/// assert_eq!(server.mode().await, Mode::NotServing);
/// server.resume().await?;
/// server.kill().await?;
/// server.start().await?; // on its data
/// assert!(server.ask("conf").await?.contains("maxSessionTimeout=5000"));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Server {
    blocking: blocking::Server,
}

/// What methods of a server and of a cluster return: it has begun, and goes on when it is dropped.
macro_rules! later {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) -> $value:ty;)*) => {
        $($(#[$doc])*
        pub fn $name(&self $(, $argument: $type)*)
            -> Task<$value>
        {
            let this = self.blocking.clone();
            task::run(move || this.$name($($argument),*))
        })*
    };
}
pub(crate) use later;

impl Server {
    /// Starts a standalone server that is [made for tests](ServerBuilder::new).
    ///
    /// # Errors
    ///
    /// As those of [`ServerBuilder::start`].
    pub fn standalone() -> Task<Result<Self, Error>> {
        Self::builder().start()
    }

    /// Starts one that is otherwise.
    pub fn builder() -> ServerBuilder {
        ServerBuilder::new()
    }

    pub(crate) const fn of(blocking: blocking::Server) -> Self {
        Self { blocking }
    }

    later! {
        /// As [`blocking::Server::start`].
        ///
        /// # Errors
        ///
        /// The same.
        start() -> Result<(), Error>;

        /// As [`blocking::Server::launch`].
        ///
        /// # Errors
        ///
        /// The same.
        launch() -> Result<(), Error>;

        /// As [`blocking::Server::stop`].
        ///
        /// # Errors
        ///
        /// The same.
        stop() -> Result<(), Error>;

        /// As [`blocking::Server::kill`].
        ///
        /// # Errors
        ///
        /// The same.
        kill() -> Result<(), Error>;

        /// As [`blocking::Server::pause`].
        ///
        /// # Errors
        ///
        /// The same.
        pause() -> Result<(), Error>;

        /// As [`blocking::Server::resume`].
        ///
        /// # Errors
        ///
        /// The same.
        resume() -> Result<(), Error>;

        /// As [`blocking::Server::restart`].
        ///
        /// # Errors
        ///
        /// The same.
        restart() -> Result<(), Error>;

        /// As [`blocking::Server::mode`].
        mode() -> Mode;

        /// As [`blocking::Server::wait_until_serving`].
        ///
        /// # Errors
        ///
        /// The same.
        wait_until_serving() -> Result<(), Error>;
    }

    /// As [`blocking::Server::ask`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn ask(&self, word: &str) -> Task<Result<String, Error>> {
        let (this, word) = (self.blocking.clone(), word.to_owned());
        task::run(move || this.ask(&word))
    }

    /// The same server, without futures.
    #[must_use]
    pub const fn blocking(&self) -> &blocking::Server {
        &self.blocking
    }

    /// As [`blocking::Server::address`].
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.blocking.address()
    }

    /// As [`blocking::Server::secure_address`].
    #[must_use]
    pub fn secure_address(&self) -> Option<SocketAddr> {
        self.blocking.secure_address()
    }

    /// As [`blocking::Server::admin_address`].
    #[must_use]
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.blocking.admin_address()
    }

    /// As [`blocking::Server::directory`].
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.blocking.directory()
    }

    /// As [`blocking::Server::log_file`].
    #[must_use]
    pub fn log_file(&self) -> PathBuf {
        self.blocking.log_file()
    }

    /// As [`blocking::Server::log`].
    #[must_use]
    pub fn log(&self) -> String {
        self.blocking.log()
    }

    /// As [`blocking::Server::pid`].
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.blocking.pid()
    }

    /// As [`blocking::Server::is_paused`].
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.blocking.is_paused()
    }

    /// As [`blocking::Server::release`].
    #[must_use]
    pub fn release(&self) -> Release {
        self.blocking.release()
    }

    /// As [`blocking::Server::set_release`].
    pub fn set_release(&self, release: &Release) {
        self.blocking.set_release(release);
    }

    /// As [`blocking::Server::config`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn config(&self) -> Result<ServerConfig, Error> {
        self.blocking.config()
    }

    /// As [`blocking::Server::configure`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn configure(&self, change: impl FnOnce(&mut ServerConfig)) -> Result<(), Error> {
        self.blocking.configure(change)
    }
}
