//! What a member and its leader say to each other of single requests and sessions.

use std::time::Duration;

use zookit_proto::types::Id;
use zookit_proto::{ErrorCode, OpCode, Request, SessionId};

/// What a member asks of its leader.
#[derive(Debug, Clone)]
pub(in super::super) struct Forwarded {
    /// The member's number for it; the answer names it.
    pub(in super::super) number: u64,
    /// Whose it is.
    pub(in super::super) session: SessionId,
    /// What is asked.
    pub(in super::super) what: Forward,
}

/// What there is to be asked.
#[derive(Debug, Clone)]
pub(in super::super) enum Forward {
    /// A write, by a connection that is authenticated as these.
    Write {
        /// What.
        request: Box<Request>,
        /// Who.
        ids: Vec<Id>,
    },
    /// A write that is refused, and takes a number all the same.
    Refuse {
        /// What it was.
        opcode: OpCode,
        /// Why.
        code: ErrorCode,
    },
    /// That it has applied all there was when this was asked.
    Sync(Box<Request>),
    /// A new session.
    Open {
        /// As it was negotiated.
        timeout: Duration,
    },
    /// A session that is taken up again, here.
    Reopen {
        /// As it was negotiated.
        timeout: Duration,
    },
    /// The end of a session.
    Close,
    /// Nothing: these sessions were heard of since it asked the last time.
    Touched(Vec<(SessionId, Duration)>),
}

/// What a leader tells a member besides the history.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum Told {
    /// A request is refused, without a number.
    Refused(ErrorCode),
    /// A session is taken up again, or there is none such.
    Reopened(bool),
    /// All there was when it was asked has been applied here by now.
    Synced,
}

/// What a member is in its ensemble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) enum Role {
    /// It has no leader.
    #[default]
    Looking,
    /// It follows one.
    Follower,
    /// It is the one that leads, and so many follow.
    Leader(usize),
}
