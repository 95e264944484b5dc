//! Why there is no session: which addresses were tried, and what each answered.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use zookit_session::{Endpoint, Reason};

use crate::connect_string::ConnectStringError;

/// Why [`Client::connect`](crate::Client::connect) has no client to give.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnectError {
    /// The connect string cannot be read.
    ConnectString(ConnectStringError),
    /// No server granted a session in time.
    TimedOut {
        /// The time it was given.
        after: Duration,
        /// The newest answer of each address that was tried.
        attempts: Vec<Attempt>,
    },
    /// A server ended the session before it was of any use.
    Ended {
        /// Why.
        reason: Reason,
        /// The newest answer of each address that was tried.
        attempts: Vec<Attempt>,
    },
    /// A [blocking client](crate::blocking::Client) needs a thread with a runtime, and there is none
    /// to be had.
    NoThread(io::Error),
}

/// An attempt to connect, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The server, as the connect string names it.
    pub server: Endpoint,
    /// The address it resolved to, if it did.
    pub address: Option<SocketAddr>,
    /// What was wrong with it, in words.
    pub answer: String,
}

impl ConnectError {
    /// The newest answer of each address that was tried.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        match self {
            Self::ConnectString(_) | Self::NoThread(_) => &[],
            Self::TimedOut { attempts, .. } | Self::Ended { attempts, .. } => attempts,
        }
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.server)?;
        match self.address {
            Some(address) if address.to_string() != self.server.to_string() => {
                write!(f, " ({address})")?;
            }
            _ => {}
        }
        write!(f, ": {}", self.answer)
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ConnectString(error) => return error.fmt(f),
            Self::TimedOut { after, .. } => write!(f, "no session within {after:?}")?,
            Self::Ended { reason, .. } => write!(f, "no session: {reason}")?,
            Self::NoThread(_) => f.write_str("the client's thread could not be started")?,
        }
        for (index, attempt) in self.attempts().iter().enumerate() {
            write!(f, "{} {attempt}", if index == 0 { "; tried" } else { "," })?;
        }
        Ok(())
    }
}

impl std::error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NoThread(error) => Some(error),
            _ => None,
        }
    }
}

impl From<ConnectStringError> for ConnectError {
    fn from(error: ConnectStringError) -> Self {
        Self::ConnectString(error)
    }
}

/// The newest answers, one for each address; bounded.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Vec<Attempt>);

impl Attempts {
    /// More addresses than this are not kept apart; the oldest goes.
    const MOST: usize = 64;

    pub(crate) fn note(&mut self, attempt: Attempt) {
        self.0.retain(|old| (&old.server, old.address) != (&attempt.server, attempt.address));
        if self.0.len() == Self::MOST {
            self.0.remove(0);
        }
        self.0.push(attempt);
    }

    /// An attempt is under way; what the address answered before is worth more than that.
    pub(crate) fn note_begun(&mut self, attempt: Attempt) {
        let same = |old: &Attempt| (&old.server, old.address) == (&attempt.server, attempt.address);
        if !self.0.iter().any(same) {
            self.note(attempt);
        }
    }

    pub(crate) fn take(&mut self) -> Vec<Attempt> {
        std::mem::take(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(port: u16, answer: &str) -> Attempt {
        let address = Some(SocketAddr::from(([127, 0, 0, 1], port)));
        Attempt { server: Endpoint::new("127.0.0.1", port), address, answer: answer.into() }
    }

    #[test]
    fn the_newest_answer_of_each_address_is_told() {
        let mut attempts = Attempts::default();
        for (port, answer) in [(1, "connection refused"), (2, "silence"), (1, "reset")] {
            attempts.note(attempt(port, answer));
        }
        let after = Duration::from_secs(10);
        let error = ConnectError::TimedOut { after, attempts: attempts.take() };
        assert_eq!(
            error.to_string(),
            "no session within 10s; tried 127.0.0.1:2: silence, 127.0.0.1:1: reset"
        );
    }

    #[test]
    fn a_name_is_told_with_its_address() {
        let named = Attempt { server: Endpoint::new("zk", 1), ..attempt(1, "reset") };
        assert_eq!(named.to_string(), "zk:1 (127.0.0.1:1): reset");
    }

    #[test]
    fn attempts_are_bounded() {
        let mut attempts = Attempts::default();
        for port in 1..1000 {
            attempts.note(attempt(port, "reset"));
        }
        assert_eq!(attempts.take().len(), Attempts::MOST);
    }
}
