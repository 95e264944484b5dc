//! `cons`: the connections of a server, in full. `stat` has the same lines, shorter.
//!
//! Facts: `ServerCnxn.dumpConnectionInfo` of Apache ZooKeeper.

use std::time::Duration;

use zookit_proto::four_letter::FourLetterWord;
use zookit_proto::{SessionId, Zxid};

use super::FourLetterAnswer;
use super::fields::{number, session, set, zxid};

/// The answer to `cons`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Connections {
    /// One for each, ours among them.
    pub connections: Vec<Connection>,
    /// Lines that are none.
    pub other: Vec<String>,
}

/// A connection, as its server sees it. What `stat` does not tell, and what there is not before the
/// connection has a session, is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Connection {
    /// The client's address and port, as Java prints them.
    pub address: String,
    /// What the server waits for: bits of Java's `SelectionKey`, 1 for reading, 4 for writing.
    pub interest_ops: Option<i64>,
    /// Requests not answered yet.
    pub queued: Option<i64>,
    /// Packets received from the client.
    pub received: Option<i64>,
    /// Packets sent to it.
    pub sent: Option<i64>,
    /// Its session.
    pub session: Option<SessionId>,
    /// The last operation, as four letters: `GETD`, `PING`.
    pub last_operation: Option<String>,
    /// When the connection was made, by the server's clock: milliseconds since the Unix epoch.
    pub established: Option<i64>,
    /// The session's timeout.
    pub session_timeout: Option<Duration>,
    /// The xid of the last request, in hexadecimal as it is printed.
    pub last_cxid: Option<String>,
    /// The zxid in the last reply.
    pub last_zxid: Option<Zxid>,
    /// When the last reply was sent: milliseconds by a clock of the server that has no date.
    pub last_response: Option<i64>,
    /// How long the last reply took, in milliseconds; so are the next three.
    pub last_latency: Option<i64>,
    /// The shortest.
    pub min_latency: Option<i64>,
    /// The mean.
    pub avg_latency: Option<i64>,
    /// The longest.
    pub max_latency: Option<i64>,
    /// What is none of these, as `key=value`.
    pub other: Vec<String>,
}

impl Connection {
    /// ` /127.0.0.1:37188[1](queued=0,recved=8,sent=8)`: read from its end, since addresses of IPv6
    /// have brackets and colons of their own.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let line = line.trim().strip_suffix(')')?;
        let (place, details) = line.rsplit_once('(')?;
        let (address, interest_ops) = place.strip_suffix(']')?.rsplit_once('[')?;
        let mut connection = Self {
            address: address.strip_prefix('/').unwrap_or(address).to_owned(),
            interest_ops: Some(number(interest_ops)?),
            ..Self::default()
        };
        for detail in details.split(',').filter(|detail| !detail.is_empty()) {
            if !connection.take(detail) {
                connection.other.push(detail.to_owned());
            }
        }
        Some(connection)
    }

    fn take(&mut self, detail: &str) -> bool {
        let Some((key, value)) = detail.split_once('=') else { return false };
        match key {
            "queued" => set(&mut self.queued, number(value)),
            "recved" => set(&mut self.received, number(value)),
            "sent" => set(&mut self.sent, number(value)),
            "sid" => set(&mut self.session, session(value)),
            "lop" => set(&mut self.last_operation, Some(value.to_owned())),
            "est" => set(&mut self.established, number(value)),
            "to" => set(&mut self.session_timeout, milliseconds(value)),
            "lcxid" => set(&mut self.last_cxid, Some(value.to_owned())),
            "lzxid" => set(&mut self.last_zxid, zxid(value)),
            "lresp" => set(&mut self.last_response, number(value)),
            "llat" => set(&mut self.last_latency, number(value)),
            "minlat" => set(&mut self.min_latency, number(value)),
            "avglat" => set(&mut self.avg_latency, number(value)),
            "maxlat" => set(&mut self.max_latency, number(value)),
            _ => false,
        }
    }
}

pub(super) fn milliseconds(text: &str) -> Option<Duration> {
    number(text).and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis)
}

impl FourLetterAnswer for Connections {
    const WORD: FourLetterWord = FourLetterWord::Cons;

    fn parse(text: &str) -> Option<Self> {
        let mut answer = Self::default();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            match Connection::parse(line) {
                Some(connection) => answer.connections.push(connection),
                None => answer.other.push(line.to_owned()),
            }
        }
        (!answer.connections.is_empty() || answer.other.is_empty()).then_some(answer)
    }
}
