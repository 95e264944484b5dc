//! What the session says, passed on: watch notices and states at once and in order, completions
//! as one batch behind them.
//!
//! So whoever hears of a lost connection by the fate of a request finds the state changed already,
//! and an event is in its watch before a reply that came behind it is known to anyone.

use std::io;

use zookit_session::{
    Diagnosis, Event, NotSent, Outcome, Reason, State, StateChange, Time, WatchEnd, WatchNotice,
    WatcherId,
};

use super::Driver;
use super::transport::Connection;
use crate::error::Attempt;
use crate::shared::{Completion, Seen, Turn};

impl Driver {
    pub(super) fn publish(&mut self) {
        let mut anything = false;
        while let Some(event) = self.session.poll_event() {
            anything = true;
            match event {
                Event::Completed(ticket, outcome) => {
                    self.arms.count(&outcome);
                    let unhappy = matches!(outcome, Outcome::Refused { .. } | Outcome::NoReply(_));
                    let server = if unhappy { self.server.clone() } else { None };
                    self.endings().push(ticket, Completion { outcome, server });
                }
                Event::Replied(replies) => {
                    self.arms.count_replies(&replies);
                    let server = self.server.clone();
                    self.endings().push_replies(replies, server);
                }
                Event::Watch(watcher, notice) => self.publish_watch(watcher, notice),
                Event::State(change) => self.publish_state(*change),
                Event::Diagnosed(diagnosis) => self.publish_diagnosis(&diagnosis),
            }
        }
        // Before anyone is woken: who hears of a reply finds its zxid.
        if anything {
            self.publish_gauges();
        }
        if let Some(endings) = &mut self.endings {
            self.shared.complete(endings);
        }
    }

    pub(super) fn publish_gauges(&self) {
        self.shared.gauges.set(
            self.session.zxid(),
            self.session.session_id(),
            self.session.generation(),
            self.session.timeout(),
            self.session.trusted_until(),
        );
        self.shared.counters.latency.note(self.now, self.session.trusted_from());
        self.shared.counters.set(&Turn {
            arms: self.arms,
            watches: self.watchers.counts,
            in_flight: self.session.in_flight(),
            queued: self.session.queued(),
            queued_bytes: self.session.queued_bytes(),
            connections: self.connections,
            heard: self.heard.map(Time::as_duration),
        });
    }

    /// Gauges are set behind each turn's events, so until then they say what was before.
    fn seen(&self) -> Seen {
        Seen { before: self.shared.gauges.zxid(), now: self.session.zxid() }
    }

    fn publish_watch(&mut self, watcher: WatcherId, notice: WatchNotice) {
        let Some(cell) = self.watchers.get(watcher) else { return };
        if cell.push(notice, self.seen()) {
            self.watchers.remove(watcher);
        }
    }

    fn publish_state(&mut self, change: StateChange) {
        if change.state.is_connected() {
            if !self.was_connected {
                // They are for the error of a connect that fails.
                drop(self.shared.take_attempts());
            }
            self.was_connected = true;
            if let Some(connection) = &mut self.connection {
                self.connections += u64::from(!connection.established);
                connection.established = true;
            }
        }
        trace(&change);
        // Before the state itself: whoever sees it connected also finds the session's id.
        self.publish_gauges();
        self.shared.state.publish(change, self.server.clone());
    }

    fn publish_diagnosis(&mut self, diagnosis: &Diagnosis) {
        tracing::warn!(
            target: "zookit::session",
            server = %diagnosis.server,
            cause = %diagnosis.cause,
            "servers close without a word"
        );
        self.shared.state.diagnose(diagnosis);
        if !self.was_connected {
            let (server, answer) = (diagnosis.server.clone(), diagnosis.cause.to_string());
            self.shared.note_attempt(Attempt { server, address: None, answer });
        }
    }

    /// For the error of a connect: a connection whose handshake is not answered.
    pub(super) fn note_unanswered(&self, connection: &Connection, what: &str) {
        self.note_answer(connection, format!("took the connection and {what}"));
    }

    /// The same for one that ended. The transport may know why: TLS 1.3 hears only now that the
    /// server does not accept the client's certificate.
    pub(super) fn note_lost(&self, connection: &Connection, error: Option<&io::Error>) {
        match error.filter(|error| error.get_ref().is_some()) {
            Some(error) => self.note_answer(connection, error.to_string()),
            None => self.note_unanswered(connection, "closed it without a session"),
        }
    }

    fn note_answer(&self, connection: &Connection, answer: String) {
        if self.was_connected || connection.established {
            return;
        }
        if let Some(server) = &self.server {
            let (server, address) = (server.as_ref().clone(), Some(connection.address));
            self.shared.note_attempt(Attempt { server, address, answer });
        }
    }

    /// The runtime goes away under a session that is not closed.
    pub(super) fn publish_end(&mut self) {
        let change = StateChange {
            state: State::Closed,
            reason: Reason::Closed,
            generation: self.session.generation(),
            session: self.session.session_id(),
            server: self.server.as_deref().cloned(),
            zxid: self.session.zxid(),
            watches_restored: 0,
            not_sent: 0,
            no_reply: 0,
        };
        self.publish_state(change);
    }

    /// Ends the watches that the session has not ended itself.
    pub(super) fn end_watches(&mut self, reason: NotSent) {
        let end = match reason {
            NotSent::AuthFailed => WatchEnd::AuthFailed,
            _ => WatchEnd::Closed,
        };
        for cell in self.watchers.take_all() {
            cell.push(WatchNotice::Ended(end), self.seen());
        }
    }
}

/// The one event of a change of state.
fn trace(change: &StateChange) {
    /// The level must be known when the program is compiled.
    macro_rules! at {
        ($level:ident) => {
            tracing::$level!(
                target: "zookit::session",
                state = ?change.state,
                reason = %change.reason,
                generation = change.generation.0,
                session = %change.session,
                server = change.server.as_ref().map(tracing::field::display),
                zxid = %change.zxid,
                watches_restored = change.watches_restored,
                not_sent = change.not_sent,
                no_reply = change.no_reply,
                "the state of the session changed"
            )
        };
    }
    match change.state {
        State::Connecting | State::Connected | State::ConnectedReadOnly | State::Closed => {
            at!(info);
        }
        State::Suspended | State::Expired => at!(warn),
        State::AuthFailed => at!(error),
    }
}
