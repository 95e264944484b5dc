//! Lengths and counts that are not true cost nothing.
//!
//! In a process of its own, since its allocator counts.

#[path = "../it/jute.rs"]
mod jute;

use allocation_counter::measure;
use bytes::{Bytes, BytesMut};
use zookit_proto::connect::{self, ConnectRequest, ConnectResponse};
use zookit_proto::ops::delete_container::PathForm;
use zookit_proto::wire::{DecodeErrorKind, encode};
use zookit_proto::{OpCode, Reply, Request, frame};

const BOMBS: [i32; 4] = [i32::MAX, 0x4000_0000, -2, i32::MIN];

/// What decoding a record with a bomb in it may allocate in all, in bytes.
const MAY_ALLOCATE: u64 = 64 * 1024;

/// Puts each bomb into each length and count of an encoded record; returns how many there were.
fn bomb<T>(
    of: &jute::Type,
    bytes: &Bytes,
    what: &str,
    decode: impl Fn(Bytes) -> Option<T>,
) -> usize {
    let places = jute::lengths(of, bytes);
    for &place in &places {
        for bomb in BOMBS {
            let mut bytes = BytesMut::from(&bytes[..]);
            bytes[place..place + 4].copy_from_slice(&bomb.to_be_bytes());
            let bytes = bytes.freeze();
            let mut decodes = false;
            let cost = measure(|| decodes = decode(bytes.clone()).is_some());
            assert!(!decodes, "{what} with {bomb} at byte {place} decodes");
            assert!(
                cost.bytes_total <= MAY_ALLOCATE,
                "{what} with {bomb} at byte {place} allocates {} bytes",
                cost.bytes_total
            );
        }
    }
    places.len()
}

#[test]
fn no_length_or_count_is_believed_without_the_bytes_behind_it() {
    let mut places = 0;
    for sample in Request::samples() {
        if matches!(&sample, Request::DeleteContainer(r) if r.form == PathForm::Bare) {
            continue;
        }
        let mut bytes = BytesMut::new();
        sample.write(&mut bytes);
        let opcode = sample.opcode();
        let decode = |bytes| Request::decode(opcode, bytes).ok();
        places += bomb(jute::request(opcode), &bytes.freeze(), &format!("{sample:?}"), decode);
    }
    for sample in Reply::samples() {
        let mut bytes = BytesMut::new();
        sample.write(&mut bytes);
        let opcode = sample.opcode();
        let decode = |bytes| Reply::decode(opcode, bytes).ok();
        places += bomb(jute::reply(opcode), &bytes.freeze(), &format!("{sample:?}"), decode);
    }
    for sample in ConnectRequest::samples().into_iter().filter(|r| r.read_only.is_some()) {
        let decode = |bytes| connect::decode_request(bytes).ok();
        places += bomb(&jute::CONNECT_REQUEST, &encode(&sample), "ConnectRequest", decode);
    }
    for sample in ConnectResponse::samples().into_iter().filter(|r| r.read_only.is_some()) {
        let decode = |bytes| connect::decode_response(bytes).ok();
        places += bomb(&jute::CONNECT_RESPONSE, &encode(&sample), "ConnectResponse", decode);
    }
    assert!(places > 200, "only {places} lengths and counts in all samples");
}

#[test]
fn a_reply_that_claims_two_billion_children_costs_nothing() {
    for opcode in [OpCode::GetChildren, OpCode::GetChildren2, OpCode::GetEphemerals] {
        let body = Bytes::from_static(&[0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 1, b'a']);
        let mut result = None;
        let cost = measure(|| result = Some(Reply::decode(opcode, body.clone())));
        let error = result.unwrap().unwrap_err();
        assert!(matches!(error.kind, DecodeErrorKind::BadCount { count: 0x7fff_ffff, .. }));
        assert_eq!(cost.count_total, 0, "{opcode}: {cost:?}");
    }
}

#[test]
fn a_frame_that_claims_two_gigabytes_costs_nothing() {
    let mut buffer = BytesMut::from(&[0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 1][..]);
    let mut result = None;
    let cost = measure(|| result = Some(frame::next(&mut buffer, usize::MAX)));
    assert_eq!(result, Some(Ok(None)));
    assert_eq!(cost.count_total, 0);
}

/// The most that received bytes can cost: elements that are as small as can be on the wire.
#[test]
fn what_decodes_costs_a_small_multiple_of_its_bytes() {
    let elements = 100_000_u32;
    let children = [&elements.to_be_bytes()[..], &vec![0; 4 * elements as usize]].concat();
    let delete_result = [0, 0, 0, 2, 0, 0, 0, 0, 0];
    let end = [0xff, 0xff, 0xff, 0xff, 1, 0xff, 0xff, 0xff, 0xff];
    let multi = [delete_result.repeat(elements as usize), end.to_vec()].concat();
    for (opcode, body) in [(OpCode::GetChildren, children), (OpCode::Multi, multi)] {
        let body = Bytes::from(body);
        let received = body.len() as u64;
        let mut decodes = false;
        let cost = measure(|| decodes = Reply::decode(opcode, body).is_ok());
        assert!(decodes, "{opcode}");
        assert!(cost.bytes_max <= 40 * received, "{opcode}: {cost:?} for {received} bytes");
    }
}
