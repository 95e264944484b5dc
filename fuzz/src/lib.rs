//! What the fuzz targets of `tests/` share: inputs, and the limit on what decoding may allocate.
//!
//! An input's first byte says what it is: below 128 it chooses the kind of record (the operation,
//! or the half of the handshake) whose bytes follow; from 128 on the rest is a list of damages to
//! one of the samples. Noise alone hardly ever passes a length: damage gets behind it also where
//! no coverage guides the engine.
//!
//! The corpus in `tests/__fuzz__/TARGET/corpus` is written by `cargo run --bin corpus`, from the
//! samples and the recordings of zookit-proto.

use bytes::{Bytes, BytesMut};
use zookit_proto::connect::{ConnectRequest, ConnectResponse};
use zookit_proto::frame::append_request;
use zookit_proto::wire::encode;
use zookit_proto::{OpCode, Reply, Request, Xid};

/// The first byte from which on an input is damage to a sample.
const DAMAGE: u8 = 128;

/// Numbers that lengths, counts and types may be mistaken about.
const NUMBERS: [i32; 12] = [0, 1, -1, -2, 2, 4, 14, 0x100, 0xffff, 0x4000_0000, i32::MAX, i32::MIN];

/// Bytes to decode, and the kind of record they shall be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// What to decode them as; its meaning is the target's.
    pub kind: u8,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Case {
    /// Reads an input; `None` for one that is too short to be anything.
    #[must_use]
    pub fn from_input(input: &[u8], samples: &[Self]) -> Option<Self> {
        let (&first, rest) = input.split_first()?;
        if first < DAMAGE {
            return Some(Self { kind: first, bytes: rest.to_vec() });
        }
        let (&second, damages) = rest.split_first()?;
        let index = usize::from(first - DAMAGE) << 8 | usize::from(second);
        let mut case = samples.get(index % samples.len())?.clone();
        damages.chunks_exact(4).for_each(|damage| case.damage(damage));
        Some(case)
    }

    /// The input that [`from_input`](Self::from_input) reads as this case.
    #[must_use]
    pub fn to_input(&self) -> Vec<u8> {
        [&[self.kind], &self.bytes[..]].concat()
    }

    fn damage(&mut self, damage: &[u8]) {
        let &[how, high, low, what] = damage else { return };
        let at = usize::from(u16::from_be_bytes([high, low])) % (self.bytes.len() + 1);
        let number = NUMBERS[usize::from(what) % NUMBERS.len()].to_be_bytes();
        match how % 5 {
            0 => self.bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = what),
            1 => {
                let place = self.bytes.iter_mut().skip(at);
                place.zip(number).for_each(|(byte, new)| *byte = new);
            }
            2 => self.bytes.truncate(at),
            3 => _ = self.bytes.splice(at..at, number),
            _ => {
                let again: Vec<u8> = self.bytes[at..].iter().take(what.into()).copied().collect();
                self.bytes.extend(again);
            }
        }
    }

    /// The bytes as they would be received.
    #[must_use]
    pub fn received(&self) -> Bytes {
        Bytes::copy_from_slice(&self.bytes)
    }

    /// The operation that `kind` is the place of, in the order of the table; the places behind the
    /// last are operations that nobody knows.
    #[must_use]
    pub fn opcode(&self) -> OpCode {
        let place = usize::from(self.kind);
        OpCode::ALL.get(place).copied().unwrap_or(OpCode::Unknown(1000 + i32::from(self.kind)))
    }
}

/// The `kind` of this operation; of one that nobody knows a place behind the last.
#[must_use]
pub fn kind_of(opcode: OpCode) -> u8 {
    let place = OpCode::ALL.iter().position(|known| *known == opcode);
    place.and_then(|place| u8::try_from(place).ok()).unwrap_or(DAMAGE - 1)
}

fn written(kind: u8, write: impl FnOnce(&mut BytesMut)) -> Case {
    let mut out = BytesMut::new();
    write(&mut out);
    Case { kind, bytes: out.to_vec() }
}

/// Every request sample.
#[must_use]
pub fn requests() -> Vec<Case> {
    let samples = Request::samples();
    samples.iter().map(|r| written(kind_of(r.opcode()), |out| r.write(out))).collect()
}

/// Every reply sample.
#[must_use]
pub fn replies() -> Vec<Case> {
    let samples = Reply::samples();
    samples.iter().map(|r| written(kind_of(r.opcode()), |out| r.write(out))).collect()
}

/// The request and reply samples of multi (kinds 0 and 1).
#[must_use]
pub fn multis() -> Vec<Case> {
    let is_multi = |case: &Case| matches!(case.opcode(), OpCode::Multi | OpCode::MultiRead);
    let requests = requests().into_iter().filter(is_multi).map(|case| Case { kind: 0, ..case });
    let replies = replies().into_iter().filter(is_multi).map(|case| Case { kind: 1, ..case });
    requests.chain(replies).collect()
}

/// The samples of the handshake: requests (kind 0) and responses (kind 1).
#[must_use]
pub fn handshakes() -> Vec<Case> {
    let requests = ConnectRequest::samples();
    let requests = requests.iter().map(|r| Case { kind: 0, bytes: encode(r).to_vec() });
    let responses = ConnectResponse::samples();
    let responses = responses.iter().map(|r| Case { kind: 1, bytes: encode(r).to_vec() });
    requests.chain(responses).collect()
}

/// Streams of frames: every request sample behind its length; the kind is how they are cut.
#[must_use]
pub fn streams() -> Vec<Case> {
    let frame = |case: &Case| {
        let length = u32::try_from(case.bytes.len()).unwrap_or(u32::MAX);
        [&length.to_be_bytes(), &case.bytes[..]].concat()
    };
    let frames: Vec<_> = requests().iter().map(frame).collect();
    frames
        .chunks(3)
        .zip(0..DAMAGE)
        .map(|(some, kind)| Case { kind, bytes: some.concat() })
        .collect()
}

/// Conversations with a server: some request samples behind their headers, each a frame; the kind
/// says which version it is, and whether there was a handshake.
#[must_use]
pub fn conversations() -> Vec<Case> {
    let samples = Request::samples();
    let frame = |(request, xid): (&Request, i32)| {
        let mut out = BytesMut::new();
        let number = request.opcode().number();
        let write = |out: &mut BytesMut| request.write(out);
        match append_request(&mut out, Xid(xid), number, usize::MAX, write) {
            Ok(()) => out.to_vec(),
            Err(error) => panic!("{error}"),
        }
    };
    let frames: Vec<_> = samples.iter().zip(1..).map(frame).collect();
    frames
        .chunks(4)
        .zip(0..DAMAGE)
        .map(|(some, kind)| Case { kind, bytes: some.concat() })
        .collect()
}

/// Decodes, and panics when that allocates more than the bytes justify: the smallest elements
/// there are become values forty times their size.
pub fn bounded<T>(received: &Bytes, decode: impl FnOnce(Bytes) -> T) -> T {
    let bytes = received.clone();
    let mut decoded = None;
    let cost = allocation_counter::measure(|| decoded = Some(decode(bytes)));
    let limit = 40 * received.len() as u64 + 256;
    assert!(cost.bytes_max <= limit, "{} bytes allocate {}", received.len(), cost.bytes_max);
    decoded.expect("it was decoded")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_survives_the_way_there_and_back() {
        for samples in [requests(), replies(), multis(), handshakes(), streams(), conversations()] {
            assert!(samples.len() > 5);
            for case in &samples {
                assert_eq!(Case::from_input(&case.to_input(), &samples).as_ref(), Some(case));
            }
        }
        for opcode in OpCode::ALL {
            assert_eq!(Case { kind: kind_of(*opcode), bytes: Vec::new() }.opcode(), *opcode);
        }
    }

    #[test]
    fn damage_does_what_it_says() {
        let samples = [Case { kind: 3, bytes: vec![7; 8] }];
        let damaged = |damage: &[u8]| {
            let input = [&[DAMAGE, 0], damage].concat();
            Case::from_input(&input, &samples).unwrap().bytes
        };
        assert_eq!(damaged(&[]), [7; 8]);
        assert_eq!(damaged(&[0, 0, 2, 9]), [7, 7, 9, 7, 7, 7, 7, 7]);
        assert_eq!(damaged(&[1, 0, 4, 2]), [7, 7, 7, 7, 255, 255, 255, 255]);
        assert_eq!(damaged(&[2, 0, 3, 0]), [7; 3]);
        assert_eq!(damaged(&[3, 0, 0, 0]), [0, 0, 0, 0, 7, 7, 7, 7, 7, 7, 7, 7]);
        assert_eq!(damaged(&[4, 0, 6, 9]), [7; 10]);
    }

    #[test]
    #[should_panic(expected = "4 bytes allocate")]
    fn an_allocation_that_nothing_justifies_is_noticed() {
        bounded(&Bytes::from_static(&[0; 4]), |_| Vec::<u8>::with_capacity(100_000));
    }
}
