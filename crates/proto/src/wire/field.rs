//! How each kind of field is written and read.

use bytes::{BufMut, Bytes, BytesMut};

use super::{DecodeError, DecodeErrorKind, Reader};
use crate::text::Text;

/// A value with a wire form.
pub trait Field: Sized {
    /// The least number of bytes a value takes: what bounds a vector's count.
    const AT_LEAST: usize;

    /// Appends the wire form.
    ///
    /// A buffer, text or vector longer than an `i32` can say is written with the length capped;
    /// frames that long are refused by [`frame::finish`](crate::frame::finish) before they leave.
    fn write(&self, out: &mut BytesMut);

    /// Takes the wire form off `reader`; `field` names it in errors.
    ///
    /// # Errors
    /// What was wrong, and where.
    fn read(reader: &mut Reader, field: &'static str) -> Result<Self, DecodeError>;
}

/// A field that always takes the same number of bytes, all values of which are valid.
pub(crate) trait Fixed: Field {
    /// Takes it off the front; `None`: there are not that many bytes.
    fn take(bytes: &mut &[u8]) -> Option<Self>;
}

impl Fixed for i32 {
    #[inline]
    fn take(bytes: &mut &[u8]) -> Option<Self> {
        let (number, rest) = bytes.split_first_chunk()?;
        *bytes = rest;
        Some(Self::from_be_bytes(*number))
    }
}

impl Fixed for i64 {
    #[inline]
    fn take(bytes: &mut &[u8]) -> Option<Self> {
        let (number, rest) = bytes.split_first_chunk()?;
        *bytes = rest;
        Some(Self::from_be_bytes(*number))
    }
}

#[inline]
fn write_length(length: usize, out: &mut BytesMut) {
    out.put_i32(i32::try_from(length).unwrap_or(i32::MAX));
}

const NULL: i32 = -1;

impl Field for i32 {
    const AT_LEAST: usize = 4;

    #[inline]
    fn write(&self, out: &mut BytesMut) {
        out.put_i32(*self);
    }

    #[inline]
    fn read(reader: &mut Reader, field: &'static str) -> Result<Self, DecodeError> {
        reader.i32(field)
    }
}

impl Field for i64 {
    const AT_LEAST: usize = 8;

    #[inline]
    fn write(&self, out: &mut BytesMut) {
        out.put_i64(*self);
    }

    #[inline]
    fn read(reader: &mut Reader, field: &'static str) -> Result<Self, DecodeError> {
        reader.i64(field)
    }
}

impl Field for bool {
    const AT_LEAST: usize = 1;

    #[inline]
    fn write(&self, out: &mut BytesMut) {
        out.put_u8(u8::from(*self));
    }

    /// Java writes 1 and takes any other non-zero byte for true as well.
    #[inline]
    fn read(reader: &mut Reader, field: &'static str) -> Result<Self, DecodeError> {
        Ok(reader.u8(field)? != 0)
    }
}

impl Field for Text {
    const AT_LEAST: usize = 4;

    #[inline]
    fn write(&self, out: &mut BytesMut) {
        write_length(self.len(), out);
        out.put_slice(self);
    }

    #[inline]
    fn read(reader: &mut Reader, field: &'static str) -> Result<Self, DecodeError> {
        let text = reader.buffer(field)?;
        text.map(Self::from_bytes).ok_or_else(|| reader.error(field, DecodeErrorKind::Null))
    }
}

/// Text that is shown and kept: with U+FFFD for what is not UTF-8, in memory of its own.
impl Field for String {
    const AT_LEAST: usize = Text::AT_LEAST;

    #[inline]
    fn write(&self, out: &mut BytesMut) {
        write_length(self.len(), out);
        out.put_slice(self.as_bytes());
    }

    #[inline]
    fn read(reader: &mut Reader, field: &'static str) -> Result<Self, DecodeError> {
        if let Some(text) = reader.text(field)? {
            return Ok(text.into_owned());
        }
        Err(reader.error(field, DecodeErrorKind::Null))
    }
}

impl Field for Option<Text> {
    const AT_LEAST: usize = 4;

    #[inline]
    fn write(&self, out: &mut BytesMut) {
        match self {
            Some(text) => text.write(out),
            None => out.put_i32(NULL),
        }
    }

    #[inline]
    fn read(reader: &mut Reader, field: &'static str) -> Result<Self, DecodeError> {
        Ok(reader.buffer(field)?.map(Text::from_bytes))
    }
}

impl Field for Option<Bytes> {
    const AT_LEAST: usize = 4;

    #[inline]
    fn write(&self, out: &mut BytesMut) {
        match self {
            Some(bytes) => {
                write_length(bytes.len(), out);
                out.put_slice(bytes);
            }
            None => out.put_i32(NULL),
        }
    }

    #[inline]
    fn read(reader: &mut Reader, field: &'static str) -> Result<Self, DecodeError> {
        reader.buffer(field)
    }
}

impl<T: Field> Field for Vec<T> {
    const AT_LEAST: usize = 4;

    #[inline]
    fn write(&self, out: &mut BytesMut) {
        write_length(self.len(), out);
        for element in self {
            element.write(out);
        }
    }

    #[inline]
    fn read(reader: &mut Reader, field: &'static str) -> Result<Self, DecodeError> {
        reader.vector(field)?.ok_or_else(|| reader.error(field, DecodeErrorKind::Null))
    }
}

impl<T: Field> Field for Option<Vec<T>> {
    const AT_LEAST: usize = 4;

    #[inline]
    fn write(&self, out: &mut BytesMut) {
        match self {
            Some(elements) => elements.write(out),
            None => out.put_i32(NULL),
        }
    }

    #[inline]
    fn read(reader: &mut Reader, field: &'static str) -> Result<Self, DecodeError> {
        reader.vector(field)
    }
}

/// A record without fields: requests and replies that are a header alone.
impl Field for () {
    const AT_LEAST: usize = 0;

    #[inline]
    fn write(&self, _: &mut BytesMut) {}

    #[inline]
    fn read(_: &mut Reader, _: &'static str) -> Result<Self, DecodeError> {
        Ok(())
    }
}
