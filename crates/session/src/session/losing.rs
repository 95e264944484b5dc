//! A connection ends.

use std::time::Duration;

use super::{Phase, Session, Tally};
use crate::config::Limits;
use crate::connection::Connection;
use crate::event::{Effect, Reason, State, WatchEnd};
use crate::fates::{Cause, Fate, Kind, Stage, fate};
use crate::ids::Ticket;
use crate::outcome::{Loss, NoReply, NotSent, Outcome};
use crate::requests::{InFlight, Owner, Request};
use zookit_proto::Time;
use zookit_proto::mutant::{self, Mutant};

/// Requests that an accident ended, as far as they have callers.
pub(super) type Ended = Vec<(Ticket, Outcome)>;

impl Session {
    /// The connection ended: the server closed it, or the transport failed.
    ///
    /// Everything that was submitted before this was known must have been given to
    /// [`submit`](Self::submit) before: what comes later belongs to the next connection.
    pub fn handle_disconnected(&mut self, now: Time, loss: Loss) {
        self.tick(now);
        if self.connection.is_some() {
            self.lose(loss);
        }
    }

    /// Drops the connection or the attempt; [`lose`](Self::lose) sorts out what that means.
    pub(super) fn hang_up(&mut self) {
        self.effects.push_back(Effect::Hangup);
    }

    pub(super) fn lose(&mut self, loss: Loss) {
        self.lose_with(loss, false, Vec::new());
    }

    /// The connection is gone. Suspended is published, then the requests that end by it, then the
    /// next attempt begins.
    ///
    /// `ended`: what ended by it before and is not in the queues any more; `lost_write`: that was
    /// a write.
    pub(super) fn lose_with(&mut self, loss: Loss, lost_write: bool, mut ended: Ended) {
        let Some(connection) = self.connection.take() else { return };
        self.note_silence(&connection);
        self.judge(&connection, loss);
        let was_serving = self.state.is_connected();
        let was_restoring = matches!(self.phase, Phase::Restoring { .. });
        if was_serving && self.life.away_since.is_none() {
            self.life.away_since = Some(self.life.told);
        }
        self.search = None;
        self.note_failed_restore(&connection, loss);
        self.watches.connection_lost();
        self.sort(&connection, loss, lost_write, &mut ended);
        if was_serving {
            // The server that was lost belongs to the news.
            let tally = Tally::of(&ended);
            self.connection = Some(connection);
            self.publish(State::Suspended, Reason::Lost(loss), tally);
            self.connection = None;
        }
        self.report(ended);
        if self.life.born_read_only {
            self.end_generation(Reason::ReadOnlySessionEnded);
        }
        let hangs = was_restoring && mutant::on(Mutant::HangsInRestore);
        if !matches!(self.phase, Phase::Over) && !hangs {
            self.attempt();
        }
    }

    /// A connection lost while its watches were being set again may have been lost for that. After
    /// a few in a row the watches are over: a handle must not fail for ever at what it cannot do.
    fn note_failed_restore(&mut self, connection: &Connection, loss: Loss) {
        let restoring = matches!(self.phase, Phase::Restoring { .. }) && connection.restored > 0;
        if !restoring || loss == Loss::Moved {
            return;
        }
        self.failed_restores = self.failed_restores.saturating_add(1);
        let is_bounded = !mutant::on(Mutant::RestoredInOneFrame);
        if self.failed_restores >= Limits::RESTORE_ATTEMPTS && is_bounded {
            self.failed_restores = 0;
            let over = self.watches.end_armed(WatchEnd::RestoreFailed);
            self.tell(over);
        }
    }

    pub(super) fn report(&mut self, ended: Ended) {
        for (ticket, outcome) in ended {
            self.complete(ticket, outcome);
        }
    }

    /// Whether the loss speaks against the server.
    fn judge(&mut self, connection: &Connection, loss: Loss) {
        let served = self.state.is_connected();
        if served && self.now.since(connection.opened) >= Limits::STABLE_AFTER {
            self.hosts.lasted();
        }
        match loss {
            Loss::Moved => {}
            Loss::Unreadable => self.penalize(connection.host, false),
            _ => self.penalize(connection.host, true),
        }
    }

    pub(super) fn penalize(&mut self, host: usize, at_once: bool) {
        // A server that grants next to no time must not set the pace.
        let quarter = self.life.timeout.checked_div(4).unwrap_or(Duration::ZERO);
        let max = quarter.max(self.config.backoff.base);
        self.hosts.failed(host, self.now, max, at_once, &mut self.rng);
    }

    /// Decides for each request what becomes of it; those that stay keep their order.
    fn sort(
        &mut self,
        connection: &Connection,
        loss: Loss,
        mut lost_write: bool,
        ended: &mut Ended,
    ) {
        let (in_flight, mut unsent) = self.requests.take_all();
        if mutant::on(Mutant::KeptInReverse) {
            unsent = unsent.into_iter().rev().collect();
        }
        for mut entry in in_flight {
            let kind = entry.request.kind();
            let stage = self.stage(connection, &entry, lost_write);
            lost_write |= kind == Kind::Write && matches!(stage, Stage::Sent | Stage::AnsweredLate);
            lost_write &= !mutant::on(Mutant::WriteBehindLostWrite);
            if matches!(stage, Stage::Unsent | Stage::BehindLostWrite) {
                // It waited for the transport in vain.
                entry.request.times_sent = entry.request.times_sent.saturating_sub(1);
            }
            self.meet(entry.request, stage, Cause::Lost(loss), ended);
        }
        for request in unsent {
            let stage = if lost_write { Stage::BehindLostWrite } else { Stage::Unsent };
            self.meet(request, stage, Cause::Lost(loss), ended);
        }
    }

    pub(super) fn stage(
        &self,
        connection: &Connection,
        entry: &InFlight,
        lost_write: bool,
    ) -> Stage {
        let mut sent = connection.out.is_sent(entry.span, self.config.sent_rule);
        sent &= !(mutant::on(Mutant::HalfWrittenBatchSentAgain) && connection.out.waiting() > 0);
        match (entry.answered_late, sent, lost_write) {
            (true, ..) => Stage::AnsweredLate,
            (_, true, _) => Stage::Sent,
            (_, _, true) => Stage::BehindLostWrite,
            (_, _, false) => Stage::Unsent,
        }
    }

    /// A request meets its fate.
    pub(super) fn meet(&mut self, request: Request, stage: Stage, cause: Cause, ended: &mut Ended) {
        let times = request.times_sent;
        let is_lost = matches!(cause, Cause::Lost(_));
        let outcome = match fate(request.kind(), stage, cause) {
            Fate::SentAgain if self.sent_too_often(&request) => {
                Outcome::NoReply(NoReply::LostEachTime(times))
            }
            Fate::Kept | Fate::SentAgain => return self.keep(request),
            Fate::NotSent(NotSent::SessionLost) if mutant::on(Mutant::WriteCrossesGeneration) => {
                return self.keep(request);
            }
            Fate::NoReply if is_lost && mutant::on(Mutant::WriteSentAgain) => {
                return self.keep(request);
            }
            Fate::NoReply if is_lost && mutant::on(Mutant::LostWriteToldNotSent) => {
                Outcome::NotSent(NotSent::BehindLostWrite)
            }
            Fate::NotSent(reason) => Outcome::NotSent(reason),
            Fate::NoReply => Outcome::NoReply(match cause {
                Cause::Lost(loss) => NoReply::Lost(loss),
                Cause::Expiry => NoReply::Lost(Loss::Expiry),
                Cause::End | Cause::UnreadableReply => NoReply::Lost(Loss::Close),
                Cause::Deadline => NoReply::Deadline,
            }),
            Fate::Done => self.done(),
            Fate::Replayed | Fate::Over => return,
        };
        self.end_request(request, outcome, ended);
    }

    fn sent_too_often(&self, request: &Request) -> bool {
        let asks = matches!(request.kind(), Kind::Read | Kind::AddWatch);
        asks && request.times_sent > self.config.limits.max_resends
    }

    /// The session's own requests belong to one connection, but for the close.
    fn keep(&mut self, request: Request) {
        if matches!(request.owner, Owner::Caller(_) | Owner::Close) {
            self.requests.keep(request);
        }
    }

    pub(super) fn end_request(&mut self, request: Request, outcome: Outcome, ended: &mut Ended) {
        if let Some(watch) = &request.watch {
            let consequences = self.watches.remove(watch.watcher);
            self.follow(consequences);
        }
        if let Owner::Caller(ticket) = request.owner {
            ended.push((ticket, outcome));
        }
    }

    /// When nothing was heard for too long.
    pub(super) fn read_deadline(&self) -> Option<Time> {
        match self.phase {
            Phase::Handshaking { .. } => None,
            _ if mutant::on(Mutant::StallNotNoticed) => None,
            _ => self.connection.as_ref().map(|c| c.read_deadline(self.life.timeout)),
        }
    }
}
