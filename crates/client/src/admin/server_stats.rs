//! `srvr` and `stat`: the server, its role, its numbers.
//!
//! Facts: `StatCommand` and `ServerStats.toString` of Apache ZooKeeper.

use std::fmt;

use zookit_proto::Zxid;
use zookit_proto::four_letter::FourLetterWord;

use super::FourLetterAnswer;
use super::connections::Connection;
use super::fields::{number, set, zxid};

/// The answer to `srvr`.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct ServerStats {
    /// The release, its commit and its date, as one text.
    pub version: String,
    /// Whether it serves read-only clients alone, because it has no quorum.
    pub read_only: bool,
    /// How long requests took.
    pub latency: Option<Latency>,
    /// Packets received.
    pub received: Option<i64>,
    /// Packets sent.
    pub sent: Option<i64>,
    /// Connections open now, ours among them.
    pub connections: Option<i64>,
    /// Requests not answered yet.
    pub outstanding: Option<i64>,
    /// The newest transaction that it has applied.
    pub zxid: Option<Zxid>,
    /// Its role.
    pub mode: Option<Mode>,
    /// How many znodes there are.
    pub node_count: Option<i64>,
    /// Of a leader: how large its proposals were.
    pub proposal_sizes: Option<ProposalSizes>,
    /// Lines that are none of these.
    pub other: Vec<String>,
}

/// How long requests took, in milliseconds, since the start or the last reset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Latency {
    /// The shortest.
    pub min: i64,
    /// The mean; before 3.6 a whole number.
    pub avg: f64,
    /// The longest.
    pub max: i64,
}

/// The sizes of a leader's proposals, in bytes; -1 where there was none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProposalSizes {
    /// The newest.
    pub last: i64,
    /// The smallest.
    pub min: i64,
    /// The largest.
    pub max: i64,
}

/// The role of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mode {
    /// Alone, without an ensemble.
    Standalone,
    /// The one that orders all writes.
    Leader,
    /// A voting member that follows the leader.
    Follower,
    /// A member without a vote.
    Observer,
    /// Without a quorum, and serving those who only read.
    ReadOnly,
    /// A role that this version does not know.
    Other(String),
}

impl Mode {
    pub(super) fn parse(text: &str) -> Self {
        match text.trim() {
            "standalone" => Self::Standalone,
            "leader" => Self::Leader,
            "follower" => Self::Follower,
            "observer" => Self::Observer,
            "read-only" => Self::ReadOnly,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// As the server says it.
impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Standalone => "standalone",
            Self::Leader => "leader",
            Self::Follower => "follower",
            Self::Observer => "observer",
            Self::ReadOnly => "read-only",
            Self::Other(other) => other,
        })
    }
}

impl ServerStats {
    /// Major, minor and patch of the release: `3.9.5-293c…, built on …` is `[3, 9, 5]`.
    #[must_use]
    pub fn release(&self) -> Option<[u32; 3]> {
        release(&self.version)
    }

    /// Takes a line if it knows it.
    fn take(&mut self, line: &str) -> bool {
        if line.starts_with("READ-ONLY mode") {
            return !std::mem::replace(&mut self.read_only, true);
        }
        let Some((key, value)) = line.split_once(':') else { return false };
        match key {
            "Zookeeper version" if self.version.is_empty() => {
                value.trim().clone_into(&mut self.version);
                !self.version.is_empty()
            }
            "Latency min/avg/max" => set(&mut self.latency, latency(value)),
            "Received" => set(&mut self.received, number(value)),
            "Sent" => set(&mut self.sent, number(value)),
            "Connections" => set(&mut self.connections, number(value)),
            "Outstanding" => set(&mut self.outstanding, number(value)),
            "Zxid" => set(&mut self.zxid, zxid(value)),
            "Mode" => set(&mut self.mode, Some(Mode::parse(value))),
            "Node count" => set(&mut self.node_count, number(value)),
            "Proposal sizes last/min/max" => set(&mut self.proposal_sizes, proposal_sizes(value)),
            _ => false,
        }
    }
}

pub(super) fn release(version: &str) -> Option<[u32; 3]> {
    let end = version.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(version.len());
    let parts = version.get(..end)?.split('.').map(|part| part.parse().ok());
    parts.collect::<Option<Vec<u32>>>()?.try_into().ok()
}

fn three(text: &str) -> Option<[&str; 3]> {
    text.trim().split('/').collect::<Vec<_>>().try_into().ok()
}

fn latency(text: &str) -> Option<Latency> {
    let [min, avg, max] = three(text)?;
    Some(Latency { min: number(min)?, avg: avg.parse().ok()?, max: number(max)? })
}

fn proposal_sizes(text: &str) -> Option<ProposalSizes> {
    let [last, min, max] = three(text)?;
    Some(ProposalSizes { last: number(last)?, min: number(min)?, max: number(max)? })
}

impl FourLetterAnswer for ServerStats {
    const WORD: FourLetterWord = FourLetterWord::Srvr;

    fn parse(text: &str) -> Option<Self> {
        let mut stats = Self::default();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            if !stats.take(line) {
                stats.other.push(line.to_owned());
            }
        }
        (!stats.version.is_empty()).then_some(stats)
    }
}

/// The answer to `stat`.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct FullStats {
    /// What `srvr` answers.
    pub server: ServerStats,
    /// The connections, in short: address and numbers alone.
    pub connections: Vec<Connection>,
}

impl FourLetterAnswer for FullStats {
    const WORD: FourLetterWord = FourLetterWord::Stat;

    fn parse(text: &str) -> Option<Self> {
        let mut full = Self::default();
        let mut among_clients = false;
        for line in text.lines() {
            if line.trim().is_empty() {
                among_clients = false;
            } else if line == "Clients:" && full.connections.is_empty() {
                among_clients = true;
            } else if let Some(connection) =
                Some(line).filter(|_| among_clients).and_then(Connection::parse)
            {
                full.connections.push(connection);
            } else if !full.server.take(line) {
                full.server.other.push(line.to_owned());
            }
        }
        (!full.server.version.is_empty()).then_some(full)
    }
}
