//! A cursor over received bytes.

use bytes::{Buf, Bytes};

use super::{DecodeError, DecodeErrorKind, Field};

/// Reads fields off the front of received bytes; buffers and text are slices of them.
///
/// Nothing is allocated for a length or a count before the bytes that justify it are there.
#[derive(Debug, Clone)]
pub struct Reader {
    record: &'static str,
    bytes: Bytes,
    length: usize,
}

impl Reader {
    /// A reader of `bytes`; `record` names what they are in errors.
    #[must_use]
    pub const fn new(record: &'static str, bytes: Bytes) -> Self {
        let length = bytes.len();
        Self { record, bytes, length }
    }

    /// How many bytes have been read.
    #[must_use]
    pub fn at(&self) -> usize {
        self.length.saturating_sub(self.bytes.len())
    }

    /// How many bytes are left.
    #[must_use]
    pub fn left(&self) -> usize {
        self.bytes.len()
    }

    /// Takes all that is left.
    #[must_use]
    pub fn rest(&mut self) -> Bytes {
        std::mem::take(&mut self.bytes)
    }

    /// The next byte, which stays.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.bytes.first().copied()
    }

    /// An error at the current place.
    #[must_use]
    pub fn error(&self, field: &'static str, kind: DecodeErrorKind) -> DecodeError {
        DecodeError { record: self.record, field, at: self.at(), kind }
    }

    fn need(&self, field: &'static str, needed: usize) -> Result<(), DecodeError> {
        let left = self.bytes.len();
        if left < needed {
            return Err(self.error(field, DecodeErrorKind::Truncated { needed, left }));
        }
        Ok(())
    }

    /// One byte.
    ///
    /// # Errors
    /// None left.
    pub fn u8(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        self.need(field, 1)?;
        Ok(self.bytes.get_u8())
    }

    /// A 4-byte number.
    ///
    /// # Errors
    /// Fewer than 4 bytes left.
    pub fn i32(&mut self, field: &'static str) -> Result<i32, DecodeError> {
        self.need(field, 4)?;
        Ok(self.bytes.get_i32())
    }

    /// An 8-byte number.
    ///
    /// # Errors
    /// Fewer than 8 bytes left.
    pub fn i64(&mut self, field: &'static str) -> Result<i64, DecodeError> {
        self.need(field, 8)?;
        Ok(self.bytes.get_i64())
    }

    /// Exactly `length` bytes, as a slice of what was received.
    ///
    /// # Errors
    /// Fewer left.
    pub fn take(&mut self, field: &'static str, length: usize) -> Result<Bytes, DecodeError> {
        self.need(field, length)?;
        Ok(self.bytes.split_to(length))
    }

    /// A length or count: `None` is null.
    ///
    /// # Errors
    /// Truncated, or below -1.
    pub fn length(&mut self, field: &'static str) -> Result<Option<usize>, DecodeError> {
        let length = self.i32(field)?;
        match usize::try_from(length) {
            Ok(length) => Ok(Some(length)),
            Err(_) if length == -1 => Ok(None),
            Err(_) => Err(self.error(field, DecodeErrorKind::BadLength(length))),
        }
    }

    /// A jute `buffer`; `None` is null, which is not the same as empty.
    ///
    /// # Errors
    /// Truncated, or a length below -1.
    pub fn buffer(&mut self, field: &'static str) -> Result<Option<Bytes>, DecodeError> {
        self.length(field)?.map(|length| self.take(field, length)).transpose()
    }

    /// A jute `vector`; `None` is null.
    ///
    /// # Errors
    /// A count that the bytes left cannot hold (checked before anything is allocated), or an
    /// element that does not decode.
    pub fn vector<T: Field>(&mut self, field: &'static str) -> Result<Option<Vec<T>>, DecodeError> {
        let Some(count) = self.length(field)? else { return Ok(None) };
        let left = self.left();
        if count.saturating_mul(T::AT_LEAST) > left {
            let at_least = T::AT_LEAST;
            return Err(self.error(field, DecodeErrorKind::BadCount { count, at_least, left }));
        }
        let mut elements = Vec::with_capacity(count);
        for _ in 0..count {
            elements.push(T::read(self, field)?);
        }
        Ok(Some(elements))
    }
}
