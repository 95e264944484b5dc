//! How much came about in a run: one in which nothing does proves nothing.

use std::fmt;
use std::ops::AddAssign;

use zookit_session::{Outcome, State, WatchNotice};

/// How often what came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Calls that were answered.
    pub answered: u64,
    /// Calls that were refused.
    pub refused: u64,
    /// Calls that were not sent.
    pub not_sent: u64,
    /// Calls that got no reply.
    pub no_reply: u64,
    /// Events that watchers were told.
    pub watched: u64,
    /// Gaps that watchers were told.
    pub gaps: u64,
    /// Connections that sessions lost.
    pub lost: u64,
    /// Sessions that were taken up again or opened, on a server that writes.
    pub connected: u64,
    /// The same, on a server that only reads.
    pub read_only: u64,
    /// Sessions that expired.
    pub expired: u64,
    /// Watches that were set again.
    pub restored: u64,
}

impl Tally {
    pub(super) const fn outcome(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Answered { .. } => self.answered += 1,
            Outcome::Refused { .. } => self.refused += 1,
            Outcome::NotSent(_) => self.not_sent += 1,
            Outcome::NoReply(_) => self.no_reply += 1,
        }
    }

    pub(super) const fn notice(&mut self, notice: &WatchNotice) {
        match notice {
            WatchNotice::Event { .. } => self.watched += 1,
            WatchNotice::Gap { .. } => self.gaps += 1,
            WatchNotice::Ended(_) => {}
        }
    }

    pub(super) const fn state(&mut self, state: State, restored: usize) {
        match state {
            State::Connected => self.connected += 1,
            State::ConnectedReadOnly => self.read_only += 1,
            State::Suspended => self.lost += 1,
            State::Expired => self.expired += 1,
            _ => {}
        }
        if state.is_connected() {
            self.restored += restored as u64;
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        let Self { answered, refused, not_sent, no_reply, watched, gaps, .. } = other;
        let Self { lost, connected, read_only, expired, restored, .. } = other;
        self.answered += answered;
        self.refused += refused;
        self.not_sent += not_sent;
        self.no_reply += no_reply;
        self.watched += watched;
        self.gaps += gaps;
        self.lost += lost;
        self.connected += connected;
        self.read_only += read_only;
        self.expired += expired;
        self.restored += restored;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "calls: {} answered, {} refused, {} not sent, {} without a reply; connections: {} \
             made, {} read-only, {} lost; {} sessions expired; watches: {} events, {} gaps, {} set \
             again",
            self.answered,
            self.refused,
            self.not_sent,
            self.no_reply,
            self.connected,
            self.read_only,
            self.lost,
            self.expired,
            self.watched,
            self.gaps,
            self.restored
        )
    }
}
