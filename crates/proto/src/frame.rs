//! Frames: a 4-byte length, then that many bytes; the same both ways.
//!
//! Cutting frames off a growing buffer never allocates for a length that was only claimed: the
//! buffer grows with the bytes that came, and a frame is a slice of it.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use thiserror::Error;

use crate::header::RequestHeader;
use crate::types::Xid;
use crate::wire::Field;

/// Length of a frame's length.
pub const PREFIX: usize = 4;

/// The largest request payload a server takes unless configured otherwise (`jute.maxbuffer`).
pub const DEFAULT_MAX_BUFFER: usize = 0xf_ffff;

/// A length prefix that cannot be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// A negative length.
    #[error("a frame cannot be {0} bytes long")]
    Negative(i32),
    /// A length above the limit.
    #[error("a frame of {length} bytes is over the limit of {limit}")]
    TooLarge {
        /// The length claimed.
        length: usize,
        /// The limit.
        limit: usize,
        /// The first four bytes of the frame: the xid of the reply it is.
        xid: Xid,
    },
}

/// Cuts the next frame off the front of `buffer` and returns its payload.
///
/// `Ok(None)`: more bytes are needed.
///
/// # Errors
/// A length that is negative or over `limit`; nothing behind it can be found. The too large frame
/// is reported once its xid is there.
#[inline]
pub fn next(buffer: &mut BytesMut, limit: usize) -> Result<Option<Bytes>, FrameError> {
    let Some(prefix) = buffer.first_chunk::<PREFIX>() else { return Ok(None) };
    let claimed = i32::from_be_bytes(*prefix);
    let Ok(length) = usize::try_from(claimed) else { return Err(FrameError::Negative(claimed)) };
    if length > limit {
        let mut head = buffer.get(PREFIX..).unwrap_or_default();
        if head.len() < 4 {
            return Ok(None);
        }
        return Err(FrameError::TooLarge { length, limit, xid: Xid(head.get_i32()) });
    }
    if buffer.len().saturating_sub(PREFIX) < length {
        return Ok(None);
    }
    buffer.advance(PREFIX);
    Ok(Some(buffer.split_to(length).freeze()))
}

/// How long the first of these frames claims to be, its prefix included; of fewer bytes than a
/// prefix, a prefix. For frames of one's own, and those that [`take_whole`] gave.
#[must_use]
#[inline]
pub fn length(frames: &[u8]) -> usize {
    let claimed = frames.first_chunk().map_or(0, |prefix| u32::from_be_bytes(*prefix));
    usize::try_from(claimed).unwrap_or(usize::MAX).saturating_add(PREFIX)
}

/// Cuts all whole frames off the front of `buffer`, prefixes included, with one split for all.
///
/// What is behind them is an incomplete frame, or one that [`next`] has an error for.
#[inline]
pub fn take_whole(buffer: &mut BytesMut, limit: usize) -> Bytes {
    let mut rest = &buffer[..];
    while let Some((prefix, behind)) = rest.split_first_chunk::<PREFIX>() {
        let length = usize::try_from(i32::from_be_bytes(*prefix));
        match length.ok().filter(|length| *length <= limit).and_then(|length| behind.get(length..))
        {
            Some(behind) => rest = behind,
            None => break,
        }
    }
    let whole = buffer.len().saturating_sub(rest.len());
    if whole == 0 { Bytes::new() } else { buffer.split_to(whole).freeze() }
}

/// Begins a frame in `out`; [`finish`] writes its length. Returns where it begins.
#[inline]
pub fn begin(out: &mut BytesMut) -> usize {
    let start = out.len();
    out.put_i32(0);
    start
}

/// Writes the length of the frame that began at `start`.
///
/// # Errors
/// The payload is over `limit`; the frame is removed from `out` again.
#[inline]
pub fn finish(out: &mut BytesMut, start: usize, limit: usize) -> Result<(), FrameError> {
    let length = out.len().saturating_sub(start).saturating_sub(PREFIX);
    let prefix = i32::try_from(length).ok().filter(|_| length <= limit);
    match (prefix, out.get_mut(start..start.saturating_add(PREFIX))) {
        (Some(prefix), Some(place)) => {
            place.copy_from_slice(&prefix.to_be_bytes());
            Ok(())
        }
        _ => {
            out.truncate(start);
            Err(FrameError::TooLarge { length, limit, xid: Xid::default() })
        }
    }
}

/// A whole frame around one record.
#[must_use]
pub fn around<T: Field>(record: &T) -> Bytes {
    let mut out = BytesMut::new();
    let start = begin(&mut out);
    record.write(&mut out);
    match finish(&mut out, start, usize::MAX) {
        Ok(()) => out.freeze(),
        Err(_) => Bytes::new(),
    }
}

/// A whole request frame: header and body.
///
/// # Errors
/// The payload is over `limit`.
pub fn request<T: Field>(
    xid: Xid,
    opcode: i32,
    body: &T,
    limit: usize,
) -> Result<BytesMut, FrameError> {
    let mut out = BytesMut::new();
    append_request(&mut out, xid, opcode, limit, |out| body.write(out))?;
    Ok(out)
}

/// Appends a whole request frame to `out`: header, and the body that `write` appends.
///
/// # Errors
/// The payload is over `limit`; `out` is as it was.
pub fn append_request(
    out: &mut BytesMut,
    xid: Xid,
    opcode: i32,
    limit: usize,
    write: impl FnOnce(&mut BytesMut),
) -> Result<(), FrameError> {
    let start = out.len();
    let mut head = [0; PREFIX + RequestHeader::LENGTH];
    let (_, header) = head.split_at_mut(PREFIX);
    let (xid_place, opcode_place) = header.split_at_mut(4);
    xid_place.copy_from_slice(&xid.0.to_be_bytes());
    opcode_place.copy_from_slice(&opcode.to_be_bytes());
    out.extend_from_slice(&head);
    write(out);
    finish(out, start, limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_cut_only_when_it_is_whole() {
        let whole = [0, 0, 0, 3, 1, 2, 3, 9];
        for end in 0..whole.len() {
            let mut buffer = BytesMut::from(&whole[..end]);
            let frame = next(&mut buffer, 100).unwrap();
            assert_eq!(frame.is_some(), end >= 7, "{end} bytes");
        }
        let mut buffer = BytesMut::from(&whole[..]);
        assert_eq!(next(&mut buffer, 100).unwrap().unwrap(), &[1, 2, 3][..]);
        assert_eq!(&buffer[..], [9]);
    }

    #[test]
    fn whole_frames_are_cut_off_together() {
        let two = [0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 0];
        let tails: [&[u8]; 5] = [&[], &[0, 0], &[0, 0, 0, 1], &[0, 0, 0, 101], &[0xff; 9]];
        for tail in tails {
            let mut buffer = BytesMut::from(&[&two[..], tail].concat()[..]);
            assert_eq!(take_whole(&mut buffer, 100), &two[..]);
            assert_eq!(&buffer[..], tail);
            assert!(take_whole(&mut buffer, 100).is_empty());
        }
        assert_eq!((length(&two), length(&two[7..]), length(&two[..2])), (7, 4, PREFIX));
    }

    #[test]
    fn a_claimed_length_allocates_nothing() {
        let mut buffer = BytesMut::from(&[0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 5][..]);
        let capacity = buffer.capacity();
        assert_eq!(next(&mut buffer, usize::MAX), Ok(None));
        assert_eq!(buffer.capacity(), capacity);
        let too_large = FrameError::TooLarge { length: 0x7fff_ffff, limit: 1000, xid: Xid(5) };
        assert_eq!(next(&mut buffer, 1000), Err(too_large));
    }

    #[test]
    fn a_negative_length_is_an_error() {
        let mut buffer = BytesMut::from(&[0xff, 0xff, 0xff, 0xfe][..]);
        assert_eq!(next(&mut buffer, 1000), Err(FrameError::Negative(-2)));
    }

    #[test]
    fn a_request_over_the_limit_is_refused() {
        let body = Some(Bytes::from(vec![0; 100]));
        assert!(matches!(
            request(Xid(1), 5, &body, 100),
            Err(FrameError::TooLarge { length: 112, limit: 100, .. })
        ));
        assert_eq!(request(Xid(1), 5, &body, 112).unwrap().len(), 116);
    }
}
