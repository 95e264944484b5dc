//! A member that follows a leader: what it hands on, and what becomes of that.
//!
//! A member answers reads by itself. All that must be agreed on it forwards: writes, syncs, the
//! beginning and end of sessions. It applies what was agreed in the order of the history, and
//! answers its own requests as it comes to them, so that reads behind a write see it. Requests of
//! one connection are answered in order: what is not the leader's waits for what is.
//!
//! Facts: `FollowerRequestProcessor`, `CommitProcessor`, `Learner` of Apache ZooKeeper.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use zookit_proto::connect::ConnectRequest;
use zookit_proto::{ErrorCode, OpCode, Request, SessionId, Xid};

use super::super::connection::{ConnectionId, Stage};
use super::super::sessions;
use super::super::{Change, Time, Transaction, Written};
use super::Server;
use super::forward::{Forward, Forwarded, Role, Told};
use super::log::Outcome;
use super::requests::is_write;

/// Whether it is for the leader to decide.
pub(super) fn is_leaders(opcode: OpCode) -> bool {
    is_write(opcode) || matches!(opcode, OpCode::Sync | OpCode::CloseSession)
}

/// What waits for the leader.
#[derive(Debug)]
struct Pending {
    connection: ConnectionId,
    xid: Xid,
    what: Waiting,
}

#[derive(Debug)]
enum Waiting {
    Request(Box<Request>),
    Refusal(OpCode),
    Handshake(Box<ConnectRequest>, Duration),
}

/// What a member is to its leader.
#[derive(Debug, Default)]
pub(super) struct Following {
    role: Role,
    /// How many members there are.
    members: usize,
    /// Of the member that leads: the sessions that were taken up elsewhere since they were here.
    left: BTreeSet<SessionId>,
    next: u64,
    pending: BTreeMap<u64, Pending>,
    forwarded: Vec<Forwarded>,
    /// The sessions heard of since the leader was told last.
    touched: BTreeMap<SessionId, Duration>,
}

/// What the ensemble does with a member.
impl Server {
    /// It is one of so many members from now on, and decides nothing itself. It serves once it has
    /// a leader.
    pub(in super::super) fn follow(&mut self, members: usize) {
        self.following = Some(Box::new(Following { members, ..Following::default() }));
        self.halted = true;
    }

    /// What it is.
    pub(in super::super) fn set_role(&mut self, role: Role) {
        if let Some(following) = &mut self.following {
            following.role = role;
        }
    }

    /// It leads, and a session was taken up: at this member, or at another one.
    ///
    /// Facts: `PrepRequestProcessor` checks the owner of a session for all that is asked of the
    /// leader, reads and pings included.
    pub(in super::super) fn session_moved(&mut self, session: SessionId, here: bool) {
        if let Some(following) = &mut self.following {
            if here {
                following.left.remove(&session);
            } else {
                following.left.insert(session);
            }
        }
    }

    /// What it has to say to its leader, in order.
    pub(in super::super) fn forwarded(&mut self) -> Vec<Forwarded> {
        let following = self.following.as_mut();
        following.map(|following| std::mem::take(&mut following.forwarded)).unwrap_or_default()
    }

    /// The leader is gone, and what it was asked will not be answered; all connections are closed.
    pub(in super::super) fn lose_leader(&mut self, now: Time, read_only: bool) {
        self.halt(now);
        if let Some(following) = &mut self.following {
            following.pending.clear();
            following.forwarded.clear();
            following.touched.clear();
            following.left.clear();
            following.role = Role::Looking;
        }
        if read_only {
            self.set_read_only(now, true);
            self.resume(now);
        }
    }

    /// There is a leader, and the history was applied: it serves.
    pub(in super::super) fn find_leader(&mut self, now: Time) {
        self.set_read_only(now, false);
        self.resume(now);
        self.set_role(Role::Follower);
    }

    /// The next transaction of the history; of a request of this member with the number of that.
    pub(in super::super) fn follow_transaction(
        &mut self,
        now: Time,
        transaction: &Transaction,
        number: Option<u64>,
    ) {
        self.at(now);
        let pending = number.and_then(|number| self.take_pending(number));
        let session = transaction.session;
        match &transaction.change {
            Change::CreateSession { timeout } => self.know(session, *timeout),
            // Whose session ends without being asked for may hear of its ephemeral znodes, or be
            // hung up on before: that is for threads to decide. Here every other one does.
            Change::CloseSession { .. } if pending.is_none() && transaction.zxid.0 % 2 == 0 => {
                self.hang_up_other(session);
            }
            _ => {}
        }
        let written = self.apply(transaction);
        if let Change::CloseSession { .. } = transaction.change {
            let ended = self.sessions.close(session).and_then(|session| session.connection);
            if let Some(connection) = ended.filter(|_| pending.is_none()) {
                self.close(connection);
            }
            self.close_those_who_take_up(session);
            self.session_moved(session, true);
        }
        if let Some(pending) = pending {
            self.answer_applied(pending, session, written);
        }
    }

    /// The leader has answered what takes no place in the history.
    pub(in super::super) fn follow_answer(&mut self, now: Time, number: u64, told: Told) {
        self.at(now);
        let Some(Pending { connection: id, xid, what }) = self.take_pending(number) else { return };
        match (what, told) {
            (Waiting::Handshake(request, timeout), Told::Reopened(valid)) => {
                if valid {
                    self.know(request.session_id, timeout);
                    self.hang_up_other(request.session_id);
                    self.attach(id, request.session_id, timeout);
                }
                self.accept(id, valid.then_some(timeout));
            }
            (Waiting::Request(request), Told::Synced) => {
                let code = self.read(id, xid, &request);
                self.note_of(id, xid, &request, Outcome::Answered(code));
            }
            (Waiting::Request(request), Told::Refused(code)) => {
                let code = self.answer_write(id, xid, &request, Err(code));
                self.note_of(id, xid, &request, Outcome::Answered(code));
            }
            (_, Told::Refused(_) | Told::Reopened(_) | Told::Synced) => self.close(id),
        }
        self.to_read.push_back(id);
    }
}

impl Server {
    /// Whether such a request is for its leader to decide.
    pub(super) fn forwards(&self, opcode: OpCode) -> bool {
        self.following.is_some() && !self.read_only && is_leaders(opcode)
    }

    /// Whether it has heard of this session and has not told the leader, which asks twice a tick.
    #[must_use]
    pub fn has_untold(&self, session: SessionId) -> bool {
        self.following.as_ref().is_some_and(|it| it.touched.contains_key(&session))
    }

    /// Whether the session of a connection was taken up elsewhere, as far as this member knows: it
    /// does if it leads.
    pub(super) fn has_left(&self, id: ConnectionId) -> bool {
        let session = self.connections.get(&id).map(|connection| connection.session);
        let left = self.following.as_ref().map(|following| &following.left);
        left.zip(session).is_some_and(|(left, session)| left.contains(&session))
    }

    /// What it is in its ensemble, and how many members that has; `None` if it stands alone.
    pub(super) fn role(&self) -> Option<(Role, usize)> {
        self.following.as_ref().map(|following| (following.role, following.members))
    }

    /// Hands a request on to the leader.
    pub(super) fn forward_request(&mut self, id: ConnectionId, xid: Xid, request: &Request) {
        let Some(connection) = self.connections.get(&id) else { return };
        let request = Box::new(request.clone());
        let what = match *request {
            Request::Sync(_) => Forward::Sync(request),
            Request::CloseSession(()) => Forward::Close,
            _ => Forward::Write { request, ids: connection.ids.as_slice().to_vec() },
        };
        self.forward(id, xid, what);
    }

    /// Hands on what a connection asks. Its answer comes when the leader's does.
    pub(super) fn forward(&mut self, id: ConnectionId, xid: Xid, what: Forward) {
        let waiting = match &what {
            Forward::Write { request, .. } | Forward::Sync(request) => {
                Waiting::Request(request.clone())
            }
            Forward::Close => Waiting::Request(Box::new(Request::CloseSession(()))),
            Forward::Refuse { opcode, .. } => Waiting::Refusal(*opcode),
            Forward::Open { .. } | Forward::Reopen { .. } | Forward::Touched(_) => return,
        };
        let Some(connection) = self.connections.get_mut(&id) else { return };
        connection.undecided = connection.undecided.saturating_add(1);
        let session = connection.session;
        self.ask(Pending { connection: id, xid, what: waiting }, session, what);
    }

    /// A handshake: the leader gives sessions, and knows which there are.
    ///
    /// The other connection that the session has here is closed before the password is looked at.
    pub(super) fn forward_handshake(
        &mut self,
        id: ConnectionId,
        request: ConnectRequest,
        timeout: Duration,
    ) {
        let (session, what) = if request.session_id == SessionId::NONE {
            (self.sessions.next_id(), Forward::Open { timeout })
        } else {
            self.hang_up_other(request.session_id);
            if !sessions::is_password(request.session_id, request.password.as_ref()) {
                return self.accept(id, None);
            }
            (request.session_id, Forward::Reopen { timeout })
        };
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.awaits_session = true;
        }
        let what_waits = Waiting::Handshake(Box::new(request), timeout);
        let pending = Pending { connection: id, xid: Xid(0), what: what_waits };
        self.ask(pending, session, what);
    }

    fn ask(&mut self, pending: Pending, session: SessionId, what: Forward) {
        let Some(following) = &mut self.following else { return };
        let number = following.next;
        following.next = following.next.saturating_add(1);
        following.pending.insert(number, pending);
        following.forwarded.push(Forwarded { number, session, what });
    }

    /// What waits under a number, unless its connection is gone: that waits no more.
    fn take_pending(&mut self, number: u64) -> Option<Pending> {
        let pending = self.following.as_mut()?.pending.remove(&number)?;
        let connection = self.connections.get_mut(&pending.connection)?;
        connection.undecided = connection.undecided.saturating_sub(1);
        connection.awaits_session = false;
        (connection.stage != Stage::Closing).then_some(pending)
    }

    /// A request of this member has its place in the history, and was applied.
    fn answer_applied(&mut self, pending: Pending, session: SessionId, written: Written) {
        let Pending { connection: id, xid, what } = pending;
        match what {
            Waiting::Handshake(_, timeout) => {
                self.attach(id, session, timeout);
                self.accept_new(id, timeout);
            }
            // The session is attached to another member: its connection here is one too many.
            _ if written == Written::Failed(ErrorCode::SessionMoved) => self.close(id),
            Waiting::Request(request) if matches!(*request, Request::CloseSession(())) => {
                self.note_of(id, xid, &request, Outcome::Answered(ErrorCode::Ok));
                self.refuse(id, xid, ErrorCode::Ok);
                self.close(id);
            }
            Waiting::Request(request) => {
                let code = self.answer_write(id, xid, &request, Ok(written));
                self.note_of(id, xid, &request, Outcome::Answered(code));
            }
            Waiting::Refusal(opcode) => {
                let code = if let Written::Failed(code) = written { code } else { ErrorCode::Ok };
                self.note(id, xid, opcode, None, Outcome::Answered(code));
                self.refuse(id, xid, code);
            }
        }
        self.to_read.push_back(id);
    }

    /// A session is over, and the leader's word that it lives may be on its way: a connection belongs
    /// to the session from when it asks for it.
    ///
    /// Facts: `ServerCnxn.setSessionId` comes before `reopenSession`, `ServerCnxnFactory.closeSession`.
    fn close_those_who_take_up(&mut self, session: SessionId) {
        let Some(following) = &self.following else { return };
        let take_up = |pending: &&Pending| match &pending.what {
            Waiting::Handshake(request, _) => request.session_id == session,
            Waiting::Request(_) | Waiting::Refusal(_) => false,
        };
        let taking_up = following.pending.values().filter(take_up);
        let connections: Vec<_> = taking_up.map(|pending| pending.connection).collect();
        connections.into_iter().for_each(|connection| self.close(connection));
    }

    /// There is such a session.
    fn know(&mut self, session: SessionId, timeout: Duration) {
        if self.sessions.get(session).is_none() {
            self.sessions.open(self.now, session, timeout, false);
        }
    }

    /// The leader will want to know that the session was heard of.
    pub(super) fn note_touch(&mut self, session: SessionId, timeout: Duration) {
        if let Some(following) = self.following.as_mut().filter(|_| !self.read_only) {
            following.touched.insert(session, timeout);
        }
    }

    /// Whether it has heard of sessions that it has not told the leader of.
    pub(in super::super) fn has_touched(&self) -> bool {
        self.following.as_ref().is_some_and(|following| !following.touched.is_empty())
    }

    /// Tells another server of sessions that were heard of here, as late as it is here.
    pub(in super::super) fn tell_touched(&mut self, other: &mut Self) {
        other.at(self.now);
        for (session, timeout) in self.take_touched() {
            other.touch_for(session, timeout);
        }
    }

    /// The sessions heard of since this was asked last.
    fn take_touched(&mut self) -> Vec<(SessionId, Duration)> {
        let following = self.following.as_mut();
        let touched = following.map(|following| std::mem::take(&mut following.touched));
        touched.into_iter().flatten().collect()
    }

    /// The leader asks which sessions were heard of.
    pub(in super::super) fn report_touched(&mut self) {
        let what = Forward::Touched(self.take_touched());
        if let Some(following) = &mut self.following {
            following.forwarded.push(Forwarded { number: 0, session: SessionId::NONE, what });
        }
    }
}
