//! Where requests wait: those not sent, and those in flight, each in the order of submission.
//!
//! This room owns the two queues and their bounds; what becomes of a request when something goes
//! wrong is decided in [`fates`](crate::fates) and carried out by the session.
//!
//! An entry of a queue may be a whole [`Run`]. Whoever takes entries out to decide about them gets
//! single requests.

use std::collections::{BTreeSet, VecDeque};

use bytes::{Buf as _, Bytes};
use zookit_proto::mutant::{self, Mutant};
use zookit_proto::{OpCode, Time, Xid, frame};

use crate::config::Limits;
use crate::fates::Kind;
use crate::ids::{Generation, Ticket, WatcherId};
use crate::request::{Submission, WatchRequest};
use crate::run::{Run, Tickets};
use crate::send_buffer::{Patch, Span};

/// Who is told how a request ended.
#[derive(Debug, Clone)]
pub(crate) enum Owner {
    /// Whoever submitted it.
    Caller(Ticket),
    /// Of a run: whoever submitted each of them.
    Callers(Tickets),
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

/// A request that the session has accepted, or a run of them.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) owner: Owner,
    pub(crate) opcode: OpCode,
    /// More than one of a run.
    pub(crate) count: u32,
    /// The whole frames, xids still open.
    pub(crate) frame: Bytes,
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
        Self {
            owner: Owner::Caller(submission.ticket),
            opcode: submission.opcode,
            count: 1,
            frame: submission.frame,
            deadline: submission.deadline,
            watch: submission.watch,
            pinned: submission.pinned,
            times_sent: 0,
            abandoned: false,
        }
    }

    pub(crate) fn run(run: Run) -> Self {
        let Run { tickets, opcode, count, frames, deadline, pinned } = run;
        let owner = Owner::Callers(tickets);
        let (watch, times_sent, abandoned) = (None, 0, false);
        let frame = frames;
        let run =
            Self { owner, opcode, count, frame, deadline, watch, pinned, times_sent, abandoned };
        run.counted(count)
    }

    /// With so many requests left: a run of one is a request.
    fn counted(mut self, count: u32) -> Self {
        self.count = count;
        let last = match &self.owner {
            Owner::Callers(tickets) if count == 1 => tickets.first(),
            _ => None,
        };
        self.owner = last.map_or(self.owner, Owner::Caller);
        self
    }

    pub(crate) const fn internal(owner: Owner, opcode: OpCode, frame: Bytes) -> Self {
        let (deadline, watch, pinned) = (None, None, None);
        let (count, times_sent, abandoned) = (1, 0, false);
        Self { owner, opcode, count, frame, deadline, watch, pinned, times_sent, abandoned }
    }

    pub(crate) const fn kind(&self) -> Kind {
        Kind::of(self.opcode)
    }

    pub(crate) const fn length(&self) -> usize {
        self.frame.len()
    }

    pub(crate) const fn is_run(&self) -> bool {
        self.count > 1
    }

    /// The length of the first frame.
    fn first_length(&self) -> usize {
        if self.is_run() { frame::length(&self.frame).min(self.length()) } else { self.length() }
    }

    /// Takes the first `count` requests off a run, whose frames are `length` bytes.
    fn split_off_front(&mut self, count: u32, length: usize) -> Self {
        let front = Self { frame: self.frame.slice(..length), ..self.clone() }.counted(count);
        self.skip(count, length);
        front
    }

    /// The first `count` requests, whose frames are `length` bytes, are gone.
    fn skip(&mut self, count: u32, length: usize) {
        self.frame.advance(length.min(self.frame.len()));
        self.count = self.count.saturating_sub(count);
        if let Owner::Callers(tickets) = &mut self.owner {
            tickets.skip(count);
            if let (1, Some(last)) = (self.count, tickets.first()) {
                self.owner = Owner::Caller(last);
            }
        }
    }

    /// Each request of a run by itself.
    pub(crate) fn singles(mut self) -> impl Iterator<Item = Self> {
        std::iter::from_fn(move || {
            (self.count > 0).then(|| self.split_off_front(1, self.first_length()))
        })
    }
}

/// A request whose reply is due, or what is left of a run of them.
#[derive(Debug)]
pub(crate) struct InFlight {
    pub(crate) request: Request,
    /// Of a run: of its first.
    pub(crate) xid: Xid,
    /// Of a run: of all its frames.
    pub(crate) span: Span,
    pub(crate) patch: Patch,
    pub(crate) sent_at: Time,
    /// The deadline has passed and the caller was told; the place in the order of replies stays.
    pub(crate) answered_late: bool,
}

impl InFlight {
    /// Where the first frame lies.
    pub(crate) fn first_span(&self) -> Span {
        self.span.front(self.request.first_length())
    }

    /// Takes the first `count` requests off a run, whose frames are `length` bytes.
    fn split_off_front(&mut self, count: u32, length: usize) -> Self {
        let Self { xid, span, patch, sent_at, answered_late, .. } = *self;
        let request = self.request.split_off_front(count, length);
        self.advance(count, length);
        let span = span.front(length);
        Self { request, xid, span, patch, sent_at, answered_late }
    }

    /// The first `count` requests, whose frames were `length` bytes, have been taken off the run.
    fn advance(&mut self, count: u32, length: usize) {
        self.span = self.span.behind(length);
        self.xid = self.xid.nth(count);
    }

    fn singles(mut self) -> impl Iterator<Item = Self> {
        std::iter::from_fn(move || {
            (self.request.count > 0).then(|| self.split_off_front(1, self.request.first_length()))
        })
    }
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
    /// Requests in each of them: a run counts for all it has.
    unsent_count: usize,
    in_flight_count: usize,
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
            unsent_count: 0,
            in_flight_count: 0,
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
        self.unsent_count
    }

    pub(crate) fn unsent_bytes(&self) -> usize {
        self.bytes.saturating_sub(self.bytes_in_flight)
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight_count
    }

    /// Whether so many more requests, of so many bytes together, are within the bounds.
    pub(crate) fn has_room(&self, count: u32, length: usize, limits: &Limits) -> bool {
        let all = self.unsent_count.saturating_add(self.in_flight_count);
        all.saturating_add(count as usize) <= limits.max_requests
            && self.bytes.saturating_add(length) <= limits.max_request_bytes.max(length)
    }

    /// Puts a new request behind all others.
    pub(crate) fn push(&mut self, request: Request) {
        // The ticket may have been another's before.
        match &request.owner {
            _ if self.abandoned.is_empty() => {}
            Owner::Caller(ticket) => {
                self.abandoned.remove(ticket);
            }
            Owner::Callers(tickets) => {
                for ticket in tickets.iter(request.count) {
                    self.abandoned.remove(&ticket);
                }
            }
            _ => {}
        }
        self.keep(request);
    }

    /// Puts a request that was taken out back, behind those already put back.
    pub(crate) fn keep(&mut self, request: Request) {
        self.bytes = self.bytes.saturating_add(request.length());
        self.unsent_count = self.unsent_count.saturating_add(request.count as usize);
        self.note_deadline(request.deadline);
        self.unsent.push_back(request);
    }

    fn note_deadline(&mut self, deadline: Option<Time>) {
        if let Some(deadline) = deadline {
            let first = self.first_deadline.map_or(deadline, |first| first.min(deadline));
            self.first_deadline = Some(first);
        }
    }

    /// The next request to send, or as much of a run as the window has room for; no more than
    /// `ahead` bytes of a run.
    pub(crate) fn pop_unsent(&mut self, limits: &Limits, ahead: usize) -> Option<Request> {
        let next = self.unsent.front()?;
        let bytes = self.bytes_in_flight.saturating_add(next.first_length());
        let open = self.in_flight_count < limits.window_requests && bytes <= limits.window_bytes;
        if !open && self.in_flight_count > 0 {
            return None;
        }
        let mut request = if next.is_run() {
            self.pop_of_run(limits, ahead)?
        } else {
            self.unsent.pop_front()?
        };
        self.bytes = self.bytes.saturating_sub(request.length());
        self.unsent_count = self.unsent_count.saturating_sub(request.count as usize);
        if let (Owner::Caller(ticket), false) = (&request.owner, self.abandoned.is_empty()) {
            request.abandoned = self.abandoned.remove(ticket);
        }
        if self.unsent.is_empty() {
            self.abandoned.clear();
        }
        Some(request)
    }

    /// What can be sent of the run whose turn it is, at least one request; one by one while any
    /// caller has lost interest.
    fn pop_of_run(&mut self, limits: &Limits, ahead: usize) -> Option<Request> {
        let room = limits.window_requests.saturating_sub(self.in_flight_count);
        let most_bytes = limits.window_bytes.saturating_sub(self.bytes_in_flight).min(ahead);
        let most = if self.abandoned.is_empty() { room } else { 1 };
        let run = self.unsent.front_mut()?;
        if run.count as usize <= most && run.length() <= most_bytes {
            return self.unsent.pop_front();
        }
        let (mut count, mut length) = (1, run.first_length());
        while count < run.count && (count as usize) < most {
            let next = frame::length(run.frame.get(length..).unwrap_or_default());
            if length.saturating_add(next) > most_bytes {
                break;
            }
            length = length.saturating_add(next);
            count = count.saturating_add(1);
        }
        if count == run.count {
            return self.unsent.pop_front();
        }
        let front = run.split_off_front(count, length);
        if mutant::on(Mutant::BatchRestGoesLast) {
            self.unsent.rotate_left(1);
        }
        Some(front)
    }

    /// The xid for the next request in flight; those behind it are for as many more as it takes.
    pub(crate) fn take_xids(&mut self, count: u32) -> Xid {
        let xid = self.next_xid;
        self.next_xid = xid.nth(count);
        xid
    }

    #[cfg(test)]
    pub(crate) fn set_next_xid(&mut self, xid: Xid) {
        self.next_xid = xid;
    }

    /// The request is on its way; its reply is due behind those of all others in flight.
    pub(crate) fn launch(&mut self, mut entry: InFlight) {
        entry.request.times_sent = entry.request.times_sent.saturating_add(1);
        let (count, length) = (entry.request.count as usize, entry.request.length());
        self.bytes = self.bytes.saturating_add(length);
        self.bytes_in_flight = self.bytes_in_flight.saturating_add(length);
        self.in_flight_count = self.in_flight_count.saturating_add(count);
        self.in_flight.push_back(entry);
    }

    /// The request whose reply is due next.
    pub(crate) fn due(&self) -> Option<&InFlight> {
        self.in_flight.front()
    }

    /// Takes the request whose reply has come.
    pub(crate) fn pop_due(&mut self) -> Option<InFlight> {
        let entry = match self.in_flight.front_mut()? {
            run if run.request.is_run() => run.split_off_front(1, run.request.first_length()),
            _ => self.in_flight.pop_front()?,
        };
        self.forget_in_flight(1, entry.request.length());
        Some(entry)
    }

    /// The replies of the first `count` requests of the run whose turn it is have come; their
    /// frames were `length` bytes.
    pub(crate) fn advance_due(&mut self, count: u32, length: usize) {
        self.forget_in_flight(count as usize, length);
        let Some(run) = self.in_flight.front_mut() else { return };
        if count >= run.request.count {
            self.in_flight.pop_front();
        } else {
            run.request.skip(count, length);
            run.advance(count, length);
        }
    }

    fn forget_in_flight(&mut self, count: usize, length: usize) {
        self.bytes = self.bytes.saturating_sub(length);
        self.bytes_in_flight = self.bytes_in_flight.saturating_sub(length);
        self.in_flight_count = self.in_flight_count.saturating_sub(count);
    }

    /// Takes everything out, for whoever sorts it: in flight first, then unsent.
    pub(crate) fn take_all(&mut self) -> (VecDeque<InFlight>, VecDeque<Request>) {
        (self.bytes, self.bytes_in_flight) = (0, 0);
        (self.unsent_count, self.in_flight_count) = (0, 0);
        self.first_deadline = None;
        let in_flight = std::mem::take(&mut self.in_flight);
        let unsent = std::mem::take(&mut self.unsent);
        let in_flight = in_flight.into_iter().flat_map(InFlight::singles).collect();
        (in_flight, unsent.into_iter().flat_map(Request::singles).collect())
    }

    /// A caller lost interest; if the request is an unsent read it will be skipped.
    pub(crate) fn abandon(&mut self, ticket: Ticket) {
        if !self.unsent.is_empty() {
            self.abandoned.insert(ticket);
        }
        if mutant::on(Mutant::XidNotVerified) {
            let is = |owner: &Owner| matches!(owner, Owner::Caller(other) if *other == ticket);
            self.in_flight.retain(|entry| !is(&entry.request.owner));
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
                Some(_) if mutant::on(Mutant::NoDeadlineInFlight) => {}
                Some(deadline) if deadline <= now && !entry.answered_late => {
                    entry.answered_late = true;
                    late.extend(entry.request.clone().singles());
                }
                deadline if !entry.answered_late => deadlines.push(deadline),
                _ => {}
            }
        }
        if mutant::on(Mutant::LateReplyShiftsQueue) {
            self.in_flight.retain(|entry| !entry.answered_late);
        }
        let (unsent, kept): (VecDeque<_>, VecDeque<_>) = std::mem::take(&mut self.unsent)
            .into_iter()
            .partition(|request| request.deadline.is_some_and(|deadline| deadline <= now));
        for request in &unsent {
            self.bytes = self.bytes.saturating_sub(request.length());
            self.unsent_count = self.unsent_count.saturating_sub(request.count as usize);
        }
        let unsent = unsent.into_iter().flat_map(Request::singles).collect();
        deadlines.extend(kept.iter().map(|request| request.deadline));
        self.unsent = kept;
        for deadline in deadlines {
            self.note_deadline(deadline);
        }
        Expired { unsent, late }
    }
}
