//! The network between clients and members: connections as two pipes each, and what may befall them.

mod pipe;

pub(crate) use pipe::{Pipe, Segment};

use crate::trace::frames::Frames;
use bytes::BytesMut;
use zookit_server::core::ConnectionId;
use zookit_session::Endpoint;

/// A connection, by its place among all of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LineId(pub(crate) u32);

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// From the client to the member.
    Up,
    /// From the member to the client.
    Down,
}

/// What a connection is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The session.
    Session,
    /// One four-letter word.
    Probe(Endpoint, &'static [u8; 4]),
}

/// How far the client's end of a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientEnd {
    /// It waits for the member to answer.
    Dialing,
    /// It reads and writes.
    Open,
    /// It has closed.
    Gone,
}

/// A connection between a client and a member, or an attempt at one.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) client: u32,
    pub(crate) member: usize,
    pub(crate) purpose: Purpose,
    pub(crate) client_end: ClientEnd,
    /// The member's end, while it has one.
    pub(crate) server: Option<ConnectionId>,
    pub(crate) up: Pipe,
    pub(crate) down: Pipe,
    /// What arrived at the client and was not taken.
    pub(crate) client_inbox: BytesMut,
    /// What arrived at the member and was not taken.
    pub(crate) server_inbox: BytesMut,
    /// For the trace: what was sent and is no whole frame yet.
    pub(crate) up_frames: Frames,
    pub(crate) down_frames: Frames,
}

impl Line {
    pub(crate) fn new(client: u32, member: usize, purpose: Purpose, capacity: usize) -> Self {
        Self {
            client,
            member,
            purpose,
            client_end: ClientEnd::Dialing,
            server: None,
            up: Pipe::new(capacity),
            down: Pipe::new(capacity),
            client_inbox: BytesMut::new(),
            server_inbox: BytesMut::new(),
            up_frames: Frames::default(),
            down_frames: Frames::default(),
        }
    }

    pub(crate) const fn pipe(&mut self, way: Way) -> &mut Pipe {
        match way {
            Way::Up => &mut self.up,
            Way::Down => &mut self.down,
        }
    }
}
