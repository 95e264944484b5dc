//! What a server does because it is written in Java, where it shows on the wire.

use bytes::{BufMut, BytesMut};
use zookit_proto::Text;

/// The text as a Java server would send it back.
///
/// What is not UTF-8 became U+FFFD when it was read, and a character above U+FFFF is written as two
/// surrogates of three bytes each. Nearly every text comes back as it was, without a copy.
pub(crate) fn echo(text: &Text) -> Text {
    let shown = text.to_str();
    let unchanged = shown.as_bytes() == &text[..];
    if unchanged && shown.chars().all(|character| character <= '\u{ffff}') {
        return text.clone();
    }
    let mut bytes = BytesMut::with_capacity(shown.len());
    for unit in shown.encode_utf16() {
        match unit {
            0xd800..=0xdfff => {
                let bits = u32::from(unit);
                for byte in [0xe0 | bits >> 12, 0x80 | bits >> 6 & 0x3f, 0x80 | bits & 0x3f] {
                    bytes.put_u8(u8::try_from(byte).unwrap_or(b'?'));
                }
            }
            unit => {
                let character = char::from_u32(u32::from(unit)).unwrap_or('\u{fffd}');
                bytes.put_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
    }
    Text::from_bytes(bytes.freeze())
}

/// `String.hashCode`, stirred as `HashMap` stirs it: the place in a table of `2^n` is the low bits.
pub(crate) fn hash(text: &str) -> u32 {
    let code = if text.is_ascii() {
        code_of_ascii(text.as_bytes())
    } else {
        let units = text.encode_utf16();
        units.fold(0_u32, |code, unit| code.wrapping_mul(31).wrapping_add(unit.into()))
    };
    code ^ code >> 16
}

/// `String.hashCode` of text that is ASCII, which nearly all names are: eight characters at a time,
/// as of one after the other each multiplication would wait for the one before it.
fn code_of_ascii(text: &[u8]) -> u32 {
    let eights = text.chunks_exact(8);
    let rest = eights.remainder();
    let code = eights.fold(0_u32, |code, eight| {
        let eight = eight.first_chunk().copied().map_or(0, u64::from_le_bytes);
        // Neighbours become one, twice: none of the sums is too large for its lane.
        let pairs = (eight & 0x00ff_00ff_00ff_00ff).wrapping_mul(31);
        let pairs = pairs.wrapping_add(eight >> 8 & 0x00ff_00ff_00ff_00ff);
        let fours = (pairs & 0x0000_ffff_0000_ffff).wrapping_mul(31 * 31);
        let fours = fours.wrapping_add(pairs >> 16 & 0x0000_ffff_0000_ffff);
        let [a, b, c, d, rest @ ..] = fours.to_le_bytes();
        let (first, second) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes(rest));
        let first = first.wrapping_mul(31_u32.wrapping_pow(4)).wrapping_add(second);
        code.wrapping_mul(31_u32.wrapping_pow(8)).wrapping_add(first)
    });
    rest.iter().fold(code, |code, byte| code.wrapping_mul(31).wrapping_add(u32::from(*byte)))
}

/// `String.length`: how many UTF-16 units.
pub(crate) fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

/// `String.trim`: without the control characters and spaces at both ends.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(|character| character <= ' ')
}

/// `String.split` with a separator that is one character: without the empty parts at the end.
pub(crate) fn split(text: &str, separator: char) -> Vec<&str> {
    let mut parts: Vec<_> = text.split(separator).collect();
    // A text without the separator is its own only part, even if it is empty.
    while parts.len() > 1 && parts.last() == Some(&"") {
        parts.pop();
    }
    if parts == [""] && !text.is_empty() {
        parts.clear();
    }
    parts
}

/// The order in which Java's `HashSet` lists texts, which is what a server's answers show.
///
/// A set has a table of `2^bits` places. A text is in the place that its [`hash`] names; those of
/// one place are in the order in which they came. The table doubles when it is three quarters full
/// and never shrinks. (Java makes a tree of a place with more than eight; that is left out.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Table {
    bits: u8,
}

impl Table {
    /// The table of a znode's children: `new HashSet<>(8)`.
    pub(crate) const CHILDREN: Self = Self { bits: 3 };
    /// The table of a session's ephemeral znodes: `new HashSet<>()`.
    pub(crate) const EPHEMERALS: Self = Self { bits: 4 };

    /// There are so many now.
    pub(crate) const fn holds(&mut self, count: usize) {
        while self.is_over(count) && self.bits < 30 {
            self.bits = self.bits.saturating_add(1);
        }
    }

    const fn is_over(self, count: usize) -> bool {
        let places = 1_usize << self.bits;
        count > places.saturating_sub(places / 4)
    }

    /// The table of `clone()` of a set of so many, as Java 17 makes it.
    pub(crate) const fn of_clone(count: usize) -> Self {
        let wanted = (count.saturating_mul(4) / 3).saturating_add(1);
        let mut bits: u8 = 0;
        while (1_usize << bits) < wanted && bits < 30 {
            bits = bits.saturating_add(1);
        }
        Self { bits }
    }

    /// Texts that are in the order in which they came, in the order in which they are listed.
    pub(crate) fn list<'a>(self, texts: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        let texts: Vec<_> = texts.into_iter().collect();
        let mask = (1_u32 << self.bits).wrapping_sub(1);
        // The place of each and when it came, as one number: that is sorted faster than what it is
        // about. There are no more texts than a parent counts with 32 bits.
        let places = texts.iter().zip(0_u32..);
        let places =
            places.map(|(text, came)| u64::from(hash(text) & mask) << 32 | u64::from(came));
        let mut places: Vec<u64> = places.collect();
        places.sort_unstable();
        let came = |place: u64| usize::try_from(place & u64::from(u32::MAX)).ok();
        places.into_iter().filter_map(|place| texts.get(came(place)?).copied()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_back_as_java_writes_it() {
        let same = Text::from("/ä€");
        assert_eq!(echo(&same), same);
        assert_eq!(echo(&Text::from_bytes(b"a\xffb"[..].into())), "a\u{fffd}b");
        let emoji = echo(&Text::from("\u{1f600}"));
        assert_eq!(&emoji[..], b"\xed\xa0\xbd\xed\xb8\x80");
    }

    #[test]
    fn hashes_are_javas() {
        assert_eq!(hash(""), 0);
        assert_eq!(hash("a"), 97);
        // "zookeeper".hashCode() is 1600681804.
        assert_eq!(hash("zookeeper"), 1_600_681_804 ^ 1_600_681_804 >> 16);
        assert_eq!((length("ä\u{1f600}"), length("ab")), (3, 2));
        // "_c_0f0e9aa2-8d24-lock-0000000012": eight at a time, and the rest of them.
        for length in 0..40 {
            let text = &"_c_0f0e9aa2-8d24-4a9f-lock-0000000012~~~~"[..length];
            let units = text.encode_utf16().map(u32::from);
            let code = units.fold(0_u32, |code, unit| code.wrapping_mul(31).wrapping_add(unit));
            assert_eq!(hash(text), code ^ code >> 16, "{text}");
        }
    }

    #[test]
    fn texts_are_split_and_trimmed_as_java_does() {
        assert_eq!(split("a:b", ':'), ["a", "b"]);
        assert_eq!(split("a:b::", ':'), ["a", "b"]);
        assert_eq!(split("a:", ':'), ["a"]);
        assert_eq!(split(":b", ':'), ["", "b"]);
        assert_eq!(split("", ':'), [""]);
        assert_eq!(split(":", ':'), [""; 0]);
        assert_eq!(trim("\t a \u{0}"), "a");
    }

    #[test]
    fn a_table_doubles_at_three_quarters_and_stays() {
        let mut table = Table::CHILDREN;
        table.holds(6);
        assert_eq!(table.bits, 3);
        table.holds(7);
        assert_eq!(table.bits, 4);
        table.holds(1);
        assert_eq!(table.bits, 4);
        table.holds(25);
        assert_eq!(table.bits, 6);
        assert_eq!([0, 1, 6, 12].map(|count| Table::of_clone(count).bits), [0, 1, 4, 5]);
    }

    #[test]
    fn a_place_keeps_the_order_of_arrival() {
        assert_eq!(Table::CHILDREN.list(["i", "b", "a", "q"]), ["i", "a", "q", "b"]);
        assert_eq!(Table::CHILDREN.list(["q", "b", "a", "i"]), ["q", "a", "i", "b"]);
    }
}
