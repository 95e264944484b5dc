//! A request on its way into the session.

use bytes::Bytes;
use zookit_proto::{OpCode, Text};

use crate::event::Generation;
use crate::outcome::Ticket;
use crate::time::Time;
use crate::watches::{WatchKind, WatcherId};

/// A request as its caller submits it.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The caller's number for it.
    pub ticket: Ticket,
    /// What it asks for; its class follows from it.
    pub opcode: OpCode,
    /// The whole frame: length, header, body. The session fills in the xid.
    ///
    /// [`frame::request`](zookit_proto::frame::request) makes one.
    pub frame: Bytes,
    /// When the caller stops waiting. Reached unsent, the request is *not sent*; reached in
    /// flight, it is *no reply* and its place in the order of replies is kept.
    pub deadline: Option<Time>,
    /// The watcher that the reply arms: of exists, getData, getChildren, getChildren2 with the
    /// watch flag, or of addWatch. The session sets the flag or mode in the frame itself.
    pub watch: Option<WatchRequest>,
    /// The only generation in which it may be sent.
    pub pinned: Option<Generation>,
}

/// A watcher to be armed by the reply to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchRequest {
    /// The caller's number for the watcher; never one used before on this session.
    pub watcher: WatcherId,
    /// What it waits for.
    pub kind: WatchKind,
    /// The path, as the server has it.
    pub path: Text,
}
