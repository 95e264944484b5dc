//! From Waiting to Serving.

use bytes::Bytes;
use zookit_proto::connect::{ConnectRequest, ConnectResponse, decode_response};
use zookit_proto::mutant::{self, Mutant};
use zookit_proto::ops::sasl::{SaslReply, SaslRequest};
use zookit_proto::types::{Credentials, Password};
use zookit_proto::{ErrorCode, OpCode, SessionId, Time, Xid, Zxid, frame, wire};

use super::sending::{SEND_AHEAD, bare_frame, whole_frame};
use super::{Denial, Phase, Purpose, Session, Tally};
use crate::config::Limits;
use crate::connection::Connection;
use crate::event::{Effect, Event, Reason, State, WatchNotice};
use crate::outcome::Loss;
use crate::requests::{Owner, Request};
use crate::sasl::Step;
use crate::watches::Batch;

impl Session {
    /// Chooses the next server and dials it, now or when its time has come.
    pub(super) fn attempt(&mut self) {
        match self.hosts.next(self.now, &mut self.rng) {
            None => self.phase = Phase::Idle,
            Some((host, at)) if at <= self.now => self.dial(host),
            Some((host, at)) => self.phase = Phase::Waiting { host, at },
        }
    }

    pub(super) fn dial(&mut self, host: usize) {
        let Some(endpoint) = self.hosts.endpoint(host).cloned() else { return self.attempt() };
        let share = u32::try_from(self.hosts.len()).unwrap_or(u32::MAX);
        let share = self.life.timeout.checked_div(share).unwrap_or_default();
        let timeout = share.max(Limits::MIN_ATTEMPT).min(self.config.limits.max_attempt);
        self.phase = Phase::Dialing { host, deadline: self.now.after(timeout) };
        self.effects.push_back(Effect::Dial { endpoint, timeout });
    }

    /// The connection asked for is up; nothing has been written or read.
    pub fn handle_connected(&mut self, now: Time) {
        self.tick(now);
        let Phase::Dialing { host, deadline } = self.phase else { return };
        let Some(endpoint) = self.hosts.endpoint(host).cloned() else { return };
        let (purpose, session, password) = match &self.life.grave {
            Some(grave) => (Purpose::Bury, grave.session, grave.password.clone()),
            None if self.life.is_established() && mutant::on(Mutant::PasswordForgotten) => {
                (Purpose::Resume, self.life.session, Password::zeros())
            }
            None if self.life.is_established() => {
                (Purpose::Resume, self.life.session, self.life.password.clone())
            }
            None => (Purpose::New, SessionId::NONE, Password::zeros()),
        };
        let millis = self.config.session_timeout.as_millis();
        let request = ConnectRequest {
            protocol_version: 0,
            last_zxid_seen: self.zxid_to_tell(),
            timeout_ms: i32::try_from(millis).unwrap_or(i32::MAX),
            session_id: session,
            password: Some(password),
            read_only: Some(self.config.read_only),
        };
        let mut connection = Connection::new(endpoint, host, self.now);
        connection.out.push(&frame::around(&request));
        self.connection = Some(connection);
        self.phase = Phase::Handshaking { deadline, purpose };
    }

    /// The newest transaction seen: a server that has not applied it must not take us.
    fn zxid_to_tell(&self) -> Zxid {
        if mutant::on(Mutant::ZxidNotKept) {
            return Zxid(0);
        }
        if mutant::on(Mutant::ToldZxidInHandshake) { self.life.told } else { self.life.zxid }
    }

    /// The connection asked for could not be made.
    pub fn handle_dial_failed(&mut self, now: Time) {
        self.tick(now);
        if let Phase::Dialing { host, .. } = self.phase {
            self.penalize(host, true);
            self.attempt();
        }
    }

    /// The server's first frame.
    pub(super) fn handle_connect_response(&mut self, payload: Bytes) {
        let Phase::Handshaking { purpose, .. } = self.phase else { return };
        let Ok(response) = decode_response(payload) else { return self.unreadable_handshake() };
        self.silence.broken();
        if response.read_only == Some(true) && purpose != Purpose::New && !response.is_accepted() {
            return self.not_known_read_only();
        }
        // The session may have been presumed gone since it was asked for.
        let purpose = if self.life.grave.is_some() { Purpose::Bury } else { purpose };
        let asked = match (purpose, &self.life.grave) {
            (Purpose::Bury, Some(grave)) => grave.session,
            _ => self.life.session,
        };
        if purpose != Purpose::New && !response.is_accepted() && !self.believes_the_denial() {
            return;
        }
        match (purpose, response.is_accepted()) {
            (Purpose::Bury, true) if mutant::on(Mutant::ResumedAfterExpiry) => {
                self.life.grave = None;
                self.granted(response, Reason::NewSession);
            }
            (Purpose::Bury, true) if response.session_id == asked => self.bury(),
            // A server that grants another session than the one asked for has forgotten that one.
            (Purpose::Bury, granted) => {
                self.life.grave = None;
                if mutant::on(Mutant::ExpiryReportedTwice) {
                    self.publish(State::Expired, Reason::ServerSaidExpired, Tally::default());
                }
                self.after_funeral(granted.then_some(response));
            }
            (Purpose::Resume, true) if response.session_id == asked => {
                self.granted(response, Reason::Resumed);
            }
            (Purpose::Resume, granted) => {
                self.end_generation(Reason::ServerSaidExpired);
                self.after_funeral(granted.then_some(response));
            }
            (Purpose::New, true) => self.granted(response, Reason::NewSession),
            (Purpose::New, false) => self.unreadable_handshake(),
        }
    }

    /// A server that only reads does not know the session. It may lag, and the session live where
    /// there is a quorum: the attempt has failed, and nothing more.
    fn not_known_read_only(&mut self) {
        self.hang_up();
        self.lose(Loss::Fin);
    }

    /// Whether the session is gone, as the server of this connection says; if not, the attempt has
    /// failed.
    ///
    /// A leader that stood still for longer than the session's timeout, and was deposed meanwhile,
    /// ends sessions by its own clock when it goes on, and says so to whoever asks until it notices
    /// that it leads no more, at its next tick. With another leader they live. So a second server
    /// is asked; or the same again when that has passed, if there is no other to be reached. No
    /// session's timeout is shorter than two ticks.
    fn believes_the_denial(&mut self) -> bool {
        let Some(connection) = &self.connection else { return true };
        let (here, host) = (connection.endpoint.clone(), connection.host);
        if self.hosts.len() < 2 || self.closing.is_some() {
            return true;
        }
        match &self.life.denied {
            Some(denial) if denial.by != here => return true,
            Some(denial) if self.now.since(denial.at) > self.life.timeout.div_f64(3.0) => {
                return true;
            }
            // The same again, too soon.
            Some(_) => {
                self.hang_up();
                self.lose(Loss::Fin);
            }
            None => {
                self.life.denied = Some(Box::new(Denial { by: here, at: self.now }));
                if let Some(other) = self.hosts.after(host) {
                    self.hosts.prefer(other);
                }
                self.hang_up();
                self.lose(Loss::Moved);
            }
        }
        false
    }

    /// A handshake that makes no sense: the attempt has failed.
    fn unreadable_handshake(&mut self) {
        self.hang_up();
        self.lose(Loss::Unreadable);
    }

    /// The old session is gone for certain: take the one granted in its place, if there is one,
    /// or ask the same server for a new one.
    pub(super) fn after_funeral(&mut self, granted: Option<ConnectResponse>) {
        self.life.denied = None;
        if matches!(self.phase, Phase::Over) {
            return;
        }
        if self.closing.is_some() {
            return self.finish_close(self.done());
        }
        match granted {
            Some(response) => self.granted(response, Reason::NewSession),
            None => {
                if let Some(connection) = &self.connection {
                    self.hosts.prefer(connection.host);
                }
                self.hang_up();
                self.lose(Loss::Moved);
            }
        }
    }

    fn granted(&mut self, response: ConnectResponse, reason: Reason) {
        let Some(connection) = &mut self.connection else { return };
        connection.granted = reason;
        connection.read_only = response.read_only == Some(true);
        let opened = connection.opened;
        let millis = u64::try_from(response.timeout_ms).unwrap_or_default();
        if !mutant::on(Mutant::TimeoutNotNegotiated) {
            self.life.timeout = std::time::Duration::from_millis(millis);
        }
        self.life.trust(opened);
        self.life.heard = self.now;
        if reason == Reason::NewSession {
            self.life.session = response.session_id;
            // A copy: it must not keep the buffer alive in which it came.
            let password = response.password.unwrap_or_default();
            self.life.password = Password::new(Bytes::copy_from_slice(password.expose()));
            self.life.born_read_only = connection.read_only;
        }
        self.life.denied = None;
        self.hosts.settled();
        match &mut self.config.sasl {
            Some(mechanism) => {
                let token = mechanism.start();
                self.phase = Phase::Authenticating { rounds: 0 };
                self.send_sasl(token);
            }
            None => self.restore(),
        }
    }

    fn send_sasl(&mut self, token: Bytes) {
        let body = SaslRequest { token: Some(Credentials::new(token)) };
        let frame = whole_frame(Xid::default(), OpCode::Sasl, &body);
        self.launch(Request::internal(Owner::Sasl, OpCode::Sasl, frame));
    }

    /// The server's token, or its refusal.
    pub(super) fn handle_sasl(&mut self, code: ErrorCode, body: Bytes) {
        let Phase::Authenticating { rounds } = &mut self.phase else { return };
        *rounds = rounds.saturating_add(1);
        let patient = *rounds < self.config.limits.sasl_rounds;
        let reply = wire::decode::<SaslReply>("SetSASLResponse", body);
        let (true, Ok(reply), Some(mechanism)) = (code.is_ok(), reply, &mut self.config.sasl)
        else {
            return self.auth_failed(Reason::SaslFailed);
        };
        let token = reply.token.map(|token| Bytes::copy_from_slice(token.expose()));
        match mechanism.step(token) {
            Step::Send(token) if patient => self.send_sasl(token),
            Step::Send(_) | Step::Failed => self.auth_failed(Reason::SaslFailed),
            Step::Done => self.restore(),
        }
    }

    /// Tells the server who we are and what is watched; it serves when all is answered.
    fn restore(&mut self) {
        let in_one = mutant::on(Mutant::RestoredInOneFrame);
        let max_bytes = if in_one { usize::MAX } else { self.config.limits.watch_batch_bytes };
        if !mutant::on(Mutant::WatchesNotRestored) {
            self.watches.begin_restore(self.life.told, max_bytes);
        }
        let replayed = !mutant::on(Mutant::CredentialsNotReplayed);
        let credentials = if replayed { self.credentials.len() } else { 0 };
        // One stands for the batches still to be made.
        let left = credentials.saturating_add(1);
        self.phase = Phase::Restoring { left };
        if mutant::on(Mutant::CredentialsBehindRequests) {
            self.fill();
        }
        for credential in 0..credentials {
            self.send_auth(credential);
        }
        if mutant::on(Mutant::ReadOvertakesRestore) {
            self.fill();
        }
        self.restore_more();
        if mutant::on(Mutant::WatchesNotRestored) {
            self.restored_one();
        }
    }

    /// Makes batches of watches as long as the transport takes them.
    pub(super) fn restore_more(&mut self) {
        while self.watches.is_restoring() {
            let Some(connection) = &mut self.connection else { return };
            if connection.out.waiting() >= SEND_AHEAD {
                return;
            }
            let Some(batch) = self.watches.next_batch() else { return self.restored_one() };
            if self.may_restore(&batch) {
                self.restore_batch(batch);
            }
        }
    }

    fn restore_batch(&mut self, batch: Batch) {
        let (Some(connection), Phase::Restoring { left }) = (&mut self.connection, &mut self.phase)
        else {
            return;
        };
        *left = left.saturating_add(1);
        connection.restored = connection.restored.saturating_add(batch.watchers.len());
        let owner = Owner::Restore(batch.watchers);
        self.launch(Request::internal(owner, batch.opcode, batch.frame));
    }

    /// Whether the server knows how to set these watches again. If it has said before that it
    /// does not, they are over: to ask again would only end the connection once more.
    fn may_restore(&mut self, batch: &Batch) -> bool {
        let host = self.connection.as_ref().map_or(usize::MAX, |connection| connection.host);
        if !self.hosts.lacks(host, batch.opcode, self.now) {
            return true;
        }
        let ended = self.watches.restored(&batch.watchers, ErrorCode::Unimplemented);
        self.tell(ended);
        false
    }

    /// One of the answers that Restoring waits for has come, or the last batch has been made.
    pub(super) fn restored_one(&mut self) {
        // Before it is counted: what was answered made room.
        self.restore_more();
        if let Phase::Restoring { left } = &mut self.phase {
            *left = left.saturating_sub(1);
            self.serve_if_restored();
        }
    }

    /// Connected is published, then the gaps; then requests leave.
    fn serve_if_restored(&mut self) {
        if !matches!(self.phase, Phase::Restoring { left: 0 }) {
            return;
        }
        let Some(connection) = &self.connection else { return };
        let (reason, read_only) = (connection.granted, connection.read_only);
        let host = connection.host;
        self.phase = Phase::Serving;
        self.failed_restores = 0;
        self.life.told = self.life.zxid;
        let state = if read_only { State::ConnectedReadOnly } else { State::Connected };
        self.publish(state, reason, Tally::default());
        let away_since = self.life.away_since.take();
        if let Some(after) = away_since.filter(|_| !mutant::on(Mutant::GapNotTold)) {
            let until = self.life.zxid;
            for watcher in self.watches.persistent() {
                self.events.push_back(Event::Watch(watcher, WatchNotice::Gap { after, until }));
            }
        }
        if self.hosts.endpoint(host).is_none() {
            // The list has changed meanwhile and has no such server any more.
            self.drain(None);
        } else if read_only {
            self.begin_search();
        } else {
            self.trust.proved();
        }
    }

    /// Closes a session that was presumed gone and is not.
    fn bury(&mut self) {
        self.life.denied = None;
        self.phase = Phase::Burying;
        let frame = bare_frame(OpCode::CloseSession);
        self.launch(Request::internal(Owner::Burial, OpCode::CloseSession, frame));
    }

    /// When an attempt is late. Once the session is granted, and until requests leave, that is
    /// when none of the session's own was answered for as long as the session timeout: a server
    /// that answers pings and nothing else must not keep the client from the others.
    pub(super) fn attempt_deadline(&self) -> Option<Time> {
        match self.phase {
            Phase::Dialing { deadline, .. } | Phase::Handshaking { deadline, .. } => Some(deadline),
            Phase::Authenticating { .. } | Phase::Restoring { .. } | Phase::Burying => {
                let connection = self.connection.as_ref()?;
                Some(connection.answered.after(self.life.timeout))
            }
            _ => None,
        }
    }
}
