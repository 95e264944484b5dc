//! What can go wrong around a real server.

use std::fmt;
use std::io;
use std::time::Duration;

use crate::config::ConfigError;

/// What went wrong around a real server.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// There is no Java.
    NoJava,
    /// The release cannot be had; the text says why, and what to do.
    NoRelease(String),
    /// The configuration cannot be written.
    Config(ConfigError),
    /// The server ended instead of serving.
    Ended {
        /// Which server: its release and its address.
        server: String,
        /// How its process ended, such as `exit status: 2`.
        status: String,
        /// The last lines of its log.
        log: String,
    },
    /// The server did not serve in time. It was left as it is.
    NotServing {
        /// Which server: its release and its address.
        server: String,
        /// How long it was waited for.
        waited: Duration,
        /// The last lines of its log.
        log: String,
    },
    /// The ensemble did not have a leader in time, or not with every member behind it.
    NoQuorum {
        /// How long it was waited for.
        waited: Duration,
        /// What each member was, in the end.
        members: String,
    },
    /// It is to be done to a server that does not run.
    NotRunning {
        /// Which server: its release and its address.
        server: String,
    },
    /// The system refused something.
    Io {
        /// What was to be done.
        what: String,
        /// The refusal.
        source: io::Error,
    },
}

impl Error {
    /// An error of the system, behind what was to be done.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

impl Error {
    /// Whether the server ended because somebody else had one of its ports.
    #[must_use]
    pub fn is_port_taken(&self) -> bool {
        let taken = ["BindException", "Address already in use"];
        matches!(self, Self::Ended { log, .. } if taken.iter().any(|word| log.contains(word)))
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoJava => f.write_str(
                "java is neither in JAVA_HOME nor on PATH, and a real ZooKeeper needs it; \
                 run `apt-get install default-jre-headless`",
            ),
            Self::NoRelease(why) => f.write_str(why),
            Self::Config(_) => f.write_str("the server's configuration cannot be written"),
            Self::Ended { server, status, log } => {
                write!(f, "{server} ended ({status}); the end of its log:\n{log}")
            }
            Self::NotServing { server, waited, log } => {
                let seconds = waited.as_secs_f64();
                write!(f, "{server} does not serve after {seconds} s; the end of its log:\n{log}")
            }
            Self::NoQuorum { waited, members } => {
                let seconds = waited.as_secs_f64();
                write!(f, "no leader with its members after {seconds} s: {members}")
            }
            Self::NotRunning { server } => write!(f, "{server} does not run"),
            Self::Io { what, .. } => write!(f, "cannot {what}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Config(error) => Some(error),
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
