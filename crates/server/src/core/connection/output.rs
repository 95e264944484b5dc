//! Bytes on their way to a client.

use bytes::{Buf as _, BytesMut};
use zookit_proto::frame::{self, PREFIX};
use zookit_proto::header::ReplyHeader;
use zookit_proto::wire::Field;

use super::super::Time;

/// What is to be sent, in order: first what may leave now, then what is held back.
#[derive(Debug, Default)]
pub(crate) struct Output {
    ready: BytesMut,
    held: Option<(Time, BytesMut)>,
    /// How long the frame is that was appended last, until somebody asks.
    frame: Option<usize>,
}

impl Output {
    /// Appends a frame: a header, and a body that `write` appends.
    pub(crate) fn frame(&mut self, header: ReplyHeader, write: impl FnOnce(&mut BytesMut)) {
        let before = self.len();
        self.raw(|out| {
            header.write(out);
            write(out);
        });
        self.frame = self.len().checked_sub(before.saturating_add(PREFIX));
    }

    /// Appends a frame that `write` writes whole. One too long for its length is not sent.
    pub(crate) fn raw(&mut self, write: impl FnOnce(&mut BytesMut)) {
        let out = self.end();
        let start = frame::begin(out);
        write(out);
        // Nothing is over this limit but what a frame's length cannot say.
        let _ = frame::finish(out, start, usize::MAX);
    }

    /// How long the reply or event is that was appended last, without the bytes that say so; told
    /// once.
    pub(crate) fn take_frame(&mut self) -> Option<usize> {
        self.frame.take()
    }

    /// Appends text as it is.
    pub(crate) fn text(&mut self, text: &str) {
        self.end().extend_from_slice(text.as_bytes());
    }

    fn end(&mut self) -> &mut BytesMut {
        match &mut self.held {
            Some((_, held)) => held,
            None => &mut self.ready,
        }
    }

    /// What may be sent now.
    pub(crate) fn ready(&self) -> &[u8] {
        &self.ready
    }

    /// So much of it was sent. Nothing of the buffer stays behind when all of it was: there may be
    /// many idle connections.
    pub(crate) fn sent(&mut self, count: usize) {
        self.ready.advance(count.min(self.ready.len()));
        if self.ready.is_empty() {
            self.ready = BytesMut::new();
        }
    }

    /// All that waits, sent or held back.
    pub(crate) fn len(&self) -> usize {
        let held = self.held.as_ref().map_or(0, |(_, held)| held.len());
        self.ready.len().saturating_add(held)
    }

    /// Forgets all behind the first so many bytes.
    pub(crate) fn truncate(&mut self, length: usize) {
        let ready = self.ready.len();
        self.ready.truncate(length);
        if let Some((_, held)) = &mut self.held {
            held.truncate(length.saturating_sub(ready));
        }
    }

    /// Forgets all, and gives its memory back.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Holds back all behind the first so many bytes until then, and all that comes behind it.
    pub(crate) fn hold(&mut self, length: usize, until: Time) {
        match &mut self.held {
            Some((time, _)) => *time = until.max(*time),
            None => self.held = Some((until, self.ready.split_off(length.min(self.ready.len())))),
        }
    }

    /// When what is held back may leave.
    pub(crate) fn held_until(&self) -> Option<Time> {
        self.held.as_ref().map(|(until, _)| *until)
    }

    /// What was held back may leave.
    pub(crate) fn release(&mut self) {
        if let Some((_, held)) = self.held.take() {
            self.ready.unsplit(held);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_is_held_back_keeps_its_place() {
        let mut output = Output::default();
        output.text("one");
        let mark = output.len();
        output.text("two");
        output.hold(mark, Time::since_origin(Duration::from_secs(1)));
        output.text("three");
        assert_eq!((output.ready(), output.len()), (&b"one"[..], 11));
        output.sent(2);
        output.release();
        assert_eq!(output.ready(), b"etwothree");
        output.truncate(4);
        assert_eq!(output.ready(), b"etwo");
    }

    #[test]
    fn an_empty_output_keeps_no_memory() {
        let mut output = Output::default();
        output.text("text");
        output.sent(9);
        assert_eq!(output.ready.capacity(), 0);
    }
}
