//! A value that many share: the data of one znode, with a stream of its changes.
//!
//! # What it guarantees
//!
//! [`try_set`](SharedValue::try_set) replaces the value that was seen, or nothing: of many who saw
//! one value, one replaces it. Its answer is true also when the reply was lost: what is answered as
//! set was set by this call, once (CURATOR-584 cannot happen). A [`Follow`] tells the value now and
//! every later one, in order; of those that come fast after each other it may tell only the last.
//!
//! # How it works
//!
//! 1. The znode is made with the seed when it is first read and not there.
//! 2. A set is a transaction that also sets an ephemeral znode of this handle's own below the path,
//!    `_c_UUID-mark-`: behind a lost reply, and a fence, that one tells whether it was applied.
//! 3. A follower reads and leaves a watch in one request, and reads again when it has fired.
//!
//! # What can go wrong
//!
//! * *The session expires behind a lost reply*: the mark is gone with it, and nobody can tell any
//!   more. That is *no reply*, and [`may_have_applied`](Error::may_have_applied).
//! * *The znode is deleted*: a follower tells `None`; a read makes it again, with the seed. The
//!   versions of the new one begin at 0: who had seen the same version of the old one replaces the
//!   new one's value. While a handle lives that has written, its mark is a child of it: a plain
//!   delete is refused as `NotEmpty`, and [`delete_recursive`](Client::delete_recursive) takes both.
//! * *The future is dropped*: the value may have been set.
//! * *The version reaches −1*, which stands for any: the server counts up to there with 2^32 sets.
//!   Such a value can be [`set`](SharedValue::set), and not compared. Newer servers leave −1 out.
//!
//! # On disk
//!
//! As Curator's `SharedValue`: the bytes as they are.
//!
//! ```
//! # use zookit_client::Client;
//! use zookit_recipes::SharedValue;
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let theme = SharedValue::new(&client, "/app/theme", "light");
//! let mut follow = theme.follow();
//! let seen = theme.get().await?;
//! if theme.try_set(&seen, "dark").await?.is_none() {
//!     println!("somebody else was faster");
//! }
//! while let Some(now) = follow.next().await? {
//!     println!("{:?}, since {}", now.value, now.zxid);
//!     # break;
//! }
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

mod follow;

use std::sync::Arc;

use bytes::Bytes;
use zookit_client::{Client, Version, Zxid};

use super::cell::Cell;
use crate::Error;
use crate::claim::ClaimOptions;
pub use follow::Follow;

/// How often a value is made that others delete meanwhile.
const MOST_MADE: u32 = 8;

/// A value, and which one it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned<T> {
    /// The value.
    pub value: T,
    /// The version that its znode then had.
    pub version: i32,
    /// The transaction that set it: it grows from value to value, also when the znode is deleted
    /// and made anew.
    pub zxid: Zxid,
}

impl<T> Versioned<T> {
    pub(crate) fn try_map<U>(
        self,
        map: impl FnOnce(T) -> Result<U, Error>,
    ) -> Result<Versioned<U>, Error> {
        let Self { value, version, zxid } = self;
        Ok(Versioned { value: map(value)?, version, zxid })
    }
}

/// A value that many share. See [the module](self).
///
/// Clones are one handle: their sets go one after another.
#[derive(Debug, Clone)]
pub struct SharedValue {
    cell: Arc<Cell>,
    seed: Bytes,
}

impl SharedValue {
    /// The value at a path, which need not exist; the seed is what it then begins with.
    #[must_use]
    pub fn new(client: &Client, path: &str, seed: impl Into<Bytes>) -> Self {
        Self::with_options(client, path, seed, ClaimOptions::default())
    }

    /// The same, with other rights or parents; name and data of the options are those of the
    /// handle's own znode, the mark.
    #[must_use]
    pub fn with_options(
        client: &Client,
        path: &str,
        seed: impl Into<Bytes>,
        options: ClaimOptions,
    ) -> Self {
        Self { cell: Arc::new(Cell::new(client, path, options)), seed: seed.into() }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.cell.path
    }

    /// The value that the server has, which may lag behind others. If there is none it is made.
    ///
    /// # Errors
    /// The client's.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing, or leaves the value made.
    pub async fn get(&self) -> Result<Versioned<Bytes>, Error> {
        for _ in 0..MOST_MADE {
            if let Some(node) = self.cell.read().await? {
                let (value, stat) = (node.data.unwrap_or_default(), node.stat);
                return Ok(Versioned { value, version: stat.version, zxid: stat.mzxid });
            }
            self.cell.make(self.seed.clone()).await?;
        }
        Err(Error::Contended { path: self.path().into(), attempts: MOST_MADE })
    }

    /// Sets the value, whatever it was; answers the zxid, by which a follower knows it again.
    ///
    /// # Errors
    /// The client's.
    ///
    /// # If no reply comes
    /// It is looked into. *No reply* only if nobody can tell any more.
    ///
    /// # Cancel safety
    /// Dropping the future takes nothing back: the value may have been set.
    pub async fn set(&self, value: impl Into<Bytes>) -> Result<Zxid, Error> {
        let value = value.into();
        for _ in 0..MOST_MADE {
            if let Some(zxid) = self.cell.replace(value.clone(), Version::Any).await? {
                return Ok(zxid);
            }
            self.cell.make(self.seed.clone()).await?;
        }
        Err(Error::Contended { path: self.path().into(), attempts: MOST_MADE })
    }

    /// Replaces the value that was seen, and answers the new one; `None` if it is another one by
    /// now.
    ///
    /// # Errors
    /// The client's. *Not sent* if the version that was seen is −1.
    ///
    /// # If no reply comes
    /// It is looked into. *No reply* only if nobody can tell any more.
    ///
    /// # Cancel safety
    /// Dropping the future takes nothing back: the value may have been replaced.
    #[doc(alias = "trySetValue")]
    pub async fn try_set(
        &self,
        seen: &Versioned<Bytes>,
        value: impl Into<Bytes>,
    ) -> Result<Option<Versioned<Bytes>>, Error> {
        self.try_replace(seen.version, value.into()).await
    }

    pub(crate) async fn try_replace(
        &self,
        seen: i32,
        value: Bytes,
    ) -> Result<Option<Versioned<Bytes>>, Error> {
        let zxid = self.cell.replace(value.clone(), Version::Exactly(seen)).await?;
        let version = seen.wrapping_add(1);
        Ok(zxid.map(|zxid| Versioned { value, version, zxid }))
    }

    /// A stream of what it is: the value now, and each later one.
    #[doc(alias = "addListener")]
    pub fn follow(&self) -> Follow<Bytes> {
        self.follow_as(|_, data| Ok(data))
    }

    pub(crate) fn follow_as<T>(&self, read: fn(&str, Bytes) -> Result<T, Error>) -> Follow<T> {
        Follow::new(&self.cell.client, self.path(), read)
    }
}
