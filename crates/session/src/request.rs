//! A request on its way into the session.

use bytes::Bytes;
use zookit_proto::{Class, OpCode, Text, Time, frame};

use crate::ids::{Generation, Ticket, WatcherId};

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
    pub watch: Option<Box<WatchRequest>>,
    /// The only generation in which it may be sent.
    pub pinned: Option<Generation>,
}

impl Submission {
    /// Whether it can be sent: what the session does with the frame relies on this.
    pub(crate) fn is_sound(&self) -> bool {
        let length = self.frame.first_chunk().map(|prefix| u32::from_be_bytes(*prefix));
        let rest = self.frame.len().checked_sub(frame::PREFIX);
        let opcode = self.frame.get(8..12) == Some(&self.opcode.number().to_be_bytes()[..]);
        let whole = opcode && rest.is_some_and(|rest| u32::try_from(rest).ok() == length);
        // Credentials, SASL, pings and setWatches belong to the connection, closing to the handle.
        let ours = matches!(self.opcode.class(), Class::Connection | Class::Close);
        whole && !ours && self.watch.as_ref().is_none_or(|watch| watch.kind.fits(self.opcode))
    }
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

/// What a watcher waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WatchKind {
    /// Once: data set or the znode deleted. Armed by getData.
    Data,
    /// Once: created, data set or deleted. Armed by exists, also by its `NoNode`.
    Exists,
    /// Once: a child created or deleted, or the znode deleted. Armed by getChildren.
    Children,
    /// Again and again: everything about exactly this path. Armed by addWatch.
    Persistent,
    /// Again and again: created, deleted, data set, of the path and all below it; never
    /// `NodeChildrenChanged`. Armed by addWatch.
    PersistentRecursive,
}

impl WatchKind {
    /// Whether the reply to this operation arms such a watcher.
    pub(crate) const fn fits(self, opcode: OpCode) -> bool {
        match self {
            Self::Data => matches!(opcode, OpCode::GetData),
            Self::Exists => matches!(opcode, OpCode::Exists),
            Self::Children => matches!(opcode, OpCode::GetChildren | OpCode::GetChildren2),
            Self::Persistent | Self::PersistentRecursive => matches!(opcode, OpCode::AddWatch),
        }
    }

    /// Whether the watch is over once it has fired.
    #[must_use]
    pub const fn is_one_shot(self) -> bool {
        matches!(self, Self::Data | Self::Exists | Self::Children)
    }
}
