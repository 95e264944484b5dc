//! What members tell one another.

use zookit_proto::SessionId;

use super::super::server::{Forward, Forwarded, Told};

/// On its way between a member and the leader, or from a leader to itself.
#[derive(Debug, Clone)]
pub struct Message {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Since when the member and the leader have been in touch: what is from before that is void.
    pub(super) since: u64,
    pub(super) body: Body,
}

/// What is said.
#[derive(Debug, Clone)]
pub(super) enum Body {
    /// To the leader.
    Forwarded(Forwarded),
    /// To a member: a transaction, by its place in the history, and the number of its request if
    /// that is the member's.
    Committed(usize, Option<u64>),
    /// To a member: an answer that has no place in the history.
    Told(u64, Told),
    /// To a member: which sessions it has heard of.
    Ping,
}

impl Message {
    /// Who sent it.
    #[must_use]
    pub const fn from(&self) -> usize {
        self.from
    }

    /// Who is to get it.
    #[must_use]
    pub const fn to(&self) -> usize {
        self.to
    }

    /// The place in the history of the transaction that it brings, counted from 0; `None` if it
    /// brings none.
    #[must_use]
    pub const fn transaction(&self) -> Option<usize> {
        match self.body {
            Body::Committed(place, _) => Some(place),
            _ => None,
        }
    }

    /// Whether it tells the leader that this session was heard of.
    #[must_use]
    pub fn touches(&self, session: SessionId) -> bool {
        let Body::Forwarded(Forwarded { what: Forward::Touched(heard), .. }) = &self.body else {
            return false;
        };
        heard.iter().any(|(id, _)| *id == session)
    }

    /// Whether it may arrive before transactions that set out earlier on the same way. A member
    /// that is told whether a session lives tells the client at once, and one that is asked which
    /// sessions it has heard of answers at once. Those transactions it has received too, but
    /// applies them by and by: so a client can come to a member that lags.
    ///
    /// Facts: `Learner.revalidate` and `ping`, `CommitProcessor`.
    #[must_use]
    pub const fn may_overtake(&self) -> bool {
        matches!(self.body, Body::Told(_, Told::Reopened(_)) | Body::Ping)
    }
}
