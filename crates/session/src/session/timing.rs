//! What is due when.

use super::{Phase, Session};
use crate::outcome::Loss;
use zookit_proto::Time;
use zookit_proto::mutant::{self, Mutant};

/// Everything that happens by time alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Timer {
    /// The wait before the next attempt is over.
    Dial,
    /// The attempt has taken too long.
    Attempt,
    /// The server was silent for two thirds of the session timeout.
    Read,
    /// The server must hear of us.
    Ping,
    /// A request's deadline.
    Deadline,
    /// A move has waited long enough for what is in flight.
    Drain,
    /// Closing has taken too long.
    Close,
    /// The session must be presumed gone.
    PresumedExpiry,
    /// The next server is asked whether it takes writes.
    Search,
}

impl Timer {
    /// In the order in which they are looked at when several are due: what ends the handle or the
    /// session first, what only speaks last.
    const ALL: [Self; 9] = [
        Self::Close,
        Self::PresumedExpiry,
        Self::Read,
        Self::Deadline,
        Self::Drain,
        Self::Attempt,
        Self::Dial,
        Self::Ping,
        Self::Search,
    ];
}

impl Session {
    /// When [`handle_timeout`](Self::handle_timeout) wants to be called; `None`: not before
    /// something else happens.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Time> {
        Timer::ALL.into_iter().filter_map(|timer| self.due_at(timer)).min()
    }

    /// Time has passed. Does what is due; nothing if nothing is.
    pub fn handle_timeout(&mut self, now: Time) {
        self.tick(now);
        for timer in Timer::ALL {
            if self.due_at(timer).is_some_and(|due| due <= self.now) {
                self.ring(timer);
            }
        }
    }

    fn due_at(&self, timer: Timer) -> Option<Time> {
        if matches!(self.phase, Phase::Over) {
            return None;
        }
        match timer {
            Timer::Dial => match self.phase {
                Phase::Waiting { at, .. } => Some(at),
                _ => None,
            },
            Timer::Attempt => self.attempt_deadline(),
            Timer::Read => self.read_deadline(),
            Timer::Ping => match self.phase {
                // A server that insists on SASL hangs up on anything else before it.
                Phase::Handshaking { .. } | Phase::Authenticating { .. } => None,
                _ if mutant::on(Mutant::PingNotSent) => None,
                _ => self.connection.as_ref().map(|c| c.ping_due(self.life.timeout)),
            },
            Timer::Deadline => {
                let deadlines = [self.requests.next_deadline(), self.credentials.next_deadline()];
                deadlines.into_iter().flatten().min()
            }
            Timer::Drain => self.drain_deadline(),
            Timer::Close => self.close_deadline(),
            Timer::PresumedExpiry => self.presumed_gone_at(),
            Timer::Search => self.search_at(),
        }
    }

    fn ring(&mut self, timer: Timer) {
        match timer {
            Timer::Dial => {
                if let Phase::Waiting { host, .. } = self.phase {
                    self.dial(host);
                }
            }
            Timer::Attempt => self.give_up_attempt(),
            Timer::Read => {
                self.hang_up();
                self.lose(Loss::Stall);
            }
            Timer::Ping => self.ping(),
            Timer::Deadline => self.expire_requests(),
            Timer::Drain => self.leave(),
            Timer::Close => self.give_up_closing(),
            Timer::PresumedExpiry => self.presume_expired(),
            Timer::Search => self.search_on(),
        }
    }

    fn give_up_attempt(&mut self) {
        self.hang_up();
        match self.phase {
            Phase::Dialing { host, .. } => {
                self.penalize(host, true);
                self.attempt();
            }
            _ => self.lose(Loss::Stall),
        }
    }
}
