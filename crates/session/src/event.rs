//! What the session tells its callers, and what it asks of whoever moves its bytes.

use std::time::Duration;

use thiserror::Error;
use zookit_proto::types::EventType;
use zookit_proto::{ErrorCode, SessionId, Text, Zxid};

use crate::endpoint::Endpoint;
use crate::ids::{Generation, Ticket, WatcherId};
use crate::outcome::{Loss, Outcome};
use crate::run::Replies;

/// The state of a session, in ZooKeeper's and Curator's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// No session yet, or none any more and the next is being opened.
    Connecting,
    /// Connected to a server that takes reads and writes; watches are in place.
    Connected,
    /// Connected to a server that takes reads only; one that takes writes is being looked for.
    ConnectedReadOnly,
    /// The connection is lost; the session may still live, and is being taken up again.
    Suspended,
    /// The session is gone, and its ephemeral znodes with it.
    Expired,
    /// The server does not accept the credentials. Terminal.
    AuthFailed,
    /// Closed. Terminal.
    Closed,
}

impl State {
    /// Whether nothing will ever follow.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::AuthFailed | Self::Closed)
    }

    /// Whether requests go out.
    #[must_use]
    pub const fn is_connected(self) -> bool {
        matches!(self, Self::Connected | Self::ConnectedReadOnly)
    }
}

/// A change of [`State`], with what there is to say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateChange {
    /// The state from now on.
    pub state: State,
    /// Why.
    pub reason: Reason,
    /// The generation it concerns: of `Expired`, the one that ended.
    pub generation: Generation,
    /// The session, or [`SessionId::NONE`].
    pub session: SessionId,
    /// The server, if there is a connection or just was one.
    pub server: Option<Endpoint>,
    /// The newest transaction seen.
    pub zxid: Zxid,
    /// How many watches were set again, when the state is one of the connected ones.
    pub watches_restored: usize,
    /// How many requests ended *not sent* with this change.
    pub not_sent: usize,
    /// How many requests ended *no reply* with this change.
    pub no_reply: usize,
}

/// Why the state changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum Reason {
    /// A new session was granted.
    #[error("a new session was granted")]
    NewSession,
    /// The session was taken up again.
    #[error("the session was taken up again")]
    Resumed,
    /// The connection was lost.
    #[error("{0}")]
    Lost(Loss),
    /// A server said that the session is gone.
    #[error("the server said that the session is gone")]
    ServerSaidExpired,
    /// Nothing was heard for so long that the session must be presumed gone.
    #[error("nothing was heard for so long that the session must be gone")]
    PresumedExpired,
    /// The session was one of a read-only server, which ends with its connection.
    #[error("a session of a read-only server ends with its connection")]
    ReadOnlySessionEnded,
    /// The next session is being opened.
    #[error("the next session is being opened")]
    NextGeneration,
    /// A server refused the credentials.
    #[error("the server refused the credentials ({0})")]
    AuthRefused(ErrorCode),
    /// The SASL exchange failed.
    #[error("the SASL exchange failed")]
    SaslFailed,
    /// The client was closed.
    #[error("the client was closed")]
    Closed,
}

/// What a watcher is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchNotice {
    /// Something happened to a watched znode.
    Event {
        /// What.
        event: EventType,
        /// To which: the path as the server has it.
        path: Text,
        /// By which transaction; `None` from servers before 3.9 and from replays.
        zxid: Option<Zxid>,
    },
    /// To persistent watches only: the connection was away, and whatever happened after the
    /// first and up to the second of these transactions may have gone unseen.
    Gap {
        /// The newest transaction seen before.
        after: Zxid,
        /// The transaction from which on events arrive again.
        until: Zxid,
    },
    /// The watch is over; nothing follows.
    Ended(WatchEnd),
}

/// Why a watch is over without having fired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum WatchEnd {
    /// The session it was set in is gone; what happened since is not known.
    #[error("the session it was set in is gone")]
    SessionLost,
    /// A server refused to set it again on a new connection.
    #[error("the server refused to set it again ({0})")]
    RestoreRefused(ErrorCode),
    /// Connection after connection was lost while it was being set again.
    #[error("the connection was lost each time it was to be set again")]
    RestoreFailed,
    /// The client was closed.
    #[error("the client was closed")]
    Closed,
    /// Authentication failed.
    #[error("authentication failed")]
    AuthFailed,
}

/// What callers are told, in the order in which it became true.
///
/// A watch notice stands before the completion of any request whose reply came behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A request ended. Once for each ticket.
    Completed(Ticket, Outcome),
    /// Requests of a [`Run`](crate::Run) have ended, each of them by its reply. Those of the run
    /// that are not among them end in other events.
    Replied(Replies),
    /// Something for a watcher.
    Watch(WatcherId, WatchNotice),
    /// The state changed.
    State(Box<StateChange>),
    /// Why servers close without a word, as far as they say when asked.
    Diagnosed(Box<Diagnosis>),
}

/// What is asked of whoever moves the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Open a connection, and say [`handle_connected`] or [`handle_dial_failed`]. There is never
    /// more than one at a time; `Hangup` revokes it.
    ///
    /// [`handle_connected`]: crate::Session::handle_connected
    /// [`handle_dial_failed`]: crate::Session::handle_dial_failed
    Dial {
        /// Where to.
        endpoint: Endpoint,
        /// How long the session waits, for all of resolving, connecting and the handshake.
        timeout: Duration,
    },
    /// Drop the connection or the attempt, and report nothing more about it. Bytes not yet
    /// written are given up.
    Hangup,
    /// On a connection of its own, send a four-letter word and say [`handle_probed`] with the word
    /// and what came back.
    ///
    /// [`handle_probed`]: crate::Session::handle_probed
    Probe {
        /// Where to.
        endpoint: Endpoint,
        /// The word.
        word: &'static [u8; 4],
        /// How long to wait.
        timeout: Duration,
    },
}

/// Why servers close the connection without answering the handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// The server that was asked.
    pub server: Endpoint,
    /// What it said.
    pub cause: SilentClose,
}

/// What a server that closes without a word says when it is asked for `srvr`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum SilentClose {
    /// It does not answer `srvr` either.
    #[error("the server does not answer `srvr` either")]
    Unreachable,
    /// It is not part of a quorum.
    #[error("the server is not serving requests: it is not part of a quorum")]
    NotServing,
    /// It only reads, and this client asked for a server that writes.
    #[error("the server is read-only and this client asked for one that is not")]
    ReadOnly,
    /// This client has seen a later transaction than the server has: the server lags, or the
    /// ensemble was restored from older data. Then what this client knows is no part of its history
    /// any more, and only a new client starts anew.
    #[error(
        "this client has seen {ours}, the server only {theirs}: it lags, or was restored from older \
         data and takes only new clients"
    )]
    BehindClient {
        /// The newest transaction this client has seen.
        ours: Zxid,
        /// The newest the server has applied.
        theirs: Zxid,
    },
    /// It serves, and nothing else is wrong: most likely its limit of connections is reached.
    #[error("the server serves others: its limit of connections is probably reached")]
    Refused,
}
