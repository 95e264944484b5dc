//! Text as the wire has it: bytes that ought to be UTF-8.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::ops::Deref;

use bytes::Bytes;

/// A jute `ustring` that is not null: a cheap, shared slice of the frame it came in.
///
/// ZooKeeper's Java side decodes bad bytes to U+FFFD and encodes a character above U+FFFF as two
/// three-byte surrogates, so text that is not UTF-8 does occur.
/// The bytes are kept as they came; [`to_str`](Self::to_str) replaces what cannot be shown.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Bytes);

impl Text {
    /// The empty text.
    #[must_use]
    pub const fn new() -> Self {
        Self(Bytes::new())
    }

    /// Text that lives as long as the program; no allocation.
    #[must_use]
    pub const fn from_static(text: &'static str) -> Self {
        Self(Bytes::from_static(text.as_bytes()))
    }

    /// Text from bytes that need not be UTF-8; nothing is copied.
    #[must_use]
    pub const fn from_bytes(bytes: Bytes) -> Self {
        Self(bytes)
    }

    /// The bytes as they came.
    #[must_use]
    pub const fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// The text, with U+FFFD for what is not UTF-8. Borrows whenever all of it is.
    #[must_use]
    pub fn to_str(&self) -> Cow<'_, str> {
        shown(&self.0)
    }

    /// A copy in memory of its own, so that a short name does not keep a long frame alive.
    #[must_use]
    pub fn detach(&self) -> Self {
        Self(Bytes::copy_from_slice(&self.0))
    }
}

/// Bytes as text, with U+FFFD for what is not UTF-8.
pub(crate) fn shown(bytes: &[u8]) -> Cow<'_, str> {
    // Nearly all text is UTF-8, which is told of all of it at once in a fraction of the time that it
    // takes to look for the first piece that is not.
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Borrow<[u8]> for Text {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(Bytes::copy_from_slice(text.as_bytes()))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(Bytes::from(text))
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.to_str().into_owned()
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_str())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.to_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{decode, encode};

    #[test]
    fn text_that_is_not_utf8_is_shown_and_kept() {
        let bytes = Bytes::from_static(b"a\xed\xa0\xbdb");
        let text = Text::from_bytes(bytes.clone());
        assert_eq!(text.as_bytes(), &bytes);
        assert_eq!(text.to_string(), "a\u{fffd}\u{fffd}\u{fffd}b");
        assert_eq!(format!("{text:?}"), "\"a\u{fffd}\u{fffd}\u{fffd}b\"");
        assert!(matches!(Text::from("ä").to_str(), Cow::Borrowed("ä")));
    }

    #[test]
    fn detached_text_is_equal_and_elsewhere() {
        let text = Text::from("name");
        let detached = text.detach();
        assert_eq!(detached, text);
        assert_ne!(detached.as_ptr(), text.as_ptr());
        assert_eq!(text, "name");
        assert_eq!(String::from(text), "name");
    }

    #[test]
    fn text_can_be_read_as_it_is_shown() {
        let texts = vec![Text::from("ä"), Text::from_bytes(Bytes::from_static(b"a\xff"))];
        let shown: Vec<String> = texts.iter().map(Text::to_string).collect();
        assert_eq!(shown, ["ä", "a\u{fffd}"]);
        assert_eq!(decode::<Vec<String>>("list", encode(&texts)), Ok(shown.clone()));
        assert_eq!(decode::<Vec<String>>("list", encode(&shown)), Ok(shown));
        for bad in [&b"\xff\xff\xff\xff"[..], b"\0\0\0\x02a", b"\0\0\0"] {
            let bad = Bytes::from_static(bad);
            let refused = decode::<Text>("text", bad.clone()).unwrap_err();
            assert_eq!(decode::<String>("text", bad), Err(refused));
        }
    }
}
