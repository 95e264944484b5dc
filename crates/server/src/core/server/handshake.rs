//! The handshake: a new session, or one that is taken up again.
//!
//! Facts: `ZooKeeperServer.processConnectRequest`, `reopenSession` and `finishSessionInit`.

use std::time::Duration;

use bytes::Bytes;
use zookit_proto::connect::{ConnectRequest, ConnectResponse, decode_request};
use zookit_proto::types::Password;
use zookit_proto::wire::Field as _;
use zookit_proto::{ErrorCode, OpCode, SessionId, Xid};

use super::super::Change;
use super::super::connection::{ConnectionId, Stage};
use super::super::sessions;
use super::super::statistics::count;
use super::Server;
use super::log::Outcome;

impl Server {
    /// What is refused here is refused without a word, by closing.
    pub(super) fn handshake(&mut self, id: ConnectionId, payload: Bytes) {
        let Ok(request) = decode_request(payload) else { return self.close(id) };
        count(&mut self.statistics.connection_requests);
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.read_only_byte = request.read_only.is_some();
        }
        if self.halted || self.read_only && request.read_only != Some(true) {
            return self.close(id);
        }
        if request.last_zxid_seen > self.zxid {
            return self.close(id);
        }
        let timeout = self.config.negotiate(request.timeout_ms);
        if self.following.is_some() && !self.read_only {
            return self.forward_handshake(id, request, timeout);
        }
        if request.session_id == SessionId::NONE {
            self.open_session(id, timeout);
            self.accept_new(id, timeout);
        } else if self.read_only && self.is_of_transactions(request.session_id) {
            self.close(id);
        } else {
            count(&mut self.statistics.revalidations);
            let valid = self.reopen_session(id, &request, timeout);
            self.accept(id, valid.then_some(timeout));
        }
    }

    /// A client with a session sends createSession: its session is made once more, with the timeout
    /// in the body until it is heard of again, and the handshake is answered once more.
    ///
    /// Facts: `PrepRequestProcessor.pRequest2Txn` and `FinalRequestProcessor`; a real 3.8.0, 3.8.6
    /// and 3.9.5.
    pub(super) fn create_session_again(&mut self, id: ConnectionId, xid: Xid, body: &Bytes) {
        let Some(connection) = self.connections.get(&id) else { return };
        let (session, negotiated) = (connection.session, connection.timeout);
        let timeout = body.first_chunk().copied().map(i32::from_be_bytes);
        let timeout = timeout.map(|ms| Duration::from_millis(u64::try_from(ms).unwrap_or(0)));
        let code = ErrorCode::MarshallingError;
        let change =
            timeout.map_or(Change::Error(code), |timeout| Change::CreateSession { timeout });
        // Of that of a read-only server no transaction knows.
        if self.is_of_transactions(session) && self.commit(session, change).is_none() {
            self.note(id, xid, OpCode::CreateSession, None, Outcome::Lost);
            return self.close(id);
        }
        let Some(timeout) = timeout else {
            self.note(id, xid, OpCode::CreateSession, None, Outcome::Answered(code));
            return self.refuse(id, xid, code);
        };
        self.sessions.touch(self.now, session, timeout);
        self.note(id, xid, OpCode::CreateSession, None, Outcome::Answered(ErrorCode::Ok));
        self.accept(id, Some(negotiated));
    }

    /// Whether the session is one that transactions know of, which a read-only server cannot renew.
    fn is_of_transactions(&self, session: SessionId) -> bool {
        self.sessions.get(session).is_some_and(|session| !session.local)
    }

    fn open_session(&mut self, id: ConnectionId, timeout: Duration) {
        let session = self.sessions.next_id();
        let local = self.read_only;
        self.sessions.open(self.now, session, timeout, local);
        self.attach(id, session, timeout);
        if !local {
            self.commit(session, Change::CreateSession { timeout });
        }
    }

    /// The other connection of the session is closed before the password is looked at.
    fn reopen_session(
        &mut self,
        id: ConnectionId,
        request: &ConnectRequest,
        timeout: Duration,
    ) -> bool {
        let session = request.session_id;
        self.hang_up_other(session);
        let valid = sessions::is_password(session, request.password.as_ref())
            && self.sessions.touch(self.now, session, timeout);
        if valid {
            self.attach(id, session, timeout);
        }
        valid
    }

    /// Closes the connection that the session has.
    pub(super) fn hang_up_other(&mut self, session: SessionId) {
        let other = self.sessions.get(session).and_then(|session| session.connection);
        if let Some(other) = other {
            self.hang_up(other);
        }
    }

    pub(super) fn attach(&mut self, id: ConnectionId, session: SessionId, timeout: Duration) {
        self.sessions.attach(session, Some(id));
        let silent_at = self.following.is_some().then(|| self.silent_at(timeout));
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.session = session;
            connection.timeout = timeout;
            connection.silent_at = silent_at;
        }
        if silent_at.is_some() {
            self.set_timer(id);
        }
    }

    /// Answers a handshake with a new session; that it was made counts as a request.
    pub(super) fn accept_new(&mut self, id: ConnectionId, timeout: Duration) {
        self.accept(id, Some(timeout));
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.counters.last_op = Some(OpCode::CreateSession);
            connection.counters.last_zxid = self.zxid;
            connection.counters.last_reply = self.now;
        }
        self.measure(id, OpCode::CreateSession);
    }

    /// Answers: the session with its timeout, or that it is gone, and closes then.
    pub(super) fn accept(&mut self, id: ConnectionId, timeout: Option<Duration>) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let (session_id, password) = match timeout {
            Some(_) => (connection.session, sessions::password(connection.session)),
            None => (SessionId::NONE, Password::zeros()),
        };
        let timeout_ms = timeout.unwrap_or_default().as_millis();
        let response = ConnectResponse {
            protocol_version: 0,
            timeout_ms: i32::try_from(timeout_ms).unwrap_or(i32::MAX),
            session_id,
            password: Some(password),
            read_only: connection.read_only_byte.then_some(self.read_only),
        };
        connection.stage = Stage::Session;
        connection.output.raw(|out| response.write(out));
        connection.counters.sent = connection.counters.sent.saturating_add(1);
        self.sent = self.sent.saturating_add(1);
        self.announce(id);
        if timeout.is_none() {
            self.close(id);
        }
    }
}
