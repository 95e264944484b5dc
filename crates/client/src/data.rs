//! What callers hand in and get back: data, versions, and the values of the reads.

use bytes::Bytes;
use zookit_proto::Stat;
use zookit_proto::types::Acl;

/// The data of a znode: bytes, or null, which a server keeps apart from empty bytes.
///
/// Everything that looks like bytes turns into it: `&str`, `String`, `&[u8]`, `Vec<u8>`, `Bytes`.
/// `()` is empty data; [`Data::NULL`] and `None` are null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Data(Option<Bytes>);

impl Data {
    /// No data at all, as `create PATH` of the Java shell leaves it.
    pub const NULL: Self = Self(None);

    /// No bytes.
    pub const EMPTY: Self = Self(Some(Bytes::new()));

    /// The bytes, if it is not null.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&Bytes> {
        self.0.as_ref()
    }

    pub(crate) fn into_bytes(self) -> Option<Bytes> {
        self.0
    }
}

macro_rules! data_from {
    ($($kind:ty => $convert:expr),* $(,)?) => { $(
        impl From<$kind> for Data {
            fn from(data: $kind) -> Self {
                Self(Some($convert(data)))
            }
        }
    )* };
}

data_from! {
    Bytes => std::convert::identity,
    Vec<u8> => Bytes::from,
    String => Bytes::from,
    &[u8] => Bytes::copy_from_slice,
    &str => |text: &str| Bytes::copy_from_slice(text.as_bytes()),
    &String => |text: &String| Bytes::copy_from_slice(text.as_bytes()),
    () => |()| Bytes::new(),
}

impl<const N: usize> From<&[u8; N]> for Data {
    fn from(data: &[u8; N]) -> Self {
        Self(Some(Bytes::copy_from_slice(data)))
    }
}

/// `None` is null.
impl From<Option<Bytes>> for Data {
    fn from(data: Option<Bytes>) -> Self {
        Self(data)
    }
}

/// The version a write demands of what it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    /// Whatever version it has: `-1` on the wire.
    Any,
    /// Just this one; otherwise the server answers `BadVersion` and changes nothing.
    Exactly(i32),
}

impl Version {
    /// The number on the wire; `None` for an exact `-1`, which there would mean any.
    pub(crate) const fn to_wire(self) -> Option<i32> {
        match self {
            Self::Any => Some(-1),
            Self::Exactly(-1) => None,
            Self::Exactly(version) => Some(version),
        }
    }
}

/// What [`get_data`](crate::Client::get_data) answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeData {
    /// The data; `None` is null, which is not empty.
    ///
    /// A slice of what was received: long-lived small data is better copied.
    pub data: Option<Bytes>,
    /// The stat that belongs to it.
    pub stat: Stat,
}

/// What [`get_children`](crate::Client::get_children) answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Children {
    /// The names, without their parent's path, sorted by nothing.
    pub names: Vec<String>,
    /// The parent's stat.
    pub stat: Stat,
}

/// What [`get_acl`](crate::Client::get_acl) answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeAcl {
    /// Who may do what.
    pub acl: Vec<Acl>,
    /// The stat; its `aversion` is what [`set_acl`](crate::Client::set_acl) compares.
    pub stat: Stat,
}

/// What [`create`](crate::Client::create) answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// The path it got, as this client sees it: with the number, in a sequential mode.
    pub path: String,
    /// Its stat; `None` where the server does not tell, which are those before 3.5 and, within a
    /// multi, before 3.7.2 and 3.8.2.
    pub stat: Option<Stat>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_not_empty() {
        assert_ne!(Data::NULL, Data::EMPTY);
        assert_eq!(Data::from(()), Data::EMPTY);
        assert_eq!(Data::from(None), Data::NULL);
        for same in [Data::from("hi"), Data::from(b"hi"), Data::from(vec![b'h', b'i'])] {
            assert_eq!(same.as_bytes().unwrap(), &b"hi"[..]);
        }
    }

    #[test]
    fn an_exact_minus_one_has_no_wire_form() {
        assert_eq!(Version::Any.to_wire(), Some(-1));
        assert_eq!(Version::Exactly(0).to_wire(), Some(0));
        assert_eq!(Version::Exactly(-2).to_wire(), Some(-2));
        assert_eq!(Version::Exactly(-1).to_wire(), None);
    }
}
