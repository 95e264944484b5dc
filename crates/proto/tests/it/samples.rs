//! Every sample: there and back, with bytes appended, and cut off at every offset.

use bytes::{Bytes, BytesMut};
use zookit_proto::connect::{self, ConnectRequest, ConnectResponse};
use zookit_proto::ops::delete_container::PathForm;
use zookit_proto::wire::{Field, encode};
use zookit_proto::{OpCode, Reply, Request};

use crate::jute;

fn request_bytes(request: &Request) -> Bytes {
    let mut out = BytesMut::new();
    request.write(&mut out);
    out.freeze()
}

fn reply_bytes(reply: &Reply) -> Bytes {
    let mut out = BytesMut::new();
    reply.write(&mut out);
    out.freeze()
}

/// The request that is its path and nothing else, up to the end of the frame: whatever is there
/// belongs to it.
fn is_open_ended(request: &Request) -> bool {
    matches!(request, Request::DeleteContainer(request) if request.form == PathForm::Bare)
}

fn with_more_behind(bytes: &Bytes) -> Bytes {
    [bytes, &b"more"[..]].concat().into()
}

#[test]
fn every_operation_has_samples_and_a_name_and_a_number_of_its_own() {
    for opcode in OpCode::ALL {
        assert!(Request::samples().iter().any(|sample| sample.opcode() == *opcode), "{opcode}");
        assert!(Reply::samples().iter().any(|sample| sample.opcode() == *opcode), "{opcode}");
        assert_eq!(OpCode::from_number(opcode.number()), *opcode);
        let name = opcode.name().unwrap();
        assert_eq!(name.to_lowercase(), opcode.variant_name().unwrap().to_lowercase());
        assert_eq!(opcode.to_string(), name);
        assert_eq!(OpCode::ALL.iter().filter(|other| other.name() == Some(name)).count(), 1);
    }
    assert_eq!(OpCode::ALL.len(), 33);
    assert_eq!(OpCode::from_number(10), OpCode::Unknown(10));
    assert_eq!(OpCode::Unknown(10).to_string(), "OpCode(10)");
}

#[test]
fn every_sample_has_the_shape_that_jute_gives_it() {
    for sample in Request::samples() {
        if !is_open_ended(&sample) {
            jute::lengths(jute::request(sample.opcode()), &request_bytes(&sample));
        }
    }
    for sample in Reply::samples() {
        jute::lengths(jute::reply(sample.opcode()), &reply_bytes(&sample));
    }
}

#[test]
fn every_sample_survives_the_way_there_and_back() {
    for sample in Request::samples() {
        let bytes = request_bytes(&sample);
        let decoded = Request::decode(sample.opcode(), bytes.clone()).unwrap();
        assert_eq!(decoded, sample);
        assert_eq!(request_bytes(&decoded), bytes);
    }
    for sample in Reply::samples() {
        let bytes = reply_bytes(&sample);
        let decoded = Reply::decode(sample.opcode(), bytes.clone()).unwrap();
        assert_eq!(decoded, sample);
        assert_eq!(reply_bytes(&decoded), bytes);
    }
}

#[test]
fn bytes_behind_a_record_are_ignored() {
    for sample in Request::samples() {
        if !is_open_ended(&sample) {
            let bytes = with_more_behind(&request_bytes(&sample));
            assert_eq!(Request::decode(sample.opcode(), bytes), Ok(sample));
        }
    }
    for sample in Reply::samples() {
        let bytes = with_more_behind(&reply_bytes(&sample));
        assert_eq!(Reply::decode(sample.opcode(), bytes), Ok(sample));
    }
}

#[test]
fn a_sample_cut_off_anywhere_is_an_error() {
    for sample in Request::samples() {
        let bytes = request_bytes(&sample);
        // A bare path is a path however short, unless nothing is left of it.
        let ends = if is_open_ended(&sample) { 0..1 } else { 0..bytes.len() };
        for end in ends {
            let cut = Request::decode(sample.opcode(), bytes.slice(..end));
            assert!(cut.is_err(), "{sample:?} cut off at {end}");
        }
    }
    for sample in Reply::samples() {
        let bytes = reply_bytes(&sample);
        for end in 0..bytes.len() {
            let cut = Reply::decode(sample.opcode(), bytes.slice(..end));
            assert!(cut.is_err(), "{sample:?} cut off at {end}");
        }
    }
}

#[test]
fn an_error_says_the_record_the_field_and_the_place() {
    let sample = Bytes::from_static(b"\0\0\0\x02/a\0\0\0\x09x");
    let error = Request::decode(OpCode::Create, sample).unwrap_err();
    assert_eq!(error.to_string(), "CreateRequest.data at byte 10: 9 bytes needed, 1 left");
}

/// Round trip, appended bytes, and truncation of a half of the handshake. The read-only byte is
/// the one optional tail of the protocol: without it the record is whole, and another record.
fn check_handshake<T: Field + PartialEq + std::fmt::Debug>(
    shape: &jute::Type,
    samples: &[T],
    decode: fn(Bytes) -> Result<T, zookit_proto::wire::DecodeError>,
    read_only: impl Fn(&T) -> Option<bool>,
) {
    for sample in samples {
        let bytes = encode(sample);
        assert_eq!(decode(bytes.clone()).as_ref(), Ok(sample));
        let has_tail = read_only(sample).is_some();
        let least = bytes.len() - usize::from(has_tail);
        for end in 0..least {
            assert!(decode(bytes.slice(..end)).is_err(), "{sample:?} cut off at {end}");
        }
        if has_tail {
            jute::lengths(shape, &bytes);
            assert_eq!(decode(with_more_behind(&bytes)).as_ref(), Ok(sample));
            assert_eq!(read_only(&decode(bytes.slice(..least)).unwrap()), None);
        }
    }
}

#[test]
fn the_handshake_survives_and_only_its_last_byte_may_be_missing() {
    let requests = ConnectRequest::samples();
    check_handshake(&jute::CONNECT_REQUEST, &requests, connect::decode_request, |r| r.read_only);
    let responses = ConnectResponse::samples();
    check_handshake(&jute::CONNECT_RESPONSE, &responses, connect::decode_response, |r| r.read_only);
}
