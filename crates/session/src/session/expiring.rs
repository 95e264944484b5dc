//! A session ends, is buried, and the next begins.

use zookit_proto::mutant::{self, Mutant};
use zookit_proto::types::Password;
use zookit_proto::{SessionId, Time, Zxid};

use super::{Grave, Phase, Session, Tally};
use crate::config::{OnExpiry, PresumedExpiry};
use crate::event::{Event, Reason, State, WatchEnd};
use crate::fates::{Cause, Stage};
use crate::ids::Generation;
use crate::outcome::{NoReply, NotSent, Outcome};

impl Session {
    /// When the session will be presumed gone unless something is heard.
    pub(super) fn presumed_gone_at(&self) -> Option<Time> {
        let connected = matches!(
            self.phase,
            Phase::Authenticating { .. }
                | Phase::Restoring { .. }
                | Phase::Serving
                | Phase::Draining { .. }
        );
        // While a server holds the session, its silence is noticed by the read deadline.
        if connected || !self.life.is_established() || matches!(self.phase, Phase::Over) {
            return None;
        }
        let after = match self.config.presumed_expiry {
            _ if mutant::on(Mutant::ExpiryNeverReported) => return None,
            _ if mutant::on(Mutant::ExpiryReportedLate) => self.life.timeout.saturating_mul(4),
            PresumedExpiry::FourThirds => {
                let timeout = self.life.timeout;
                timeout.saturating_add(timeout.checked_div(3).unwrap_or_default())
            }
            PresumedExpiry::After(after) => after,
            PresumedExpiry::Never => return None,
        };
        Some(self.life.heard.after(after))
    }

    /// Nothing was heard for so long that the session must be gone. It may still live at a server
    /// that nobody reaches, so its id and password are kept: the first contact closes it, or
    /// learns that it is gone, before the next session is opened.
    pub(super) fn presume_expired(&mut self) {
        let (session, password) = (self.life.session, self.life.password.clone());
        if !mutant::on(Mutant::NoBurial) {
            self.life.grave = Some(Box::new(Grave { session, password }));
        }
        self.end_generation(Reason::PresumedExpired);
    }

    /// The session is gone, and all that was meant for it alone: reported once.
    pub(super) fn end_generation(&mut self, reason: Reason) {
        if !self.life.is_established() {
            return;
        }
        let (_, unsent) = self.requests.take_all();
        let mut ended = Vec::new();
        for request in unsent {
            if request.pinned.is_some() && mutant::on(Mutant::PinnedCrossesGeneration) {
                self.requests.keep(request);
            } else if request.pinned.is_some() {
                self.end_request(request, Outcome::NotSent(NotSent::SessionLost), &mut ended);
            } else {
                self.meet(request, Stage::Unsent, Cause::Expiry, &mut ended);
            }
        }
        if !mutant::on(Mutant::TrustOutlivesSession) {
            self.life.trusted_from = None;
        }
        if reason != Reason::ServerSaidExpired || !mutant::on(Mutant::ExpirySwallowed) {
            self.publish(State::Expired, reason, Tally::of(&ended));
        }
        self.report(ended);
        // Watches of a read-only server's session move on with the connection.
        if reason != Reason::ReadOnlySessionEnded {
            let over = self.watches.end_one_shots(WatchEnd::SessionLost);
            self.events.extend(over.into_iter().map(|(id, notice)| Event::Watch(id, notice)));
        }
        if mutant::on(Mutant::ZxidEndsWithSession) {
            self.life.zxid = Zxid(0);
        }
        self.life.session = SessionId::NONE;
        self.life.password = Password::zeros();
        self.life.timeout = self.config.session_timeout;
        self.life.born_read_only = false;
        let Generation(number) = self.life.generation;
        self.life.generation = Generation(number.saturating_add(1));
        match (self.closing.is_some(), self.config.on_expiry) {
            // It is closed by its burial, as long as there is time.
            (true, _) if self.life.grave.is_some() => {}
            (true, _) => self.finish_close(self.done()),
            (false, OnExpiry::End) => self.finish(State::Closed, Reason::Closed),
            (false, OnExpiry::NextGeneration) => {
                self.publish(State::Connecting, Reason::NextGeneration, Tally::default());
            }
        }
    }

    /// Ends the requests whose deadline has passed.
    pub(super) fn expire_requests(&mut self) {
        let expired = self.requests.expire(self.now);
        let mut ended = Vec::new();
        for request in expired.unsent {
            self.meet(request, Stage::Unsent, Cause::Deadline, &mut ended);
        }
        for request in expired.late {
            // Its place in flight stays; this is only for those who wait.
            self.meet(request, Stage::Sent, Cause::Deadline, &mut ended);
        }
        self.report(ended);
        for ticket in self.credentials.expire(self.now) {
            self.complete(ticket, Outcome::NoReply(NoReply::Deadline));
        }
    }
}
