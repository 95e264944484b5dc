//! One direction of a connection: bytes on their way, in segments, each with its time of arrival.

use std::collections::VecDeque;

use bytes::{Buf as _, BytesMut};

/// What arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Segment {
    /// So many bytes.
    Bytes(usize),
    /// The sender has closed; nothing comes behind it.
    Fin,
    /// The connection is broken; nothing comes behind it.
    Reset,
}

/// One direction of a connection. What arrives does so in order.
#[derive(Debug)]
pub(crate) struct Pipe {
    bytes: BytesMut,
    segments: VecDeque<(u64, Segment)>,
    /// How many bytes it takes before the sender must wait.
    capacity: usize,
    /// When the newest segment arrives.
    last_arrival: u64,
    /// Nothing arrives before this: a stall.
    held_until: u64,
    /// Nothing ever arrives any more: half-open.
    hole: bool,
    /// Only so many segments still arrive.
    left: Option<usize>,
    /// Nothing is taken any more: the sender has closed.
    closed: bool,
    /// The sender had to wait, and wants to hear when there is room.
    pub(crate) wanted: bool,
}

impl Pipe {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            bytes: BytesMut::new(),
            segments: VecDeque::new(),
            capacity,
            last_arrival: 0,
            held_until: 0,
            hole: false,
            left: None,
            closed: false,
            wanted: false,
        }
    }

    /// How many bytes it takes now.
    pub(crate) fn room(&self) -> usize {
        if self.closed { 0 } else { self.capacity.saturating_sub(self.bytes.len()) }
    }

    /// Takes bytes, as one segment that arrives then or later. Returns when.
    pub(crate) fn push(&mut self, at: u64, bytes: &[u8]) -> u64 {
        self.bytes.extend_from_slice(bytes);
        self.push_segment(at, Segment::Bytes(bytes.len()))
    }

    /// Nothing arrives before then, of what is taken from now on.
    pub(crate) fn not_before(&mut self, at: u64) {
        self.last_arrival = self.last_arrival.max(at);
    }

    /// The sender closes; what was taken before still arrives. Returns when that is known.
    pub(crate) fn close(&mut self, at: u64) -> Option<u64> {
        if std::mem::replace(&mut self.closed, true) {
            return None;
        }
        Some(self.push_segment(at, Segment::Fin))
    }

    /// The connection breaks: of what is on its way only the first `kept` bytes arrive. Returns when
    /// the break is known.
    pub(crate) fn break_after(&mut self, at: u64, kept: usize) -> u64 {
        self.closed = true;
        self.bytes.truncate(kept);
        let mut left = self.bytes.len();
        let mut whole = VecDeque::new();
        for (at, segment) in self.segments.drain(..) {
            match segment {
                Segment::Bytes(length) if left > 0 => {
                    let length = length.min(left);
                    left -= length;
                    whole.push_back((at, Segment::Bytes(length)));
                }
                _ => {}
            }
        }
        self.segments = whole;
        self.push_segment(at, Segment::Reset)
    }

    fn push_segment(&mut self, at: u64, segment: Segment) -> u64 {
        self.last_arrival = self.last_arrival.max(at);
        self.segments.push_back((self.last_arrival, segment));
        self.last_arrival
    }

    /// Takes off what has arrived by now, if anything; bytes go to the end of `inbox`.
    pub(crate) fn arrive(&mut self, now: u64, inbox: &mut BytesMut) -> Option<Segment> {
        let (at, segment) = self.segments.front().copied()?;
        if at > now || self.hole || self.left == Some(0) {
            return None;
        }
        self.left = self.left.map(|left| left.saturating_sub(1));
        self.segments.pop_front();
        if let Segment::Bytes(length) = segment {
            inbox.extend_from_slice(&self.bytes[..length]);
            self.bytes.advance(length);
        }
        Some(segment)
    }

    /// Nothing arrives before then.
    pub(crate) fn hold_until(&mut self, at: u64) {
        self.held_until = self.held_until.max(at);
    }

    pub(crate) const fn held_until(&self) -> u64 {
        self.held_until
    }

    /// Nothing ever arrives any more, and nobody hears of it.
    pub(crate) const fn lose_all(&mut self) {
        self.hole = true;
    }

    /// What is on its way arrives, and nothing behind it, and nobody hears of it.
    pub(crate) fn lose_behind(&mut self) {
        self.left = Some(self.segments.len());
    }

    /// Whether nothing is on its way, and what comes will arrive.
    pub(crate) fn is_clear(&self) -> bool {
        !self.hole && self.left.is_none() && self.segments.is_empty()
    }

    /// How many bytes are on their way.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_arrive_in_order_and_not_before_their_time() {
        let mut pipe = Pipe::new(10);
        let mut inbox = BytesMut::new();
        assert_eq!(pipe.push(50, b"abc"), 50);
        assert_eq!(pipe.push(20, b"de"), 50, "what was sent later does not overtake");
        assert_eq!(pipe.close(10), Some(50));
        assert_eq!(pipe.close(10), None);
        assert_eq!((pipe.arrive(49, &mut inbox), pipe.room()), (None, 0));
        assert_eq!(pipe.arrive(50, &mut inbox), Some(Segment::Bytes(3)));
        assert_eq!(pipe.arrive(50, &mut inbox), Some(Segment::Bytes(2)));
        assert_eq!(pipe.arrive(50, &mut inbox), Some(Segment::Fin));
        assert_eq!(pipe.arrive(50, &mut inbox), None);
        assert_eq!(&inbox[..], b"abcde");
    }

    #[test]
    fn a_break_cuts_at_any_byte() {
        for kept in 0..=6 {
            let mut pipe = Pipe::new(10);
            pipe.push(1, b"abc");
            pipe.push(1, b"def");
            pipe.close(1);
            assert_eq!(pipe.break_after(2, kept), 2);
            let mut inbox = BytesMut::new();
            while pipe.arrive(2, &mut inbox).is_some_and(|segment| segment != Segment::Reset) {}
            assert_eq!(&inbox[..], &b"abcdef"[..kept]);
            assert_eq!((pipe.len(), pipe.room()), (0, 0));
        }
    }

    #[test]
    fn what_is_on_its_way_arrives_and_nothing_behind_it() {
        let mut pipe = Pipe::new(10);
        let mut inbox = BytesMut::new();
        pipe.push(1, b"abc");
        pipe.lose_behind();
        pipe.push(2, b"de");
        assert_eq!(pipe.arrive(9, &mut inbox), Some(Segment::Bytes(3)));
        assert_eq!((pipe.arrive(9, &mut inbox), pipe.is_clear()), (None, false));
        assert_eq!(&inbox[..], b"abc");
    }

    #[test]
    fn a_full_pipe_takes_no_more_and_a_hole_takes_until_it_is_full() {
        let mut pipe = Pipe::new(4);
        pipe.push(1, b"abc");
        pipe.lose_all();
        assert_eq!((pipe.room(), pipe.arrive(9, &mut BytesMut::new())), (1, None));
    }
}
