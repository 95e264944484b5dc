//! The AdminServer: commands over HTTP, answered in JSON. ZooKeeper 3.5 or later, where it is on.
//!
//! ```no_run
//! use zookit_client::Endpoint;
//! use zookit_client::admin::AskOptions;
//! use zookit_client::admin::http::AdminServer;
//!
//! # async fn f() -> Result<(), zookit_client::admin::AdminError> {
//! let server = AdminServer::new(Endpoint::new("zk1", AdminServer::DEFAULT_PORT), AskOptions::default());
//! let monitor = server.command("monitor").await?;
//! println!("{:?}", monitor.get("znode_count"));
//! # Ok(()) }
//! ```
//!
//! It tells what the four-letter words tell, and more (`system_properties`, `last_snapshot`,
//! `voting_view`), and no whitelist applies. Only GET is spoken here: `snapshot`, `restore` and the
//! like, which take credentials, are not.
//!
//! This room is behind the feature `admin-http`, since JSON brings five crates that most clients
//! have no use for. The HTTP is our own and small: `response.rs`.
//!
//! Facts: `JettyAdminServer`, `Commands` and `JsonOutputter` of Apache ZooKeeper.

mod response;

use serde_json::{Map, Value};
use zookit_session::Endpoint;

use super::AskOptions;
use super::error::{AdminError, AdminErrorKind as Kind};
use super::exchange::exchange;

/// The AdminServer of one ZooKeeper server.
#[derive(Debug, Clone)]
pub struct AdminServer {
    endpoint: Endpoint,
    command_url: String,
    options: AskOptions,
}

impl AdminServer {
    /// `admin.serverPort` where nothing else is configured.
    pub const DEFAULT_PORT: u16 = 8080;

    /// The one at this host and port. With a dialer of TLS in the options it is asked by HTTPS.
    #[must_use]
    pub fn new(endpoint: Endpoint, options: AskOptions) -> Self {
        Self { endpoint, command_url: "/commands".to_owned(), options }
    }

    /// Where the commands are, if `admin.commandURL` is not its default `/commands`.
    #[must_use]
    pub fn with_command_url(mut self, command_url: &str) -> Self {
        command_url.trim_end_matches('/').clone_into(&mut self.command_url);
        self
    }

    /// Who is asked.
    #[must_use]
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// What a command answers: all its keys, `command` and `error` (then null) among them.
    ///
    /// # Errors
    /// [`AdminErrorKind::Command`](Kind::Command) if the answer is an error, such as that of a
    /// command that the server does not know; [`AdminErrorKind::Status`](Kind::Status) if the web
    /// server refuses; or nobody answered.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection.
    pub async fn command(&self, name: &str) -> Result<Map<String, Value>, AdminError> {
        let question = self.question(name);
        let answer = self.get(&question).await;
        answer.map_err(|kind| AdminError::new(&self.endpoint, question, kind))
    }

    /// `GET` and the path of a command: what errors say was asked.
    pub(crate) fn question(&self, name: &str) -> String {
        format!("GET {}/{}", self.command_url, encode(name))
    }

    async fn get(&self, question: &str) -> Result<Map<String, Value>, Kind> {
        let question = format!(
            "{question} HTTP/1.1\r\nHost: {}\r\nAccept: application/json\r\n\
             Connection: close\r\n\r\n",
            self.endpoint
        );
        let answer = exchange(&self.endpoint, question.as_bytes(), &self.options).await?;
        read(&answer)
    }
}

/// Reads a whole response.
fn read(answer: &[u8]) -> Result<Map<String, Value>, Kind> {
    let response = response::parse(answer)?;
    match serde_json::from_slice(&response.body) {
        Ok(Value::Object(object)) => match object.get("error") {
            None | Some(Value::Null) if response.status == 200 => Ok(object),
            None | Some(Value::Null) => Err(Kind::Status(response.status)),
            Some(Value::String(error)) => Err(Kind::Command(error.clone())),
            Some(error) => Err(Kind::Command(error.to_string())),
        },
        _ if response.status != 200 => Err(Kind::Status(response.status)),
        _ => Err(Kind::unexpected(&response.body)),
    }
}

/// A name as part of a URL: whatever has a meaning there is encoded.
fn encode(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests;
