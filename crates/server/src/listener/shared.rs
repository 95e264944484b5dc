//! What the tasks and a test share: the machine, and whom to wake.
//!
//! Wakers are woken under the lock: all of them are of tasks that take it only when they are polled
//! later, by the runtime.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::BytesMut;

use super::{Limits, looking};
use crate::core::{ConnectionId, Server, Time};

/// The machine with its clock, behind one lock.
#[derive(Debug)]
pub(crate) struct Shared {
    origin: Instant,
    state: Mutex<State>,
    /// Told whenever something may have changed, for those who wait without a runtime.
    changed: std::sync::Condvar,
}

/// What is behind the lock.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) server: Server,
    pub(super) limits: Limits,
    lines: BTreeMap<ConnectionId, Line>,
    /// A buffer for whoever reads: one task does at a time, so one buffer is enough for all.
    pub(super) spare: BytesMut,
    /// Of requests that have not come whole: all that lines keep.
    pub(super) incomplete: usize,
    clock: Alarm,
    end: End,
    waiting: Vec<Waker>,
}

/// What is known of the task of a connection.
#[derive(Debug, Default)]
struct Line {
    waker: Option<Waker>,
    doing: Doing,
}

/// What the task of a connection is asked to do, besides sending.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Doing {
    /// To close behind what is to be sent.
    pub(super) closing: bool,
    /// To offer the machine again what it left.
    pub(super) again: bool,
}

/// When the clock's task wakes by itself.
#[derive(Debug, Default)]
struct Alarm {
    waker: Option<Waker>,
    at: Option<Time>,
}

/// The end of the thread.
#[derive(Debug, Default)]
struct End {
    wanted: bool,
    waker: Option<Waker>,
}

impl Shared {
    pub(crate) fn new(server: Server, limits: Limits) -> Self {
        let state = State {
            server,
            limits,
            lines: BTreeMap::new(),
            spare: BytesMut::new(),
            incomplete: 0,
            clock: Alarm::default(),
            end: End::default(),
            waiting: Vec::new(),
        };
        Self { origin: clock(), state: Mutex::new(state), changed: std::sync::Condvar::new() }
    }

    /// A panic elsewhere under the lock is a failed assertion of a test that looked on: the machine
    /// is as it was.
    ///
    /// # Panics
    /// The closure of a test that looks at this server asks for it again.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        looking::assert_nobody_looks(self);
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Now, as the machine counts time.
    pub(crate) fn now(&self) -> Time {
        Time::since_origin(clock().duration_since(self.origin))
    }

    /// A moment of the machine's as one of the system's.
    pub(super) fn instant(&self, time: Time) -> Instant {
        let far = Duration::from_secs(1 << 31);
        self.origin.checked_add(time.as_duration()).unwrap_or_else(|| self.origin + far)
    }

    /// Does something with the machine, and then all that follows from it.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Server, Time) -> T) -> T {
        let now = self.now();
        let mut state = self.lock();
        let result = act(&mut state.server, now);
        self.follow(&mut state, None);
        result
    }

    /// All that follows from calls of the machine: whoever has got something to do is woken, but
    /// for the task that calls this, which looks for itself.
    pub(super) fn follow(&self, state: &mut State, own: Option<ConnectionId>) {
        let State { server, lines, limits, .. } = state;
        while server.unsent_bytes() > limits.unsent_bytes {
            let Some(id) = server.most_unsent() else { break };
            server.drop_connection(self.now(), id);
        }
        while let Some(id) = server.poll_transmit() {
            wake(lines, own, id, |_| {});
        }
        while let Some(id) = server.poll_read() {
            wake(lines, own, id, |doing| doing.again = true);
        }
        while let Some(id) = server.poll_close() {
            wake(lines, own, id, |doing| doing.closing = true);
        }
        let earlier = match (server.poll_timeout(), state.clock.at) {
            (Some(next), Some(at)) => next < at,
            (next, None) => next.is_some(),
            (None, Some(_)) => false,
        };
        if earlier {
            rouse(&mut state.clock.waker);
        }
        state.waiting.drain(..).for_each(Waker::wake);
        self.changed.notify_all();
    }

    /// Waits until the machine is so, without a runtime; `false` if that took too long.
    pub(crate) fn wait(&self, within: Duration, mut holds: impl FnMut(&Server) -> bool) -> bool {
        let deadline = clock() + within;
        let mut state = self.lock();
        while !looking::look(self, &state.server, &mut holds) {
            let left = deadline.saturating_duration_since(clock());
            if left.is_zero() {
                return false;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

fn wake(
    lines: &mut BTreeMap<ConnectionId, Line>,
    own: Option<ConnectionId>,
    id: ConnectionId,
    change: impl FnOnce(&mut Doing),
) {
    let Some(line) = lines.get_mut(&id) else { return };
    change(&mut line.doing);
    if own != Some(id) {
        rouse(&mut line.waker);
    }
}

/// Each time somebody is woken they say anew whom to wake.
fn rouse(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

impl State {
    /// A connection is taken; its task is to come.
    pub(super) fn open(&mut self, id: ConnectionId) {
        self.lines.insert(id, Line::default());
    }

    /// The task of a connection is polled: that is whom to wake.
    pub(super) fn enter(&mut self, id: ConnectionId, context: &Context<'_>) {
        let Some(line) = self.lines.get_mut(&id) else { return };
        match &mut line.waker {
            Some(waker) => waker.clone_from(context.waker()),
            None => line.waker = Some(context.waker().clone()),
        }
    }

    /// What the task of a connection is asked to do, told once.
    pub(super) fn doing(&mut self, id: ConnectionId) -> Doing {
        let line = self.lines.get_mut(&id);
        line.map_or(Doing { closing: true, again: false }, |line| {
            let doing = line.doing;
            line.doing.again = false;
            doing
        })
    }

    /// The task of a connection is done with it.
    pub(super) fn leave(&mut self, id: ConnectionId) {
        self.lines.remove(&id);
    }

    /// How many connections there are, those included that are being closed.
    pub(super) fn open_lines(&self) -> usize {
        self.lines.len()
    }

    /// The clock's task sleeps until then, or until it is woken.
    pub(super) fn sleep_until(&mut self, at: Option<Time>, context: &Context<'_>) {
        self.clock = Alarm { waker: Some(context.waker().clone()), at };
    }

    /// Whoever wants to look again when something may have changed.
    pub(crate) fn wait(&mut self, context: &Context<'_>) {
        self.waiting.push(context.waker().clone());
    }

    /// The thread is to end.
    pub(super) fn end(&mut self) {
        self.end.wanted = true;
        rouse(&mut self.end.waker);
    }

    /// Whether it is.
    pub(super) fn poll_end(&mut self, context: &Context<'_>) -> Poll<()> {
        self.end.waker = Some(context.waker().clone());
        if self.end.wanted { Poll::Ready(()) } else { Poll::Pending }
    }

    /// The thread has ended, and every connection with it.
    pub(super) fn ended(&mut self) {
        self.end = End::default();
        self.clock = Alarm::default();
        self.incomplete = 0;
        self.lines.clear();
    }
}

#[expect(clippy::disallowed_methods, reason = "the clock that the core has not")]
fn clock() -> Instant {
    Instant::now()
}
