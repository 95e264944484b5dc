//! Where the replies to a batch meet the one future that waits for all of them.
//!
//! The tickets of a batch are a range, so that whatever ends some of its requests finds it by any
//! of them, and what came is kept as it came: it is told apart by the task that waits.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use zookit_proto::{OpCode, frame};
use zookit_session::{Endpoint, Generation, NotSent, Replies, Ticket};

use super::{Bounds, Command, Completion, Inner, Reservation, Shared, wake};
use crate::deadline::Deadline;

/// Tickets from here on are those of batches.
const FIRST: u64 = 1 << 63;

/// Requests of a batch for one operation, one behind the other.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) opcode: OpCode,
    pub(crate) count: u32,
    /// Their whole frames; the session fills in the xids.
    pub(crate) frames: Bytes,
    pub(crate) deadline: Deadline,
    /// The only generation in which they may be sent.
    pub(crate) pinned: Option<Generation>,
}

/// How some requests of a batch ended.
#[derive(Debug)]
pub(crate) enum Ending {
    /// By these replies, of this server.
    Replied(Replies, Option<Arc<Endpoint>>),
    /// In another way.
    Completed(Ticket, Completion),
}

impl Ending {
    pub(crate) fn first(&self) -> Ticket {
        match self {
            Self::Replied(replies, _) => replies.tickets.first().unwrap_or(Ticket(FIRST)),
            Self::Completed(ticket, _) => *ticket,
        }
    }

    fn count(&self) -> u64 {
        match self {
            Self::Replied(replies, _) => u64::from(replies.count),
            Self::Completed(..) => 1,
        }
    }
}

/// How all requests of a batch ended.
#[derive(Debug, Default)]
pub(crate) struct BatchEndings {
    /// In no order.
    pub(crate) endings: Vec<Ending>,
    /// Why those that are not among them were not sent, if there are any.
    pub(crate) over: Option<NotSent>,
}

/// What of a batch was taken.
#[derive(Debug)]
pub(crate) struct Taken {
    /// The ticket of its first request.
    pub(crate) first: Ticket,
    /// How many requests, from the first on.
    pub(crate) count: u64,
    /// Why no more.
    pub(crate) refused: Option<NotSent>,
}

/// The batches that have not been waited for to the end.
#[derive(Debug, Default)]
pub(super) struct Batches {
    /// By their first tickets.
    open: BTreeMap<u64, Open>,
    /// Tickets given out so far.
    given: u64,
    unanswered: usize,
}

#[derive(Debug)]
struct Open {
    /// How many requests have not ended.
    left: u64,
    endings: Vec<Ending>,
    waker: Option<Waker>,
    /// Nobody will ask.
    abandoned: bool,
}

impl Batches {
    /// How many requests have no answer yet.
    pub(super) const fn unanswered(&self) -> usize {
        self.unanswered
    }

    #[cfg(all(test, zookit_loom))]
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty() && self.unanswered == 0
    }

    pub(super) const fn has(Ticket(ticket): Ticket) -> bool {
        ticket >= FIRST
    }

    /// The ticket of the first request of the next batch.
    fn next(&self) -> Ticket {
        Ticket(FIRST | self.given)
    }

    /// The requests have been counted as they were admitted.
    fn begin(&mut self, count: u64) {
        let open = Open { left: count, endings: Vec::new(), waker: None, abandoned: false };
        self.open.insert(FIRST | self.given, open);
        self.given += count;
    }

    /// Some requests have ended. Gives back the waker to be woken, if they were the last.
    ///
    /// # Errors
    /// Nobody wants it: to be dropped outside the lock.
    pub(super) fn end(&mut self, ending: Ending) -> Result<Option<Waker>, Ending> {
        let Ticket(ticket) = ending.first();
        let Some((&first, open)) = self.open.range_mut(..=ticket).next_back() else {
            return Err(ending);
        };
        let count = ending.count();
        debug_assert!(count <= open.left, "{ticket} ended twice");
        open.left = open.left.saturating_sub(count);
        self.unanswered -= usize::try_from(count).expect("requests are in memory");
        let waker = if open.left == 0 { open.waker.take() } else { None };
        if !open.abandoned {
            open.endings.push(ending);
            return Ok(waker);
        }
        if open.left == 0 {
            self.open.remove(&first);
        }
        Err(ending)
    }

    /// Nothing that has not ended will.
    pub(super) fn end_all(&mut self) -> Vec<Waker> {
        self.unanswered = 0;
        self.open.retain(|_, open| !open.abandoned);
        let end = |open: &mut Open| {
            open.left = 0;
            open.waker.take()
        };
        self.open.values_mut().filter_map(end).collect()
    }
}

impl Inner {
    /// How much of a run is within the bounds: requests, and their bytes.
    fn admit_run(
        &mut self,
        bounds: &Bounds,
        run: &Run,
        reservation: Option<&Reservation>,
    ) -> (u32, usize, Option<NotSent>) {
        let (mut count, mut bytes) = (0, 0);
        while count < run.count {
            let length = frame::length(&run.frames[bytes..]);
            if let Err(reason) = self.admit(length, bounds, reservation) {
                return (count, bytes, Some(reason));
            }
            self.batches.unanswered += 1;
            count += 1;
            bytes += length;
        }
        (count, bytes, None)
    }
}

impl Shared {
    /// Puts the runs of a batch into the outbox, with nothing of another caller's between them.
    /// What is past the bound is not taken, and neither is anything behind it.
    pub(crate) fn submit_batch(
        &self,
        runs: impl Iterator<Item = Run>,
        reservation: Option<&Reservation>,
    ) -> Taken {
        let (taken, rejected, driver) = {
            let mut inner = self.lock();
            let first = inner.batches.next();
            let mut taken = Taken { first, count: 0, refused: None };
            let mut rejected = Vec::new();
            for mut run in runs {
                if taken.refused.is_none() {
                    let (count, bytes, refused) = inner.admit_run(&self.bounds, &run, reservation);
                    taken.refused = refused;
                    if count > 0 {
                        let frames = run.frames.split_to(bytes);
                        let front = Run { count, frames, ..run };
                        let Ticket(first) = first;
                        inner.outbox.push(Command::SubmitRun(Ticket(first + taken.count), front));
                        taken.count += u64::from(count);
                        run.count -= count;
                    }
                }
                if run.count > 0 {
                    rejected.push(run);
                }
            }
            if taken.count > 0 {
                inner.batches.begin(taken.count);
            }
            let driver = inner.driver.take_if(|_| taken.count > 0);
            (taken, rejected, driver)
        };
        wake(driver);
        for run in rejected {
            (0..run.count).for_each(|_| self.counters.reject());
        }
        taken
    }

    /// All endings of the batch with this first ticket, once; registers the task until then.
    pub(crate) fn poll_batch(
        &self,
        first: Ticket,
        context: &mut Context<'_>,
    ) -> Poll<BatchEndings> {
        let waker = context.waker().clone();
        let (polled, unused) = {
            let mut inner = self.lock();
            let over = inner.over;
            match inner.batches.open.get_mut(&first.0) {
                Some(open) if open.left > 0 => (Poll::Pending, open.waker.replace(waker)),
                Some(_) => {
                    let open = inner.batches.open.remove(&first.0);
                    let endings = open.map(|open| open.endings).unwrap_or_default();
                    (Poll::Ready(BatchEndings { endings, over }), Some(waker))
                }
                None => (Poll::Pending, Some(waker)),
            }
        };
        drop(unused);
        polled
    }

    /// The caller has dropped the future of a batch. What was sent stays sent; unsent reads are
    /// skipped.
    pub(crate) fn abandon_batch(&self, first: Ticket, count: u64) {
        let (left, driver) = {
            let mut inner = self.lock();
            match inner.batches.open.get_mut(&first.0) {
                Some(open) if open.left > 0 => {
                    open.abandoned = true;
                    let left = (mem::take(&mut open.endings), open.waker.take());
                    inner.outbox.push(Command::AbandonRun(first, count));
                    ((Some(left), None), inner.driver.take())
                }
                _ => ((None, inner.batches.open.remove(&first.0)), None),
            }
        };
        drop(left);
        wake(driver);
    }
}
