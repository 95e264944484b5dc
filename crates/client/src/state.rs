//! The state of the session: a value that anyone reads and awaits, and a stream of its changes.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;
use zookit_session::{Diagnosis, Endpoint, State, StateChange};

/// How many changes are kept for whoever has not read them yet.
pub(crate) const KEPT: usize = 256;

/// What the driver writes and callers read.
#[derive(Debug)]
pub(crate) struct StateCell(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    now: State,
    /// Of the connection there is, or else of the last one.
    server: Option<Arc<Endpoint>>,
    /// Why there is no connection, if a server has said so since there was one.
    diagnosis: Option<Arc<Diagnosis>>,
    /// The newest for those who come, and more only while somebody reads.
    kept: VecDeque<StateChange>,
    /// How many changes there have been: the number of the next.
    count: u64,
    waiters: Vec<(u64, Waker)>,
    next_reader: u64,
    /// How many streams there are.
    readers: usize,
}

impl Default for StateCell {
    fn default() -> Self {
        Self(Mutex::new(Inner {
            now: State::Connecting,
            server: None,
            diagnosis: None,
            kept: VecDeque::new(),
            count: 0,
            waiters: Vec::new(),
            next_reader: 0,
            readers: 0,
        }))
    }
}

impl StateCell {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> State {
        self.lock().now
    }

    pub(crate) fn last_change(&self) -> Option<StateChange> {
        self.lock().kept.back().cloned()
    }

    pub(crate) fn server(&self) -> Option<Arc<Endpoint>> {
        self.lock().server.clone()
    }

    /// Why servers close without a word.
    pub(crate) fn diagnosis(&self) -> Option<Arc<Diagnosis>> {
        self.lock().diagnosis.clone()
    }

    /// Keeps it until there is a connection.
    pub(crate) fn diagnose(&self, diagnosis: &Diagnosis) {
        let diagnosis = Some(Arc::new(diagnosis.clone()));
        let _old = mem::replace(&mut self.lock().diagnosis, diagnosis);
    }

    pub(crate) fn publish(&self, change: StateChange, server: Option<Arc<Endpoint>>) {
        let (waiters, _old) = {
            let mut inner = self.lock();
            inner.now = change.state;
            let outdated = inner.diagnosis.take_if(|_| change.state.is_connected());
            let old = mem::replace(&mut inner.server, server);
            inner.count += 1;
            let most = if inner.readers > 0 { KEPT } else { 1 };
            let excess = (inner.kept.len() + 1).saturating_sub(most);
            let dropped: Vec<_> = inner.kept.drain(..excess).collect();
            inner.kept.push_back(change);
            (mem::take(&mut inner.waiters), (old, dropped, outdated))
        };
        waiters.into_iter().for_each(|(_, waker)| waker.wake());
    }

    /// Gives memory back: nothing is expected for a while.
    pub(crate) fn rest(&self) {
        self.lock().kept.shrink_to_fit();
    }

    /// A stream of what comes from now on.
    pub(crate) fn stream(self: &Arc<Self>) -> StateStream {
        let mut inner = self.lock();
        inner.next_reader += 1;
        inner.readers += 1;
        let (reader, position) = (inner.next_reader, inner.count);
        drop(inner);
        StateStream { state: Arc::clone(self), reader, position, ended: false }
    }

    /// The first change at or after `position`, with its number.
    fn poll(
        &self,
        reader: u64,
        position: u64,
        context: &mut Context<'_>,
    ) -> Poll<(u64, StateChange)> {
        let waker = context.waker().clone();
        let mut inner = self.lock();
        let oldest = inner.count - inner.kept.len() as u64;
        let number = position.max(oldest);
        let place = usize::try_from(number - oldest).unwrap_or(usize::MAX);
        let found = inner.kept.get(place).cloned();
        let unused = match found {
            Some(_) => Some(waker),
            None => match inner.waiters.iter_mut().find(|(other, _)| *other == reader) {
                Some((_, registered)) => Some(mem::replace(registered, waker)),
                None => {
                    inner.waiters.push((reader, waker));
                    None
                }
            },
        };
        drop(inner);
        drop(unused);
        found.map_or(Poll::Pending, |change| Poll::Ready((number, change)))
    }

    fn forget(&self, reader: u64) {
        let mut inner = self.lock();
        inner.readers -= 1;
        let place = inner.waiters.iter().position(|(other, _)| *other == reader);
        let waiter = place.map(|place| inner.waiters.swap_remove(place));
        drop(inner);
        drop(waiter);
    }
}

/// One change of the state, and how many before it this reader was too slow for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateUpdate {
    /// The change.
    pub change: StateChange,
    /// Changes since the last update that were not kept long enough.
    pub missed: u64,
}

/// The changes of the state from when [`states`](crate::Client::states) was called, in order.
///
/// The last 256 are kept for a reader that is slow; if there were more, the next update says how
/// many it missed. After `Closed` or `AuthFailed` the stream ends.
///
/// Does not keep the session open. Dropping it costs nothing and loses nothing.
#[must_use = "a stream of states does nothing unless it is polled"]
pub struct StateStream {
    state: Arc<StateCell>,
    reader: u64,
    position: u64,
    ended: bool,
}

impl StateStream {
    /// The next change; `None` once the last one has been seen.
    ///
    /// # Cancel safety
    /// Dropping the future loses no change.
    pub async fn next(&mut self) -> Option<StateUpdate> {
        poll_fn(|context| self.poll_update(context)).await
    }

    fn poll_update(&mut self, context: &mut Context<'_>) -> Poll<Option<StateUpdate>> {
        if self.ended {
            return Poll::Ready(None);
        }
        self.state.poll(self.reader, self.position, context).map(|(number, change)| {
            let missed = number - self.position;
            self.position = number + 1;
            self.ended = change.state.is_terminal();
            Some(StateUpdate { change, missed })
        })
    }
}

impl Stream for StateStream {
    type Item = StateUpdate;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<StateUpdate>> {
        self.poll_update(context)
    }
}

impl Drop for StateStream {
    fn drop(&mut self) {
        self.state.forget(self.reader);
    }
}

impl fmt::Debug for StateStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateStream").field("position", &self.position).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use zookit_proto::{SessionId, Zxid};
    use zookit_session::{Generation, Reason};

    use super::*;

    fn change(state: State, zxid: i64) -> StateChange {
        StateChange {
            state,
            reason: Reason::Resumed,
            generation: Generation(1),
            session: SessionId(7),
            server: None,
            zxid: Zxid(zxid),
            watches_restored: 0,
            not_sent: 0,
            no_reply: 0,
        }
    }

    fn poll(stream: &mut StateStream) -> Poll<Option<StateUpdate>> {
        stream.poll_update(&mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test]
    async fn a_slow_reader_is_told_how_many_it_missed() {
        let state = Arc::new(StateCell::default());
        let mut stream = state.stream();
        assert_eq!(poll(&mut stream), Poll::Pending);
        for zxid in 0..KEPT as i64 + 3 {
            state.publish(change(State::Suspended, zxid), None);
        }
        let missed = StateUpdate { change: change(State::Suspended, 3), missed: 3 };
        assert_eq!(poll(&mut stream), Poll::Ready(Some(missed)));
        let next = StateUpdate { change: change(State::Suspended, 4), missed: 0 };
        assert_eq!(poll(&mut stream), Poll::Ready(Some(next)));
    }

    #[tokio::test]
    async fn the_stream_ends_with_the_last_state() {
        let state = Arc::new(StateCell::default());
        let mut stream = state.stream();
        state.publish(change(State::Closed, 1), None);
        assert!(matches!(poll(&mut stream), Poll::Ready(Some(_))));
        assert_eq!(poll(&mut stream), Poll::Ready(None));
        assert_eq!(state.now(), State::Closed);
    }
}
