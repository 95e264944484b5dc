//! What a run did, in the order in which it happened: the one thing that all checkers look at.
//!
//! Level 1 of the simulator makes them, and so may a user's program.

use bytes::Bytes;
use zookit_proto::{ErrorCode, Request, SessionId, Time, Zxid};
use zookit_server::core::Transaction;
use zookit_session::{Generation, StateChange, WatchKind, WatchNotice, WatcherId};

/// A client of a run, counted from 0. One handle: its sessions are its generations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub u32);

/// A request of a run; no number is used twice in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Call(pub u64);

/// How a call ended, as its caller was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The server did it.
    Answered {
        /// The last transaction the server had applied; of a write, its own. `None` where the
        /// caller was not told.
        zxid: Option<Zxid>,
        /// The reply behind its header.
        body: Bytes,
    },
    /// The server refused it.
    Refused {
        /// Its word.
        code: ErrorCode,
        /// The last transaction the server had applied, if the caller was told.
        zxid: Option<Zxid>,
    },
    /// It had no effect and never will.
    NotSent,
    /// It left and no answer came.
    NoReply,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Observation {
    /// A client submitted a request. Submissions of one client are observed in their order.
    Submitted {
        /// Who.
        client: ClientId,
        /// Which.
        call: Call,
        /// What it asks for.
        request: Request,
        /// The watcher that its reply arms, and what that waits for.
        watcher: Option<(WatcherId, WatchKind)>,
        /// The only generation in which it may be sent.
        pinned: Option<Generation>,
        /// The generation that the client was in.
        generation: Generation,
    },
    /// A call ended. Once for each.
    Ended {
        /// Whose.
        client: ClientId,
        /// Which.
        call: Call,
        /// How.
        end: End,
    },
    /// A client lost interest in an answer: the call still ends, but nobody looks.
    Abandoned {
        /// Who.
        client: ClientId,
        /// In which.
        call: Call,
    },
    /// A watcher was told something.
    Notice {
        /// Whose.
        client: ClientId,
        /// Which.
        watcher: WatcherId,
        /// What.
        notice: WatchNotice,
    },
    /// A client dropped a watcher.
    WatcherDropped {
        /// Whose.
        client: ClientId,
        /// Which.
        watcher: WatcherId,
    },
    /// The state of a client changed.
    State {
        /// Whose.
        client: ClientId,
        /// How.
        change: StateChange,
    },
    /// Until when a client trusts its session has changed.
    Trusted {
        /// Who.
        client: ClientId,
        /// In which session.
        session: SessionId,
        /// Until then; `None`: not at all.
        until: Option<Time>,
    },
    /// Somebody asked for the end of a session: its client closes it, or a test ends it at a server.
    /// From now on it may be over at any moment, whoever trusts it.
    EndAsked {
        /// Which.
        session: SessionId,
    },
    /// A member that had heard of a session was cut off, maybe before it told the leader: until its
    /// client is heard elsewhere, the session may be over earlier than its client can know.
    Unheard {
        /// Which.
        session: SessionId,
    },
    /// The servers agreed on a transaction. These are observed in the order of their zxids.
    Committed(Transaction),
    /// From now on nothing goes wrong any more, and no new calls are made.
    Calm,
}
