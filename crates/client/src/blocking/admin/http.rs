//! The AdminServer, for programs without a runtime: the twin of
//! [`admin::http`](crate::admin::http).

use serde_json::{Map, Value};
use zookit_session::Endpoint;

use super::{no_thread, run};
use crate::admin::{AdminError, AskOptions, http};

/// The AdminServer of one ZooKeeper server.
///
/// # Examples
/// ```no_run
/// # use zookit_client::Endpoint;
/// # use zookit_client::admin::AskOptions;
/// # use zookit_client::blocking::admin::http::AdminServer;
/// # fn f() -> Result<(), zookit_client::admin::AdminError> {
/// let endpoint = Endpoint::new("zk1", AdminServer::DEFAULT_PORT);
/// let server = AdminServer::new(endpoint, AskOptions::default());
/// println!("{:?}", server.command("monitor")?.get("znode_count"));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct AdminServer(http::AdminServer);

impl AdminServer {
    /// `admin.serverPort` where nothing else is configured.
    pub const DEFAULT_PORT: u16 = http::AdminServer::DEFAULT_PORT;

    /// The one at this host and port. With a dialer of TLS in the options it is asked by HTTPS.
    #[must_use]
    pub fn new(endpoint: Endpoint, options: AskOptions) -> Self {
        Self(http::AdminServer::new(endpoint, options))
    }

    /// Where the commands are, if `admin.commandURL` is not its default `/commands`.
    #[must_use]
    pub fn with_command_url(self, command_url: &str) -> Self {
        Self(self.0.with_command_url(command_url))
    }

    /// Who is asked.
    #[must_use]
    pub const fn endpoint(&self) -> &Endpoint {
        self.0.endpoint()
    }

    /// What a command answers: all its keys, `command` and `error` (then null) among them.
    ///
    /// # Errors
    /// As [the async one](http::AdminServer::command); or there is no thread to be had.
    ///
    /// # Panics
    /// On the own thread of a [`Client`](crate::blocking::Client).
    pub fn command(&self, name: &str) -> Result<Map<String, Value>, AdminError> {
        run(|| self.0.command(name))
            .unwrap_or_else(|error| Err(no_thread(self.0.endpoint(), self.0.question(name), error)))
    }
}
