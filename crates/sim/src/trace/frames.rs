//! Frames by name, for the lines of a trace.

use bytes::{Buf as _, Bytes, BytesMut};
use zookit_proto::connect::{decode_request, decode_response};
use zookit_proto::header::{ReplyHeader, RequestHeader};
use zookit_proto::ops::notification::WatcherEvent;
use zookit_proto::{OpCode, Request, Xid, frame, wire};

/// One direction of a connection, cut into frames.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    rest: BytesMut,
    begun: bool,
}

/// A whole frame, without its length.
#[derive(Debug)]
pub(crate) struct Frame {
    payload: Bytes,
    is_handshake: bool,
}

impl Frames {
    /// Takes bytes, and gives the frames that are whole with them.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Vec<Frame> {
        self.rest.extend_from_slice(bytes);
        let mut frames = Vec::new();
        while let Ok(Some(payload)) = frame::next(&mut self.rest, usize::MAX) {
            let is_handshake = !std::mem::replace(&mut self.begun, true);
            frames.push(Frame { payload, is_handshake });
        }
        frames
    }
}

/// What a client says.
pub(crate) fn request(frame: &Frame) -> String {
    if frame.is_handshake {
        return match decode_request(frame.payload.clone()) {
            Ok(asked) => format!(
                "connect, session {}, {} ms, seen {}",
                asked.session_id, asked.timeout_ms, asked.last_zxid_seen
            ),
            Err(error) => error.to_string(),
        };
    }
    match RequestHeader::split(frame.payload.clone()) {
        Ok((header, body)) => {
            let opcode = OpCode::from_number(header.opcode);
            match Request::decode(opcode, body) {
                Ok(request) => format!("xid {} {request:?}", header.xid.0),
                Err(error) => format!("xid {} {opcode}: {error}", header.xid.0),
            }
        }
        Err(error) => error.to_string(),
    }
}

/// What a member says.
pub(crate) fn reply(frame: &Frame) -> String {
    if frame.is_handshake {
        return match decode_response(frame.payload.clone()) {
            Ok(granted) => {
                format!("connected, session {}, {} ms", granted.session_id, granted.timeout_ms)
            }
            Err(error) => error.to_string(),
        };
    }
    match ReplyHeader::split(frame.payload.clone()) {
        Ok((header, body)) if header.xid == Xid::NOTIFICATION => {
            match wire::decode::<WatcherEvent>("WatcherEvent", body) {
                Ok(event) => format!("event at {}: {event:?}", header.zxid),
                Err(error) => error.to_string(),
            }
        }
        Ok((header, body)) => {
            let ReplyHeader { xid, zxid, err } = header;
            format!("xid {} at {zxid}: {err}, {} bytes", xid.0, body.remaining())
        }
        Err(error) => error.to_string(),
    }
}
