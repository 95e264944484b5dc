//! The head of every frame after the handshake.

use bytes::Bytes;

use crate::frame::PREFIX;
use crate::types::{ErrorCode, Xid, Zxid};
use crate::wire::{DecodeError, Field, Reader, record};

record! {
    /// What stands before every request: 8 bytes (jute `RequestHeader`).
    #[derive(Copy, Hash)]
    pub struct RequestHeader {
        /// The number by which the reply will name the request.
        pub xid: Xid,
        /// The operation; [`OpCode`](crate::OpCode) knows the names.
        pub opcode: i32,
    }
}

record! {
    /// What stands before every reply: 16 bytes (jute `ReplyHeader`).
    #[derive(Copy, Hash)]
    pub struct ReplyHeader {
        /// The number of the request, or one of the reserved ones.
        pub xid: Xid,
        /// The last transaction the server had applied when it answered: for a write, also a
        /// failed one, its own; for a read a lower bound of how fresh the answer is.
        /// 0 from authentication, -1 from an operation the server does not know.
        pub zxid: Zxid,
        /// `Ok`, or why not. A multi that failed says `Ok` here and the reason in its body.
        pub err: ErrorCode,
    }
}

impl RequestHeader {
    /// Length on the wire, in bytes.
    pub const LENGTH: usize = 8;

    /// Splits a request's payload into header and body.
    ///
    /// # Errors
    /// It is shorter than a header; a server closes the connection over that.
    pub fn split(payload: Bytes) -> Result<(Self, Bytes), DecodeError> {
        split("RequestHeader", payload)
    }
}

impl ReplyHeader {
    /// Length on the wire, in bytes.
    pub const LENGTH: usize = 16;

    /// Splits a reply's payload into header and body.
    ///
    /// The body is a record only where `err` is `Ok`. Behind another code there may be bytes too
    /// (a multiRead that was refused has the end of its results, a SASL exchange that failed its
    /// token): they mean nothing.
    ///
    /// # Errors
    /// It is shorter than a header.
    pub fn split(payload: Bytes) -> Result<(Self, Bytes), DecodeError> {
        split("ReplyHeader", payload)
    }

    /// The header of a whole frame, which begins with its length; `None` if it is too short.
    #[must_use]
    #[inline]
    pub fn of_frame(frame: &[u8]) -> Option<Self> {
        let (_, header) = frame.split_first_chunk::<{ PREFIX }>()?;
        let (xid, header) = header.split_first_chunk()?;
        let (zxid, header) = header.split_first_chunk()?;
        Some(Self {
            xid: Xid(i32::from_be_bytes(*xid)),
            zxid: Zxid(i64::from_be_bytes(*zxid)),
            err: ErrorCode::from_number(i32::from_be_bytes(*header.first_chunk()?)),
        })
    }
}

fn split<T: Field>(record: &'static str, payload: Bytes) -> Result<(T, Bytes), DecodeError> {
    let mut reader = Reader::new(record, payload);
    let header = T::read(&mut reader, "")?;
    Ok((header, reader.rest()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::encode;

    #[test]
    fn a_body_behind_an_error_is_split_off_all_the_same() {
        let header = ReplyHeader { xid: Xid(1), zxid: Zxid(2), err: ErrorCode::MarshallingError };
        let payload = [&encode(&header)[..], b"left over"].concat();
        let (split, body) = ReplyHeader::split(payload.into()).unwrap();
        assert_eq!((split, &body[..]), (header, &b"left over"[..]));
    }

    #[test]
    fn the_header_of_a_frame_is_that_of_its_payload() {
        let header = ReplyHeader { xid: Xid(7), zxid: Zxid(-2), err: ErrorCode::NoNode };
        let frame = crate::frame::around(&header);
        assert_eq!(ReplyHeader::of_frame(&frame), Some(header));
        for end in 0..frame.len() {
            assert_eq!(ReplyHeader::of_frame(&frame[..end]), None, "{end} bytes");
        }
    }

    #[test]
    fn less_than_a_header_is_an_error_that_names_the_field() {
        let error = RequestHeader::split(Bytes::from_static(&[0; 7])).unwrap_err();
        assert_eq!(error.to_string(), "RequestHeader.opcode at byte 4: 4 bytes needed, 3 left");
        assert!(ReplyHeader::split(Bytes::from_static(&[0; 15])).is_err());
        assert_eq!(RequestHeader::LENGTH, RequestHeader::AT_LEAST);
        assert_eq!(ReplyHeader::LENGTH, ReplyHeader::AT_LEAST);
    }
}
