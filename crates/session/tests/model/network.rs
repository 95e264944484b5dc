//! The connection: two queues that keep their order, and either end may be gone.
//!
//! A cut takes what is on its way to the client. What is on its way to the server stays in the
//! [`Link`] that the client has left behind: the server may still read any prefix of it, at any
//! later time.

/// A transaction's number: its place in the history, from 1. Zero is before everything.
pub(crate) type Zxid = u8;
/// A session, by the order of creation.
pub(crate) type SessionId = u8;
/// A request of the client, by the order of submission.
pub(crate) type RequestId = u8;

/// One of the two nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    A,
    B,
}

impl Node {
    pub(crate) const ALL: [Self; 2] = [Self::A, Self::B];

    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

/// A set of nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Nodes(pub(crate) u8);

impl Nodes {
    pub(crate) const A: Self = Self(1);
    pub(crate) const B: Self = Self(2);
    pub(crate) const BOTH: Self = Self(3);

    pub(crate) fn has(self, node: Node) -> bool {
        self.0 & (1 << node.index()) != 0
    }

    pub(crate) fn add(&mut self, node: Node) {
        self.0 |= 1 << node.index();
    }

    pub(crate) fn remove(&mut self, node: Node) {
        self.0 &= !(1 << node.index());
    }
}

/// Client to server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Up {
    /// ConnectRequest; no session asks for a new one. The generation is not on the wire: it lets
    /// the properties tell whose session the server made.
    Connect { session: Option<SessionId>, seen: Zxid, generation: u8 },
    /// closeSession.
    Close,
    /// One batch of setWatches.
    SetWatches { relative: Zxid, one_shots: Nodes, stream: bool },
    /// A change of node A, and an ephemeral of the session.
    Write(RequestId),
    /// An empty multi.
    Fence(RequestId),
    /// getData, with the watch flag or without.
    Read { id: RequestId, node: Node, flag: bool },
    /// addWatch on node A.
    AddWatch(RequestId),
}

impl Up {
    /// Whether it changes something at the server even if nobody waits for the answer.
    fn acts_unheard(&self) -> bool {
        matches!(self, Self::Connect { .. } | Self::Close | Self::Write(_) | Self::Fence(_))
    }
}

/// Server to client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Down {
    /// ConnectResponse with a session.
    Session(SessionId),
    /// ConnectResponse with timeout 0.
    Expired,
    /// The reply to closeSession.
    Closed,
    /// The reply to setWatches.
    WatchesSet { zxid: Zxid },
    /// A notification. A replayed one was made by setWatches and carries no zxid on the wire.
    Event { node: Node, zxid: Zxid, replayed: bool },
    /// The reply to a request; `shows` is the newest change of node A (or of the node read) that
    /// it makes visible, 0 if none.
    Reply { id: RequestId, zxid: Zxid, shows: Zxid },
}

/// One connection, with the server's view of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Link {
    pub(crate) member: u8,
    /// The session it serves, once the server has accepted the handshake.
    pub(crate) session: Option<SessionId>,
    /// Whether the server still reads from it and writes to it.
    pub(crate) open: bool,
    pub(crate) up: Vec<Up>,
    pub(crate) down: Vec<Down>,
    /// The server's one-shot watches of this connection.
    pub(crate) one_shots: Nodes,
    /// The server's persistent watch of this connection, on node A.
    pub(crate) stream: bool,
}

impl Link {
    pub(crate) fn new(member: u8, connect: Up) -> Self {
        Self {
            member,
            session: None,
            open: true,
            up: vec![connect],
            down: Vec::new(),
            one_shots: Nodes::default(),
            stream: false,
        }
    }

    /// The server closes its end. What it has sent still arrives.
    pub(crate) fn close(&mut self) {
        self.open = false;
        self.up.clear();
        self.one_shots = Nodes::default();
        self.stream = false;
    }

    /// What is left of it when the client is gone: only what can still change the server, so that
    /// worlds that differ in nothing else are one state.
    pub(crate) fn abandon(&mut self) {
        self.down.clear();
        self.one_shots = Nodes::default();
        self.stream = false;
        while self.up.last().is_some_and(|message| !message.acts_unheard()) {
            self.up.pop();
        }
    }

    /// Whether nothing can come of it any more once the client is gone.
    pub(crate) fn is_spent(&self) -> bool {
        !self.open || self.up.is_empty()
    }
}
