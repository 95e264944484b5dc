//! How values are written as data.

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How values are written as the data of znodes: [`Json`], or one of your own.
///
/// ```
/// use serde::{Serialize, de::DeserializeOwned};
/// use zookit_recipes::typed::{Codec, Json};
///
/// /// JSON that people can read.
/// #[derive(Debug, Clone, Copy)]
/// struct Pretty;
///
/// impl Codec for Pretty {
///     const NAME: &'static str = "JSON";
///
///     fn write<T: Serialize>(&self, value: &T) -> Result<Vec<u8>, String> {
///         serde_json::to_vec_pretty(value).map_err(|error| error.to_string())
///     }
///
///     fn read<T: DeserializeOwned>(&self, data: &[u8]) -> Result<T, String> {
///         Json.read(data)
///     }
/// }
/// assert_eq!(Pretty.write(&[1]).unwrap(), b"[\n  1\n]");
/// ```
pub trait Codec {
    /// What it writes, for messages.
    const NAME: &'static str;

    /// The data of a value.
    ///
    /// # Errors
    /// Why there are none, in a few words.
    fn write<T: Serialize>(&self, value: &T) -> Result<Vec<u8>, String>;

    /// The value that was written as these data; null data are shown as empty ones.
    ///
    /// # Errors
    /// Why there is none, in a few words.
    fn read<T: DeserializeOwned>(&self, data: &[u8]) -> Result<T, String>;
}

/// JSON, in as few bytes as it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Json;

impl Codec for Json {
    const NAME: &'static str = "JSON";

    fn write<T: Serialize>(&self, value: &T) -> Result<Vec<u8>, String> {
        serde_json::to_vec(value).map_err(|error| error.to_string())
    }

    fn read<T: DeserializeOwned>(&self, data: &[u8]) -> Result<T, String> {
        serde_json::from_slice(data).map_err(|error| error.to_string())
    }
}

/// The value of data, or why the znode has none.
pub(super) fn read<T: DeserializeOwned, C: Codec>(
    codec: &C,
    path: &str,
    data: Option<&[u8]>,
) -> Result<T, crate::Error> {
    codec.read(data.unwrap_or_default()).map_err(|why| crate::Error::Malformed {
        path: path.into(),
        expected: C::NAME,
        found: why.into(),
    })
}

/// The data of a value for a znode.
pub(super) fn write<T: Serialize, C: Codec>(
    codec: &C,
    path: &str,
    value: &T,
) -> Result<Bytes, crate::Error> {
    codec.write(value).map(Bytes::from).map_err(|why| crate::Error::Unwritable {
        path: path.into(),
        codec: C::NAME,
        why: why.into(),
    })
}
