//! Faults that strike requests: which ones, and what happens to them.

use std::fmt;
use std::time::Duration;

use zookit_proto::{ErrorCode, OpCode, Request, SessionId, Text, Xid};

use super::super::Change;
use super::super::connection::{ConnectionId, Delayed};
use super::Server;
use super::forward::Forward;
use super::log::Outcome;
use super::requests::is_write;

/// A request, as a fault is shown it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Asked<'a> {
    /// From which connection.
    pub connection: ConnectionId,
    /// Of which session.
    pub session: SessionId,
    /// All of it.
    pub request: &'a Request,
}

impl Asked<'_> {
    /// What is asked.
    #[must_use]
    pub const fn opcode(&self) -> OpCode {
        self.request.opcode()
    }

    /// The path it is about. Of a sequential create that is the one without the number; a multi is
    /// about no path of its own.
    #[must_use]
    pub fn path(&self) -> Option<&Text> {
        self.request.path()
    }

    /// Whether it is about this path, or is a multi with an operation that is.
    #[must_use]
    pub fn is_about(&self, path: &str) -> bool {
        self.request.is_about(path)
    }
}

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// It is not carried out; its connection is closed behind the replies before it.
    LoseRequest,
    /// It is carried out; its connection is closed behind the replies before it, without its own.
    LoseReply,
    /// It is carried out; its connection is half-open from then on, so that its client hears
    /// nothing more, not even a close.
    LoseReplySilently,
    /// It is carried out so much later. What its connection asks behind it waits with it; other
    /// connections do not.
    Delay(Duration),
    /// It is carried out at once; its reply and all that its connection is told behind it comes so
    /// much later.
    DelayReply(Duration),
    /// It is refused with this code and not carried out. A write takes a transaction's number all
    /// the same, as every write that is refused.
    Fail(ErrorCode),
}

/// Which requests are struck, and by what.
pub struct Fault {
    when: Box<dyn FnMut(&Asked<'_>) -> bool + Send>,
    effect: Effect,
    left: Option<u32>,
}

impl Fault {
    /// Strikes every request for which `when` is true. Pings are requests; the handshake,
    /// authentication and SASL are not.
    pub fn new(effect: Effect, when: impl FnMut(&Asked<'_>) -> bool + Send + 'static) -> Self {
        Self { when: Box::new(when), effect, left: None }
    }

    /// Strikes requests of one operation about one path; see [`Asked::is_about`].
    pub fn on(effect: Effect, opcode: OpCode, path: impl Into<String>) -> Self {
        let path = path.into();
        Self::new(effect, move |asked| asked.opcode() == opcode && asked.is_about(&path))
    }

    /// Strikes so often, and then no more.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.left = Some(times);
        self
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault")
            .field("effect", &self.effect)
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

/// A fault that was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FaultId(u64);

/// The faults that wait for requests, in the order in which they were added.
#[derive(Debug, Default)]
pub(super) struct Faults {
    next: u64,
    all: Vec<(FaultId, Fault, u64)>,
}

impl Faults {
    /// What the first fault that wants the request does to it.
    fn strike(&mut self, asked: &Asked<'_>) -> Option<Effect> {
        for (_, fault, struck) in &mut self.all {
            if fault.left != Some(0) && (fault.when)(asked) {
                *struck = struck.saturating_add(1);
                fault.left = fault.left.map(|left| left.saturating_sub(1));
                return Some(fault.effect);
            }
        }
        None
    }
}

impl Server {
    /// Adds a fault, behind those there are: the first that wants a request has it.
    pub fn add_fault(&mut self, fault: Fault) -> FaultId {
        let id = FaultId(self.faults.next);
        self.faults.next = self.faults.next.saturating_add(1);
        self.faults.all.push((id, fault, 0));
        id
    }

    /// Removes a fault, and tells how often it struck; `None` if it is not there.
    pub fn remove_fault(&mut self, id: FaultId) -> Option<u64> {
        let place = self.faults.all.iter().position(|(other, ..)| *other == id)?;
        let (_, _, struck) = self.faults.all.remove(place);
        Some(struck)
    }

    /// Removes all faults. What they delayed stays delayed.
    pub fn clear_faults(&mut self) {
        self.faults.all.clear();
    }

    /// How often a fault struck; `None` if it is not there.
    #[must_use]
    pub fn fault_struck(&self, id: FaultId) -> Option<u64> {
        self.faults.all.iter().find(|(other, ..)| *other == id).map(|(_, _, struck)| *struck)
    }

    /// Carries out a request, unless a fault wants it.
    pub(super) fn with_faults(&mut self, id: ConnectionId, xid: Xid, request: Request) {
        if self.faults.all.is_empty() {
            return self.carry_out(id, xid, &request);
        }
        let Some(connection) = self.connections.get(&id) else { return };
        let mark = connection.output.len();
        let session = connection.session;
        let asked = Asked { connection: id, session, request: &request };
        let Some(effect) = self.faults.strike(&asked) else {
            return self.carry_out(id, xid, &request);
        };
        match effect {
            Effect::LoseRequest => {
                self.note_of(id, xid, &request, Outcome::Lost);
                self.close(id);
            }
            Effect::LoseReply => {
                self.carry_out_unanswered(id, xid, &request, mark);
                self.close(id);
            }
            Effect::LoseReplySilently => {
                self.carry_out_unanswered(id, xid, &request, mark);
                self.half_open(id);
            }
            Effect::Delay(delay) => {
                let delayed =
                    Delayed { since: self.now, until: self.now.after(delay), xid, request };
                if let Some(connection) = self.connections.get_mut(&id) {
                    connection.delayed = Some(Box::new(delayed));
                }
                self.set_timer(id);
            }
            Effect::DelayReply(delay) => {
                self.carry_out(id, xid, &request);
                if let Some(connection) = self.connections.get_mut(&id) {
                    connection.output.hold(mark, self.now.after(delay));
                }
                self.set_timer(id);
            }
            Effect::Fail(err) => self.fail(id, xid, &request, err),
        }
    }

    /// Carries out a request and forgets what it gave its connection to send, events included.
    fn carry_out_unanswered(&mut self, id: ConnectionId, xid: Xid, request: &Request, mark: usize) {
        self.carry_out(id, xid, request);
        if self.forwards(request.opcode()) {
            self.note_of(id, xid, request, Outcome::Unanswered);
        } else {
            self.note_unanswered();
        }
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.output.truncate(mark);
        }
        self.weigh(id);
    }

    fn fail(&mut self, id: ConnectionId, xid: Xid, request: &Request, err: ErrorCode) {
        let Some(connection) = self.connections.get(&id) else { return };
        let session = connection.session;
        let numbered = is_write(request.opcode());
        if numbered && self.following.is_some() {
            let opcode = request.opcode();
            return self.forward(id, xid, Forward::Refuse { opcode, code: err });
        }
        if numbered && self.commit(session, Change::Error(err)).is_none() {
            return self.note_of(id, xid, request, Outcome::Lost);
        }
        self.note_of(id, xid, request, Outcome::Answered(err));
        self.refuse(id, xid, err);
    }
}
