//! What callers and the driver share: the outbox and the waiter slots, under one short lock; the
//! state, under another; and a few numbers that anyone may read.
//!
//! Everything else has one owner: the driver. Nothing is woken, and no waker or payload cloned or
//! dropped, while the lock is held.

mod batches;
mod encoder;
mod gauges;
#[cfg(all(test, zookit_loom))]
mod interleavings;
mod latency;
mod notice;
mod permits;
mod reservation;
mod slots;
mod stats;
#[cfg(test)]
mod tests;
mod watch_cell;

use std::mem;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex as StdMutex, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;
use zookit_proto::types::Credentials;
use zookit_proto::{OpCode, Text};
use zookit_session::{
    Endpoint, Generation, Identity, Limits, NotSent, Outcome, Replies, Ticket, WatcherId,
};

use crate::deadline::Deadline;
use crate::error::{Attempt, Attempts};
use crate::state::StateCell;
use crate::sync::{AtomicU64, Mutex, MutexGuard};
use batches::Batches;
pub(crate) use batches::{BatchEndings, Ending, Run, Taken};
use encoder::Encoder;
pub(crate) use gauges::Gauges;
pub use latency::Latency;
pub use notice::{WatchNotice, WatchedEvent};
use permits::Permits;
pub(crate) use reservation::{Reservation, Reserving};
pub(crate) use slots::Completion;
use slots::{Polled, Slots};
pub use stats::{Arms, WatchCounts};
pub(crate) use stats::{Counters, Turn};
pub(crate) use watch_cell::{Seen, WatchCell};

/// Shared by every handle, future and watch of one client, and by its driver.
#[derive(Debug)]
pub(crate) struct Shared {
    inner: Mutex<Inner>,
    attempts: Mutex<Attempts>,
    next_watcher: AtomicU64,
    bounds: Bounds,
    /// What the session's times count from.
    pub(crate) origin: Instant,
    pub(crate) state: Arc<StateCell>,
    pub(crate) encoder: Encoder,
    pub(crate) gauges: Gauges,
    pub(crate) counters: Counters,
}

/// The session's own bounds on what it has accepted, as far as callers are held to them.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    requests: usize,
    bytes: usize,
}

#[derive(Debug)]
struct Inner {
    outbox: Vec<Command>,
    /// Bytes of the frames in the outbox.
    outbox_bytes: usize,
    slots: Slots,
    batches: Batches,
    permits: Permits,
    /// The driver's waker, there while the driver sleeps and the outbox is empty.
    driver: Option<Waker>,
    /// Set when the driver has ended: why nothing is sent any more.
    over: Option<NotSent>,
}

/// Completions on their way to the slots, and the memory it takes to bring them there.
#[derive(Debug, Default)]
pub(crate) struct Endings {
    completions: Vec<(Ticket, Completion)>,
    /// Of batches.
    batches: Vec<Ending>,
    wakers: Vec<Waker>,
    /// Of futures that were dropped; to be dropped without the lock.
    unwanted: Vec<Completion>,
    unwanted_batches: Vec<Ending>,
}

impl Endings {
    pub(crate) fn push(&mut self, ticket: Ticket, completion: Completion) {
        if Batches::has(ticket) {
            self.batches.push(Ending::Completed(ticket, completion));
        } else {
            self.completions.push((ticket, completion));
        }
    }

    /// Those to a batch stay together.
    pub(crate) fn push_replies(&mut self, replies: Replies, server: Option<Arc<Endpoint>>) {
        if replies.tickets.first().is_some_and(Batches::has) {
            return self.batches.push(Ending::Replied(replies, server));
        }
        self.completions.extend(replies.outcomes().map(|(ticket, outcome)| {
            let refused = matches!(outcome, Outcome::Refused { .. });
            let server = if refused { server.clone() } else { None };
            (ticket, Completion { outcome, server })
        }));
    }
}

/// What a caller wants of the session, in the order of submission.
#[derive(Debug)]
pub(crate) enum Command {
    Submit(Ticket, Request),
    /// Of a batch; the ticket is that of the first.
    SubmitRun(Ticket, Run),
    AddAuth {
        ticket: Ticket,
        scheme: Text,
        auth: Credentials,
        deadline: Deadline,
    },
    Abandon(Ticket),
    /// So many from this one on.
    AbandonRun(Ticket, u64),
    DropWatcher(WatcherId),
    UpdateServers(Vec<Endpoint>),
    /// To end without closing the session, and to leave here what it takes to take it up again.
    /// Not done if nobody is there to take it.
    Export(Ticket, Weak<Handover>),
    Close(Ticket),
}

/// Where a session's identity is left for the caller who wants it.
pub(crate) type Handover = StdMutex<Option<Identity>>;

/// A request as its method made it.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) opcode: OpCode,
    /// The whole frame; the session fills in the xid.
    pub(crate) frame: Bytes,
    pub(crate) deadline: Deadline,
    /// The watcher that the reply arms.
    pub(crate) watch: Option<Arc<WatchCell>>,
    /// The only generation in which it may be sent.
    pub(crate) pinned: Option<Generation>,
}

impl Shared {
    pub(crate) fn new(limits: &Limits, session_timeout: Duration) -> Arc<Self> {
        let inner = Inner {
            outbox: Vec::new(),
            outbox_bytes: 0,
            slots: Slots::default(),
            batches: Batches::default(),
            permits: Permits::default(),
            driver: None,
            over: None,
        };
        Arc::new(Self {
            inner: Mutex::new(inner),
            attempts: Mutex::default(),
            next_watcher: AtomicU64::new(1),
            bounds: Bounds { requests: limits.max_requests, bytes: limits.max_request_bytes },
            origin: Instant::now(),
            state: Arc::default(),
            encoder: Encoder::default(),
            gauges: Gauges::new(session_timeout),
            counters: Counters::default(),
        })
    }

    /// A panic of a caller's waker cannot leave `Inner` half changed: none runs under the lock.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number for a watcher; never one used before.
    pub(crate) fn next_watcher(&self) -> WatcherId {
        WatcherId(self.next_watcher.fetch_add(1, Ordering::Relaxed))
    }

    // What callers do.

    /// Puts a request into the outbox, behind everything submitted before it.
    ///
    /// The bounds are the session's own; keeping them here as well means that a driver which does
    /// not run cannot make the outbox grow.
    pub(crate) fn submit(
        &self,
        request: Request,
        reservation: Option<&Reservation>,
    ) -> Result<Ticket, NotSent> {
        let submitted = {
            let mut inner = self.lock();
            match inner.admit(request.frame.len(), &self.bounds, reservation) {
                Ok(()) => {
                    let ticket = inner.slots.take();
                    inner.outbox.push(Command::Submit(ticket, request));
                    Ok((ticket, inner.driver.take()))
                }
                // The request goes with the lock released.
                Err(reason) => Err((reason, request)),
            }
        };
        match submitted {
            Ok((ticket, driver)) => {
                wake(driver);
                Ok(ticket)
            }
            Err((reason, _rejected)) => {
                self.counters.reject();
                Err(reason)
            }
        }
    }

    /// Waits for room in the order of arrival; `place` remembers the place in the queue.
    fn poll_reserve(
        &self,
        place: &mut Option<u64>,
        requests: usize,
        waker: &Waker,
    ) -> Poll<Result<(), NotSent>> {
        let waker = waker.clone();
        let (polled, unused) = {
            let mut inner = self.lock();
            let unanswered = inner.unanswered();
            if let Some(reason) = inner.over {
                *place = None;
                (Poll::Ready(Err(reason)), Some(waker))
            } else if let Some(place) = *place {
                let (waits, unused) = inner.permits.still_waits(place, waker);
                (if waits { Poll::Pending } else { Poll::Ready(Ok(())) }, Some(unused))
            } else if inner.permits.promise(requests, unanswered, self.bounds.requests) {
                (Poll::Ready(Ok(())), Some(waker))
            } else {
                *place = Some(inner.permits.enqueue(requests, waker));
                (Poll::Pending, None)
            }
        };
        drop(unused);
        polled
    }

    /// Whoever stood there waits no longer. If the room was promised already it is given back.
    fn forget_place(&self, place: u64, requests: usize) {
        let forgotten = self.lock().permits.forget(place);
        if forgotten.is_none() {
            self.release(requests);
        } else {
            // Others may fit where this one did not.
            self.release(0);
        }
        drop(forgotten);
    }

    /// Promised room that is not needed.
    fn release(&self, requests: usize) {
        let wakers = {
            let mut inner = self.lock();
            inner.permits.release(requests);
            inner.grant(&self.bounds)
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    pub(crate) fn add_auth(
        &self,
        scheme: Text,
        auth: Credentials,
        deadline: Deadline,
    ) -> Result<Ticket, NotSent> {
        self.push_with_ticket(|ticket| Command::AddAuth { ticket, scheme, auth, deadline })
    }

    /// Asks for the end of the session, behind everything submitted before.
    pub(crate) fn close(&self) -> Result<Ticket, NotSent> {
        self.push_with_ticket(Command::Close)
    }

    fn push_with_ticket(&self, command: impl FnOnce(Ticket) -> Command) -> Result<Ticket, NotSent> {
        let (ticket, driver) = {
            let mut inner = self.lock();
            if let Some(reason) = inner.over {
                return Err(reason);
            }
            let ticket = inner.slots.take();
            inner.outbox.push(command(ticket));
            (ticket, inner.driver.take())
        };
        wake(driver);
        Ok(ticket)
    }

    /// A command that nobody waits for; nothing happens if the driver has ended.
    pub(crate) fn push(&self, command: Command) {
        let (rejected, driver) = {
            let mut inner = self.lock();
            if inner.over.is_some() {
                (Some(command), None)
            } else {
                inner.outbox.push(command);
                (None, inner.driver.take())
            }
        };
        drop(rejected);
        wake(driver);
    }

    /// The completion of a ticket, once; registers the task until then.
    pub(crate) fn poll_completion(
        &self,
        ticket: Ticket,
        context: &mut Context<'_>,
    ) -> Poll<Completion> {
        let registered = self.lock().slots.poll(ticket, context.waker());
        match registered {
            Polled::Completed(completion) => return Poll::Ready(completion),
            Polled::Registered => return Poll::Pending,
            Polled::OtherWaker => {}
        }
        // Cloned here and not under the lock. The slot may complete in between.
        let waker = context.waker().clone();
        let (polled, old) = self.lock().slots.register(ticket, waker);
        drop(old);
        match polled {
            Polled::Completed(completion) => Poll::Ready(completion),
            Polled::Registered | Polled::OtherWaker => Poll::Pending,
        }
    }

    /// The caller has dropped the future. What was sent stays sent; an unsent read is skipped.
    pub(crate) fn abandon(&self, ticket: Ticket) {
        let (left, driver) = {
            let mut inner = self.lock();
            let left = inner.slots.abandon(ticket);
            let driver = if left.still_waiting {
                inner.outbox.push(Command::Abandon(ticket));
                inner.driver.take()
            } else {
                None
            };
            (left, driver)
        };
        drop(left);
        wake(driver);
    }

    pub(crate) fn note_attempt(&self, attempt: Attempt) {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner).note(attempt);
    }

    pub(crate) fn note_begun(&self, attempt: Attempt) {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner).note_begun(attempt);
    }

    pub(crate) fn take_attempts(&self) -> Vec<Attempt> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Requests in the outbox, and their bytes.
    pub(crate) fn outbox(&self) -> (usize, usize) {
        let inner = self.lock();
        let requests = inner.outbox.iter().map(|command| match command {
            Command::Submit(..) => 1,
            Command::SubmitRun(_, run) => run.count as usize,
            _ => 0,
        });
        (requests.sum(), inner.outbox_bytes)
    }

    pub(crate) fn max_requests(&self) -> usize {
        self.bounds.requests
    }

    /// Asks for the identity of the session, and for the end of the driver.
    pub(crate) fn export(&self, into: &Arc<Handover>) -> Result<Ticket, NotSent> {
        self.push_with_ticket(|ticket| Command::Export(ticket, Arc::downgrade(into)))
    }

    // What the driver does.

    /// Swaps the whole outbox for an empty one.
    pub(crate) fn take_commands(&self, into: &mut Vec<Command>) {
        debug_assert!(into.is_empty(), "commands taken before have been carried out");
        let mut inner = self.lock();
        mem::swap(&mut inner.outbox, into);
        inner.outbox_bytes = 0;
    }

    /// Gives memory back: nothing is expected for a while.
    pub(crate) fn rest(&self) {
        self.encoder.rest();
        self.state.rest();
        let mut inner = self.lock();
        inner.slots.rest();
        inner.outbox.shrink_to_fit();
    }

    /// Ready when there is a command; the driver sleeps until then.
    pub(crate) fn poll_commands(&self, context: &mut Context<'_>) -> Poll<()> {
        let waker = context.waker().clone();
        let (ready, old) = {
            let mut inner = self.lock();
            if inner.outbox.is_empty() {
                (Poll::Pending, inner.driver.replace(waker))
            } else {
                (Poll::Ready(()), Some(waker))
            }
        };
        drop(old);
        ready
    }

    /// Completes a batch of tickets under one lock, then wakes whoever waits for them.
    pub(crate) fn complete(&self, batch: &mut Endings) {
        if batch.completions.is_empty() && batch.batches.is_empty() {
            return;
        }
        {
            let mut inner = self.lock();
            for (ticket, completion) in batch.completions.drain(..) {
                match inner.slots.complete(ticket, completion) {
                    Ok(waker) => batch.wakers.extend(waker),
                    Err(completion) => batch.unwanted.push(completion),
                }
            }
            for ending in batch.batches.drain(..) {
                match inner.batches.end(ending) {
                    Ok(waker) => batch.wakers.extend(waker),
                    Err(ending) => batch.unwanted_batches.push(ending),
                }
            }
            if !inner.permits.nobody_waits() {
                batch.wakers.append(&mut inner.grant(&self.bounds));
            }
        }
        batch.unwanted.clear();
        batch.unwanted_batches.clear();
        batch.wakers.drain(..).for_each(Waker::wake);
    }

    /// The driver ends: whatever still waits, and all that comes, is *not sent* for this reason.
    pub(crate) fn end(&self, reason: NotSent) {
        let (commands, wakers) = {
            let mut inner = self.lock();
            if inner.over.is_some() {
                return;
            }
            inner.over = Some(reason);
            inner.outbox_bytes = 0;
            let mut wakers = inner.slots.complete_all(reason);
            wakers.append(&mut inner.batches.end_all());
            wakers.append(&mut inner.permits.end());
            (mem::take(&mut inner.outbox), wakers)
        };
        drop(commands);
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl Inner {
    /// Makes room for a request of this many bytes, if it is within the bounds.
    fn admit(
        &mut self,
        bytes: usize,
        bounds: &Bounds,
        reservation: Option<&Reservation>,
    ) -> Result<(), NotSent> {
        if let Some(reason) = self.over {
            return Err(reason);
        }
        if self.outbox_bytes.saturating_add(bytes) > bounds.bytes {
            return Err(NotSent::QueueFull);
        }
        if reservation.is_some_and(Reservation::take_one) {
            self.permits.release(1);
        } else if self.permits.unreserved(self.unanswered(), bounds.requests) == 0 {
            return Err(NotSent::QueueFull);
        }
        self.outbox_bytes += bytes;
        Ok(())
    }

    /// How many requests have no answer yet.
    fn unanswered(&self) -> usize {
        self.slots.unanswered() + self.batches.unanswered()
    }

    fn grant(&mut self, bounds: &Bounds) -> Vec<Waker> {
        self.permits.grant(self.unanswered(), bounds.requests)
    }
}

fn wake(driver: Option<Waker>) {
    if let Some(waker) = driver {
        waker.wake();
    }
}
