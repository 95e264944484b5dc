//! The names of children in one piece.

use std::borrow::Borrow as _;
use std::fmt;

use zookit_proto::Text;
use zookit_proto::wire::{DecodeError, DecodeErrorKind, Reader};

/// What [`get_child_list`](crate::Client::get_child_list) answers: the names, without their parent's
/// path, sorted by nothing.
///
/// All of them are in one piece of memory, so that a long list costs no allocation for each name.
///
/// ```
/// use zookit_client::ChildList;
/// // As a test makes one.
/// let list: ChildList = ["b", "a"].into_iter().collect();
/// assert_eq!(list.names().collect::<Vec<_>>(), ["b", "a"]);
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct ChildList {
    /// One behind the other.
    text: String,
    /// Where each of them ends, and the next begins.
    ends: Vec<usize>,
}

impl ChildList {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let name = start..*end;
            start = *end;
            self.text.get(name).unwrap_or_default()
        })
    }

    fn push(&mut self, name: &str) {
        self.text.push_str(name);
        self.ends.push(self.text.len());
    }

    /// Takes a vector of text off a reply; `field` names it in errors.
    pub(crate) fn read(reader: &mut Reader, field: &'static str) -> Result<Self, DecodeError> {
        let null = |reader: &Reader| reader.error(field, DecodeErrorKind::Null);
        let count = reader.count::<Text>(field)?.ok_or_else(|| null(reader))?;
        // Both are bounded by the bytes that are there.
        let (text, ends) = (String::with_capacity(reader.left()), Vec::with_capacity(count));
        let mut list = Self { text, ends };
        for _ in 0..count {
            match reader.text(field)? {
                Some(name) => list.push(name.borrow()),
                None => return Err(null(reader)),
            }
        }
        Ok(list)
    }
}

impl<S: AsRef<str>> FromIterator<S> for ChildList {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        let mut list = Self::default();
        names.into_iter().for_each(|name| list.push(name.as_ref()));
        list
    }
}

impl fmt::Debug for ChildList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use zookit_proto::wire::encode;

    use super::*;

    fn read(body: Bytes) -> Result<ChildList, DecodeError> {
        ChildList::read(&mut Reader::new("list", body), "children")
    }

    #[test]
    fn names_come_as_they_are_on_the_wire() {
        for names in [&[][..], &["a"], &["", "b", "", "ä€", "lock-0000000001", ""]] {
            let texts: Vec<Text> = names.iter().map(|name| Text::from(*name)).collect();
            let list = read(encode(&texts)).unwrap();
            assert_eq!(list.names().collect::<Vec<_>>(), names);
            assert_eq!((list.len(), list.is_empty()), (names.len(), names.is_empty()));
            assert_eq!(list, names.iter().collect());
            assert_eq!(format!("{list:?}"), format!("{names:?}"));
        }
        // The same bytes, cut otherwise.
        assert_ne!(ChildList::from_iter(["ab", "c"]), ChildList::from_iter(["a", "bc"]));
    }

    #[test]
    fn what_is_not_utf8_is_shown() {
        let texts = vec![Text::from_bytes(Bytes::from_static(b"a\xff")), Text::from("b")];
        let list = read(encode(&texts)).unwrap();
        assert_eq!(list.names().collect::<Vec<_>>(), ["a\u{fffd}", "b"]);
    }

    /// Of every list that a vector of text refuses, with the same words.
    #[test]
    fn what_is_no_list_is_refused() {
        for body in [
            &b""[..],
            b"\xff\xff\xff\xff",
            b"\xff\xff\xff\xfe",
            b"\0\0\0\x02\0\0\0\0",
            b"\0\0\0\x01\0\0\0\x02a",
            b"\0\0\0\x01\xff\xff\xff\xff",
            b"\x7f\xff\xff\xff\0\0\0\0",
        ] {
            let refused = read(Bytes::from_static(body)).unwrap_err();
            let mut reader = Reader::new("list", Bytes::from_static(body));
            let expected = <Vec<Text> as zookit_proto::wire::Field>::read(&mut reader, "children");
            assert_eq!(refused, expected.unwrap_err(), "{body:?}");
        }
    }
}
