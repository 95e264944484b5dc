//! What several sessions do, step by step.
//!
//! A script knows no server: sessions are slots, and a setWatches counts from what its slot has
//! seen. So it can be carried out on any server, again and again, and steps can be taken out of it.

mod show;
mod text;

use bytes::{Bytes, BytesMut};
use zookit_proto::{OpCode, Request};

pub use show::show;
pub use text::{BadLine, parse_step, write_step};

/// How many sessions a script has at once.
pub const SLOTS: usize = 3;

/// One step; after each comes a ping on every connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A new connection for a slot, and a handshake on it.
    Connect {
        /// Whose.
        slot: usize,
        /// What is said.
        hello: Hello,
    },
    /// Requests, sent together; all are answered before the next step.
    Ask {
        /// Who asks.
        slot: usize,
        /// What.
        asks: Vec<Ask>,
    },
    /// The connection is lost; the session lives on.
    Drop {
        /// Whose.
        slot: usize,
    },
    /// The session gets the shortest timeout and loses its connection, and everyone waits until
    /// the server has noticed.
    Expire {
        /// Whose.
        slot: usize,
    },
}

/// A handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hello {
    /// Which session is asked for.
    pub who: Who,
    /// The timeout asked for, in milliseconds.
    pub timeout_ms: i32,
    /// The byte for read-only servers; `None` leaves it out.
    pub read_only: Option<bool>,
    /// What the client says it has seen.
    pub seen: Seen,
}

/// Which session a handshake asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// A new one.
    New,
    /// That of the slot; a new one if it has none.
    Own,
    /// That of the slot with another password. The connection is given up afterwards.
    WrongPassword,
    /// One that never was. The connection is given up afterwards.
    Unknown,
}

/// What a client says it has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Nothing.
    Nothing,
    /// What it has seen.
    Current,
    /// More than there is: the server closes without a word.
    Ahead,
}

/// A request: its operation and its body, which need not be one.
///
/// In the body of setWatches and setWatches2 the zxid is an offset from the newest that the slot
/// has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The operation.
    pub opcode: OpCode,
    /// All behind the header.
    pub body: Bytes,
}

impl Ask {
    /// A request in good order.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let mut body = BytesMut::new();
        request.write(&mut body);
        Self { opcode: request.opcode(), body: body.freeze() }
    }

    /// What it asks, if it is in good order.
    #[must_use]
    pub fn request(&self) -> Option<Request> {
        Request::decode(self.opcode, self.body.clone()).ok()
    }
}

impl Step {
    /// How many operations it counts for.
    #[must_use]
    pub fn operations(&self) -> usize {
        match self {
            Self::Ask { asks, .. } => asks.len(),
            Self::Connect { .. } | Self::Drop { .. } | Self::Expire { .. } => 1,
        }
    }

    /// Whether a session may end in it.
    #[must_use]
    pub fn ends_a_session(&self) -> bool {
        match self {
            Self::Ask { asks, .. } => asks.iter().any(|ask| ask.opcode == OpCode::CloseSession),
            Self::Expire { .. } => true,
            Self::Connect { .. } | Self::Drop { .. } => false,
        }
    }
}
