//! Who is told what happens in a cache: all of it, or that something is missing.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;

use super::core::Shared;
use super::event::Event;
use super::mirror::Tree;

/// The events of a cache, in their order, from when it [was made](super::Cache::listen).
///
/// They wait in a buffer of [`listener_buffer`](super::CacheOptions::listener_buffer). When that is
/// full those in it are dropped, and [`Event::Missed`] stands in their place: then
/// [`resume`](Self::resume). What tells of the cache as a whole is never dropped.
#[must_use = "a listener that is dropped hears nothing"]
pub struct Listener {
    shared: Arc<Shared>,
    waiting: Arc<Waiting>,
}

impl Listener {
    pub(super) const fn new(shared: Arc<Shared>, waiting: Arc<Waiting>) -> Self {
        Self { shared, waiting }
    }

    /// The next event; `None` when the cache was dropped, or [is over](super::Cache::over).
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Event> {
        poll_fn(|context| self.waiting.poll(context)).await
    }

    /// The next event, if one waits.
    #[cfg(feature = "serde")]
    pub(crate) fn try_next(&mut self) -> Option<Event> {
        match self.waiting.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(event) => event,
            Poll::Pending => None,
        }
    }

    /// Shows the cache as it is, and goes on from just there: what led to what is shown is not told
    /// any more, and everything behind it is. For a listener that begins, or has
    /// [missed](Event::Missed) something.
    ///
    /// The following waits while `base` looks: be quick, and do not call the cache.
    pub fn resume<T>(&mut self, base: impl FnOnce(Tree<'_>) -> T) -> T {
        self.shared.resume(&self.waiting, base)
    }
}

impl Stream for Listener {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        self.waiting.poll(context)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.shared.leave(&self.waiting);
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("path", &self.shared.path).finish_non_exhaustive()
    }
}

/// What waits for a listener.
#[derive(Debug)]
pub(super) struct Waiting {
    capacity: usize,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    events: VecDeque<Event>,
    reader: Option<Waker>,
    over: bool,
}

impl Waiting {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, inner: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an event behind the others; nobody is woken yet.
    pub(super) fn push(&self, event: &Event) {
        let mut inner = self.lock();
        let mut dropped = VecDeque::new();
        if inner.events.len() >= self.capacity {
            dropped = inner.keep_the_whole();
            inner.events.push_front(Event::Missed);
        }
        if dropped.is_empty() || is_of_the_whole(event) {
            inner.events.push_back(event.clone());
        }
        drop(inner);
    }

    pub(super) fn wake(&self) {
        let waker = self.lock().reader.take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(super) fn end(&self) {
        self.lock().over = true;
        self.wake();
    }

    /// What waits is known already.
    pub(super) fn forget(&self) {
        let mut inner = self.lock();
        let dropped = inner.keep_the_whole();
        drop(inner);
        drop(dropped);
    }

    fn poll(&self, context: &mut Context<'_>) -> Poll<Option<Event>> {
        let waker = context.waker().clone();
        let mut inner = self.lock();
        let (polled, unused) = match inner.events.pop_front() {
            Some(event) => (Poll::Ready(Some(event)), Some(waker)),
            None if inner.over => (Poll::Ready(None), Some(waker)),
            None => (Poll::Pending, inner.reader.replace(waker)),
        };
        drop(inner);
        drop(unused);
        polled
    }
}

impl Inner {
    /// Drops all but what tells of the cache as a whole, and of that what is out of date; hands it
    /// out, to be dropped without the lock.
    fn keep_the_whole(&mut self) -> VecDeque<Event> {
        let all = std::mem::take(&mut self.events);
        let is_initialized = all.iter().any(|event| matches!(event, Event::Initialized));
        self.events.extend(is_initialized.then_some(Event::Initialized));
        let last =
            all.iter().rfind(|event| matches!(event, Event::Interrupted | Event::Resynchronized));
        self.events.extend(last.cloned());
        all
    }
}

/// Whether it tells of the cache as a whole.
const fn is_of_the_whole(event: &Event) -> bool {
    matches!(event, Event::Initialized | Event::Interrupted | Event::Resynchronized)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn created(path: &str) -> Event {
        Event::Unlisted { path: path.into() }
    }

    fn read(waiting: &Waiting) -> Vec<Event> {
        let mut context = Context::from_waker(Waker::noop());
        let mut events = Vec::new();
        while let Poll::Ready(Some(event)) = waiting.poll(&mut context) {
            events.push(event);
        }
        events
    }

    #[test]
    fn overflow_is_told_once_and_what_is_of_the_whole_stays() {
        let waiting = Waiting::new(3);
        for event in [created("/a"), Event::Initialized, created("/b"), created("/c")] {
            waiting.push(&event);
        }
        for _ in 0..5 {
            waiting.push(&created("/d"));
            waiting.push(&Event::Interrupted);
            waiting.push(&Event::Resynchronized);
        }
        let told = read(&waiting);
        assert_eq!(told[..2], [Event::Missed, Event::Initialized]);
        assert_eq!(told.last(), Some(&Event::Resynchronized));
        assert!(told.len() <= 4, "{told:?}");
        // There is room again.
        waiting.push(&created("/e"));
        assert_eq!(read(&waiting), [created("/e")]);
    }

    #[test]
    fn who_resumes_hears_of_nothing_before_but_of_the_whole() {
        let waiting = Waiting::new(2);
        for path in ["/a", "/b", "/c"] {
            waiting.push(&created(path));
        }
        waiting.push(&Event::Initialized);
        waiting.forget();
        waiting.push(&created("/d"));
        assert_eq!(read(&waiting), [Event::Initialized, created("/d")]);
    }

    #[test]
    fn the_end_comes_behind_what_waits() {
        let waiting = Waiting::new(2);
        waiting.push(&created("/a"));
        waiting.end();
        assert_eq!(read(&waiting), [created("/a")]);
        let polled = waiting.poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(polled, Poll::Ready(None));
    }
}
