//! What the readers of answers have in common: lines of a key and a value, numbers, ids.

use zookit_proto::{SessionId, Zxid};

/// Lines of a key and a value, in the order of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fields {
    entries: Vec<(String, String)>,
    /// Lines that are no key and value, or have a key that was there before.
    other: Vec<String>,
}

impl Fields {
    /// Splits each line at the first separator.
    pub(super) fn parse(text: &str, separator: char) -> Self {
        let mut fields = Self::default();
        let mut seen = std::collections::HashSet::new();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            match line.split_once(separator) {
                Some((key, value)) if !key.trim().is_empty() && seen.insert(key.trim()) => {
                    fields.entries.push((key.trim().to_owned(), value.trim().to_owned()));
                }
                _ => fields.other.push(line.to_owned()),
            }
        }
        fields
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        let found = self.entries.iter().find(|(known, _)| known == key);
        found.map(|(_, value)| value.as_str())
    }

    /// The value of a key, if it is a whole number.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<i64> {
        self.get(key)?.parse().ok()
    }

    /// All keys and values, in the order of the answer.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The lines that are no key and value, or have a key that was there before.
    #[must_use]
    pub fn other(&self) -> &[String] {
        &self.other
    }
}

/// Puts a value where there is none yet. False, and nothing done, if it is not to be read or there
/// is one: then the line is one that we do not know.
pub(super) fn set<T>(place: &mut Option<T>, value: Option<T>) -> bool {
    if place.is_some() || value.is_none() {
        return false;
    }
    *place = value;
    true
}

/// A whole number with nothing around it but blanks.
pub(super) fn number(text: &str) -> Option<i64> {
    text.trim().parse().ok()
}

/// Java prints ids as they are in two's complement.
fn hexadecimal(text: &str) -> Option<i64> {
    let digits = text.trim().strip_prefix("0x")?;
    // `from_str_radix` would take a sign.
    let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = u64::from_str_radix(digits, 16).ok().filter(|_| plain)?;
    Some(i64::from_be_bytes(number.to_be_bytes()))
}

/// `0x100000007`.
pub(super) fn zxid(text: &str) -> Option<Zxid> {
    hexadecimal(text).map(Zxid)
}

/// `0x100004ad0b90000`.
pub(super) fn session(text: &str) -> Option<SessionId> {
    hexadecimal(text).map(SessionId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_an_answer_is_lost() {
        let fields = Fields::parse("a=1\nb = x=y \nalone\n\na=2\n=3\n", '=');
        assert_eq!(fields.iter().collect::<Vec<_>>(), [("a", "1"), ("b", "x=y")]);
        assert_eq!(fields.other(), ["alone", "a=2", "=3"]);
        assert_eq!((fields.number("a"), fields.number("b")), (Some(1), None));
    }

    #[test]
    fn ids_are_read_as_java_prints_them() {
        assert_eq!(session("0x100004ad0b90000"), Some(SessionId(0x0100_004a_d0b9_0000)));
        assert_eq!(zxid("0xffffffffffffffff"), Some(Zxid(-1)));
        for wrong in ["", "0x", "12", "0x+1", "0x-1", "0x1ffffffffffffffff", "0xg"] {
            assert_eq!(zxid(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_value_is_set_once() {
        let mut place = None;
        assert!(!set(&mut place, number("x")));
        assert!(set(&mut place, number(" 7 ")));
        assert!(!set(&mut place, number("8")));
        assert_eq!(place, Some(7));
    }
}
