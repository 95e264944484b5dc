//! How a server is to be, before it starts.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::Server;
use super::launch::config_for_tests;
use crate::Error;
use crate::blocking;
use crate::config::ServerConfig;
use crate::release::{Finder, Java, Release, Wanted};
use crate::task::{self, Task};

/// A server answers after two to four seconds on an idle machine.
pub(crate) const START_LIMIT: Duration = Duration::from_secs(90);

/// A change to a configuration, of the member of this number.
pub(crate) type Change = Arc<dyn Fn(usize, &mut ServerConfig) + Send + Sync>;

/// How a server is to be. Made by [`Server::builder`].
#[derive(Clone)]
#[must_use = "it starts with `start`"]
pub struct ServerBuilder {
    pub(crate) release: Option<Release>,
    pub(crate) java: Option<Java>,
    pub(crate) flags: Vec<String>,
    pub(crate) changes: Vec<Change>,
    pub(crate) my_id: Option<u64>,
    pub(crate) parent: Option<PathBuf>,
    pub(crate) log: Option<PathBuf>,
    pub(crate) start_limit: Duration,
}

impl fmt::Debug for ServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("ServerBuilder");
        debug.field("release", &self.release).field("flags", &self.flags);
        debug.field("my_id", &self.my_id).field("config", &self.config_of(0));
        debug.finish_non_exhaustive()
    }
}

impl Default for ServerBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl ServerBuilder {
    /// A standalone server of the newest release, made for tests: on a free port of 127.0.0.1, with
    /// ticks of 500 ms and session timeouts from 1 s to 60 s, any number of connections, every
    /// four-letter word, znodes with a time to live, the super user `super:test`, no AdminServer,
    /// and data that is not forced to disk.
    pub fn new() -> Self {
        Self {
            release: None,
            java: None,
            flags: Vec::new(),
            changes: Vec::new(),
            my_id: None,
            parent: None,
            log: None,
            start_limit: START_LIMIT,
        }
    }

    /// The release; by default what [`Release::find`] finds for [`Wanted::Newest`].
    pub fn release(mut self, release: &Release) -> Self {
        self.release = Some(release.clone());
        self
    }

    /// The Java; by default what [`Java::find`] finds.
    pub fn java(mut self, java: &Java) -> Self {
        self.java = Some(java.clone());
        self
    }

    /// Changes the configuration, beginning with the one [for tests](Self::new). Called more than
    /// once, the changes follow one another.
    ///
    /// What is left open is chosen: a data directory within the server's own, and free ports for
    /// clients, for clients with TLS if there is a key store, and for the AdminServer if it is
    /// switched on. What is set is taken as it is: a data directory that you set stays when the
    /// server goes.
    pub fn config(mut self, change: impl Fn(&mut ServerConfig) + Send + Sync + 'static) -> Self {
        self.changes.push(Arc::new(move |_, config| change(config)));
        self
    }

    /// One more argument for Java, such as `-Djute.maxbuffer=2000000`.
    pub fn java_flag(mut self, flag: impl Into<String>) -> Self {
        self.flags.push(flag.into());
        self
    }

    /// Whether it may serve those who only read while it is cut off from its ensemble: the system
    /// property `readonlymode.enabled`, which is no key of `zoo.cfg`. In that mode a server from
    /// 3.5 on opens no sessions but [local](ServerConfig::local_sessions_enabled) ones: without
    /// those it lets its clients wait.
    pub fn read_only_mode(self, enabled: bool) -> Self {
        self.java_flag(format!("-Dreadonlymode.enabled={enabled}"))
    }

    /// Its number among the [members](ServerConfig::members), which goes to the file `myid`.
    pub const fn my_id(mut self, id: u64) -> Self {
        self.my_id = Some(id);
        self
    }

    /// Where its directory is made; by default where the system keeps what is temporary
    /// (`TMPDIR`, `/tmp`).
    pub fn directory_in(mut self, parent: impl Into<PathBuf>) -> Self {
        self.parent = Some(parent.into());
        self
    }

    /// A file to which it logs, in place of one in its directory; it stays. What is there is kept.
    pub fn log_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.log = Some(path.into());
        self
    }

    /// How long a start may take until the server serves; 90 s by default.
    pub const fn start_limit(mut self, limit: Duration) -> Self {
        self.start_limit = limit;
        self
    }

    /// Starts it, and waits until it serves.
    ///
    /// # Errors
    ///
    /// [`Error::NoJava`] and [`Error::NoRelease`] where there is none; [`Error::Config`];
    /// [`Error::Ended`] and [`Error::NotServing`] with the end of its log; [`Error::Io`].
    pub fn start(self) -> Task<Result<Server, Error>> {
        task::run(move || self.start_blocking().map(Server::of))
    }

    /// The same for programs without a runtime.
    ///
    /// # Errors
    ///
    /// As those of [`start`](Self::start).
    pub fn start_blocking(&self) -> Result<blocking::Server, Error> {
        blocking::Server::start_as(self)
    }

    pub(crate) fn config_of(&self, number: usize) -> ServerConfig {
        let mut config = config_for_tests();
        for change in &self.changes {
            change(number, &mut config);
        }
        config
    }

    /// Finds what was not given.
    pub(crate) fn found(&self) -> Result<(Java, Release), Error> {
        let java = self.java.clone().map_or_else(Java::find, Ok)?;
        let find = || Finder::new().find_jars(Wanted::Newest);
        let release = self.release.clone().map_or_else(find, Ok)?;
        Ok((java, release))
    }
}
