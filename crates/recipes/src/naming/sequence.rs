//! The number that a server appends to the name of a sequential znode.

use std::fmt;

/// The number at the end of the name of a sequential znode.
///
/// The parent counts its children with a signed 32-bit number, which goes on at -2,147,483,648 when
/// it has reached 2,147,483,647. So numbers have an order only as far as they are less than 2^31
/// apart: [`is_before`](Self::is_before) compares by their distance, and a queue keeps its order and
/// its mutual exclusion over the turn. Curator and kazoo compare otherwise there.
///
/// ```
/// use zookit_recipes::Sequence;
/// let (last, first) = (Sequence(i32::MAX), Sequence(i32::MIN));
/// assert!(last.is_before(first));
/// assert_eq!(Sequence::of("_c_0f0e-lock-0000000012"), Some(Sequence(12)));
/// assert_eq!(Sequence::of("lock--000000012"), Some(Sequence(-12)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sequence(pub i32);

/// As Java's `%010d` writes it.
const WIDTH: usize = 10;

impl Sequence {
    /// The number at the end of a name, if there is one.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::split(name).map(|(_, sequence)| sequence)
    }

    /// What stands before the number, and the number.
    pub(crate) fn split(name: &str) -> Option<(&str, Self)> {
        // More digits than that are the name's own.
        let digits = name.bytes().rev().take(WIDTH + 1).take_while(u8::is_ascii_digit).count();
        let (head, tail) = name.split_at(name.len() - digits.min(WIDTH));
        // A sign is one of the ten characters, unless the number needs ten digits without it.
        let signed = head.strip_suffix('-').filter(|before| match digits {
            WIDTH => !tail.starts_with('0') && is_mark(before),
            _ => digits == WIDTH - 1,
        });
        if signed.is_none() && digits < WIDTH {
            return None;
        }
        // No more digits than this holds, so nothing is to be checked but the end.
        let number =
            tail.bytes().fold(0_i64, |number, digit| number * 10 + i64::from(digit - b'0'));
        let number = if signed.is_some() { -number } else { number };
        Some((signed.unwrap_or(head), Self(number.try_into().ok()?)))
    }

    /// Whether this one was given out before the other, as far as the two can tell.
    #[must_use]
    pub const fn is_before(self, other: Self) -> bool {
        self.0.wrapping_sub(other.0) < 0
    }
}

/// Whether a mark ends here, so that the hyphen behind it is a sign: `lock--2147483648` is a number
/// below zero, `lock-2147483647` is none.
fn is_mark(before: &str) -> bool {
    before.ends_with(['-', '_'])
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:010}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_read_as_java_writes_them() {
        let read = |name| Sequence::split(name).map(|(before, sequence)| (before, sequence.0));
        assert_eq!(read("lock-0000000000"), Some(("lock-", 0)));
        assert_eq!(read("lock-2147483647"), Some(("lock-", i32::MAX)));
        assert_eq!(read("lock--2147483648"), Some(("lock-", i32::MIN)));
        assert_eq!(read("lock--000000001"), Some(("lock-", -1)));
        assert_eq!(read("a__lock__-1000000000"), Some(("a__lock__", -1_000_000_000)));
        assert_eq!(read("n0000000003"), Some(("n", 3)));
        // Digits of the name before it.
        assert_eq!(read("job70000000003"), Some(("job7", 3)));
        assert_eq!(read("n--0000000003"), Some(("n--", 3)));
        for none in ["", "lock-", "lock-1", "lock_000000001", "lock-9999999999", "-"] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn the_order_goes_on_over_the_turn() {
        for (before, after) in [(0, 1), (-1, 0), (i32::MAX, i32::MIN), (i32::MAX - 5, i32::MIN + 5)]
        {
            assert!(Sequence(before).is_before(Sequence(after)));
            assert!(!Sequence(after).is_before(Sequence(before)));
        }
        assert!(!Sequence(7).is_before(Sequence(7)));
    }

    proptest! {
        #[test]
        fn every_number_is_read_back(number: i32, mark in "(lock-|__lock__|latch-)") {
            let name = format!("{mark}{}", Sequence(number));
            prop_assert_eq!(Sequence::split(&name), Some((mark.as_str(), Sequence(number))));
        }
    }
}
