//! Connections: who is at the other end, how far the conversation is, and the bytes on their way
//! there.

mod ids;
mod output;

pub(crate) use ids::Ids;
pub(crate) use output::Output;

use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use zookit_proto::{OpCode, Request, SessionId, Xid, Zxid};

use super::Time;
use super::statistics::AvgMinMax;

/// A connection, from [`connect`](super::Server::connect) on. No number is used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub(crate) u64);

impl ConnectionId {
    /// The number: connections are counted from 1.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// How far the conversation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nothing was understood yet; it must be by then.
    Handshake(Time),
    /// There is a session.
    Session,
    /// Nothing is understood any more: the connection is to be closed.
    Closing,
}

/// What a test did to the transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    /// Nothing.
    Whole,
    /// Nothing passes until it is thawed.
    Frozen,
    /// The server has forgotten it; what the client says is lost, and it hears nothing.
    HalfOpen,
}

/// A request that waits for its time.
#[derive(Debug)]
pub(crate) struct Delayed {
    pub(crate) since: Time,
    pub(crate) until: Time,
    pub(crate) xid: Xid,
    pub(crate) request: Request,
}

/// What the four-letter words tell of a connection.
#[derive(Debug, Clone)]
pub(crate) struct Counters {
    pub(crate) received: u64,
    pub(crate) sent: u64,
    /// `None` until something was asked.
    pub(crate) last_op: Option<OpCode>,
    pub(crate) last_xid: Option<Xid>,
    /// Of the last request that was the client's own: pings and the like have negative ones.
    pub(crate) last_client_xid: Option<Xid>,
    pub(crate) last_zxid: Zxid,
    pub(crate) last_reply: Time,
    /// Milliseconds from when requests were received until their replies were queued.
    pub(crate) last_latency: u64,
    pub(crate) latency: AvgMinMax,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            received: 0,
            sent: 0,
            last_op: None,
            last_xid: None,
            last_client_xid: Some(Xid(0)),
            last_zxid: Zxid(0),
            last_reply: Time::ZERO,
            last_latency: 0,
            latency: AvgMinMax::default(),
        }
    }
}

impl Counters {
    /// After the word `crst`, which leaves something else than the beginning of a connection.
    pub(crate) fn reset() -> Self {
        Self {
            last_op: Some(OpCode::Error),
            last_client_xid: None,
            last_zxid: Zxid::NONE,
            ..Self::default()
        }
    }
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) peer: SocketAddr,
    pub(crate) since: Time,
    /// When something came of it last.
    pub(crate) heard: Time,
    /// When the request that is being carried out was received.
    pub(crate) asked: Time,
    pub(crate) stage: Stage,
    pub(crate) line: Line,
    /// Its client has sent the byte for read-only servers, so that every handshake answers it.
    pub(crate) read_only_byte: bool,
    /// [`SessionId::NONE`] before there is one.
    pub(crate) session: SessionId,
    /// As this connection negotiated it.
    pub(crate) timeout: Duration,
    /// When it is closed unless its client is heard of before: of a member that follows, which does
    /// not end sessions itself.
    pub(crate) silent_at: Option<Time>,
    pub(crate) ids: Ids,
    pub(crate) output: Output,
    /// With how many bytes its output counts among all that is unsent.
    pub(crate) weighed: usize,
    /// A transport was told that there is output, and did not ask for it yet.
    pub(crate) announced: bool,
    /// It counts among the connections of its address.
    pub(crate) counted: bool,
    /// While there is one, nothing behind it is looked at.
    pub(crate) delayed: Option<Box<Delayed>>,
    /// The leader was asked about its session and has not answered: nothing is looked at.
    pub(crate) awaits_session: bool,
    /// How many requests the leader was given and has not decided.
    pub(crate) undecided: usize,
    /// Requests that wait until it has, since reads stand behind the writes before them: the
    /// payload of each, and when it was received.
    pub(crate) waiting: VecDeque<(Time, Bytes)>,
    pub(crate) counters: Counters,
}

impl Connection {
    pub(crate) fn new(now: Time, peer: SocketAddr, deadline: Time) -> Self {
        Self {
            peer,
            since: now,
            heard: now,
            asked: now,
            stage: Stage::Handshake(deadline),
            line: Line::Whole,
            read_only_byte: false,
            session: SessionId::NONE,
            timeout: Duration::ZERO,
            silent_at: None,
            ids: Ids::of(peer.ip()),
            output: Output::default(),
            weighed: 0,
            announced: false,
            counted: false,
            delayed: None,
            awaits_session: false,
            undecided: 0,
            waiting: VecDeque::new(),
            counters: Counters::default(),
        }
    }

    /// All that is unsent, now that the output of this connection may be more or less than when it
    /// was counted last.
    pub(crate) fn weigh(&mut self, unsent: usize) -> usize {
        let length = self.output.len();
        let before = std::mem::replace(&mut self.weighed, length);
        unsent.saturating_sub(before).saturating_add(length)
    }

    /// When its client has been silent for too long.
    pub(crate) fn silent_at(&self) -> Option<Time> {
        let counts = self.stage == Stage::Session && self.line == Line::Whole;
        self.silent_at.filter(|_| counts)
    }

    /// When something of it is due: the handshake, silence, a delayed request, or output held back.
    pub(crate) fn due(&self) -> Option<Time> {
        let handshake = match self.stage {
            Stage::Handshake(deadline) if self.line == Line::Whole => Some(deadline),
            _ => None,
        };
        let delayed = self.delayed.as_ref().map(|delayed| delayed.until);
        let all = [handshake, self.silent_at(), delayed, self.output.held_until()];
        all.into_iter().flatten().min()
    }
}
