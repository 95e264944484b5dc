//! Where ZooKeeper's frames begin and end in a stream, without looking into them.
//!
//! A connection is taken for ZooKeeper's if its first frame can be a handshake: a length that one
//! has, and then the protocol version 0. What begins otherwise (four-letter words, TLS, what members
//! of an ensemble say to each other) is opaque, and stays so.

use zookit_proto::Xid;
use zookit_proto::frame::PREFIX;

/// The length of a handshake, which has a password of some bytes in it.
const HANDSHAKE: std::ops::RangeInclusive<u32> = 28..=4096;

/// As much of a frame as is looked at: its length and its xid.
const HEAD: usize = PREFIX + 4;

/// One direction of a connection.
#[derive(Debug)]
pub(super) struct Frames {
    kind: Kind,
    at: At,
    /// The first frame is still to come, or not whole: it has no xid.
    first: bool,
    /// The newest xid that is not one of the reserved ones.
    last: Option<Xid>,
}

/// What is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Undecided,
    ZooKeeper,
    Opaque,
}

#[derive(Debug, Clone, Copy)]
enum At {
    /// In the head of a frame, of which so many bytes are there.
    Head { head: [u8; HEAD], have: usize },
    /// In the body of a frame, of which so many bytes are to come.
    Body(usize),
}

/// What was come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// A frame has this xid; there are more bytes of it.
    Head(Xid),
    /// A frame is whole.
    End,
    /// The end of what there is.
    More,
}

impl Frames {
    pub(super) const fn new() -> Self {
        Self { kind: Kind::Undecided, at: At::START, first: true, last: None }
    }

    pub(super) const fn kind(&self) -> Kind {
        self.kind
    }

    /// It is spoken what the other direction has been found to speak.
    pub(super) fn decide(&mut self, kind: Kind) {
        self.kind = kind;
    }

    /// Whether the next byte begins a frame that is a request or a reply.
    pub(super) const fn at_boundary(&self) -> bool {
        matches!(
            (self.kind, self.first, self.at),
            (Kind::ZooKeeper, false, At::Head { have: 0, .. })
        )
    }

    /// The newest xid that is not one of the reserved ones.
    pub(super) const fn last(&self) -> Option<Xid> {
        self.last
    }

    /// A frame was taken out of the stream by somebody else, at a boundary.
    pub(super) fn note(&mut self, xid: Xid) {
        if is_counted(xid) {
            self.last = Some(xid);
        }
    }

    /// Goes on to what comes first in these bytes, and says how many of them that took.
    pub(super) fn step(&mut self, bytes: &[u8]) -> (usize, Step) {
        if self.kind == Kind::Opaque {
            return (bytes.len(), Step::More);
        }
        match self.at {
            At::Head { head, have } => self.head(head, have, bytes),
            At::Body(left) => {
                let taken = left.min(bytes.len());
                if taken < left {
                    self.at = At::Body(left - taken);
                    return (taken, Step::More);
                }
                self.at = At::START;
                self.first = false;
                (taken, Step::End)
            }
        }
    }

    /// Goes through all of these bytes.
    pub(super) fn pass(&mut self, mut bytes: &[u8]) {
        loop {
            let (taken, step) = self.step(bytes);
            bytes = &bytes[taken..];
            if step == Step::More {
                return;
            }
        }
    }

    fn head(&mut self, mut head: [u8; HEAD], mut have: usize, bytes: &[u8]) -> (usize, Step) {
        let mut taken = 0;
        loop {
            let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
            if have >= PREFIX && !self.is_likely(length) {
                self.kind = Kind::Opaque;
                return (bytes.len(), Step::More);
            }
            let body = length as usize;
            if have >= PREFIX && have == PREFIX + body.min(HEAD - PREFIX) {
                self.at = At::Body(body - (have - PREFIX));
                return match self.xid(&head[PREFIX..have]) {
                    Some(xid) => (taken, Step::Head(xid)),
                    None => self.rest(taken, bytes),
                };
            }
            let Some(byte) = bytes.get(taken) else {
                self.at = At::Head { head, have };
                return (taken, Step::More);
            };
            head[have] = *byte;
            have += 1;
            taken += 1;
        }
    }

    /// Whether a frame can be so long.
    fn is_likely(&self, length: u32) -> bool {
        let handshake = self.kind == Kind::Undecided;
        if handshake { HANDSHAKE.contains(&length) } else { i32::try_from(length).is_ok() }
    }

    /// The xid of a frame, if it has one.
    fn xid(&mut self, bytes: &[u8]) -> Option<Xid> {
        let number = i32::from_be_bytes(bytes.try_into().ok()?);
        if self.first {
            if self.kind == Kind::Undecided {
                self.kind = if number == 0 { Kind::ZooKeeper } else { Kind::Opaque };
            }
            return None;
        }
        self.note(Xid(number));
        Some(Xid(number))
    }

    /// Goes on behind a head that is nothing to come to.
    fn rest(&mut self, taken: usize, bytes: &[u8]) -> (usize, Step) {
        let (more, step) = self.step(&bytes[taken..]);
        (taken + more, step)
    }
}

impl At {
    const START: Self = Self::Head { head: [0; HEAD], have: 0 };
}

/// Whether a request with this xid is answered in its turn: pings, authentication, setWatches and
/// events have numbers of their own.
fn is_counted(xid: Xid) -> bool {
    !(-8..0).contains(&xid.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(words: &[i32]) -> Vec<u8> {
        let length = i32::try_from(words.len() * 4).unwrap();
        [length].iter().chain(words).flat_map(|word| word.to_be_bytes()).collect()
    }

    /// All that is come to in the stream, cut into pieces of `size` bytes.
    fn steps(stream: &[u8], size: usize) -> (Frames, Vec<Step>) {
        let mut frames = Frames::new();
        let mut steps = Vec::new();
        for piece in stream.chunks(size) {
            let mut rest = piece;
            loop {
                let (taken, step) = frames.step(rest);
                rest = &rest[taken..];
                if step == Step::More {
                    assert!(rest.is_empty());
                    break;
                }
                steps.push(step);
            }
        }
        (frames, steps)
    }

    #[test]
    fn frames_are_found_however_the_stream_is_cut() {
        let stream = [
            frame(&[0; 11]),
            frame(&[1, 4, 9]),
            frame(&[-2, 11]),
            frame(&[7]),
            frame(&[]),
            frame(&[8, 4]),
        ]
        .concat();
        let head = |number| Step::Head(Xid(number));
        let expected = [
            Step::End,
            head(1),
            Step::End,
            head(-2),
            Step::End,
            head(7),
            Step::End,
            Step::End,
            head(8),
            Step::End,
        ];
        for size in 1..stream.len() {
            let (frames, found) = steps(&stream, size);
            assert_eq!(found, expected, "in pieces of {size}");
            assert_eq!((frames.last(), frames.at_boundary()), (Some(Xid(8)), true));
        }
    }

    #[test]
    fn what_does_not_begin_with_a_handshake_is_opaque() {
        let others: [&[u8]; 5] = [
            b"ruok",
            b"\x16\x03\x01\x02\x00\x01",
            // The first words of members of an ensemble: elections, a follower, an observer.
            &(-65536_i64).to_be_bytes(),
            &[0, 0, 0, 11, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0, 0, 0, 40, 0, 0, 0, 1],
        ];
        for other in others {
            for size in 1..=other.len() {
                let (frames, found) = steps(&[other, &[0; 100]].concat(), size);
                assert_eq!((frames.kind(), found), (Kind::Opaque, vec![]), "{other:?}");
            }
        }
    }

    #[test]
    fn a_length_that_cannot_be_makes_the_rest_opaque() {
        let stream = [frame(&[0; 11]), frame(&[1, 4]), vec![0xff; 20]].concat();
        let (frames, found) = steps(&stream, 7);
        assert_eq!(found, [Step::End, Step::Head(Xid(1)), Step::End]);
        assert_eq!(frames.kind(), Kind::Opaque);
    }

    #[test]
    fn the_xids_of_pings_and_the_like_do_not_count() {
        let mut frames = Frames::new();
        let specials = [frame(&[0; 11]), frame(&[5, 4]), frame(&[-8, 101]), frame(&[-4, 100])];
        frames.pass(&specials.concat());
        assert_eq!(frames.last(), Some(Xid(5)));
    }
}
