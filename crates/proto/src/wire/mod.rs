//! Jute, the encoding under every record: big-endian numbers, length-prefixed buffers and text,
//! counted vectors, and records as their fields in order.
//!
//! Facts: `BinaryInputArchive` and `BinaryOutputArchive` of Apache ZooKeeper's `zookeeper-jute`.

mod error;
mod field;
mod reader;
mod record;

pub use error::{DecodeError, DecodeErrorKind};
pub use field::Field;
pub(crate) use field::Fixed;
pub use reader::Reader;
pub(crate) use record::record;

use bytes::{Bytes, BytesMut};

/// Decodes all of `bytes` as one record; bytes behind it are ignored, since newer servers append
/// fields to old records.
///
/// # Errors
///
/// [`DecodeError`] names the field, its offset in `bytes`, and what was wrong with it.
#[inline]
pub fn decode<T: Field>(record: &'static str, bytes: Bytes) -> Result<T, DecodeError> {
    T::read(&mut Reader::new(record, bytes), "")
}

/// Encodes one record into bytes of its own.
#[must_use]
pub fn encode<T: Field>(record: &T) -> Bytes {
    let mut out = BytesMut::new();
    record.write(&mut out);
    out.freeze()
}
