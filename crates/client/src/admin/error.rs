//! Why a server's answer about itself is not there.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use zookit_session::Endpoint;

/// A question that was not answered: whom it went to, what it was, and why.
#[derive(Debug)]
pub struct AdminError {
    server: Endpoint,
    asked: String,
    kind: AdminErrorKind,
}

/// Why there is no answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum AdminErrorKind {
    /// The name has no address.
    Resolve(io::Error),
    /// No address took the connection; the last one that was tried.
    Connect {
        /// The address.
        address: SocketAddr,
        /// What it answered.
        error: io::Error,
    },
    /// It took too long. A port for TLS says nothing either: it waits for a handshake.
    TimedOut {
        /// The time that there was.
        after: Duration,
        /// How many bytes of an answer had come.
        received: usize,
    },
    /// The connection broke before the end of the answer.
    Lost(io::Error),
    /// The connection was closed without a word, as servers do with words that they do not know.
    NoAnswer,
    /// The word is not in the server's `4lw.commands.whitelist`.
    NotWhitelisted,
    /// The server is not serving: it has no quorum, or is still starting.
    NotServing,
    /// The answer is longer than [`max_answer`](crate::admin::AskOptions::max_answer).
    TooLarge {
        /// The most that was allowed, in bytes.
        limit: usize,
    },
    /// Something else answered, or in a way that this version does not know.
    Unexpected {
        /// The beginning of what came.
        answer: String,
    },
    /// The AdminServer's web server refused, with this status.
    #[cfg(feature = "admin-http")]
    Status(u16),
    /// The AdminServer answered with an error.
    #[cfg(feature = "admin-http")]
    Command(String),
    /// There is no thread to be had for a [blocking](crate::blocking::admin) call.
    NoThread(io::Error),
}

impl AdminErrorKind {
    /// More of an unexpected answer is not kept, in bytes.
    const KEPT: usize = 200;

    pub(super) fn unexpected(answer: &[u8]) -> Self {
        let kept = answer.get(..Self::KEPT).unwrap_or(answer);
        Self::Unexpected { answer: String::from_utf8_lossy(kept).into_owned() }
    }
}

impl AdminError {
    pub(crate) fn new(server: &Endpoint, asked: String, kind: AdminErrorKind) -> Self {
        Self { server: server.clone(), asked, kind }
    }

    /// Who was asked.
    #[must_use]
    pub const fn server(&self) -> &Endpoint {
        &self.server
    }

    /// What was asked: a word, or the path of a command.
    #[must_use]
    pub fn asked(&self) -> &str {
        &self.asked
    }

    /// Why there is no answer.
    #[must_use]
    pub const fn kind(&self) -> &AdminErrorKind {
        &self.kind
    }

    /// Whether the server did not say anything at all: no connection, or a lost one, or no time.
    #[must_use]
    pub const fn is_unreachable(&self) -> bool {
        use AdminErrorKind as K;
        matches!(self.kind, K::Resolve(_) | K::Connect { .. } | K::TimedOut { .. } | K::Lost(_))
    }
}

/// In words, without the server and what it was asked. Does not repeat what `source` tells.
impl fmt::Display for AdminErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resolve(_) => f.write_str("the name has no address"),
            Self::Connect { address, .. } => write!(f, "no connection to {address}"),
            Self::TimedOut { after, received: 0 } => write!(f, "no answer within {after:?}"),
            Self::TimedOut { after, received } => {
                write!(f, "no end of the answer within {after:?}, behind {received} bytes")
            }
            Self::Lost(_) => f.write_str("the connection broke before the end of the answer"),
            Self::NoAnswer => f.write_str(
                "the connection was closed without an answer: the server does not know the word, \
                 or the port is not for this",
            ),
            Self::NotWhitelisted => f.write_str("it is not in the server's 4lw.commands.whitelist"),
            Self::NotServing => f.write_str(
                "the server is not serving requests: it has no quorum, or is still starting",
            ),
            Self::TooLarge { limit } => write!(f, "the answer is over {limit} bytes"),
            Self::Unexpected { answer } if answer.starts_with("HTTP/") => {
                f.write_str("a web server answered, not ZooKeeper")
            }
            // An alert of TLS: its type, and the major version.
            Self::Unexpected { answer } if answer.starts_with("\u{15}\u{3}") => {
                f.write_str("the port speaks TLS")
            }
            Self::Unexpected { answer } => write!(f, "the answer is none to that: {answer:?}"),
            #[cfg(feature = "admin-http")]
            Self::Status(status) => write!(f, "the web server refused with status {status}"),
            #[cfg(feature = "admin-http")]
            Self::Command(error) => write!(f, "the AdminServer says: {error}"),
            Self::NoThread(_) => f.write_str("there is no thread for it"),
        }
    }
}

impl fmt::Display for AdminError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}: {}", self.asked, self.server, self.kind)
    }
}

impl std::error::Error for AdminError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            AdminErrorKind::Resolve(error)
            | AdminErrorKind::Lost(error)
            | AdminErrorKind::NoThread(error)
            | AdminErrorKind::Connect { error, .. } => Some(error),
            _ => None,
        }
    }
}
