//! The fuzz targets: whatever the bytes, no panic and no allocation that they do not justify, and
//! what decodes is the same after another way there and back.
//!
//! As ordinary tests they run the corpus and then one second of random inputs each;
//! `BOLERO_RANDOM_TEST_TIME_MS` makes that longer. A failure prints `BOLERO_RANDOM_SEED`, with
//! which it is found again.

mod server;

use std::path::Path;

use bolero::check;
use bytes::BytesMut;
use zookit_fuzz::{Case, bounded, conversations, handshakes, multis, replies, requests, streams};
use zookit_proto::connect;
use zookit_proto::frame::{self, FrameError};
use zookit_proto::ops::multi::{MultiReply, MultiRequest};
use zookit_proto::wire::{Field, decode, encode};
use zookit_proto::{Reply, Request};

/// Frames over this are refused.
const LIMIT: usize = 2048;

/// A target without its corpus would go unnoticed otherwise: it passes, only worse.
fn assert_corpus(target: &str) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/__fuzz__");
    let corpus = here.join(target).join("corpus");
    let inputs = corpus.read_dir().unwrap_or_else(|error| panic!("{}: {error}", corpus.display()));
    assert!(inputs.count() > 5, "{target} has a corpus");
}

/// The frames of a stream that comes in pieces of this size, and how it ends.
fn cut(stream: &[u8], piece: usize) -> (Vec<Vec<u8>>, Option<FrameError>) {
    let mut buffer = BytesMut::new();
    let mut frames = Vec::new();
    for piece in stream.chunks(piece) {
        buffer.extend_from_slice(piece);
        loop {
            match frame::next(&mut buffer, LIMIT) {
                Ok(Some(payload)) => frames.push(payload.to_vec()),
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
        }
    }
    (frames, None)
}

#[test]
fn frame() {
    assert_corpus("frame");
    let samples = streams();
    check!().for_each(|input: &[u8]| {
        let Some(case) = Case::from_input(input, &samples) else { return };
        let whole = cut(&case.bytes, usize::MAX);
        let pieces = cut(&case.bytes, usize::from(case.kind) + 1);
        assert_eq!(whole, pieces);
        assert!(whole.0.iter().all(|frame| frame.len() <= LIMIT));
        let mut buffer = BytesMut::from(&case.bytes[..]);
        bounded(&case.received(), |_| while let Ok(Some(_)) = frame::next(&mut buffer, LIMIT) {});
    });
}

#[test]
fn request() {
    assert_corpus("request");
    let samples = requests();
    check!().for_each(|input: &[u8]| {
        let Some(case) = Case::from_input(input, &samples) else { return };
        let opcode = case.opcode();
        let decoded = bounded(&case.received(), |bytes| Request::decode(opcode, bytes));
        if let Ok(request) = decoded {
            let mut out = BytesMut::new();
            request.write(&mut out);
            assert_eq!(Request::decode(opcode, out.freeze()), Ok(request));
        }
    });
}

#[test]
fn reply() {
    assert_corpus("reply");
    let samples = replies();
    check!().for_each(|input: &[u8]| {
        let Some(case) = Case::from_input(input, &samples) else { return };
        let opcode = case.opcode();
        let decoded = bounded(&case.received(), |bytes| Reply::decode(opcode, bytes));
        if let Ok(reply) = decoded {
            let mut out = BytesMut::new();
            reply.write(&mut out);
            assert_eq!(Reply::decode(opcode, out.freeze()), Ok(reply));
        }
    });
}

/// Decodes within bounds, and again what that encodes to.
fn check_record<T: Field + PartialEq + std::fmt::Debug>(case: &Case) -> Option<T> {
    let decoded: T = bounded(&case.received(), |bytes| decode("fuzzed", bytes)).ok()?;
    let bytes = encode(&decoded);
    assert!(bytes.len() <= case.bytes.len(), "it does not grow");
    assert_eq!(decode::<T>("fuzzed", bytes).as_ref(), Ok(&decoded));
    Some(decoded)
}

#[test]
fn multi() {
    assert_corpus("multi");
    let samples = multis();
    check!().for_each(|input: &[u8]| {
        let Some(case) = Case::from_input(input, &samples) else { return };
        if case.kind % 2 == 0 {
            check_record::<MultiRequest>(&case);
        } else if let Some(reply) = check_record::<MultiReply>(&case) {
            let failure = reply.first_failure();
            let failed = reply.results.iter().any(|result| !result.err().is_ok());
            assert_eq!(failure.is_some(), failed);
            if let Some((index, code)) = failure {
                assert_eq!(reply.results[index].err(), code);
            }
        }
    });
}

#[test]
fn connect() {
    assert_corpus("connect");
    let samples = handshakes();
    check!().for_each(|input: &[u8]| {
        let Some(case) = Case::from_input(input, &samples) else { return };
        if case.kind % 2 == 0 {
            check_record::<connect::ConnectRequest>(&case);
        } else {
            check_record::<connect::ConnectResponse>(&case);
        }
    });
}

#[test]
fn conversation() {
    assert_corpus("conversation");
    let samples = conversations();
    check!().for_each(|input: &[u8]| {
        let Some(case) = Case::from_input(input, &samples) else { return };
        server::converse(&case);
    });
}
