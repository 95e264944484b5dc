//! What a client sees.

use std::fmt;

use zookit_proto::types::EventType;
use zookit_proto::{ErrorCode, OpCode};

/// A zxid, counted from the one at which the script began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// -1: the server has none to tell.
    None,
    /// 0.
    Zero,
    /// So many transactions after the beginning.
    At(i64),
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("-"),
            Self::Zero => f.write_str("0"),
            Self::At(count) => write!(f, "{count:+}"),
        }
    }
}

/// One thing that a client sees.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    /// A watch fired.
    Event {
        /// What happened.
        kind: EventType,
        /// Under which zxid.
        zxid: Moment,
        /// The path, and whatever else is unusual.
        path: String,
    },
    /// A reply.
    Reply {
        /// To which operation.
        opcode: OpCode,
        /// The header's code.
        code: ErrorCode,
        /// The header's zxid.
        zxid: Moment,
        /// What it says.
        body: String,
        /// The codes of the results of a multi or a multiRead, with their operations.
        results: Vec<(OpCode, ErrorCode)>,
    },
    /// The answer to a handshake.
    Connected(String),
    /// The server has ended a session that it had not heard of for long enough.
    Expired,
    /// The server closed the connection.
    Closed,
    /// The server says nothing.
    Silence,
    /// There is no connection, so nothing was done.
    NotConnected,
    /// A frame that makes no sense.
    Nonsense(String),
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event { kind, zxid, path } => write!(f, "event {zxid} {kind} {path}"),
            Self::Reply { opcode, code, zxid, body, .. } => {
                write!(f, "{opcode} {code} {zxid}")?;
                if body.is_empty() { Ok(()) } else { write!(f, " {body}") }
            }
            Self::Connected(how) => write!(f, "connected {how}"),
            Self::Expired => f.write_str("expired"),
            Self::Closed => f.write_str("closed"),
            Self::Silence => f.write_str("SILENCE"),
            Self::NotConnected => f.write_str("not connected"),
            Self::Nonsense(bytes) => write!(f, "NONSENSE {bytes}"),
        }
    }
}

/// What all clients see from one step to the next.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    /// In order for each slot, and slot by slot.
    pub items: Vec<(usize, Item)>,
    /// What the pings behind the step say is the newest zxid, on each connection.
    pub newest: Vec<Moment>,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (slot, item) in &self.items {
            writeln!(f, "< {slot} {item}")?;
        }
        f.write_str("=")?;
        let all_alike = self.newest.windows(2).all(|pair| pair[0] == pair[1]);
        let shown = if all_alike { self.newest.len().min(1) } else { self.newest.len() };
        self.newest[..shown].iter().try_for_each(|moment| write!(f, " {moment}"))?;
        writeln!(f)
    }
}
