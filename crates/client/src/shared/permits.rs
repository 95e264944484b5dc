//! Room promised to callers before they submit: fair, first come first served.
//!
//! A promise is kept by refusing others: what is reserved counts as taken, and while somebody waits
//! for a promise all who come later find the queue full.

use std::collections::VecDeque;
use std::mem;
use std::task::Waker;

/// Who waits, and how much is promised.
#[derive(Debug, Default)]
pub(super) struct Permits {
    /// Promised and not used yet.
    reserved: usize,
    waiting: VecDeque<Waiting>,
    next_id: u64,
}

#[derive(Debug)]
struct Waiting {
    id: u64,
    requests: usize,
    waker: Waker,
}

impl Permits {
    /// How many more requests may be taken that nothing was promised to.
    pub(super) fn unreserved(&self, unanswered: usize, limit: usize) -> usize {
        if self.waiting.is_empty() {
            limit.saturating_sub(unanswered).saturating_sub(self.reserved)
        } else {
            0
        }
    }

    /// Promises at once, if nobody waits and there is room.
    pub(super) fn promise(&mut self, requests: usize, unanswered: usize, limit: usize) -> bool {
        let fits = requests <= self.unreserved(unanswered, limit);
        if fits {
            self.reserved += requests;
        }
        fits
    }

    /// Waits behind all others.
    pub(super) fn enqueue(&mut self, requests: usize, waker: Waker) -> u64 {
        self.next_id += 1;
        self.waiting.push_back(Waiting { id: self.next_id, requests, waker });
        self.next_id
    }

    /// Whether it still waits: then the waker is replaced. Gives back the one to be dropped.
    pub(super) fn still_waits(&mut self, id: u64, waker: Waker) -> (bool, Waker) {
        match self.waiting.iter_mut().find(|waiting| waiting.id == id) {
            Some(waiting) => (true, mem::replace(&mut waiting.waker, waker)),
            None => (false, waker),
        }
    }

    /// Waits no longer. Gives back the waker to be dropped; `None` if the promise was made.
    pub(super) fn forget(&mut self, id: u64) -> Option<Waker> {
        let place = self.waiting.iter().position(|waiting| waiting.id == id)?;
        self.waiting.remove(place).map(|waiting| waiting.waker)
    }

    /// A promise was kept, or given back.
    pub(super) fn release(&mut self, requests: usize) {
        debug_assert!(requests <= self.reserved, "no more is released than was promised");
        self.reserved = self.reserved.saturating_sub(requests);
    }

    /// Makes the promises that there is room for, in order; gives back the wakers to be woken.
    pub(super) fn grant(&mut self, unanswered: usize, limit: usize) -> Vec<Waker> {
        let mut wakers = Vec::new();
        let taken = |reserved: usize| unanswered.saturating_add(reserved);
        while let Some(first) = self.waiting.front() {
            if taken(self.reserved).saturating_add(first.requests) > limit {
                break;
            }
            self.reserved += first.requests;
            wakers.extend(self.waiting.pop_front().map(|waiting| waiting.waker));
        }
        wakers
    }

    pub(super) fn nobody_waits(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The driver has ended: nobody waits any more.
    pub(super) fn end(&mut self) -> Vec<Waker> {
        mem::take(&mut self.waiting).into_iter().map(|waiting| waiting.waker).collect()
    }
}
