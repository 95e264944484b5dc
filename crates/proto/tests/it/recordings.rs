//! What real servers said and took, decoded and encoded again.

use std::collections::BTreeSet;
use std::path::Path;

use bytes::{Bytes, BytesMut};
use zookit_proto::connect;
use zookit_proto::header::{ReplyHeader, RequestHeader};
use zookit_proto::ops::Class;
use zookit_proto::recording::{self, FrameKind, RecordedFrame};
use zookit_proto::tap::Direction;
use zookit_proto::wire::{DecodeError, Field, encode};
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
    let failed = |error: DecodeError| error.to_string();
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

fn request_again(opcode: OpCode, payload: Bytes) -> Result<Bytes, DecodeError> {
    let mut out = BytesMut::new();
    let (header, body) = RequestHeader::split(payload)?;
    assert_eq!(header.opcode, opcode.number());
    header.write(&mut out);
    Request::decode(opcode, body)?.write(&mut out);
    Ok(out.freeze())
}

/// Behind an error code a body means nothing and is kept as it came.
fn reply_again(opcode: OpCode, payload: Bytes) -> Result<Bytes, DecodeError> {
    let mut out = BytesMut::new();
    let (header, body) = ReplyHeader::split(payload)?;
    assert_eq!(opcode == OpCode::Notification, header.xid == Xid::NOTIFICATION);
    header.write(&mut out);
    match header.err {
        ErrorCode::Ok => Reply::decode(opcode, body)?.write(&mut out),
        _ => out.extend_from_slice(&body),
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
            let (header, body) = ReplyHeader::split(frame.payload.clone()).unwrap();
            codes.insert(header.err);
            if opcode == OpCode::Notification {
                let Ok(Reply::Notification(event)) = Reply::decode(opcode, body) else {
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

/// The zxids in the headers of notifications, sorted and each once.
fn notified_zxids(frames: &[RecordedFrame]) -> BTreeSet<i64> {
    let is_notification =
        |frame: &&RecordedFrame| frame.kind == FrameKind::Operation(OpCode::Notification);
    let zxid = |frame: &RecordedFrame| ReplyHeader::split(frame.payload.clone()).unwrap().0.zxid.0;
    frames.iter().filter(is_notification).map(zxid).collect()
}

/// The `9` of `apache-3.9.5.frames`.
fn minor_of(name: &str) -> u32 {
    let minor = name.strip_prefix("apache-3.").and_then(|rest| rest.split('.').next());
    minor.and_then(|minor| minor.parse().ok()).unwrap_or_else(|| panic!("the version of {name}"))
}

#[test]
fn notifications_have_a_zxid_from_3_9_on_and_those_made_up_never() {
    for (name, frames) in recordings() {
        let zxids = notified_zxids(&frames);
        assert!(zxids.contains(&-1), "{name}");
        assert_eq!(zxids.len() > 1, minor_of(&name) >= 9, "{name}: {zxids:?}");
    }
}
