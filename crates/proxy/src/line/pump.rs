//! One direction of a connection: reads on one side, writes on the other.

use std::future::Future;
use std::io;
use std::mem;
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::time::Sleep;
use zookit_proto::tap::{ConnectionId, Direction};

use super::frames::Frames;
use super::queue::{Content, Next, Queue};
use super::replies::Struck;
use crate::conditions::Conditions;
use crate::cut::Cut;
use crate::shared::{Shared, State};

/// How much is read at once.
const CHUNK: usize = 64 * 1024;

/// What waits is copied out of the buffer that it was read into if it is at most so much.
const SMALL: usize = 4 * 1024;

/// One direction.
pub(super) struct Pump {
    pub(super) id: ConnectionId,
    direction: Direction,
    pub(super) frames: Frames,
    /// The client's first bytes, until it is decided what becomes of them.
    pub(super) opening: Option<BytesMut>,
    /// The beginning of a request that faults are to see whole.
    pub(super) assembly: BytesMut,
    /// To the server: a request that was just struck, for the other direction. To the client: one
    /// whose reply is waited for.
    pub(super) struck: Option<Struck>,
    pub(super) queue: Queue,
    /// Nothing more is read.
    pub(super) closed: bool,
    pub(super) over: Option<Over>,
    timer: Option<Pin<Box<Sleep>>>,
}

/// Why the whole connection cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gone {
    /// The sender has reset it.
    Reset,
    /// It is to be cut here.
    Cut(Cut),
}

/// Why nothing more comes in this direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    /// The sender has ended it, and the receiver heard of it.
    Ended,
    /// The receiver takes no more. What it said before may still be on its way.
    NotTaken,
}

impl Pump {
    pub(super) fn new(shared: &Shared, id: ConnectionId, direction: Direction) -> Self {
        let with_opening = direction == Direction::ToServer && shared.opening.is_some();
        let which = id.0.wrapping_mul(2).wrapping_add(u64::from(direction == Direction::ToClient));
        Self {
            id,
            direction,
            frames: Frames::new(),
            opening: with_opening.then(BytesMut::new),
            assembly: BytesMut::new(),
            struck: None,
            queue: Queue::new(shared.seed.wrapping_add(which)),
            closed: false,
            over: None,
            timer: None,
        }
    }

    /// Whether nothing more comes, and why.
    pub(super) const fn is_over(&self) -> Option<Over> {
        self.over
    }

    /// Relays all that there is; what is not ready wakes the task.
    pub(super) fn poll(
        &mut self,
        context: &mut Context<'_>,
        shared: &Shared,
        state: &mut State,
        from: &TcpStream,
        to: &TcpStream,
    ) -> Poll<Gone> {
        while self.over.is_none() {
            let conditions = self.conditions(state);
            if conditions.held {
                return Poll::Pending;
            }
            if let Poll::Ready(gone) = self.deliver(context, shared, state, to) {
                return Poll::Ready(gone);
            }
            if self.over.is_some() || self.closed || !self.queue.has_room(&conditions) {
                return Poll::Pending;
            }
            // A problem of the socket shows when it is read.
            if from.poll_read_ready(context).is_pending() {
                return Poll::Pending;
            }
            self.read(shared, state, from, to);
        }
        Poll::Pending
    }

    fn conditions(&self, state: &State) -> Conditions {
        state
            .lines
            .get(&self.id)
            .map_or_else(Conditions::default, |line| *line.conditions.of(self.direction))
    }

    /// Reads once, into the buffer that all share.
    fn read(&mut self, shared: &Shared, state: &mut State, from: &TcpStream, to: &TcpStream) {
        let mut bytes = mem::take(&mut state.spare);
        bytes.reserve(CHUNK);
        match from.try_read_buf(&mut bytes) {
            // There will be no reply any more at which to cut it.
            Ok(0) => {
                let cut = self.struck.map(|struck| Content::Cut(struck.cut()));
                self.close(cut.unwrap_or(Content::End));
            }
            Ok(_) => self.take(shared, state, to, &mut bytes),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => self.close(Content::Reset),
        }
        bytes.clear();
        state.spare = bytes;
    }

    /// Nothing more is read; behind all that was read stands this.
    pub(super) fn close(&mut self, content: Content) {
        self.closed = true;
        if let Some(opening) = self.opening.take() {
            self.queue.push(Content::Bytes(opening.freeze()), Duration::ZERO);
        }
        let rest = mem::take(&mut self.assembly).freeze();
        self.queue.push(Content::Bytes(rest), Duration::ZERO);
        self.queue.push(content, Duration::ZERO);
    }

    /// Takes what was read: passes it on at once if nothing is in the way.
    fn take(&mut self, shared: &Shared, state: &mut State, to: &TcpStream, bytes: &mut BytesMut) {
        let looks = match self.direction {
            Direction::ToServer => self.opening.is_some() || self.looks_at_requests(state),
            Direction::ToClient => self.struck.is_some(),
        };
        if looks {
            let bytes = take_out(bytes);
            match self.direction {
                Direction::ToServer => self.look_at_opening(shared, state, bytes),
                Direction::ToClient => self.look_at_replies(bytes),
            }
            return;
        }
        self.frames.pass(bytes);
        let mut passed = 0;
        if self.queue.is_empty() && self.conditions(state).are_clear() {
            // What goes wrong here goes wrong again where it is looked at.
            passed = to.try_write(bytes).unwrap_or(0);
            self.note_passed(shared, state, &bytes[..passed]);
        }
        let _ = bytes.split_to(passed);
        if !bytes.is_empty() {
            let rest = take_out(bytes);
            self.queue.push(Content::Bytes(rest), Duration::ZERO);
        }
    }

    /// Writes what has come, until there is no more or the receiver does not take it.
    fn deliver(
        &mut self,
        context: &mut Context<'_>,
        shared: &Shared,
        state: &mut State,
        to: &TcpStream,
    ) -> Poll<Gone> {
        loop {
            let conditions = self.conditions(state);
            if let Some((0, cut)) = conditions.left {
                return Poll::Ready(Gone::Cut(cut));
            }
            let bytes = match self.queue.next(&conditions) {
                Next::Nothing => return Poll::Pending,
                Next::At(due) => {
                    if self.poll_timer(context, due).is_pending() {
                        return Poll::Pending;
                    }
                    continue;
                }
                // The end is lost as well, until that is over.
                Next::Other(Content::End | Content::Reset) if conditions.swallowing => {
                    return Poll::Pending;
                }
                Next::Other(Content::Cut(cut)) => return Poll::Ready(Gone::Cut(*cut)),
                Next::Other(Content::Reset) => return Poll::Ready(Gone::Reset),
                Next::Other(_) => {
                    // It fails if the receiver is gone, which shows elsewhere, or never matters.
                    let _ = SockRef::from(to).shutdown(Shutdown::Write);
                    self.over = Some(Over::Ended);
                    return Poll::Pending;
                }
                Next::Bytes(bytes) => bytes,
            };
            if conditions.swallowing {
                let count = bytes.len();
                self.swallow(state, count, &conditions);
                continue;
            }
            if to.poll_write_ready(context).is_pending() {
                return Poll::Pending;
            }
            match to.try_write(bytes) {
                Ok(count) => {
                    note_passed(self.id, self.direction, shared, state, &bytes[..count]);
                    self.queue.arrived(count, &conditions);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => {
                    self.queue.clear();
                    self.over = Some(Over::NotTaken);
                    return Poll::Pending;
                }
            }
        }
    }

    fn swallow(&mut self, state: &mut State, count: usize, conditions: &Conditions) {
        self.queue.arrived(count, conditions);
        state.statistics.swallowed += count as u64;
        if let Some(line) = state.lines.get_mut(&self.id) {
            line.broken = true;
        }
    }

    fn note_passed(&self, shared: &Shared, state: &mut State, bytes: &[u8]) {
        note_passed(self.id, self.direction, shared, state, bytes);
    }

    fn poll_timer(&mut self, context: &mut Context<'_>, due: Instant) -> Poll<()> {
        let due = tokio::time::Instant::from_std(due);
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due)));
        if timer.deadline() != due {
            timer.as_mut().reset(due);
        }
        timer.as_mut().poll(context)
    }
}

/// Bytes have passed, of those that may.
fn note_passed(
    id: ConnectionId,
    direction: Direction,
    shared: &Shared,
    state: &mut State,
    bytes: &[u8],
) {
    if bytes.is_empty() {
        return;
    }
    state.note_passed(id, direction, bytes.len() as u64);
    if let Some(tap) = &shared.tap {
        tap.passed(id, direction, bytes);
    }
}

/// What was read, to be kept.
fn take_out(bytes: &mut BytesMut) -> Bytes {
    if bytes.len() <= SMALL { Bytes::copy_from_slice(bytes) } else { bytes.split().freeze() }
}
