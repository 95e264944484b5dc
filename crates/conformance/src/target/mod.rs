//! Servers to be asked: over TCP, or ours as a value.

mod embedded;
mod tcp;

use std::fmt;
use std::io::{self, Read, Write};
use std::time::Duration;

use zookit_server::core::Profile;

pub use embedded::Embedded;
pub use tcp::{PATIENCE, Tcp, dial};

/// A connection to a server. The end of reading is the server's close; an error of the kind
/// `TimedOut` or `WouldBlock` is a server that says nothing.
pub trait Stream: Read + Write {
    /// For how long a server that says nothing is listened to. What takes no time needs no patience.
    ///
    /// # Errors
    /// The system refuses.
    fn set_patience(&mut self, time: Duration) -> io::Result<()>;
}

/// A server.
pub trait Target {
    /// A new connection.
    ///
    /// # Errors
    /// There is no server.
    fn dial(&mut self) -> io::Result<Box<dyn Stream>>;

    /// Lets time pass.
    fn wait(&mut self, time: Duration);
}

/// Which server is meant; makes the same one anew in another thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// Ours, in this process, behaving as a version.
    Embedded(Profile),
    /// One that runs, at `HOST:PORT`.
    Tcp(String),
}

impl Which {
    /// The server.
    #[must_use]
    pub fn target(&self) -> Box<dyn Target> {
        match self {
            Self::Embedded(profile) => Box::new(Embedded::new(*profile)),
            Self::Tcp(address) => Box::new(Tcp::new(address.clone())),
        }
    }

    /// The server, and if it is ours, one on which nothing is reaped. A real one is configured so.
    #[must_use]
    pub fn quiet_target(&self) -> Box<dyn Target> {
        match self {
            Self::Embedded(profile) => Box::new(Embedded::quiet(*profile)),
            Self::Tcp(_) => self.target(),
        }
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded(profile) => write!(f, "embedded:{profile}"),
            Self::Tcp(address) => f.write_str(address),
        }
    }
}

/// `embedded:VERSION`, or `HOST:PORT`.
impl std::str::FromStr for Which {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("embedded:") {
            Some(version) => {
                version.parse().map(Self::Embedded).map_err(|error| format!("{error}"))
            }
            None if text.contains(':') => Ok(Self::Tcp(text.to_owned())),
            None => Err(format!("{text:?} is neither embedded:VERSION nor HOST:PORT")),
        }
    }
}
