//! How a number is written into a znode.

use bytes::Bytes;

use crate::Error;

/// How a count is written, and by that, whose clients can count along.
///
/// A znode without data is a count that nobody has touched: 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CountFormat {
    /// 64 bits, big-endian: Curator's `DistributedAtomicLong`.
    #[default]
    Long,
    /// 32 bits, big-endian: Curator's `SharedCount` and `DistributedAtomicInteger`, and kazoo's
    /// `Counter` with `support_curator`.
    Int,
    /// Decimal digits: kazoo's `Counter` of whole numbers.
    Text,
}

impl CountFormat {
    const fn expected(self) -> &'static str {
        match self {
            Self::Long => "64-bit number",
            Self::Int => "32-bit number",
            Self::Text => "64-bit number in decimal digits",
        }
    }

    /// The data; the path is for the error.
    pub(super) fn write(self, path: &str, count: i128) -> Result<Bytes, Error> {
        let data = match self {
            Self::Long => i64::try_from(count).map(|count| count.to_be_bytes().to_vec()),
            Self::Int => i32::try_from(count).map(|count| count.to_be_bytes().to_vec()),
            Self::Text => i64::try_from(count).map(|count| count.to_string().into_bytes()),
        };
        let expected = self.expected();
        data.map(Bytes::from).map_err(|_| Error::OutOfRange { path: path.into(), count, expected })
    }

    pub(super) fn read(self, path: &str, data: &[u8]) -> Result<i64, Error> {
        let count = match self {
            _ if data.is_empty() => Some(0),
            Self::Long => data.try_into().ok().map(i64::from_be_bytes),
            Self::Int => data.try_into().ok().map(|data| i64::from(i32::from_be_bytes(data))),
            Self::Text => std::str::from_utf8(data).ok().and_then(|text| text.parse().ok()),
        };
        count.ok_or_else(|| Error::Malformed {
            path: path.into(),
            expected: self.expected(),
            found: found(data),
        })
    }
}

/// The beginning of the data, for people.
fn found(data: &[u8]) -> Box<str> {
    const MOST: usize = 40;
    let shown = data[..data.len().min(MOST)].escape_ascii();
    let more = if data.len() > MOST { "…" } else { "" };
    format!("{} bytes, \"{shown}{more}\"", data.len()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [CountFormat; 3] = [CountFormat::Long, CountFormat::Int, CountFormat::Text];

    #[test]
    fn counts_are_written_as_the_others_write_them() {
        let write = |format: CountFormat, count| format.write("/a", count).unwrap();
        assert_eq!(write(CountFormat::Long, 258), &b"\0\0\0\0\0\0\x01\x02"[..]);
        assert_eq!(write(CountFormat::Int, -2), &b"\xff\xff\xff\xfe"[..]);
        assert_eq!(write(CountFormat::Text, -17), "-17");
    }

    #[test]
    fn what_is_written_is_read_and_nothing_is_zero() {
        for format in ALL {
            for count in [0, 1, -1, i64::from(i32::MAX), i64::from(i32::MIN)] {
                let data = format.write("/a", count.into()).unwrap();
                assert_eq!(format.read("/a", &data).unwrap(), count);
            }
            assert_eq!(format.read("/a", b"").unwrap(), 0);
        }
    }

    #[test]
    fn a_count_that_does_not_fit_is_told_and_not_wrapped() {
        let most = i128::from(i64::MAX);
        for (format, count) in [
            (CountFormat::Long, most + 1),
            (CountFormat::Int, i128::from(i32::MAX) + 1),
            (CountFormat::Text, -most - 2),
        ] {
            let error = format.write("/a", count).unwrap_err();
            assert!(error.to_string().contains(&count.to_string()), "{error}");
        }
    }

    #[test]
    fn what_is_no_count_is_told() {
        for (format, data) in [
            (CountFormat::Long, &b"\0\0\0\x07"[..]),
            (CountFormat::Int, b"\0\0\0\0\0\0\0\x07"),
            (CountFormat::Text, b"1.5"),
            (CountFormat::Text, b"\xff"),
        ] {
            let error = format.read("/a", data).unwrap_err();
            assert!(error.to_string().starts_with("the data of /a is no "), "{error}");
        }
    }
}
