//! Writes: prepared, numbered, applied, told to watchers, and answered, in this order.
//!
//! A write that is refused takes a number as well: its error is a transaction.

use zookit_proto::frame::PREFIX;
use zookit_proto::header::ReplyHeader;
use zookit_proto::ops::multi::MultiReply;
use zookit_proto::ops::notification::WatcherEvent;
use zookit_proto::types::{EventType, Id, KeeperState, Perms};
use zookit_proto::wire::Field as _;
use zookit_proto::{ErrorCode, Request, SessionId, Text, Xid, Zxid};

use super::super::Profile;
use super::super::acl;
use super::super::connection::ConnectionId;
use super::super::prepare;
use super::super::statistics::wide;
use super::super::transaction::{Change, Transaction, Written};
use super::super::tree::{Event, SharedAcl};
use super::log::Outcome;
use super::{Server, TOO_MUCH_OUTPUT};

/// Every so many transactions a real server notes a digest of its tree.
const DIGEST_INTERVAL: i64 = 128;

/// How many of them it keeps.
const DIGESTS: usize = 1024;

impl Server {
    /// Answers a write, and tells with which code. `None`: the leader was deposed over it, nothing
    /// happened, and all connections are gone.
    pub(super) fn write(
        &mut self,
        id: ConnectionId,
        xid: Xid,
        request: &Request,
    ) -> Option<ErrorCode> {
        let connection = self.connections.get(&id)?;
        let result = self.decide(connection.session, connection.ids.as_slice(), request);
        Some(match self.carry(connection.session, result)? {
            Ok(written) if is_never_answered(request, &written) => ErrorCode::Ok,
            result => self.answer_write(id, xid, request, result),
        })
    }

    /// What a write changes. An error has no number, unless it is a change.
    fn decide(
        &self,
        session: SessionId,
        ids: &[Id],
        request: &Request,
    ) -> Result<Change, ErrorCode> {
        match prepare::prepare(&self.asking(session, ids), request) {
            Err(err) if prepare::takes_zxid(self.config.profile, request) => Ok(Change::Error(err)),
            result => result,
        }
    }

    /// Carries out what was decided. `None`: there is no next number in this epoch.
    fn carry(
        &mut self,
        session: SessionId,
        decided: Result<Change, ErrorCode>,
    ) -> Option<Result<Written, ErrorCode>> {
        match decided {
            Ok(change) => self.commit(session, change).map(Ok),
            Err(err) => Some(Err(err)),
        }
    }

    /// As [`write`](Self::write), for a session of another member: carried out, and not answered.
    /// An error is one without a number.
    pub(in super::super) fn write_for(
        &mut self,
        session: SessionId,
        ids: &[Id],
        request: &Request,
    ) -> Option<Result<Written, ErrorCode>> {
        let decided = self.decide(session, ids, request);
        self.carry(session, decided)
    }

    /// Answers a write with what became of it, and tells with which code.
    pub(super) fn answer_write(
        &mut self,
        id: ConnectionId,
        xid: Xid,
        request: &Request,
        result: Result<Written, ErrorCode>,
    ) -> ErrorCode {
        // Until 3.8 a multi over which the server stumbled before it had a number is answered with
        // results, of which there are none.
        let no_results =
            matches!(request, Request::Multi(_)) && self.is_before_3_9() && result.is_err();
        let reply =
            result.and_then(|written| prepare::reply(self.config.profile, request, written));
        let err = reply.as_ref().err().copied().unwrap_or(ErrorCode::Ok);
        self.answer(id, xid, self.zxid, err, |out| match reply {
            Ok(reply) => reply.write(out),
            Err(_) if no_results => MultiReply::default().write(out),
            Err(_) => {}
        });
        err
    }

    /// Carries out a change as the next transaction, and tells watchers. `None`: there is no next
    /// number in this epoch, or it is not for this server to number: it follows a leader.
    pub(in super::super) fn commit(
        &mut self,
        session: SessionId,
        change: Change,
    ) -> Option<Written> {
        if self.following.is_some() {
            return None;
        }
        let zxid = self.next_zxid()?;
        let transaction = Transaction { zxid, time_ms: self.date_ms(), session, change };
        let written = self.apply(&transaction);
        if let Some(history) = &mut self.history {
            history.push(transaction);
        }
        Some(written)
    }

    /// The second half of a write: the tree changes, and watchers are told.
    pub(super) fn apply(&mut self, transaction: &Transaction) -> Written {
        self.zxid = transaction.zxid;
        let applied = self.tree.apply(transaction);
        if transaction.zxid.0.rem_euclid(DIGEST_INTERVAL) == 0 {
            self.digested.push_back(transaction.zxid);
            if self.digested.len() > DIGESTS {
                self.digested.pop_front();
            }
        }
        for event in &applied.events {
            self.tell(event);
        }
        applied.written
    }

    /// A leader that would need the last number of its epoch steps down instead.
    ///
    /// Facts: `Leader.propose`.
    fn next_zxid(&mut self) -> Option<Zxid> {
        let next = Zxid(self.zxid.0.wrapping_add(1));
        if next.counter() == u32::MAX {
            self.elect();
            return None;
        }
        Some(next)
    }

    /// Tells of an event whoever watches for it. A watch that fires is used up, also when its
    /// owner is not told, for it may not read the znode.
    fn tell(&mut self, Event { event, path, acl }: &Event) {
        let told = self.watches.trigger(*event, path);
        if told.is_empty() {
            return;
        }
        self.statistics.fired(*event, told.len());
        let zxid = if self.is_before_3_9() { Zxid::NONE } else { self.zxid };
        for id in told {
            if self.may_hear(id, acl) {
                self.notify(id, *event, path, zxid);
            }
        }
    }

    fn may_hear(&self, id: ConnectionId, acl: &SharedAcl) -> bool {
        if self.config.profile < Profile::V3_8_6 {
            return true;
        }
        let ids = self.connections.get(&id).map_or(&[][..], |connection| connection.ids.as_slice());
        acl::allows(&self.config, acl, Perms::READ, ids)
    }

    /// Sends a notification. Whoever takes none of them is dropped before they fill the memory.
    pub(super) fn notify(&mut self, id: ConnectionId, event: EventType, path: &Text, zxid: Zxid) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if connection.output.len() > TOO_MUCH_OUTPUT {
            return self.hang_up(id);
        }
        let header = ReplyHeader { xid: Xid::NOTIFICATION, zxid, err: ErrorCode::Ok };
        let state = KeeperState::SyncConnected;
        let body = WatcherEvent { event_type: event, state, path: path.clone() };
        let before = connection.output.len();
        connection.output.frame(header, |out| body.write(out));
        let bytes = connection.output.len().saturating_sub(before).saturating_sub(PREFIX);
        self.statistics.watch_bytes = self.statistics.watch_bytes.saturating_add(wide(bytes));
        connection.counters.sent = connection.counters.sent.saturating_add(1);
        self.sent = self.sent.saturating_add(1);
        self.announce(id);
    }

    /// A client closes its session: its ephemeral znodes go, then comes the reply, then the end of
    /// the connection.
    pub(super) fn close_session(&mut self, id: ConnectionId, xid: Xid) {
        let Some(connection) = self.connections.get(&id) else { return };
        let session = connection.session;
        if !self.end_session(session) {
            return self.note_of(id, xid, &Request::CloseSession(()), Outcome::Lost);
        }
        self.note_of(id, xid, &Request::CloseSession(()), Outcome::Answered(ErrorCode::Ok));
        self.refuse(id, xid, ErrorCode::Ok);
        self.close(id);
    }

    /// A session ends, in one transaction with its ephemeral znodes. False: there is no next
    /// number, and the session lives.
    pub(in super::super) fn end_session(&mut self, session: SessionId) -> bool {
        let Some(ended) = self.sessions.get(session) else { return true };
        if !ended.local {
            let change = prepare::close_session(&self.tree, session);
            if self.commit(session, change).is_none() {
                return false;
            }
        }
        self.sessions.close(session);
        true
    }
}

/// A check outside a multi that holds: servers that take one stumble over its answer.
const fn is_never_answered(request: &Request, written: &Written) -> bool {
    matches!((request, written), (Request::Check(_), Written::Done))
}
