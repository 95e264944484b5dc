//! The data of the znodes that limit and count: `count=3,bytes=10`.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::core::java;

const COUNT: &str = "count";
const BYTES: &str = "bytes";

/// Numbers by name. One that is not there is -1, which means no limit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Track {
    numbers: BTreeMap<String, i64>,
}

impl Track {
    /// What is there now.
    pub(crate) fn of(count: i64, bytes: i64) -> Self {
        let numbers = [(COUNT, count), (BYTES, bytes)].map(|(key, n)| (key.to_owned(), n));
        Self { numbers: BTreeMap::from(numbers) }
    }

    /// Reads the data of a znode; `None` if a real server fails on it.
    pub(crate) fn parse(data: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(data);
        let mut numbers = BTreeMap::new();
        // Separators in a row count as one, and those at the end as none.
        let separators = [',', ';'];
        let text = text.trim_end_matches(separators);
        let leading = text.starts_with(separators).then_some("");
        let pairs = text.split(separators).filter(|pair| !pair.is_empty());
        for pair in leading.into_iter().chain(pairs) {
            let parts = java::split(pair, '=');
            let (key, number) = (parts.first()?, parts.get(1)?);
            let number = if number.is_empty() { -1 } else { number.parse().ok()? };
            numbers.insert((*key).to_owned(), number);
        }
        Some(Self { numbers })
    }

    fn number(&self, key: &str) -> i64 {
        self.numbers.get(key).copied().unwrap_or(-1)
    }

    pub(crate) fn count(&self) -> i64 {
        self.number(COUNT)
    }

    pub(crate) fn bytes(&self) -> i64 {
        self.number(BYTES)
    }

    pub(crate) fn count_hard_limit(&self) -> i64 {
        self.number("countHardLimit")
    }

    pub(crate) fn byte_hard_limit(&self) -> i64 {
        self.number("byteHardLimit")
    }

    /// So much more is there now, or less.
    pub(crate) fn grow(&mut self, count: i64, bytes: i64) {
        for (key, more) in [(COUNT, count), (BYTES, bytes)] {
            let now = self.number(key).wrapping_add(more);
            self.numbers.insert(key.to_owned(), now);
        }
    }

    /// The data of a znode.
    pub(crate) fn to_data(&self) -> String {
        let mut data = format!("{COUNT}={},{BYTES}={}", self.count(), self.bytes());
        let others = self.numbers.iter().filter(|(key, _)| ![COUNT, BYTES].contains(&&***key));
        for (place, (key, number)) in others.enumerate() {
            // The first has a `=` before it, for servers that know but two numbers.
            data.push_str(if place == 0 { "=;" } else { ";" });
            // Writing to a string cannot fail.
            let _ = write!(data, "{key}={number}");
        }
        data
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_and_written_as_apache_does() {
        for text in [
            "count=3,bytes=10",
            "count=-1,bytes=-1",
            "count=-1,bytes=-1=;byteHardLimit=10;countHardLimit=4",
        ] {
            assert_eq!(Track::parse(text.as_bytes()).unwrap().to_data(), text);
        }
        let track = Track::parse(b"countHardLimit=4;;,bytes==7,").unwrap();
        assert_eq!((track.count(), track.bytes(), track.count_hard_limit()), (-1, -1, 4));
        assert_eq!(Track::parse(b"").unwrap().to_data(), "count=-1,bytes=-1");
    }

    #[test]
    fn what_fails_a_real_server_is_none() {
        for text in ["count", "count=", "count=x", ",count=1", "count=9223372036854775808"] {
            assert_eq!(Track::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_count_grows_and_shrinks() {
        let mut track = Track::of(2, 5);
        track.grow(1, 10);
        track.grow(-2, -15);
        assert_eq!(track.to_data(), "count=1,bytes=0");
    }
}
