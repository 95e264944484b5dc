//! Bytes on their way out, and how far the transport has taken them.

use std::collections::VecDeque;

use bytes::{Buf, Bytes, BytesMut};
use zookit_proto::{Xid, frame};

use crate::config::SentRule;

/// Frames shorter than this are copied together, so that many leave in one write; longer ones are
/// passed on as they are.
const COPY_BELOW: usize = 4096;

/// Length, xid and opcode: what stands before the body of a request.
const HEAD: usize = 12;

/// What is changed in a frame as it leaves, since only then is it known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patch {
    /// Nothing besides the xid.
    None,
    /// The last byte: the watch flag of a read.
    Flag(bool),
    /// The last four bytes: the mode of addWatch.
    Mode(i32),
}

/// Where a frame lies in the stream of all bytes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    start: u64,
    end: u64,
}

impl Span {
    /// Of the first `length` bytes of it.
    pub(crate) const fn front(self, length: usize) -> Self {
        Self { start: self.start, end: self.start.saturating_add(length as u64) }
    }

    /// Of the frame of `length` bytes behind it.
    pub(crate) const fn next(self, length: usize) -> Self {
        Self { start: self.end, end: self.end.saturating_add(length as u64) }
    }

    pub(crate) const fn length(self) -> usize {
        self.end.saturating_sub(self.start) as usize
    }

    /// Of what is behind the first `length` bytes of it.
    pub(crate) const fn behind(self, length: usize) -> Self {
        Self { start: self.start.saturating_add(length as u64), end: self.end }
    }
}

/// The outgoing bytes of one connection.
#[derive(Debug, Default)]
pub(crate) struct SendBuffer {
    /// Complete chunks, oldest first.
    chunks: VecDeque<Bytes>,
    /// Small frames copied together, behind `chunks`.
    tail: BytesMut,
    /// Bytes ever put in.
    offered: u64,
    /// Bytes the transport has accepted.
    accepted: u64,
}

impl SendBuffer {
    /// Puts in a frame that needs no change: the handshake, and what has a reserved xid.
    pub(crate) fn push(&mut self, frame: &[u8]) -> Span {
        let start = self.offered;
        self.tail.extend_from_slice(frame);
        self.span(start, frame.len())
    }

    /// Puts in a request frame with its xid and what else is only known now.
    pub(crate) fn push_request(&mut self, frame: &Bytes, xid: Xid, patch: Patch) -> Span {
        let start = self.offered;
        let begin = self.tail.len();
        if frame.len() < COPY_BELOW || patch != Patch::None {
            self.tail.extend_from_slice(frame);
            self.patch_end(patch);
        } else {
            self.tail.extend_from_slice(frame.get(..HEAD).unwrap_or_default());
        }
        self.set_xid(begin, xid);
        if frame.len() >= COPY_BELOW && patch == Patch::None {
            let head = self.tail.split().freeze();
            self.chunks.push_back(head);
            self.chunks.push_back(frame.slice(HEAD..));
        }
        self.span(start, frame.len())
    }

    /// Puts in the frames of a run, each with its xid.
    pub(crate) fn push_run(&mut self, frames: &Bytes, count: u32, first: Xid) -> Span {
        let start = self.offered;
        let (mut at, mut xid) = (0_usize, first);
        for _ in 0..count {
            let rest = frames.get(at..).unwrap_or_default();
            let length = frame::length(rest).min(rest.len());
            if length < COPY_BELOW {
                let begin = self.tail.len();
                self.tail.extend_from_slice(rest.get(..length).unwrap_or_default());
                self.set_xid(begin, xid);
                self.span(self.offered, length);
            } else {
                let end = at.saturating_add(length);
                self.push_request(&frames.slice(at..end), xid, Patch::None);
            }
            at = at.saturating_add(length);
            xid = xid.next();
        }
        Span { start, end: self.offered }
    }

    fn set_xid(&mut self, begin: usize, xid: Xid) {
        let place = begin.saturating_add(4)..begin.saturating_add(8);
        if let Some(place) = self.tail.get_mut(place) {
            place.copy_from_slice(&xid.0.to_be_bytes());
        }
    }

    fn patch_end(&mut self, patch: Patch) {
        let end = self.tail.len();
        match patch {
            Patch::None => {}
            Patch::Flag(flag) => {
                if let Some(last) = self.tail.last_mut() {
                    *last = u8::from(flag);
                }
            }
            Patch::Mode(mode) => {
                if let Some(last) = self.tail.get_mut(end.saturating_sub(4)..) {
                    last.copy_from_slice(&mode.to_be_bytes());
                }
            }
        }
    }

    fn span(&mut self, start: u64, length: usize) -> Span {
        self.offered = self.offered.saturating_add(length as u64);
        Span { start, end: self.offered }
    }

    /// Whether a server may have seen the frame.
    pub(crate) const fn is_sent(&self, span: Span, rule: SentRule) -> bool {
        match rule {
            SentRule::LastByte => self.accepted >= span.end,
            SentRule::FirstByte => self.accepted > span.start,
        }
    }

    /// How many bytes wait for the transport.
    pub(crate) const fn waiting(&self) -> u64 {
        self.offered.saturating_sub(self.accepted)
    }

    /// Gives back memory that is not needed.
    pub(crate) fn rest(&mut self) {
        if self.tail.is_empty() {
            self.tail = BytesMut::new();
        }
        self.chunks.shrink_to_fit();
    }

    /// What waits, front first.
    pub(crate) fn chunks(&self) -> impl Iterator<Item = &[u8]> {
        let tail = (!self.tail.is_empty()).then_some(&self.tail[..]);
        self.chunks.iter().map(|chunk| &chunk[..]).chain(tail)
    }

    /// The transport took `count` bytes off the front. More than wait cannot be taken.
    pub(crate) fn accept(&mut self, count: usize) {
        let mut left = count;
        while left > 0 {
            let Some(front) = self.chunks.front_mut() else { break };
            let taken = left.min(front.len());
            front.advance(taken);
            left = left.saturating_sub(taken);
            self.accepted = self.accepted.saturating_add(taken as u64);
            if front.is_empty() {
                self.chunks.pop_front();
            }
        }
        let taken = left.min(self.tail.len());
        self.tail.advance(taken);
        self.accepted = self.accepted.saturating_add(taken as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(body: usize) -> Bytes {
        let length = u32::try_from(body + 8).unwrap().to_be_bytes();
        let mut frame = length.to_vec();
        frame.extend([0; 8]);
        frame.extend(vec![7; body]);
        frame.into()
    }

    fn bytes(buffer: &SendBuffer) -> Vec<u8> {
        buffer.chunks().flatten().copied().collect()
    }

    #[test]
    fn small_frames_leave_in_one_chunk_and_large_ones_are_not_copied() {
        let mut buffer = SendBuffer::default();
        let large = frame(10_000);
        buffer.push_request(&frame(10), Xid(1), Patch::None);
        buffer.push_request(&frame(20), Xid(2), Patch::Flag(true));
        buffer.push_request(&large, Xid(3), Patch::None);
        buffer.push_request(&frame(30), Xid(4), Patch::Mode(1));
        let chunks: Vec<_> = buffer.chunks().collect();
        assert_eq!(chunks.len(), 3);
        assert_eq!(chunks[1].as_ptr(), large[HEAD..].as_ptr());
        let all = bytes(&buffer);
        assert_eq!(all.len() as u64, buffer.waiting());
        assert_eq!(all[4..8], [0, 0, 0, 1]);
        assert_eq!(all[22 + 31], 1, "the flag");
        assert_eq!(all[all.len() - 4..], [0, 0, 0, 1], "the mode");
    }

    #[test]
    fn a_frame_is_sent_when_the_rule_says_so() {
        let mut buffer = SendBuffer::default();
        let first = buffer.push_request(&frame(8), Xid(1), Patch::None);
        let second = buffer.push_request(&frame(8), Xid(2), Patch::None);
        for accepted in 0..=40 {
            assert_eq!(buffer.is_sent(first, SentRule::LastByte), accepted >= 20);
            assert_eq!(buffer.is_sent(second, SentRule::LastByte), accepted >= 40);
            assert_eq!(buffer.is_sent(first, SentRule::FirstByte), accepted > 0);
            assert_eq!(buffer.is_sent(second, SentRule::FirstByte), accepted > 20);
            buffer.accept(1);
        }
    }

    #[test]
    fn however_it_is_taken_every_byte_leaves_once() {
        for step in 1..50 {
            let mut buffer = SendBuffer::default();
            buffer.push_request(&frame(10), Xid(1), Patch::None);
            buffer.push_request(&frame(5000), Xid(2), Patch::None);
            buffer.push_request(&frame(11), Xid(3), Patch::None);
            let whole = bytes(&buffer);
            let mut taken = Vec::new();
            while buffer.waiting() > 0 {
                let some: Vec<u8> = buffer.chunks().flatten().copied().take(step).collect();
                buffer.accept(some.len());
                taken.extend(some);
            }
            assert!(taken == whole, "in steps of {step}");
        }
    }
}
