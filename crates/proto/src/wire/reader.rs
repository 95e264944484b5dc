//! A cursor over received bytes.

use std::borrow::Cow;

use bytes::{Buf as _, Bytes};

use super::{DecodeError, DecodeErrorKind, Field};
use crate::text::shown;

/// Reads fields off the front of received bytes; buffers and text are slices of them.
///
/// Nothing is allocated for a length or a count before the bytes that justify it are there.
#[derive(Debug, Clone)]
pub struct Reader {
    record: &'static str,
    bytes: Bytes,
    /// How many of them have been read.
    at: usize,
}

impl Reader {
    /// A reader of `bytes`; `record` names what they are in errors.
    #[must_use]
    #[inline]
    pub const fn new(record: &'static str, bytes: Bytes) -> Self {
        Self { record, bytes, at: 0 }
    }

    /// How many bytes have been read.
    #[must_use]
    pub const fn at(&self) -> usize {
        self.at
    }

    /// How many bytes are left.
    #[must_use]
    #[inline]
    pub const fn left(&self) -> usize {
        self.bytes.len().saturating_sub(self.at)
    }

    /// Takes all that is left.
    #[must_use]
    pub fn rest(&mut self) -> Bytes {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.advance(std::mem::take(&mut self.at));
        bytes
    }

    /// The next byte, which stays.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// An error at the current place.
    #[must_use]
    #[cold]
    #[inline(never)]
    pub fn error(&self, field: &'static str, kind: DecodeErrorKind) -> DecodeError {
        DecodeError { record: self.record, field, at: self.at(), kind }
    }

    #[cold]
    #[inline(never)]
    fn truncated(&self, field: &'static str, needed: usize) -> DecodeError {
        self.error(field, DecodeErrorKind::Truncated { needed, left: self.left() })
    }

    /// The next `N` bytes, if there are so many; they stay.
    #[inline]
    pub(crate) fn ahead<const N: usize>(&self) -> Option<&[u8; N]> {
        self.bytes.get(self.at..).and_then(<[u8]>::first_chunk)
    }

    /// What [`ahead`](Self::ahead) gave has been read.
    #[inline]
    pub(crate) fn pass<const N: usize>(&mut self) {
        self.at = self.at.saturating_add(N);
    }

    #[inline]
    fn chunk<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], DecodeError> {
        let Some(&chunk) = self.ahead::<N>() else { return Err(self.truncated(field, N)) };
        self.pass::<N>();
        Ok(chunk)
    }

    /// One byte.
    ///
    /// # Errors
    /// None left.
    #[inline]
    pub fn u8(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        self.chunk::<1>(field).map(u8::from_be_bytes)
    }

    /// A 4-byte number.
    ///
    /// # Errors
    /// Fewer than 4 bytes left.
    #[inline]
    pub fn i32(&mut self, field: &'static str) -> Result<i32, DecodeError> {
        self.chunk(field).map(i32::from_be_bytes)
    }

    /// An 8-byte number.
    ///
    /// # Errors
    /// Fewer than 8 bytes left.
    #[inline]
    pub fn i64(&mut self, field: &'static str) -> Result<i64, DecodeError> {
        self.chunk(field).map(i64::from_be_bytes)
    }

    /// Exactly `length` bytes, as a slice of what was received.
    ///
    /// # Errors
    /// Fewer left.
    #[inline]
    pub fn take(&mut self, field: &'static str, length: usize) -> Result<Bytes, DecodeError> {
        if self.left() < length {
            return Err(self.truncated(field, length));
        }
        let end = self.at.saturating_add(length);
        let taken = self.bytes.slice(self.at..end);
        self.at = end;
        Ok(taken)
    }

    /// A length or count: `None` is null.
    ///
    /// # Errors
    /// Truncated, or below -1.
    #[inline]
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
    #[inline]
    pub fn buffer(&mut self, field: &'static str) -> Result<Option<Bytes>, DecodeError> {
        self.length(field)?.map(|length| self.take(field, length)).transpose()
    }

    /// A jute `ustring` to look at, with U+FFFD for what is not UTF-8: no [`Text`](crate::Text) is made
    /// of it. `None` is null.
    ///
    /// # Errors
    /// As [`buffer`](Self::buffer).
    #[inline]
    pub fn text(&mut self, field: &'static str) -> Result<Option<Cow<'_, str>>, DecodeError> {
        let Some(length) = self.length(field)? else { return Ok(None) };
        if self.left() < length {
            return Err(self.truncated(field, length));
        }
        let end = self.at.saturating_add(length);
        let start = std::mem::replace(&mut self.at, end);
        Ok(self.bytes.get(start..end).map(shown))
    }

    /// The count of a jute `vector`, whose elements follow; `None` is null.
    ///
    /// # Errors
    /// Truncated, below -1, or a count that the bytes left cannot hold: something may be allocated
    /// for it.
    #[inline]
    pub fn count<T: Field>(&mut self, field: &'static str) -> Result<Option<usize>, DecodeError> {
        let Some(count) = self.length(field)? else { return Ok(None) };
        let left = self.left();
        if count.saturating_mul(T::AT_LEAST) > left {
            let at_least = T::AT_LEAST;
            return Err(self.error(field, DecodeErrorKind::BadCount { count, at_least, left }));
        }
        Ok(Some(count))
    }

    /// A jute `vector`; `None` is null.
    ///
    /// # Errors
    /// A count that the bytes left cannot hold (checked before anything is allocated), or an
    /// element that does not decode.
    pub fn vector<T: Field>(&mut self, field: &'static str) -> Result<Option<Vec<T>>, DecodeError> {
        let Some(count) = self.count::<T>(field)? else { return Ok(None) };
        let mut elements = Vec::with_capacity(count);
        for _ in 0..count {
            elements.push(T::read(self, field)?);
        }
        Ok(Some(elements))
    }
}
