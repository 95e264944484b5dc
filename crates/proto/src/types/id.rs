//! Numbers that must not be mixed up.

use std::fmt;

use bytes::{Bytes, BytesMut};

use crate::wire::{DecodeError, Field, Fixed, Reader};

macro_rules! id {
    ($(#[$meta:meta])* $name:ident($inner:ty)) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub $inner);

        impl Field for $name {
            const AT_LEAST: usize = <$inner as Field>::AT_LEAST;

            #[inline]
            fn write(&self, out: &mut BytesMut) {
                self.0.write(out);
            }

            #[inline]
            fn read(reader: &mut Reader, field: &'static str) -> Result<Self, DecodeError> {
                <$inner>::read(reader, field).map(Self)
            }
        }

        impl Fixed for $name {
            #[inline]
            fn take(bytes: &mut &[u8]) -> Option<Self> {
                <$inner>::take(bytes).map(Self)
            }
        }
    };
}

id! {
    /// The number of a transaction: the leader's epoch above, a counter in the low 32 bits.
    ///
    /// Zxids order all changes of an ensemble.
    /// `-1` stands where a server has none to tell.
    Zxid(i64)
}

id! {
    /// The number a client gives a request, by which the reply names it.
    Xid(i32)
}

id! {
    /// The id of a session; also the owner of its ephemeral znodes. Zero is no session.
    SessionId(i64)
}

impl Zxid {
    /// What a server writes where it has no zxid to tell: in notifications before 3.9 and in
    /// those made up when watches are set again.
    pub const NONE: Self = Self(-1);

    /// Which leader's reign the transaction belongs to.
    #[must_use]
    pub const fn epoch(self) -> u32 {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let epoch = (self.0 >> 32) as u32;
        epoch
    }

    /// The number of the transaction within its epoch.
    #[must_use]
    pub const fn counter(self) -> u32 {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let counter = self.0 as u32;
        counter
    }
}

impl fmt::Display for Zxid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl fmt::Display for Xid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Xid {
    /// A notification: the server speaks without being asked.
    pub const NOTIFICATION: Self = Self(-1);
    /// A ping and its answer.
    pub const PING: Self = Self(-2);
    /// An authentication packet and its answer.
    pub const AUTH: Self = Self(-4);
    /// The C client's setWatches; Java gives it an ordinary xid.
    pub const SET_WATCHES: Self = Self(-8);
    /// The first xid of an ordinary request.
    pub const FIRST: Self = Self(1);

    /// The xid after this one: `2^31-1` wraps to 1, so that the reserved ones stay free.
    #[must_use]
    pub const fn next(self) -> Self {
        match self.0.checked_add(1) {
            Some(next) if next > 0 => Self(next),
            _ => Self::FIRST,
        }
    }

    /// The ordinary xid so many places after this one.
    #[must_use]
    pub const fn nth(self, count: u32) -> Self {
        // All of them, 1 to 2^31-1.
        let ordinary = i32::MAX as i64;
        let place = (self.0 as i64).saturating_sub(1).saturating_add(count as i64);
        Self(place.rem_euclid(ordinary).saturating_add(1) as i32)
    }
}

impl SessionId {
    /// No session: asks for a new one, or says that there is none any more.
    pub const NONE: Self = Self(0);
}

/// The password of a session: whoever has it can take the session over.
///
/// It is a buffer of 16 bytes at all servers known, but kept as it came.
/// Neither `Debug` nor anything else prints it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Password(Bytes);

impl Password {
    /// What a client sends when it has no session yet.
    #[must_use]
    pub const fn zeros() -> Self {
        Self(Bytes::from_static(&[0; 16]))
    }

    /// A password from its bytes.
    #[must_use]
    pub const fn new(bytes: Bytes) -> Self {
        Self(bytes)
    }

    /// The bytes. Do not log them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

/// Null is accepted by servers from a client that has no session yet.
impl Field for Option<Password> {
    const AT_LEAST: usize = 4;

    #[inline]
    fn write(&self, out: &mut BytesMut) {
        self.as_ref().map(|password| password.0.clone()).write(out);
    }

    #[inline]
    fn read(reader: &mut Reader, field: &'static str) -> Result<Self, DecodeError> {
        Ok(reader.buffer(field)?.map(Password))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xids_wrap_to_one() {
        assert_eq!(Xid(i32::MAX).next(), Xid(1));
        assert_eq!(Xid(7).next(), Xid(8));
        assert_eq!(Xid(0).next(), Xid(1));
    }

    #[test]
    fn a_zxid_splits_into_epoch_and_counter() {
        let zxid = Zxid(0x0000_0005_ffff_fffe);
        assert_eq!((zxid.epoch(), zxid.counter()), (5, 0xffff_fffe));
        assert_eq!(zxid.to_string(), "0x5fffffffe");
    }

    #[test]
    fn a_password_is_never_printed() {
        assert_eq!(format!("{:?}", Password::new(Bytes::from_static(b"secret"))), "Password(..)");
    }
}
