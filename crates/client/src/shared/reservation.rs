//! A promise of room, as its holder has it, and the way to get one.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use zookit_session::NotSent;

use super::Shared;
use crate::sync::AtomicUsize;

/// Room for a number of requests; what is left of it goes back when it is dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    shared: Arc<Shared>,
    left: AtomicUsize,
}

impl Reservation {
    pub(crate) fn left(&self) -> usize {
        self.left.load(Ordering::Relaxed)
    }

    /// Uses room for one, if any is left.
    pub(super) fn take_one(&self) -> bool {
        let less = |left: usize| left.checked_sub(1);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.shared.release(self.left());
    }
}

/// Waits for room. Dropped before it is done, it gives up its place, or the room itself.
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub(crate) struct Reserving {
    shared: Arc<Shared>,
    requests: usize,
    /// The place in the queue, once there is one.
    place: Option<u64>,
    done: bool,
}

impl Reserving {
    pub(crate) fn new(shared: Arc<Shared>, requests: usize) -> Self {
        Self { shared, requests, place: None, done: false }
    }
}

impl Future for Reserving {
    type Output = Result<Reservation, NotSent>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let polled = this.shared.poll_reserve(&mut this.place, this.requests, context.waker());
        polled.map(|reserved| {
            this.done = true;
            reserved.map(|()| Reservation {
                shared: Arc::clone(&this.shared),
                left: AtomicUsize::new(this.requests),
            })
        })
    }
}

impl Drop for Reserving {
    fn drop(&mut self) {
        if let (false, Some(place)) = (self.done, self.place) {
            self.shared.forget_place(place, self.requests);
        }
    }
}
