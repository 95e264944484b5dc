//! What became of a request. Every request ends in exactly one of the four arms of [`Outcome`].

use bytes::Bytes;
use thiserror::Error;
use zookit_proto::{ErrorCode, OpCode, Zxid};

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server did it and this is its reply.
    Answered {
        /// The last transaction the server had applied; of a write, its own.
        zxid: Zxid,
        /// The reply behind its header, undecoded.
        body: Bytes,
    },
    /// The server refused it: nothing changed.
    Refused {
        /// The server's word.
        code: ErrorCode,
        /// The last transaction the server had applied.
        zxid: Zxid,
    },
    /// It had no effect and never will.
    NotSent(NotSent),
    /// It left and no answer came: a write may or may not have been applied.
    NoReply(NoReply),
}

/// Why a request was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum NotSent {
    /// Too many requests, or too many bytes of them, are waiting already.
    #[error("too many requests are waiting")]
    QueueFull,
    /// As many watchers as are allowed are there already.
    #[error("too many watches are set")]
    TooManyWatches,
    /// Its deadline passed while it waited.
    #[error("its deadline passed while it waited to be sent")]
    Deadline,
    /// The connection was lost with a write unanswered that was submitted before this one.
    #[error("a write submitted before it was lost with the connection")]
    BehindLostWrite,
    /// The session it was meant for is gone.
    #[error("the session it was submitted in is gone")]
    SessionLost,
    /// The client is closed, or was told to close before this was submitted.
    #[error("the client is closed")]
    Closed,
    /// The server does not accept this client's credentials.
    #[error("authentication failed")]
    AuthFailed,
    /// It is none that callers make, or its frame, operation and watch do not fit together, or its
    /// watcher's number was used before.
    #[error("it is no request that the session can send")]
    Malformed,
    /// Its caller lost interest before it was sent.
    #[error("its caller gave it up before it was sent")]
    Abandoned,
    /// This server has answered before that it does not know the operation.
    #[error("the server does not know the operation {0}")]
    Unsupported(OpCode),
}

/// Why no reply came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum NoReply {
    /// The connection was lost.
    #[error("{0}")]
    Lost(Loss),
    /// Its deadline passed; the reply may still come, to nobody.
    #[error("no reply came before its deadline")]
    Deadline,
    /// A read was sent on this many connections and each was lost.
    #[error("the connection was lost each of the {0} times it was sent")]
    LostEachTime(u32),
    /// What came in its place could not be read.
    #[error("the reply could not be read: {0}")]
    Unreadable(Unreadable),
    /// The server answered with a code that does not tell what became of the request.
    #[error("the server answered {0}, which does not say what became of the request")]
    ServerUnsure(ErrorCode),
}

/// Why a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Error)]
#[non_exhaustive]
pub enum Loss {
    /// The server closed it.
    #[error("the server closed the connection")]
    Fin,
    /// It was reset, or the transport failed in another way.
    #[error("the connection was reset")]
    Reset,
    /// Nothing was heard for two thirds of the session timeout.
    #[error("nothing was heard from the server")]
    Stall,
    /// A frame could not be read, so that nothing behind it can be believed.
    #[error("the server sent what could not be read")]
    Unreadable,
    /// The session expired.
    #[error("the session expired")]
    Expiry,
    /// The client was closed before the server answered.
    #[error("the client was closed")]
    Close,
    /// The server does not accept the client's credentials.
    #[error("authentication failed")]
    AuthFailed,
    /// This client moves to another server.
    #[error("the client left the server for another")]
    Moved,
}

/// What about a reply could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// It claims to be longer than this client takes.
    #[error("it claims {length} bytes and this client takes at most {limit}")]
    TooLarge {
        /// The length it claims.
        length: usize,
        /// The client's limit.
        limit: usize,
    },
    /// A negative length, or too short for a header.
    #[error("it is no frame")]
    NotAFrame,
    /// Its xid is not that of the request whose turn it is.
    #[error("it answers xid {found} where xid {expected} was due")]
    WrongXid {
        /// The xid of the request whose turn it was.
        expected: i32,
        /// The xid that came.
        found: i32,
    },
}
