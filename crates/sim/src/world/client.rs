//! A client of the world: its session, its clock, and what its user keeps in mind.

use std::collections::BTreeSet;
use std::time::Duration;

use zookit_proto::{SessionId, Time};
use zookit_session::{Session, WatcherId};

use crate::network::LineId;
use crate::observe::Call;

/// The most members that an ensemble has here, and one that is only in a client's list.
pub(crate) const MOST_MEMBERS: usize = 5 + 1;

/// How fast a client's clock runs, in thousandths of the true speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Clock(pub(crate) u64);

impl Clock {
    /// What it shows at a true time, in nanoseconds.
    pub(crate) const fn shows(self, nanos: u64) -> Time {
        Time::since_origin(Duration::from_nanos(nanos * self.0 / 1000))
    }

    /// When it first shows this, in nanoseconds of true time.
    pub(crate) fn when(self, shown: Time) -> u64 {
        nanos(shown).saturating_mul(1000).div_ceil(self.0)
    }
}

/// A moment as a number.
pub(crate) fn nanos(time: Time) -> u64 {
    let duration = time.as_duration();
    duration.as_secs().saturating_mul(1_000_000_000).saturating_add(duration.subsec_nanos().into())
}

/// One handle and its user.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) session: Session,
    pub(crate) clock: Clock,
    /// When it is going to be woken; the end of time: not at all.
    pub(crate) wake_at: u64,
    /// The connection of its session, or the attempt at one.
    pub(crate) line: Option<LineId>,
    /// What has not ended yet.
    pub(crate) pending: BTreeSet<Call>,
    /// Watchers that may still be told something.
    pub(crate) watchers: Vec<WatcherId>,
    /// What its trust was when last observed.
    pub(crate) trusted: (SessionId, Option<Time>),
    /// The connection by which it came to that.
    pub(crate) trusted_by: Option<LineId>,
    /// It was told to close.
    pub(crate) closing: bool,
    /// Until when nothing passes between it and each member.
    pub(crate) parted_until: [u64; MOST_MEMBERS],
    /// Until when it gets no new connection to any.
    pub(crate) alone_until: u64,
}

impl Client {
    pub(crate) fn new(session: Session, clock: Clock) -> Self {
        Self {
            session,
            clock,
            wake_at: u64::MAX,
            line: None,
            pending: BTreeSet::new(),
            watchers: Vec::new(),
            trusted: (SessionId::NONE, None),
            trusted_by: None,
            closing: false,
            parted_until: [0; MOST_MEMBERS],
            alone_until: 0,
        }
    }

    /// Whether its session has nothing to do any more but to live.
    pub(crate) fn is_idle(&self) -> bool {
        let session = &self.session;
        let over = session.state().is_terminal();
        let settled = session.state().is_connected() && session.in_flight() == 0;
        self.pending.is_empty() && (over || settled && session.queued() == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_shows_a_time_when_it_says_and_not_before() {
        for speed in [960, 999, 1000, 1037] {
            let clock = Clock(speed);
            for shown in [0, 1, 999, 1_000_000_007] {
                let shown = Time::since_origin(Duration::from_nanos(shown));
                let at = clock.when(shown);
                assert!(clock.shows(at) >= shown);
                assert!(at == 0 || clock.shows(at - 1) < shown);
            }
        }
    }
}
