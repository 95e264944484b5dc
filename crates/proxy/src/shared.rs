//! What the tasks of a proxy and its handles share.
//!
//! A task of a connection keeps the lock while it relays what there is, so whatever a handle changes
//! holds for every byte behind the change. All tasks run on one thread and never wait for each
//! other; the handles wait for as long as one of them needs to move a few buffers.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use zookit_proto::tap::{ConnectionId, Direction};

use crate::conditions::{Both, Conditions};
use crate::cut::Cut;
use crate::fault::Faults;
use crate::opening::OpeningRule;
use crate::statistics::{ConnectionInfo, Statistics};
use crate::tap::WireTap;

/// A handle that waits for the thread to follow gives up after so long. It takes microseconds.
const FOLLOW_WITHIN: Duration = Duration::from_secs(10);

pub(crate) struct Shared {
    state: Mutex<State>,
    /// Held while waiting for `state`: or a task that relays without a pause would take that again
    /// and again before a handle has woken up.
    gate: Mutex<()>,
    /// Told whenever something may have changed, for those who wait without a runtime.
    changed: Condvar,
    pub(crate) seed: u64,
    pub(crate) tap: Option<Arc<dyn WireTap>>,
    pub(crate) opening: Option<OpeningRule>,
    /// How long a client is kept while nobody listens at the server's address.
    pub(crate) patience: Duration,
}

/// What is behind the lock.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) upstream: SocketAddr,
    /// New connections are refused.
    pub(crate) refusing: bool,
    /// New connections are taken and never answered.
    pub(crate) ignoring: bool,
    /// Whether the task that accepts does listen.
    pub(crate) listening: bool,
    /// The task that accepts is still there.
    pub(crate) accepting: bool,
    /// What new connections begin with.
    pub(crate) template: Both<Conditions>,
    pub(crate) faults: Faults,
    pub(crate) lines: BTreeMap<ConnectionId, Line>,
    pub(crate) statistics: Statistics,
    /// A buffer for whoever reads: one task does at a time.
    pub(crate) spare: BytesMut,
    next: u64,
    /// The proxy is to end.
    ended: bool,
    acceptor: Option<Waker>,
    waiting: Vec<Waker>,
}

/// What is known of a connection.
#[derive(Debug)]
pub(crate) struct Line {
    client: SocketAddr,
    pub(crate) server: Option<SocketAddr>,
    pub(crate) conditions: Both<Conditions>,
    pub(crate) passed: Both<u64>,
    /// It is not to be answered yet.
    pub(crate) ignored: bool,
    /// Something of it was lost: nobody can go on with it.
    pub(crate) broken: bool,
    /// How it is to be cut, until that is done.
    cut: Option<Cut>,
    waker: Option<Waker>,
}

/// Why a connection does not go on, though neither side has ended it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It is cut.
    Cut(Cut),
    /// The proxy ends.
    End,
}

impl Shared {
    pub(crate) fn new(
        upstream: SocketAddr,
        seed: u64,
        tap: Option<Arc<dyn WireTap>>,
        opening: Option<OpeningRule>,
        patience: Duration,
    ) -> Self {
        let state = State {
            upstream,
            refusing: false,
            ignoring: false,
            listening: true,
            accepting: true,
            template: Both::default(),
            faults: Faults::default(),
            lines: BTreeMap::new(),
            statistics: Statistics::default(),
            spare: BytesMut::new(),
            next: 1,
            ended: false,
            acceptor: None,
            waiting: Vec::new(),
        };
        let (gate, changed) = (Mutex::default(), Condvar::new());
        Self { state: Mutex::new(state), gate, changed, seed, tap, opening, patience }
    }

    /// A panic elsewhere under the lock is one of a user's closure: the state is as it was.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        let _gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whoever waits for something that it may have come about.
    pub(crate) fn note(&self, state: &mut State) {
        state.waiting.drain(..).for_each(Waker::wake);
        self.changed.notify_all();
    }

    /// Waits until it is so, without a runtime; `false` if that took too long.
    pub(crate) fn wait(&self, within: Duration, mut holds: impl FnMut(&State) -> bool) -> bool {
        let deadline = Instant::now() + within;
        let mut state = self.lock();
        while !holds(&state) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Waits until the thread has done what was asked of it.
    pub(crate) fn follow(&self, done: impl FnMut(&State) -> bool) {
        // If it has not by then, somebody's closure keeps the thread, who has been told not to.
        let _ = self.wait(FOLLOW_WITHIN, done);
    }
}

impl State {
    /// A connection is taken; its task is to come.
    pub(crate) fn open(&mut self, client: SocketAddr) -> ConnectionId {
        let id = ConnectionId(self.next);
        self.next += 1;
        let line = Line {
            client,
            server: None,
            conditions: self.template,
            passed: Both::default(),
            ignored: self.ignoring,
            broken: false,
            cut: None,
            waker: None,
        };
        self.lines.insert(id, line);
        self.statistics.made += 1;
        id
    }

    /// The task of a connection is polled: that is whom to wake, and whether it is to stop.
    pub(crate) fn enter(&mut self, id: ConnectionId, context: &Context<'_>) -> Option<Stop> {
        let line = self.lines.get_mut(&id).filter(|_| !self.ended);
        let Some(line) = line else { return Some(Stop::End) };
        match &mut line.waker {
            Some(waker) => waker.clone_from(context.waker()),
            None => line.waker = Some(context.waker().clone()),
        }
        line.cut.map(Stop::Cut)
    }

    /// Changes one connection, if it is there, and lets its task look.
    pub(crate) fn change_line(&mut self, id: ConnectionId, change: impl FnOnce(&mut Line)) {
        if let Some(line) = self.lines.get_mut(&id) {
            change(line);
            line.rouse();
        }
    }

    pub(crate) fn change_lines(&mut self, change: impl Fn(&mut Line)) {
        for line in self.lines.values_mut() {
            change(line);
            line.rouse();
        }
    }

    /// Cuts a connection; `false` if there is none.
    pub(crate) fn cut(&mut self, id: ConnectionId, cut: Cut) -> bool {
        self.change_line(id, |line| line.cut = Some(cut));
        self.lines.contains_key(&id)
    }

    /// Whether all cuts are carried out.
    pub(crate) fn none_is_being_cut(&self) -> bool {
        self.lines.values().all(|line| line.cut.is_none())
    }

    /// A cut is carried out, and only half-open sides are left.
    pub(crate) fn cut_is_done(&mut self, id: ConnectionId) {
        if let Some(line) = self.lines.get_mut(&id) {
            line.cut = None;
            line.broken = true;
        }
    }

    /// All is well again.
    pub(crate) fn heal(&mut self) {
        self.template = Both::default();
        self.refusing = false;
        self.ignoring = false;
        self.faults.clear();
        self.rouse_acceptor();
        self.change_lines(|line| {
            line.conditions = Both::default();
            line.ignored = false;
            if line.broken {
                line.cut = Some(Cut::Reset);
            }
        });
    }

    /// The task that accepts is polled; `true` if the proxy is to end.
    pub(crate) fn enter_acceptor(&mut self, context: &Context<'_>) -> bool {
        self.acceptor = Some(context.waker().clone());
        self.ended
    }

    /// Lets the task that accepts look.
    pub(crate) fn rouse_acceptor(&mut self) {
        if let Some(waker) = self.acceptor.take() {
            waker.wake();
        }
    }

    pub(crate) fn end(&mut self) {
        self.ended = true;
        self.rouse_acceptor();
        self.change_lines(|_| {});
    }

    /// Whether all tasks are gone.
    pub(crate) fn is_over(&self) -> bool {
        !self.accepting && self.lines.is_empty()
    }

    pub(crate) fn statistics(&self) -> Statistics {
        Statistics { open: self.lines.len(), ..self.statistics }
    }

    pub(crate) fn connections(&self) -> Vec<ConnectionInfo> {
        self.lines.iter().map(|(id, line)| line.info(*id)).collect()
    }

    /// Resolves when it is so; looked at whenever something may have changed.
    pub(crate) fn poll_until(
        &mut self,
        context: &Context<'_>,
        holds: impl FnOnce(&Statistics) -> bool,
    ) -> Poll<()> {
        if holds(&self.statistics()) {
            return Poll::Ready(());
        }
        self.waiting.push(context.waker().clone());
        Poll::Pending
    }

    /// Bytes have passed.
    pub(crate) fn note_passed(&mut self, id: ConnectionId, direction: Direction, count: u64) {
        match direction {
            Direction::ToServer => self.statistics.to_server += count,
            Direction::ToClient => self.statistics.to_client += count,
        }
        if let Some(line) = self.lines.get_mut(&id) {
            *line.passed.of_mut(direction) += count;
            if let Some((left, _)) = &mut line.conditions.of_mut(direction).left {
                *left = left.saturating_sub(count);
            }
        }
    }
}

impl Line {
    /// Its task says anew whom to wake each time it is polled.
    fn rouse(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    pub(crate) const fn client(&self) -> SocketAddr {
        self.client
    }

    /// Whether nothing passes in this direction.
    pub(crate) const fn is_held(&self, direction: Direction) -> bool {
        self.conditions.of(direction).held
    }

    pub(crate) fn info(&self, id: ConnectionId) -> ConnectionInfo {
        ConnectionInfo {
            id,
            client: self.client,
            server: self.server,
            to_server: *self.passed.of(Direction::ToServer),
            to_client: *self.passed.of(Direction::ToClient),
        }
    }
}
