//! Where requests wait: those not sent, and those in flight, each in the order of submission.
//!
//! This room owns the two queues and their bounds; what becomes of a request when something goes
//! wrong is decided in [`fates`](crate::fates) and carried out by the session.

use std::collections::{BTreeSet, VecDeque};

use bytes::Bytes;
use zookit_proto::{OpCode, Xid};

use crate::config::Limits;
use crate::fates::Kind;
use crate::ids::{Generation, Ticket, WatcherId};
use crate::request::{Submission, WatchRequest};
use crate::send_buffer::{Patch, Span};
use crate::time::Time;

/// Who is told how a request ended.
#[derive(Debug, Clone)]
pub(crate) enum Owner {
    /// Whoever submitted it.
    Caller(Ticket),
    /// The session, which removes a watch that nobody waits for any more.
    Removal,
    /// The session, which sets watches again: these.
    Restore(Vec<WatcherId>),
    /// The session, which authenticates by SASL.
    Sasl,
    /// The session, which closes one presumed gone.
    Burial,
    /// Whoever told the session to close.
    Close,
}

/// A request that the session has accepted.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) owner: Owner,
    pub(crate) opcode: OpCode,
    /// The whole frame, xid still open.
    pub(crate) frame: Bytes,
    pub(crate) length: usize,
    pub(crate) deadline: Option<Time>,
    pub(crate) watch: Option<Box<WatchRequest>>,
    pub(crate) pinned: Option<Generation>,
    /// On how many connections it has been sent.
    pub(crate) times_sent: u32,
    /// Its caller lost interest while it waited to be sent; known when its turn has come.
    pub(crate) abandoned: bool,
}

impl Request {
    pub(crate) fn of(submission: Submission) -> Self {
        let length = submission.frame.len();
        Self {
            owner: Owner::Caller(submission.ticket),
            opcode: submission.opcode,
            frame: submission.frame,
            length,
            deadline: submission.deadline,
            watch: submission.watch,
            pinned: submission.pinned,
            times_sent: 0,
            abandoned: false,
        }
    }

    pub(crate) const fn internal(owner: Owner, opcode: OpCode, frame: Bytes) -> Self {
        let length = frame.len();
        let (deadline, watch, pinned) = (None, None, None);
        let (times_sent, abandoned) = (0, false);
        Self { owner, opcode, frame, length, deadline, watch, pinned, times_sent, abandoned }
    }

    pub(crate) const fn kind(&self) -> Kind {
        Kind::of(self.opcode)
    }
}

/// A request whose reply is due.
#[derive(Debug)]
pub(crate) struct InFlight {
    pub(crate) request: Request,
    pub(crate) xid: Xid,
    pub(crate) span: Span,
    pub(crate) patch: Patch,
    pub(crate) sent_at: Time,
    /// The deadline has passed and the caller was told; the place in the order of replies stays.
    pub(crate) answered_late: bool,
}

/// What [`Requests::expire`] found.
#[derive(Debug, Default)]
pub(crate) struct Expired {
    /// Taken out of the queue.
    pub(crate) unsent: VecDeque<Request>,
    /// Of requests still in flight: what they were, whom to tell, and whom they would arm.
    pub(crate) late: Vec<Request>,
}

/// The two queues.
#[derive(Debug)]
pub(crate) struct Requests {
    unsent: VecDeque<Request>,
    in_flight: VecDeque<InFlight>,
    /// Bytes of both queues.
    bytes: usize,
    bytes_in_flight: usize,
    /// Tickets whose callers lost interest; of those, only unsent ones matter.
    abandoned: BTreeSet<Ticket>,
    /// No deadline in either queue is before this.
    first_deadline: Option<Time>,
    next_xid: Xid,
}

impl Default for Requests {
    fn default() -> Self {
        Self {
            unsent: VecDeque::new(),
            in_flight: VecDeque::new(),
            bytes: 0,
            bytes_in_flight: 0,
            abandoned: BTreeSet::new(),
            first_deadline: None,
            next_xid: Xid::FIRST,
        }
    }
}

impl Requests {
    /// Gives back memory that is not needed.
    pub(crate) fn rest(&mut self) {
        self.unsent.shrink_to_fit();
        self.in_flight.shrink_to_fit();
    }

    pub(crate) fn unsent(&self) -> usize {
        self.unsent.len()
    }

    pub(crate) fn unsent_bytes(&self) -> usize {
        self.bytes.saturating_sub(self.bytes_in_flight)
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// Whether one more request of this length is within the bounds.
    pub(crate) fn has_room(&self, length: usize, limits: &Limits) -> bool {
        self.unsent.len().saturating_add(self.in_flight.len()) < limits.max_requests
            && self.bytes.saturating_add(length) <= limits.max_request_bytes.max(length)
    }

    /// Puts a new request behind all others.
    pub(crate) fn push(&mut self, request: Request) {
        // The ticket may have been another's before.
        if let (Owner::Caller(ticket), false) = (&request.owner, self.abandoned.is_empty()) {
            self.abandoned.remove(ticket);
        }
        self.keep(request);
    }

    /// Puts a request that was taken out back, behind those already put back.
    pub(crate) fn keep(&mut self, request: Request) {
        self.bytes = self.bytes.saturating_add(request.length);
        self.note_deadline(request.deadline);
        self.unsent.push_back(request);
    }

    fn note_deadline(&mut self, deadline: Option<Time>) {
        if let Some(deadline) = deadline {
            let first = self.first_deadline.map_or(deadline, |first| first.min(deadline));
            self.first_deadline = Some(first);
        }
    }

    /// The next request to send, if the window has room for it.
    pub(crate) fn pop_unsent(&mut self, limits: &Limits) -> Option<Request> {
        let next = self.unsent.front()?;
        let bytes = self.bytes_in_flight.saturating_add(next.length);
        let open = self.in_flight.len() < limits.window_requests && bytes <= limits.window_bytes;
        if !open && !self.in_flight.is_empty() {
            return None;
        }
        let mut request = self.unsent.pop_front()?;
        self.bytes = self.bytes.saturating_sub(request.length);
        if let (Owner::Caller(ticket), false) = (&request.owner, self.abandoned.is_empty()) {
            request.abandoned = self.abandoned.remove(ticket);
        }
        if self.unsent.is_empty() {
            self.abandoned.clear();
        }
        Some(request)
    }

    /// The xid for the next request in flight.
    pub(crate) fn take_xid(&mut self) -> Xid {
        let xid = self.next_xid;
        self.next_xid = xid.next();
        xid
    }

    #[cfg(test)]
    pub(crate) fn set_next_xid(&mut self, xid: Xid) {
        self.next_xid = xid;
    }

    /// The request is on its way; its reply is due behind those of all others in flight.
    pub(crate) fn launch(&mut self, mut entry: InFlight) {
        entry.request.times_sent = entry.request.times_sent.saturating_add(1);
        self.bytes = self.bytes.saturating_add(entry.request.length);
        self.bytes_in_flight = self.bytes_in_flight.saturating_add(entry.request.length);
        self.in_flight.push_back(entry);
    }

    /// The request whose reply is due next.
    pub(crate) fn due(&self) -> Option<&InFlight> {
        self.in_flight.front()
    }

    /// Takes the request whose reply has come.
    pub(crate) fn pop_due(&mut self) -> Option<InFlight> {
        let entry = self.in_flight.pop_front()?;
        self.bytes = self.bytes.saturating_sub(entry.request.length);
        self.bytes_in_flight = self.bytes_in_flight.saturating_sub(entry.request.length);
        Some(entry)
    }

    /// Takes everything out, for whoever sorts it: in flight first, then unsent.
    pub(crate) fn take_all(&mut self) -> (VecDeque<InFlight>, VecDeque<Request>) {
        self.bytes = 0;
        self.bytes_in_flight = 0;
        self.first_deadline = None;
        (std::mem::take(&mut self.in_flight), std::mem::take(&mut self.unsent))
    }

    /// A caller lost interest; if the request is an unsent read it will be skipped.
    pub(crate) fn abandon(&mut self, ticket: Ticket) {
        if !self.unsent.is_empty() {
            self.abandoned.insert(ticket);
        }
    }

    /// The earliest moment at which a deadline may pass.
    pub(crate) const fn next_deadline(&self) -> Option<Time> {
        self.first_deadline
    }

    /// Takes out the unsent requests whose deadline has passed, and marks those in flight: their
    /// tickets and watches come back, their places stay.
    pub(crate) fn expire(&mut self, now: Time) -> Expired {
        if self.first_deadline.is_none_or(|first| first > now) {
            return Expired::default();
        }
        self.first_deadline = None;
        let mut late = Vec::new();
        let mut deadlines = Vec::new();
        for entry in &mut self.in_flight {
            match entry.request.deadline {
                Some(deadline) if deadline <= now && !entry.answered_late => {
                    entry.answered_late = true;
                    late.push(entry.request.clone());
                }
                deadline if !entry.answered_late => deadlines.push(deadline),
                _ => {}
            }
        }
        let (unsent, kept): (VecDeque<_>, VecDeque<_>) = std::mem::take(&mut self.unsent)
            .into_iter()
            .partition(|request| request.deadline.is_some_and(|deadline| deadline <= now));
        for request in &unsent {
            self.bytes = self.bytes.saturating_sub(request.length);
        }
        deadlines.extend(kept.iter().map(|request| request.deadline));
        self.unsent = kept;
        for deadline in deadlines {
            self.note_deadline(deadline);
        }
        Expired { unsent, late }
    }
}
