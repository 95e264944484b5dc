//! Where requests are encoded: one after the other into long chunks of memory, so that a request
//! costs no allocation of its own.

use std::sync::PoisonError;

use bytes::{Bytes, BytesMut};
use zookit_proto::frame::{self, FrameError};
use zookit_proto::types::Xid;

use crate::sync::Mutex;

/// Frames of one chunk share its memory until the last of them is answered.
const CHUNK: usize = 16 * 1024;

/// With less room than this a new chunk is begun.
const LEAST_ROOM: usize = 1024;

/// A frame longer than this has memory of its own: it would only keep its neighbours' alive.
const LONG: usize = 4 * 1024;

/// The chunk in use.
#[derive(Debug, Default)]
pub(crate) struct Encoder(Mutex<BytesMut>);

impl Encoder {
    /// A whole frame with the body that `write` appends, its xid still open.
    ///
    /// # Errors
    /// The payload is over `limit`.
    pub(crate) fn encode(
        &self,
        opcode: i32,
        limit: usize,
        write: impl FnOnce(&mut BytesMut),
    ) -> Result<Bytes, FrameError> {
        let mut chunk = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if chunk.capacity() < LEAST_ROOM {
            *chunk = BytesMut::with_capacity(CHUNK);
        }
        frame::append_request(&mut chunk, Xid::default(), opcode, limit, write)?;
        if chunk.len() > LONG {
            // Copied, since what grew by doubling has up to as much room again behind it.
            let frame = Bytes::copy_from_slice(&chunk);
            *chunk = BytesMut::new();
            return Ok(frame);
        }
        Ok(chunk.split().freeze())
    }

    /// Gives memory back: nothing is expected for a while.
    pub(crate) fn rest(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = BytesMut::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_frames_share_a_chunk_and_long_ones_do_not() {
        let encoder = Encoder::default();
        let of = |byte, count, limit| {
            let body = move |out: &mut BytesMut| out.extend_from_slice(&vec![byte; count]);
            encoder.encode(4, limit, body)
        };
        let short = |byte| of(byte, 14, 1 << 20).unwrap();
        let (first, second) = (short(1), short(2));
        assert_eq!(first.as_ptr().wrapping_add(first.len()), second.as_ptr());
        let long = of(3, 10_004, 1 << 20).unwrap();
        assert_eq!(long.len(), 10_016);
        assert_eq!(short(4).len(), 26);
        assert!(of(3, 100, 50).is_err());
        assert_eq!(short(5)[12..], [5; 14]);
    }
}
