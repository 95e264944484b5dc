//! The handle ends.

use super::losing::Ended;
use super::{Phase, Session, Tally};
use crate::connection::Connection;
use crate::event::{Reason, State, WatchEnd};
use crate::fates::{Cause, Stage};
use crate::outcome::{Loss, NoReply, NotSent, Outcome};
use zookit_proto::Time;

impl Session {
    /// When a close has taken too long.
    pub(super) fn close_deadline(&self) -> Option<Time> {
        self.closing.as_ref().map(|closing| closing.deadline)
    }

    /// The bound of closing has passed: the session is left to expire at its servers.
    pub(super) fn give_up_closing(&mut self) {
        self.finish_close(Outcome::NoReply(NoReply::Deadline));
    }

    /// Closing is over, one way or the other.
    pub(super) fn finish_close(&mut self, outcome: Outcome) {
        let tickets = self.closing.take().map(|closing| closing.tickets).unwrap_or_default();
        self.finish(State::Closed, Reason::Closed);
        for ticket in tickets {
            self.complete(ticket, outcome.clone());
        }
    }

    /// A server does not accept who we say we are.
    pub(super) fn auth_failed(&mut self, reason: Reason) {
        let tickets = self.closing.take().map(|closing| closing.tickets).unwrap_or_default();
        self.finish(State::AuthFailed, reason);
        for ticket in tickets {
            self.complete(ticket, Outcome::NoReply(NoReply::Lost(Loss::AuthFailed)));
        }
    }

    /// Those who wait for the answer to a credential.
    fn end_credentials(&mut self, connection: Option<&Connection>, ended: &mut Ended) {
        for sent in connection.iter().flat_map(|connection| &connection.auths) {
            let left = connection
                .is_some_and(|connection| connection.out.is_sent(sent.span, self.config.sent_rule));
            if left {
                for ticket in self.credentials.take_waiting_for(sent.credential) {
                    ended.push((ticket, Outcome::NoReply(NoReply::Lost(Loss::Close))));
                }
            }
        }
        for ticket in self.credentials.take_waiting() {
            ended.push((ticket, Outcome::NotSent(NotSent::Closed)));
        }
    }

    /// Ends the handle in a terminal state: every request and watch ends with it.
    pub(super) fn finish(&mut self, state: State, reason: Reason) {
        if matches!(self.phase, Phase::Over) {
            return;
        }
        let connection = self.connection.take();
        if connection.is_some() || matches!(self.phase, Phase::Dialing { .. }) {
            self.hang_up();
        }
        self.phase = Phase::Over;
        self.search = None;
        let (in_flight, unsent) = self.requests.take_all();
        let mut ended = Vec::new();
        for entry in in_flight {
            let stage = connection.as_ref().map(|c| self.stage(c, &entry, false));
            self.meet(entry.request, stage.unwrap_or(Stage::Sent), Cause::End, &mut ended);
        }
        for request in unsent {
            self.meet(request, Stage::Unsent, Cause::End, &mut ended);
        }
        self.end_credentials(connection.as_ref(), &mut ended);
        if state == State::AuthFailed {
            for (_, outcome) in &mut ended {
                *outcome = as_auth_failed(outcome.clone());
            }
        }
        let tally = Tally::of(&ended);
        self.connection = connection;
        self.publish(state, reason, tally);
        self.connection = None;
        self.report(ended);
        let failed = state == State::AuthFailed;
        let why = if failed { WatchEnd::AuthFailed } else { WatchEnd::Closed };
        let over = self.watches.end_all(why);
        self.tell(over);
        self.life.trusted_from = None;
        self.closing = None;
    }
}

/// The same end, for the other reason.
fn as_auth_failed(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::NotSent(NotSent::Closed) => Outcome::NotSent(NotSent::AuthFailed),
        Outcome::NoReply(NoReply::Lost(Loss::Close)) => {
            Outcome::NoReply(NoReply::Lost(Loss::AuthFailed))
        }
        other => other,
    }
}
