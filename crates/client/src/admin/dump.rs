//! `dump`: sessions, their ephemeral znodes, and since 3.5 connections.
//!
//! Facts: `DumpCommand`, `SessionTrackerImpl.dumpSessions`, `LearnerSessionTracker.dumpSessions`,
//! `DataTree.dumpEphemerals` and `ExpiryQueue.dump` of Apache ZooKeeper.

use std::time::Duration;

use zookit_proto::SessionId;
use zookit_proto::four_letter::FourLetterWord;

use super::FourLetterAnswer;
use super::connections::milliseconds;
use super::fields::session;

/// The answer to `dump`. Only a leader or a standalone server knows when sessions expire.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Dump {
    /// The sessions.
    pub sessions: Vec<DumpedSession>,
    /// Those that own ephemeral znodes.
    pub ephemerals: Vec<Ephemerals>,
    /// The connections; none before 3.5.
    pub connections: Vec<DumpedConnection>,
    /// Lines that are none of these.
    pub other: Vec<String>,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DumpedSession {
    /// Its id.
    pub session: SessionId,
    /// When it expires if nothing is heard of it, as Java prints dates. Before 3.5 the year is 1970:
    /// the clock has no date. A follower does not tell.
    pub expires: Option<String>,
    /// Its timeout, which only a follower tells.
    pub timeout: Option<Duration>,
}

/// What a session owns.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ephemerals {
    /// The session.
    pub session: SessionId,
    /// The paths, without regard to any chroot.
    pub paths: Vec<String>,
}

/// A connection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DumpedConnection {
    /// The client's address and port, as Java prints them.
    pub address: String,
    /// Its session; zero is none.
    pub session: SessionId,
    /// When it is closed if nothing is heard of it, as Java prints dates.
    pub expires: Option<String>,
}

/// The parts of the answer.
#[derive(Clone, Copy)]
enum Part {
    Sessions,
    Ephemerals,
    Connections,
}

#[derive(Default)]
struct Reader {
    dump: Dump,
    part: Option<Part>,
    /// Of the lines that follow.
    expires: Option<String>,
}

impl Reader {
    fn take(&mut self, line: &str) -> bool {
        let part = match line.trim_end() {
            "SessionTracker dump:" => Part::Sessions,
            "ephemeral nodes dump:" => Part::Ephemerals,
            "Connections dump:" => Part::Connections,
            _ => return self.take_within(line),
        };
        self.part = Some(part);
        self.expires = None;
        true
    }

    fn take_within(&mut self, line: &str) -> bool {
        if is_count(line) {
            return true;
        }
        match self.part {
            None => false,
            Some(Part::Ephemerals) => self.take_ephemeral(line),
            Some(Part::Sessions) => self.take_expiry(line) || self.take_session(line),
            Some(Part::Connections) => self.take_expiry(line) || self.take_connection(line),
        }
    }

    /// `2 expire at Sun Nov 22 13:26:37 UTC 2026:`, and those who do follow.
    fn take_expiry(&mut self, line: &str) -> bool {
        let Some((count, date)) = line.split_once(" expire at ") else { return false };
        let is_count = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
        match date.trim_end().strip_suffix(':') {
            Some(date) if is_count => {
                self.expires = Some(date.to_owned());
                true
            }
            _ => false,
        }
    }

    /// An id behind a tab, or of a follower an id, a tab, and the timeout.
    fn take_session(&mut self, line: &str) -> bool {
        let read = || match line.strip_prefix('\t') {
            Some(id) => Some((session(id)?, None)),
            None => {
                let (id, timeout) = line.split_once('\t')?;
                Some((session(id)?, Some(milliseconds(timeout.strip_suffix("ms")?)?)))
            }
        };
        let Some((session, timeout)) = read() else { return false };
        let expires = self.expires.clone().filter(|_| timeout.is_none());
        self.dump.sessions.push(DumpedSession { session, expires, timeout });
        true
    }

    fn take_ephemeral(&mut self, line: &str) -> bool {
        if let Some(path) = line.strip_prefix('\t') {
            let Some(owner) = self.dump.ephemerals.last_mut() else { return false };
            owner.paths.push(path.to_owned());
            return true;
        }
        let Some(session) = line.trim_end().strip_suffix(':').and_then(session) else {
            return false;
        };
        self.dump.ephemerals.push(Ephemerals { session, paths: Vec::new() });
        true
    }

    fn take_connection(&mut self, line: &str) -> bool {
        let read = || {
            let (address, id) = line.trim().strip_prefix("ip: ")?.split_once(" sessionId: ")?;
            Some((address.strip_prefix('/').unwrap_or(address).to_owned(), session(id)?))
        };
        let Some((address, session)) = read() else { return false };
        let expires = self.expires.clone();
        self.dump.connections.push(DumpedConnection { address, session, expires });
        true
    }
}

/// A heading that only counts what follows it.
fn is_count(line: &str) -> bool {
    const COUNTS: [&str; 5] = [
        "Session Sets (",
        "Sessions with Ephemerals (",
        "Connections Sets (",
        "Global Sessions(",
        "Local Sessions(",
    ];
    line.trim_end().ends_with("):") && COUNTS.iter().any(|count| line.starts_with(count))
}

impl FourLetterAnswer for Dump {
    const WORD: FourLetterWord = FourLetterWord::Dump;

    fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader::default();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            if !reader.take(line) {
                reader.dump.other.push(line.to_owned());
            }
        }
        reader.part.map(|_| reader.dump)
    }
}
