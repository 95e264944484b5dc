//! What real servers said and took, decoded and encoded again.

use std::collections::BTreeSet;
use std::path::Path;

use bytes::{Bytes, BytesMut};
use zookit_proto::connect;
use zookit_proto::header::{ReplyHeader, RequestHeader};
use zookit_proto::ops::Class;
use zookit_proto::recording::{self, FrameKind, RecordedFrame};
use zookit_proto::tap::Direction;
use zookit_proto::wire::{Field, Reader, encode};
use zookit_proto::{ErrorCode, OpCode, Reply, Request, Xid};

/// Each recording's file name and frames.
fn recordings() -> Vec<(String, Vec<RecordedFrame>)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
    let files = directory.read_dir().unwrap().map(|entry| entry.unwrap().path());
    let mut recordings: Vec<_> = files
        .filter(|file| file.extension().is_some_and(|extension| extension == "frames"))
        .map(|file| {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&file).unwrap();
            let frames = recording::parse(&text)
                .unwrap_or_else(|(line, error)| panic!("{name}:{line}: {error}"));
            (name, frames)
        })
        .collect();
    recordings.sort_by(|(one, _), (other, _)| one.cmp(other));
    assert!(recordings.len() >= 2, "recordings in {}", directory.display());
    recordings
}

/// Decodes a frame and encodes it again; a request that was broken on purpose must not decode.
fn again(frame: &RecordedFrame) -> Result<Bytes, String> {
    let payload = frame.payload.clone();
    let failed = |error: zookit_proto::wire::DecodeError| error.to_string();
    match (frame.kind, frame.direction) {
        (FrameKind::Connect, Direction::ToServer) => {
            connect::decode_request(payload).map(|request| encode(&request)).map_err(failed)
        }
        (FrameKind::Connect, Direction::ToClient) => {
            connect::decode_response(payload).map(|response| encode(&response)).map_err(failed)
        }
        (FrameKind::Operation(opcode), Direction::ToServer) => {
            request_again(opcode, payload).map_err(failed)
        }
        (FrameKind::Operation(opcode), Direction::ToClient) => {
            reply_again(opcode, payload).map_err(failed)
        }
    }
}

fn request_again(opcode: OpCode, payload: Bytes) -> Result<Bytes, zookit_proto::wire::DecodeError> {
    let mut out = BytesMut::new();
    let mut reader = Reader::new("request", payload);
    let header = RequestHeader::read(&mut reader, "header")?;
    assert_eq!(header.opcode, opcode.number());
    header.write(&mut out);
    Request::decode(opcode, reader.rest())?.write(&mut out);
    Ok(out.freeze())
}

/// Behind an error code a body means nothing and is kept as it came.
fn reply_again(opcode: OpCode, payload: Bytes) -> Result<Bytes, zookit_proto::wire::DecodeError> {
    let mut out = BytesMut::new();
    let mut reader = Reader::new("reply", payload);
    let header = ReplyHeader::read(&mut reader, "header")?;
    assert_eq!(opcode == OpCode::Notification, header.xid == Xid::NOTIFICATION);
    header.write(&mut out);
    match header.err {
        ErrorCode::Ok => Reply::decode(opcode, reader.rest())?.write(&mut out),
        _ => out.extend_from_slice(&reader.rest()),
    }
    Ok(out.freeze())
}

#[test]
fn every_recorded_frame_is_the_same_after_decoding_and_encoding() {
    for (name, frames) in recordings() {
        for frame in frames {
            match again(&frame) {
                Ok(bytes) => {
                    assert!(!frame.broken, "{name}: {frame} is broken and decodes");
                    assert_eq!(bytes, frame.payload, "{name}: {frame}");
                }
                Err(error) => assert!(frame.broken, "{name}: {frame}: {error}"),
            }
        }
    }
}

#[test]
fn every_recording_has_every_operation_that_a_client_may_send() {
    for (name, frames) in recordings() {
        let sent: BTreeSet<_> = frames
            .iter()
            .filter(|frame| frame.direction == Direction::ToServer)
            .map(|frame| frame.kind.to_string())
            .collect();
        for opcode in OpCode::ALL {
            let name_of = opcode.to_string();
            let is_sent = sent.contains(&name_of);
            assert!(is_sent || opcode.class() == Class::Internal, "{name}: no {name_of}");
        }
    }
}

#[test]
fn every_recording_has_replies_of_each_kind() {
    for (name, frames) in recordings() {
        let mut codes = BTreeSet::new();
        let mut events = BTreeSet::new();
        for frame in frames.iter().filter(|frame| frame.direction == Direction::ToClient) {
            let FrameKind::Operation(opcode) = frame.kind else { continue };
            let mut reader = Reader::new("reply", frame.payload.clone());
            let header = ReplyHeader::read(&mut reader, "header").unwrap();
            codes.insert(header.err);
            if opcode == OpCode::Notification {
                let Ok(Reply::Notification(event)) = Reply::decode(opcode, reader.rest()) else {
                    panic!("{name}: {frame}")
                };
                events.insert(event.event_type.number());
            }
        }
        assert_eq!(events, BTreeSet::from([1, 2, 3, 4]), "{name}");
        for code in [
            ErrorCode::NoNode,
            ErrorCode::NodeExists,
            ErrorCode::NotEmpty,
            ErrorCode::BadVersion,
            ErrorCode::NoAuth,
            ErrorCode::InvalidAcl,
            ErrorCode::BadArguments,
            ErrorCode::MarshallingError,
            ErrorCode::Unimplemented,
            ErrorCode::AuthFailed,
            ErrorCode::NoWatcher,
            ErrorCode::NoChildrenForEphemerals,
        ] {
            assert!(codes.contains(&code), "{name}: no {code}");
        }
    }
}
