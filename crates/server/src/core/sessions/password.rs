//! Passwords of sessions.
//!
//! Apache's servers derive them from the id: sixteen bytes of `java.util.Random`, seeded with the
//! id and a number that all servers share. It is a checksum rather than a secret, and as it is the
//! same here, a session's credentials mean the same to a real server.
//!
//! Facts: `ZooKeeperServer.generatePasswd`, and the documentation of `java.util.Random`.

use bytes::{BufMut as _, BytesMut};
use zookit_proto::SessionId;
use zookit_proto::types::Password;

/// `ZooKeeperServer.superSecret`.
const SHARED: i64 = 0xB341_5C00;

/// The multiplier, the addend and the modulus of `java.util.Random`.
const MULTIPLIER: u64 = 0x5_DEEC_E66D;
const ADDEND: u64 = 0xB;
const MASK: u64 = (1 << 48) - 1;

/// The password of the session with this id.
pub(crate) fn password(session: SessionId) -> Password {
    let mut state = (u64::from_ne_bytes((session.0 ^ SHARED).to_ne_bytes()) ^ MULTIPLIER) & MASK;
    let mut bytes = BytesMut::with_capacity(16);
    for _ in 0..4 {
        state = state.wrapping_mul(MULTIPLIER).wrapping_add(ADDEND) & MASK;
        // The upper 32 of its 48 bits.
        let number = u32::try_from(state >> 16).unwrap_or(0);
        bytes.put_u32_le(number);
    }
    Password::new(bytes.freeze())
}

/// Whether the password is that of the session.
pub(crate) fn is_password(session: SessionId, given: Option<&Password>) -> bool {
    given.is_some_and(|given| *given == password(session))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_those_of_a_real_server() {
        let expected = [
            0xf2, 0x2a, 0x6e, 0x6e, 0x97, 0xe6, 0x2a, 0x3f, 0x20, 0xa4, 0xa4, 0x9d, 0x38, 0xea,
            0xb0, 0xad,
        ];
        assert_eq!(password(SessionId(0x0100_018f_0000_0000)).expose(), expected);
    }

    #[test]
    fn a_password_opens_its_own_session_alone() {
        let given = password(SessionId(7));
        assert!(is_password(SessionId(7), Some(&given)));
        assert!(!is_password(SessionId(8), Some(&given)));
        assert!(!is_password(SessionId(7), None));
    }
}
