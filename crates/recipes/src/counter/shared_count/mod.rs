//! A number that many share, with a stream of its changes: a [`SharedValue`] of 32 bits.
//!
//! What it guarantees, how it works and what can go wrong is [there](super::shared_value). It is
//! for what is set now and then, and followed: a limit, a setting. What is added to by many is an
//! [`AtomicLong`](super::atomic_long::AtomicLong).
//!
//! # On disk
//!
//! As Curator's `SharedCount`, and kazoo's `Counter` with `support_curator`: four bytes,
//! big-endian. A znode without data is the seed, as with kazoo.
//!
//! ```
//! # use zookit_client::Client;
//! use zookit_recipes::SharedCount;
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let limit = SharedCount::new(&client, "/app/limit", 10);
//! let seen = limit.get().await?;
//! if let Some(now) = limit.try_set(&seen, seen.value + 5).await? {
//!     println!("now {}", now.value);
//! }
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

use bytes::Bytes;
use zookit_client::{Client, Zxid};

use super::CountFormat;
use super::shared_value::{Follow, SharedValue, Versioned};
use crate::Error;
use crate::claim::ClaimOptions;

/// A number that many share. See [the module](self).
///
/// Clones are one handle: their sets go one after another.
#[derive(Debug, Clone)]
pub struct SharedCount {
    value: SharedValue,
    seed: i32,
}

impl SharedCount {
    /// The number at a path, which need not exist; the seed is what it then begins with.
    #[must_use]
    pub fn new(client: &Client, path: &str, seed: i32) -> Self {
        Self::with_options(client, path, seed, ClaimOptions::default())
    }

    /// The same, as [`SharedValue::with_options`].
    #[must_use]
    pub fn with_options(client: &Client, path: &str, seed: i32, options: ClaimOptions) -> Self {
        let value = SharedValue::with_options(client, path, bytes(seed), options);
        Self { value, seed }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &str {
        self.value.path()
    }

    /// As [`SharedValue::get`].
    ///
    /// # Errors
    /// As there; and [`Error::Malformed`] if the data is no number of 32 bits.
    ///
    /// # Cancel safety
    /// As there.
    #[doc(alias = "getCount")]
    #[doc(alias = "getVersionedValue")]
    pub async fn get(&self) -> Result<Versioned<i32>, Error> {
        let seen = self.value.get().await?;
        if seen.value.is_empty() {
            return seen.try_map(|_| Ok(self.seed));
        }
        seen.try_map(|data| number(self.path(), &data))
    }

    /// As [`SharedValue::set`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    ///
    /// # Cancel safety
    /// As there.
    #[doc(alias = "setCount")]
    pub async fn set(&self, count: i32) -> Result<Zxid, Error> {
        self.value.set(bytes(count)).await
    }

    /// As [`SharedValue::try_set`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    ///
    /// # Cancel safety
    /// As there.
    #[doc(alias = "trySetCount")]
    pub async fn try_set(
        &self,
        seen: &Versioned<i32>,
        count: i32,
    ) -> Result<Option<Versioned<i32>>, Error> {
        let set = self.value.try_replace(seen.version, bytes(count)).await?;
        set.map(|set| set.try_map(|_| Ok(count))).transpose()
    }

    /// As [`SharedValue::follow`]; of a znode without data the stream tells 0.
    #[doc(alias = "addListener")]
    pub fn follow(&self) -> Follow<i32> {
        self.value.follow_as(|path, data| number(path, &data))
    }
}

fn bytes(count: i32) -> Bytes {
    Bytes::copy_from_slice(&count.to_be_bytes())
}

fn number(path: &str, data: &Bytes) -> Result<i32, Error> {
    let count = CountFormat::Int.read(path, data)?;
    Ok(i32::try_from(count).expect("what is read from 32 bits fits into them"))
}
