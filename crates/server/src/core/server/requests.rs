//! Requests: what is theirs to be answered, and by which room.
//!
//! Facts: `ZooKeeperServer.processPacket` and `submitRequestNow`, `ReadOnlyRequestProcessor`.

use bytes::{Bytes, BytesMut};
use zookit_proto::header::{ReplyHeader, RequestHeader};
use zookit_proto::ops::auth::AuthRequest;
use zookit_proto::ops::sasl::SaslReply;
use zookit_proto::types::Credentials;
use zookit_proto::{ErrorCode, OpCode, Reply, Request, Xid, Zxid};

use super::super::connection::ConnectionId;
use super::super::prepare;
use super::Server;
use super::log::Outcome;
use super::malformed::{self, Malformed};

impl Server {
    /// A frame behind the handshake. One too short for its header closes the connection; one of a
    /// session that is no more is dropped without an answer.
    ///
    /// Credentials are looked at on the spot: they overtake whatever waits.
    pub(super) fn request(&mut self, id: ConnectionId, payload: Bytes) {
        let Ok((header, body)) = RequestHeader::split(payload.clone()) else {
            return self.close(id);
        };
        let opcode = OpCode::from_number(header.opcode);
        let Some(connection) = self.connections.get_mut(&id) else { return };
        connection.counters.last_op = Some(opcode);
        connection.counters.last_xid = Some(header.xid);
        let asked = connection.asked;
        if matches!(opcode, OpCode::Auth | OpCode::Sasl) {
            return self.credentials(id, header.xid, opcode, &body);
        }
        if !self.hear(id) {
            let request = malformed::decode(opcode, &body).ok();
            return self.note(id, header.xid, opcode, request.as_ref(), Outcome::Dropped);
        }
        if !self.has_to_wait(id, opcode) {
            return self.heard_request(id, payload);
        }
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.waiting.push_back((asked, payload));
        }
    }

    fn credentials(&mut self, id: ConnectionId, xid: Xid, opcode: OpCode, body: &Bytes) {
        match (opcode, malformed::decode(opcode, body)) {
            (OpCode::Auth, Ok(Request::Auth(request))) => self.auth(id, xid, &request),
            (OpCode::Sasl, Ok(Request::Sasl(request))) if request.token.is_some() => {
                // SASL is not configured: Apache answers so.
                let reply = Reply::Sasl(SaslReply { token: None });
                self.answer(id, xid, Zxid(0), ErrorCode::Ok, |out| reply.write(out));
            }
            // A scheme that is null is one that there is not.
            (OpCode::Auth, Err(Malformed::Null(..))) => self.auth_fails(id, xid),
            // These two are decoded where a failure closes the connection.
            _ => self.close(id),
        }
    }

    /// A request of a session that was heard of by it.
    pub(super) fn heard_request(&mut self, id: ConnectionId, payload: Bytes) {
        let Ok((header, body)) = RequestHeader::split(payload) else { return self.close(id) };
        let opcode = OpCode::from_number(header.opcode);
        let request = malformed::decode(opcode, &body);
        self.submit(id, header.xid, opcode, &body, request);
    }

    fn submit(
        &mut self,
        id: ConnectionId,
        xid: Xid,
        opcode: OpCode,
        body: &Bytes,
        request: Result<Request, Malformed>,
    ) {
        if !self.serves(opcode) {
            self.note(id, xid, opcode, None, Outcome::Answered(ErrorCode::Unimplemented));
            self.answer(id, xid, Zxid::NONE, ErrorCode::Unimplemented, |_| {});
            return self.close(id);
        }
        if self.read_only && self.is_refused_read_only(id, opcode) {
            let refused = Outcome::Answered(ErrorCode::NotReadOnly);
            self.note(id, xid, opcode, request.as_ref().ok(), refused);
            return self.refuse(id, xid, ErrorCode::NotReadOnly);
        }
        if self.has_left(id) && !is_write(opcode) && opcode != OpCode::CloseSession {
            self.note(id, xid, opcode, request.as_ref().ok(), Outcome::Dropped);
            return self.close(id);
        }
        match request {
            _ if opcode == OpCode::CreateSession => self.create_session_again(id, xid, body),
            Ok(request) => self.with_faults(id, xid, request),
            Err(why) => self.malformed(id, xid, opcode, body, &why),
        }
    }

    /// The client of a connection is heard of: its session lives on. False if there is none such.
    pub(super) fn hear(&mut self, id: ConnectionId) -> bool {
        let Some(connection) = self.connections.get(&id) else { return false };
        let (session, timeout) = (connection.session, connection.timeout);
        if connection.silent_at.is_some() {
            let silent_at = self.silent_at(timeout);
            if let Some(connection) = self.connections.get_mut(&id) {
                connection.silent_at = Some(silent_at);
            }
        }
        let lives = self.sessions.touch(self.now, session, timeout);
        if lives {
            self.note_touch(session, timeout);
        }
        lives
    }

    /// Whether this version has the operation, for clients.
    fn serves(&self, opcode: OpCode) -> bool {
        match opcode {
            OpCode::Check => prepare::is_check_a_write(self.config.profile),
            OpCode::Notification | OpCode::Error | OpCode::Unknown(_) => false,
            _ => true,
        }
    }

    fn is_refused_read_only(&self, id: ConnectionId, opcode: OpCode) -> bool {
        match opcode {
            OpCode::Sync => true,
            OpCode::CloseSession => {
                let connection = self.connections.get(&id);
                let session = connection.and_then(|at| self.sessions.get(at.session));
                !session.is_some_and(|session| session.local)
            }
            opcode => is_write(opcode),
        }
    }

    /// Carries out a request and answers it.
    pub(super) fn carry_out(&mut self, id: ConnectionId, xid: Xid, request: &Request) {
        if self.forwards(request.opcode()) {
            return self.forward_request(id, xid, request);
        }
        let outcome = match request {
            Request::Ping(()) => {
                self.answer(id, Xid::PING, self.zxid, ErrorCode::Ok, |_| {});
                ErrorCode::Ok
            }
            Request::CloseSession(()) => return self.close_session(id, xid),
            Request::AddWatch(_)
            | Request::CheckWatches(_)
            | Request::RemoveWatches(_)
            | Request::SetWatches(_)
            | Request::SetWatches2(_) => self.watching(id, xid, request),
            request if is_write(request.opcode()) => match self.write(id, xid, request) {
                Some(outcome) => outcome,
                None => return self.note_of(id, xid, request, Outcome::Lost),
            },
            request => self.read(id, xid, request),
        };
        self.note_of(id, xid, request, Outcome::Answered(outcome));
    }

    fn auth(&mut self, id: ConnectionId, xid: Xid, request: &AuthRequest) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let auth = request.auth.as_ref().map(Credentials::expose);
        let address = connection.peer.ip();
        let super_digest = self.config.super_digest.as_deref();
        if !connection.ids.authenticate(&request.scheme, auth, address, super_digest) {
            return self.auth_fails(id, xid);
        }
        self.note(id, xid, OpCode::Auth, None, Outcome::Answered(ErrorCode::Ok));
        self.answer(id, xid, Zxid(0), ErrorCode::Ok, |_| {});
    }

    fn auth_fails(&mut self, id: ConnectionId, xid: Xid) {
        self.note(id, xid, OpCode::Auth, None, Outcome::Answered(ErrorCode::AuthFailed));
        self.answer(id, xid, Zxid(0), ErrorCode::AuthFailed, |_| {});
        self.close(id);
    }

    /// A reply that is a header alone, with the last transaction.
    pub(super) fn refuse(&mut self, id: ConnectionId, xid: Xid, err: ErrorCode) {
        self.answer(id, xid, self.zxid, err, |_| {});
    }

    /// A reply.
    pub(super) fn answer(
        &mut self,
        id: ConnectionId,
        xid: Xid,
        zxid: Zxid,
        err: ErrorCode,
        write: impl FnOnce(&mut BytesMut),
    ) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        connection.output.frame(ReplyHeader { xid, zxid, err }, write);
        connection.counters.sent = connection.counters.sent.saturating_add(1);
        connection.counters.last_zxid = zxid;
        connection.counters.last_reply = self.now;
        self.sent = self.sent.saturating_add(1);
        self.announce(id);
    }
}

/// Whether it is an operation that takes a number in the history.
pub(super) const fn is_write(opcode: OpCode) -> bool {
    matches!(
        opcode,
        OpCode::Create
            | OpCode::Create2
            | OpCode::CreateContainer
            | OpCode::CreateTtl
            | OpCode::Delete
            | OpCode::DeleteContainer
            | OpCode::SetData
            | OpCode::SetAcl
            | OpCode::Check
            | OpCode::Multi
            | OpCode::Reconfig
    )
}
