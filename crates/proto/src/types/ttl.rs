//! Times to live, and what a server keeps in `ephemeralOwner` of znodes that are no ephemerals.
//!
//! Facts: `EphemeralType` and `EphemeralTypeEmulate353` of Apache ZooKeeper.

use thiserror::Error;

use super::SessionId;

/// The longest time to live, in milliseconds: what fits into 40 bits, almost 35 years.
pub const MAX_TTL_MS: i64 = 0xff_ffff_ffff;

/// A time to live that no server takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a time to live of {0} ms is not within 1 to {MAX_TTL_MS} ms")]
pub struct TtlError(pub i64);

/// Whether a server takes this time to live, in milliseconds.
///
/// # Errors
/// It is zero, negative, or over [`MAX_TTL_MS`]; a server answers `BadArguments` to it.
pub const fn validate_ttl_ms(ttl_ms: i64) -> Result<(), TtlError> {
    if ttl_ms > 0 && ttl_ms <= MAX_TTL_MS { Ok(()) } else { Err(TtlError(ttl_ms)) }
}

/// What kind of znode it is, as a server keeps it in the stored `ephemeralOwner`.
///
/// Clients never see it: in a [`Stat`](super::Stat) containers and znodes with a time to live have
/// the owner 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EphemeralKind {
    /// Persistent.
    Void,
    /// Goes with this session.
    Session(SessionId),
    /// A container.
    Container,
    /// Has this time to live, in milliseconds.
    Ttl(i64),
    /// The mark of an extended type (`0xff` in the highest byte) before a type that is not known:
    /// kept as it came.
    Unknown(i64),
}

impl EphemeralKind {
    /// The owner of a container.
    const CONTAINER: i64 = i64::MIN;
    /// The highest byte of the owner where it marks an extended type: `0xff`.
    const EXTENDED: i64 = -1 << 56;

    /// Reads a stored owner.
    ///
    /// As a server with `extendedTypesEnabled`: where that is off, a session whose server has the
    /// id 255 looks like an extended type, which is why that id is then forbidden.
    #[must_use]
    pub const fn from_stored(owner: i64) -> Self {
        match owner {
            0 => Self::Void,
            Self::CONTAINER => Self::Container,
            owner if owner & Self::EXTENDED != Self::EXTENDED => Self::Session(SessionId(owner)),
            owner => match owner & !Self::EXTENDED {
                ttl_ms if ttl_ms <= MAX_TTL_MS => Self::Ttl(ttl_ms),
                _ => Self::Unknown(owner),
            },
        }
    }

    /// The owner to store.
    ///
    /// # Errors
    /// A time to live out of its bounds.
    pub const fn to_stored(self) -> Result<i64, TtlError> {
        match self {
            Self::Void => Ok(0),
            Self::Session(SessionId(owner)) | Self::Unknown(owner) => Ok(owner),
            Self::Container => Ok(Self::CONTAINER),
            Self::Ttl(ttl_ms) => match validate_ttl_ms(ttl_ms) {
                Ok(()) => Ok(Self::EXTENDED | ttl_ms),
                Err(error) => Err(error),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_to_live_has_bounds() {
        for good in [1, 10_000, MAX_TTL_MS] {
            assert_eq!(validate_ttl_ms(good), Ok(()));
        }
        for bad in [0, -1, i64::MIN, MAX_TTL_MS + 1, i64::MAX] {
            assert_eq!(validate_ttl_ms(bad), Err(TtlError(bad)));
            assert_eq!(EphemeralKind::Ttl(bad).to_stored(), Err(TtlError(bad)));
        }
        assert_eq!(MAX_TTL_MS, (1 << 40) - 1);
    }

    #[test]
    fn stored_owners_have_apaches_bits() {
        let hex = |kind: EphemeralKind| format!("{:016x}", kind.to_stored().unwrap());
        assert_eq!(hex(EphemeralKind::Container), "8000000000000000");
        assert_eq!(hex(EphemeralKind::Ttl(1)), "ff00000000000001");
        assert_eq!(hex(EphemeralKind::Ttl(MAX_TTL_MS)), "ff0000ffffffffff");
        assert_eq!(
            hex(EphemeralKind::Session(SessionId(0x0100_0000_0000_002a))),
            "010000000000002a"
        );
        assert_eq!(hex(EphemeralKind::Void), "0000000000000000");
    }

    #[test]
    fn every_stored_owner_survives_the_way_there_and_back() {
        let server_128 = i64::MIN + 5;
        assert_eq!(
            EphemeralKind::from_stored(server_128),
            EphemeralKind::Session(SessionId(server_128))
        );
        let reserved = EphemeralKind::EXTENDED | (1 << 41);
        assert_eq!(EphemeralKind::from_stored(reserved), EphemeralKind::Unknown(reserved));
        for owner in [0, 1, i64::MAX, i64::MIN, server_128, reserved, EphemeralKind::EXTENDED | 7] {
            assert_eq!(EphemeralKind::from_stored(owner).to_stored(), Ok(owner));
        }
    }
}
