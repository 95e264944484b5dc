//! What is on its way in one direction: parcels, each with the time at which it may arrive.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes};

use crate::conditions::Conditions;
use crate::cut::Cut;

/// As much may be on its way while it is delayed.
const DELAYED: usize = 1 << 20;

/// In as many parcels.
const PARCELS: usize = 1 << 13;

/// Of a stream of limited bandwidth, parts of so much time pass at once.
const SLICE: Duration = Duration::from_millis(5);

/// A delay for ever.
const FAR: Duration = Duration::from_secs(1 << 31);

/// What comes out at the other end.
#[derive(Debug)]
pub(super) enum Content {
    Bytes(Bytes),
    /// The sender has ended its direction.
    End,
    /// The sender has reset the connection.
    Reset,
    /// The connection is to be cut here.
    Cut(Cut),
}

#[derive(Debug)]
struct Parcel {
    content: Content,
    came: Instant,
    /// How much of the jitter is its.
    share: f64,
    /// Its own delay, by a fault.
    held_up: Duration,
}

/// What is on its way.
#[derive(Debug)]
pub(super) struct Queue {
    parcels: VecDeque<Parcel>,
    bytes: usize,
    chance: fastrand::Rng,
    /// With a limited bandwidth: when the next byte may pass.
    free: Option<Instant>,
}

/// What is to be done about the first parcel.
#[derive(Debug)]
pub(super) enum Next<'a> {
    /// There is none.
    Nothing,
    /// To wait.
    At(Instant),
    /// So many of its bytes may arrive.
    Bytes(&'a [u8]),
    /// It has come.
    Other(&'a Content),
}

impl Queue {
    pub(super) fn new(seed: u64) -> Self {
        let chance = fastrand::Rng::with_seed(seed);
        Self { parcels: VecDeque::new(), bytes: 0, chance, free: None }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.parcels.is_empty()
    }

    /// Whether there is room for more. Without a delay there is only when all has arrived, so that
    /// what the receiver does not take is not taken from the sender.
    pub(super) fn has_room(&self, conditions: &Conditions) -> bool {
        let delayed = !conditions.delay.is_zero() || !conditions.jitter.is_zero();
        self.is_empty() || delayed && self.bytes < DELAYED && self.parcels.len() < PARCELS
    }

    pub(super) fn push(&mut self, content: Content, held_up: Duration) {
        let bytes = match &content {
            Content::Bytes(bytes) if bytes.is_empty() => return,
            Content::Bytes(bytes) => bytes.len(),
            _ => 0,
        };
        self.bytes += bytes;
        let share = self.chance.f64();
        self.parcels.push_back(Parcel { content, came: Instant::now(), share, held_up });
    }

    pub(super) fn clear(&mut self) {
        self.parcels.clear();
        self.bytes = 0;
    }

    /// What is to be done about the first parcel.
    pub(super) fn next(&mut self, conditions: &Conditions) -> Next<'_> {
        let Some(parcel) = self.parcels.front() else { return Next::Nothing };
        let jitter = conditions.jitter.mul_f64(parcel.share);
        let delay = conditions.delay.saturating_add(jitter).saturating_add(parcel.held_up);
        let mut due = (!delay.is_zero()).then(|| parcel.came + delay.min(FAR));
        if conditions.bandwidth.is_none() {
            self.free = None;
        }
        if matches!(parcel.content, Content::Bytes(_)) {
            due = due.max(self.free);
        }
        if let Some(due) = due.filter(|due| *due > Instant::now()) {
            return Next::At(due);
        }
        let Content::Bytes(bytes) = &parcel.content else { return Next::Other(&parcel.content) };
        let most = conditions.bandwidth.map_or(usize::MAX, slice);
        let left = conditions.left.map_or(usize::MAX, |(left, _)| number(left));
        Next::Bytes(&bytes[..bytes.len().min(most).min(left)])
    }

    /// So many bytes of the first parcel have arrived, or it has come.
    pub(super) fn arrived(&mut self, count: usize, conditions: &Conditions) {
        if let Some(bandwidth) = conditions.bandwidth {
            let now = Instant::now();
            let takes = Duration::from_secs_f64(count as f64 / bandwidth as f64);
            self.free = Some(self.free.unwrap_or(now).max(now) + takes);
        }
        self.bytes -= count;
        if let Some(Parcel { content: Content::Bytes(bytes), .. }) = self.parcels.front_mut() {
            bytes.advance(count);
            if !bytes.is_empty() {
                return;
            }
        }
        self.parcels.pop_front();
    }
}

/// What passes at once of so many bytes a second.
fn slice(bandwidth: u64) -> usize {
    number((bandwidth as f64 * SLICE.as_secs_f64()) as u64).max(1)
}

fn number(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
