//! The request log: what was asked, by whom, and what became of it.

use std::collections::VecDeque;

use zookit_proto::{ErrorCode, OpCode, Request, SessionId, Text, Xid, Zxid};

use super::super::Time;
use super::super::connection::ConnectionId;
use super::Server;
use super::requests::is_write;

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// It was answered with this code. A multi that failed is answered with `Ok`.
    Answered(ErrorCode),
    /// It was not carried out, since its session is gone, and not answered.
    Dropped,
    /// It was not carried out, and its connection was cut: a [`fault`](super::Fault), or the
    /// epoch ended.
    Lost,
    /// It was carried out, and its reply was lost: a [`fault`](super::Fault).
    Unanswered,
}

/// A request, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Logged {
    /// When, on the server's own clock.
    pub time: Time,
    /// From which connection.
    pub connection: ConnectionId,
    /// Of which session.
    pub session: SessionId,
    /// Its number.
    pub xid: Xid,
    /// What was asked.
    pub opcode: OpCode,
    /// The path it is about, if it is about one and could be decoded.
    pub path: Option<Text>,
    /// The last transaction when it was done: of a write its own.
    pub zxid: Zxid,
    /// What became of it.
    pub outcome: Outcome,
}

/// The newest requests; none unless it was asked for.
#[derive(Debug, Default)]
pub(super) struct RequestLog {
    capacity: usize,
    entries: VecDeque<Logged>,
}

impl RequestLog {
    fn push(&mut self, entry: Logged) {
        while self.entries.len() >= self.capacity {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }
}

impl Server {
    /// Keeps the newest so many requests, from now on; none at first. Handshakes and four-letter
    /// words are no requests; pings are.
    pub fn log_requests(&mut self, capacity: usize) {
        self.log.capacity = capacity;
        let surplus = self.log.entries.len().saturating_sub(capacity);
        drop(self.log.entries.drain(..surplus));
    }

    /// The requests that were kept, oldest first.
    pub fn request_log(&self) -> impl Iterator<Item = &Logged> {
        self.log.entries.iter()
    }

    /// Forgets the requests that were kept.
    pub fn clear_request_log(&mut self) {
        self.log.entries.clear();
    }

    pub(super) fn note_of(
        &mut self,
        id: ConnectionId,
        xid: Xid,
        request: &Request,
        outcome: Outcome,
    ) {
        self.note(id, xid, request.opcode(), Some(request), outcome);
    }

    /// What became of a request, for the statistics and for the log.
    pub(super) fn note(
        &mut self,
        id: ConnectionId,
        xid: Xid,
        opcode: OpCode,
        request: Option<&Request>,
        outcome: Outcome,
    ) {
        if let Outcome::Answered(_) = outcome {
            self.measure(id, opcode);
        }
        if self.log.capacity == 0 {
            return;
        }
        let Some(connection) = self.connections.get(&id) else { return };
        self.log.push(Logged {
            time: self.now,
            connection: id,
            session: connection.session,
            xid,
            opcode,
            path: request.and_then(Request::path).map(Text::detach),
            zxid: self.zxid,
            outcome,
        });
    }

    /// A request was answered: how long that took, since it was received.
    pub(super) fn measure(&mut self, id: ConnectionId, opcode: OpCode) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        // These two are answered before the place where a real server measures.
        if matches!(opcode, OpCode::Auth | OpCode::Sasl) {
            return;
        }
        let took = self.now.since(connection.asked).as_millis();
        let took = u64::try_from(took).unwrap_or(u64::MAX);
        let counters = &mut connection.counters;
        counters.last_latency = took;
        counters.latency.add(took);
        if let Some(xid) = counters.last_xid.filter(|xid| xid.0 >= 0) {
            counters.last_client_xid = Some(xid);
        }
        let ends_or_begins = matches!(opcode, OpCode::CreateSession | OpCode::CloseSession);
        self.statistics.answered(took, ends_or_begins || is_write(opcode));
    }

    /// The newest entry became something else.
    pub(super) fn note_unanswered(&mut self) {
        if let Some(entry) = self.log.entries.back_mut() {
            if let Outcome::Answered(_) = entry.outcome {
                entry.outcome = Outcome::Unanswered;
            }
        }
    }
}
