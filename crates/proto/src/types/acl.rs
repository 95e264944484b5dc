//! Who may do what.

use std::fmt;
use std::ops::BitOr;

use bytes::BytesMut;

use crate::text::Text;
use crate::wire::{DecodeError, Field, Reader, record};

/// Permissions: a set of bits. Bits without a name are kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Perms(pub i32);

impl Perms {
    /// No permission.
    pub const NONE: Self = Self(0);
    /// Get data, list children.
    pub const READ: Self = Self(1);
    /// Set data.
    pub const WRITE: Self = Self(2);
    /// Create a child.
    pub const CREATE: Self = Self(4);
    /// Delete a child.
    pub const DELETE: Self = Self(8);
    /// Set the ACL.
    pub const ADMIN: Self = Self(16);
    /// All five.
    pub const ALL: Self = Self(31);

    /// Whether all bits of `other` are set in `self`.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Perms {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The letters of `zkCli.sh`: `cdrwa`; bits without a letter follow as a number.
impl fmt::Display for Perms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (bit, letter) in [
            (Self::CREATE, "c"),
            (Self::DELETE, "d"),
            (Self::READ, "r"),
            (Self::WRITE, "w"),
            (Self::ADMIN, "a"),
        ] {
            if self.contains(bit) {
                f.write_str(letter)?;
            }
        }
        match self.0 & !Self::ALL.0 {
            0 => Ok(()),
            unknown => write!(f, "+{unknown:#x}"),
        }
    }
}

impl fmt::Debug for Perms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Perms({self})")
    }
}

impl Field for Perms {
    const AT_LEAST: usize = 4;

    fn write(&self, out: &mut BytesMut) {
        self.0.write(out);
    }

    fn read(reader: &mut Reader, field: &'static str) -> Result<Self, DecodeError> {
        reader.i32(field).map(Self)
    }
}

record! {
    /// Whom an ACL entry speaks of (jute `Id`).
    #[derive(Hash, PartialOrd, Ord)]
    pub struct Id {
        /// The scheme: `world`, `auth`, `digest`, `ip`, `sasl`, `x509`, `super`, or another.
        pub scheme: Text,
        /// The id within the scheme.
        pub id: Text,
    }
}

record! {
    /// One entry of an ACL (jute `ACL`).
    #[derive(Hash, PartialOrd, Ord)]
    pub struct Acl {
        /// What may be done.
        pub perms: Perms,
        /// By whom.
        pub id: Id,
    }
}

impl Acl {
    /// An entry of any scheme.
    #[must_use]
    pub fn new(perms: Perms, scheme: impl Into<Text>, id: impl Into<Text>) -> Self {
        Self { perms, id: Id { scheme: scheme.into(), id: id.into() } }
    }

    /// Everybody.
    #[must_use]
    pub const fn world(perms: Perms) -> Self {
        let id = Id { scheme: Text::from_static("world"), id: Text::from_static("anyone") };
        Self { perms, id }
    }

    /// Whoever the creating session is authenticated as; the server puts the ids in its place.
    #[must_use]
    pub const fn auth(perms: Perms) -> Self {
        Self { perms, id: Id { scheme: Text::from_static("auth"), id: Text::new() } }
    }

    /// A user and password of the `digest` scheme; only their digest leaves.
    #[must_use]
    pub fn digest(perms: Perms, user: &str, password: &str) -> Self {
        Self::new(perms, Text::from_static("digest"), crate::digest::digest_id(user, password))
    }

    /// An address, or a network as `address/bits`.
    #[must_use]
    pub fn ip(perms: Perms, address: impl Into<Text>) -> Self {
        Self::new(perms, Text::from_static("ip"), address)
    }

    /// A principal authenticated through SASL.
    #[must_use]
    pub fn sasl(perms: Perms, principal: impl Into<Text>) -> Self {
        Self::new(perms, Text::from_static("sasl"), principal)
    }

    /// The subject of a TLS client certificate, in RFC 2253 form.
    #[must_use]
    pub fn x509(perms: Perms, subject: impl Into<Text>) -> Self {
        Self::new(perms, Text::from_static("x509"), subject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_print_as_letters_and_keep_unknown_bits() {
        assert_eq!(Perms::ALL.to_string(), "cdrwa");
        assert_eq!((Perms::READ | Perms::CREATE).to_string(), "cr");
        assert_eq!(Perms(0x41).to_string(), "r+0x40");
    }
}
