//! Whatever the bytes: no panic. Whatever the record: the same bytes again.

use bytes::{Bytes, BytesMut};
use proptest::collection::vec;
use proptest::prelude::*;
use zookit_proto::connect::{self, ConnectRequest, ConnectResponse};
use zookit_proto::wire::{Field, encode};
use zookit_proto::{OpCode, Reply, Request, frame};

use crate::jute::{self, Type};

fn concat(parts: Vec<Vec<u8>>) -> Vec<u8> {
    parts.concat()
}

/// A length or count, and what it counts.
fn counted(count: usize, bytes: &[u8]) -> Vec<u8> {
    [&i32::try_from(count).unwrap().to_be_bytes(), bytes].concat()
}

fn or_null(some: impl Strategy<Value = Vec<u8>> + 'static) -> BoxedStrategy<Vec<u8>> {
    prop_oneof![3 => some, 1 => Just((-1_i32).to_be_bytes().to_vec())].boxed()
}

/// Bytes that are a record of this type, with any content.
fn bytes_of(of: &'static Type) -> BoxedStrategy<Vec<u8>> {
    let text = || vec(any::<u8>(), 0..12).prop_map(|bytes| counted(bytes.len(), &bytes));
    match of {
        Type::Bool => any::<bool>().prop_map(|bit| vec![u8::from(bit)]).boxed(),
        Type::Int => any::<i32>().prop_map(|int| int.to_be_bytes().to_vec()).boxed(),
        Type::Long => any::<i64>().prop_map(|long| long.to_be_bytes().to_vec()).boxed(),
        Type::Ustring => text().boxed(),
        Type::Buffer => or_null(text()),
        Type::Nullable(inner) => or_null(bytes_of(inner)),
        Type::Vector(element) => vec(bytes_of(element), 0..4)
            .prop_map(|elements| counted(elements.len(), &elements.concat()))
            .boxed(),
        Type::Record(fields) => {
            fields.iter().map(bytes_of).collect::<Vec<_>>().prop_map(concat).boxed()
        }
        Type::MultiRequest => multi_of(
            [1, 15, 19, 21, 2, 5, 13, 4, 8, 3, 12]
                .map(|opcode| {
                    let body = bytes_of(jute::request(OpCode::from_number(opcode)));
                    behind_header(opcode, -1, body)
                })
                .to_vec(),
        ),
        Type::MultiReply => multi_of(
            [1, 15, 2, 5, 13, 4, 8, 3, 12]
                .map(|opcode| {
                    let body = bytes_of(jute::reply(OpCode::from_number(opcode)));
                    behind_header(opcode, 0, body)
                })
                .into_iter()
                .chain([
                    any::<i32>()
                        .prop_map(|err| {
                            [multi_header(-1, 0, err), err.to_be_bytes().to_vec()].concat()
                        })
                        .boxed(),
                    (0..1000, i32::MIN..0).prop_map(|(op, err)| multi_header(op, 0, err)).boxed(),
                ])
                .collect(),
        ),
    }
}

fn multi_header(opcode: i32, done: u8, err: i32) -> Vec<u8> {
    [&opcode.to_be_bytes()[..], &[done], &err.to_be_bytes()].concat()
}

fn behind_header(opcode: i32, err: i32, body: BoxedStrategy<Vec<u8>>) -> BoxedStrategy<Vec<u8>> {
    body.prop_map(move |body| [multi_header(opcode, 0, err), body].concat()).boxed()
}

fn multi_of(elements: Vec<BoxedStrategy<Vec<u8>>>) -> BoxedStrategy<Vec<u8>> {
    vec(proptest::strategy::Union::new(elements), 0..5)
        .prop_map(|elements| [elements.concat(), multi_header(-1, 1, -1)].concat())
        .boxed()
}

fn opcode() -> impl Strategy<Value = OpCode> {
    proptest::sample::select(OpCode::ALL)
}

fn any_request() -> impl Strategy<Value = (OpCode, Vec<u8>)> {
    opcode().prop_flat_map(|opcode| (Just(opcode), bytes_of(jute::request(opcode))))
}

fn any_reply() -> impl Strategy<Value = (OpCode, Vec<u8>)> {
    opcode().prop_flat_map(|opcode| (Just(opcode), bytes_of(jute::reply(opcode))))
}

/// Decodes bytes as everything there is. What decodes must be the same after another way there and
/// back.
fn decode_as_everything(bytes: &Bytes) {
    for opcode in OpCode::ALL.iter().copied().chain([OpCode::Unknown(999)]) {
        if let Ok(request) = Request::decode(opcode, bytes.clone()) {
            let mut out = BytesMut::new();
            request.write(&mut out);
            assert_eq!(Request::decode(opcode, out.freeze()), Ok(request));
        }
        if let Ok(reply) = Reply::decode(opcode, bytes.clone()) {
            let mut out = BytesMut::new();
            reply.write(&mut out);
            assert_eq!(Reply::decode(opcode, out.freeze()), Ok(reply));
        }
    }
    if let Ok(request) = connect::decode_request(bytes.clone()) {
        assert_eq!(connect::decode_request(encode(&request)), Ok(request));
    }
    if let Ok(response) = connect::decode_response(bytes.clone()) {
        assert_eq!(connect::decode_response(encode(&response)), Ok(response));
    }
}

/// Decodes the record, and finds the same bytes when it is encoded again.
fn check<T>(
    bytes: Vec<u8>,
    decode: impl FnOnce(Bytes) -> T,
    write: impl FnOnce(T, &mut BytesMut),
) -> Result<(), TestCaseError> {
    let bytes = Bytes::from(bytes);
    let mut out = BytesMut::new();
    write(decode(bytes.clone()), &mut out);
    prop_assert_eq!(out, bytes);
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes_decode_or_do_not(bytes in vec(any::<u8>(), 0..200)) {
        decode_as_everything(&bytes.into());
    }

    #[test]
    fn small_numbers_decode_or_do_not(
        // Numbers that look like lengths, counts and opcodes get further than noise.
        numbers in vec(prop_oneof![0..4_i32, -3..25_i32, Just(i32::MAX)], 0..40),
        skew in 0..4_usize,
    ) {
        let bytes: Bytes = numbers.into_iter().flat_map(i32::to_be_bytes).collect();
        decode_as_everything(&bytes.slice(skew.min(bytes.len())..));
    }

    #[test]
    fn a_damaged_record_decodes_or_does_not(
        (_, mut bytes) in prop_oneof![any_request(), any_reply()],
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        for (index, byte) in damage {
            if !bytes.is_empty() {
                let at = index.index(bytes.len());
                bytes[at] = byte;
            }
        }
        decode_as_everything(&bytes.into());
    }

    #[test]
    fn any_request_survives_the_way_there_and_back((opcode, bytes) in any_request()) {
        check(bytes, |bytes| Request::decode(opcode, bytes).unwrap(), |r, out| r.write(out))?;
    }

    #[test]
    fn any_reply_survives_the_way_there_and_back((opcode, bytes) in any_reply()) {
        check(bytes, |bytes| Reply::decode(opcode, bytes).unwrap(), |r, out| r.write(out))?;
    }

    #[test]
    fn any_handshake_survives_the_way_there_and_back(
        request in bytes_of(&jute::CONNECT_REQUEST),
        response in bytes_of(&jute::CONNECT_RESPONSE),
    ) {
        let write = |r: ConnectRequest, out: &mut BytesMut| r.write(out);
        check(request, |bytes| connect::decode_request(bytes).unwrap(), write)?;
        let write = |r: ConnectResponse, out: &mut BytesMut| r.write(out);
        check(response, |bytes| connect::decode_response(bytes).unwrap(), write)?;
    }

    #[test]
    fn frames_are_cut_the_same_however_the_bytes_come(
        payloads in vec(vec(any::<u8>(), 0..40), 0..8),
        pieces in vec(1..20_usize, 1..10),
    ) {
        let stream: Vec<u8> = payloads.iter().flat_map(|p| counted(p.len(), p)).collect();
        let mut buffer = BytesMut::new();
        let mut cut = Vec::new();
        let mut rest = &stream[..];
        for piece in pieces.into_iter().cycle() {
            let (now, later) = rest.split_at(piece.min(rest.len()));
            buffer.extend_from_slice(now);
            while let Some(payload) = frame::next(&mut buffer, 40).unwrap() {
                cut.push(payload);
            }
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(cut, payloads);
        prop_assert!(buffer.is_empty());
    }

    #[test]
    fn any_bytes_are_frames_or_an_error(bytes in vec(any::<u8>(), 0..100), limit in 0..200_usize) {
        let mut buffer = BytesMut::from(&bytes[..]);
        while let Ok(Some(payload)) = frame::next(&mut buffer, limit) {
            prop_assert!(payload.len() <= limit);
        }
    }
}
