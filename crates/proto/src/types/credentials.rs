//! What proves who somebody is, on its way to the server.

use std::fmt;

use bytes::{Bytes, BytesMut};

use crate::wire::{DecodeError, Field, Reader};

/// Credentials of an authentication packet, or a token of a SASL exchange: secrets.
///
/// Neither `Debug` nor anything else prints them.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Credentials(Bytes);

impl Credentials {
    /// Credentials from their bytes.
    #[must_use]
    pub const fn new(bytes: Bytes) -> Self {
        Self(bytes)
    }

    /// Credentials that live as long as the program.
    #[must_use]
    pub const fn from_static(bytes: &'static [u8]) -> Self {
        Self(Bytes::from_static(bytes))
    }

    /// The bytes. Do not log them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Some, empty ones, and null.
    #[must_use]
    pub const fn samples() -> [Option<Self>; 3] {
        [Some(Self::from_static(b"token")), Some(Self::from_static(b"")), None]
    }
}

/// Null is not empty: a server without SASL answers a null token.
impl Field for Option<Credentials> {
    const AT_LEAST: usize = 4;

    fn write(&self, out: &mut BytesMut) {
        self.as_ref().map(|credentials| credentials.0.clone()).write(out);
    }

    fn read(reader: &mut Reader, field: &'static str) -> Result<Self, DecodeError> {
        Ok(reader.buffer(field)?.map(Credentials))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_never_printed() {
        assert_eq!(format!("{:?}", Credentials::from_static(b"u:p")), "Credentials(..)");
    }
}
