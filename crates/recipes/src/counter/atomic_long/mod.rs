//! A number that many add to, each time exactly once.
//!
//! # What it guarantees
//!
//! A change that is answered was applied once, to the number it says that it found; one that is
//! refused or *not sent* was not applied. That holds over lost replies too: nothing is counted
//! twice, and nothing that another one wrote is taken for one's own (CURATOR-584).
//!
//! # How it works
//!
//! 1. The number is read. If there is no znode, one is made with 0.
//! 2. A transaction sets the next number at the version that was read, and along with it an
//!    ephemeral znode of this handle's own below the path, `_c_UUID-mark-`. Behind a lost reply,
//!    and a fence, the version of that one tells whether the transaction was applied.
//! 3. If somebody else was faster both are done again, [`attempts`](AtomicOptions::attempts) times
//!    at most.
//! 4. Then, if there is a [`promotion`](AtomicOptions::promotion), that lock is taken, and those
//!    who wait for it change the number one after another. Those who have attempts left do not
//!    wait, so that takes attempts too, which are bounded.
//!
//! That is two round trips without contention, and one lock more for whoever is too slow. Who gives
//! out numbers at a high rate reserves blocks: see [`ids`](super::ids).
//!
//! # What can go wrong
//!
//! * *Others are always faster*: [`Error::Contended`], and nothing was changed.
//! * *The session expires behind a lost reply*: the mark is gone with it, and nobody can tell any
//!   more. That is *no reply*, and [`may_have_applied`](Error::may_have_applied).
//! * *The future is dropped*: the number may have been changed.
//! * *The number leaves its range*: [`Error::OutOfRange`], and nothing was changed.
//! * *The znode is deleted*: the count begins again at 0. While a handle lives that has written, its
//!   mark is a child of it: a plain delete is refused as `NotEmpty`, and
//!   [`delete_recursive`](Client::delete_recursive) takes both.
//!
//! # On disk
//!
//! As Curator's `DistributedAtomicLong`, `DistributedAtomicInteger`, `SharedCount` or kazoo's
//! `Counter`, by [`CountFormat`]: processes of these can count along.
//!
//! ```
//! # use zookit_client::Client;
//! use zookit_recipes::AtomicLong;
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let visits = AtomicLong::new(&client, "/app/visits");
//! let change = visits.add(3).await?;
//! assert_eq!((change.before, change.after), (0, 3));
//! assert_eq!(visits.get().await?, 3);
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

use std::sync::Arc;

use zookit_client::{Client, Version};

use super::CountFormat;
use super::cell::Cell;
use crate::Error;
use crate::claim::ClaimOptions;
use crate::lock::mutex::Mutex;

/// How often a change is tried under the lock.
const MOST_PROMOTED: u32 = 100;

/// How a number is written and changed.
///
/// ```
/// use zookit_recipes::{AtomicOptions, CountFormat};
/// let beside_kazoo = AtomicOptions { format: CountFormat::Text, ..Default::default() };
/// # let _ = beside_kazoo;
/// ```
#[derive(Debug, Clone)]
pub struct AtomicOptions {
    /// How it is written; as Curator's long by default.
    pub format: CountFormat,
    /// How often a change is tried while others are faster; 16 times by default, at least once.
    pub attempts: u32,
    /// The lock that is then taken; none by default. It is to be of no other use, and the same for
    /// all.
    pub promotion: Option<Mutex>,
    /// How the znode and its parents are made; name and data are those of the handle's own znode,
    /// the mark.
    pub claim: ClaimOptions,
}

impl Default for AtomicOptions {
    fn default() -> Self {
        Self {
            format: CountFormat::default(),
            attempts: 16,
            promotion: None,
            claim: ClaimOptions::default(),
        }
    }
}

/// A change that was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[doc(alias = "AtomicValue")]
pub struct CountChange {
    /// The number that was found.
    pub before: i64,
    /// What it was changed to.
    pub after: i64,
}

/// A number that many add to. See [the module](self).
///
/// Clones are one handle: their changes go one after another.
#[derive(Debug, Clone)]
#[doc(alias = "DistributedAtomicLong")]
#[doc(alias = "DistributedAtomicInteger")]
#[doc(alias = "Counter")]
pub struct AtomicLong {
    cell: Arc<Cell>,
    options: AtomicOptions,
}

impl AtomicLong {
    /// The number at a path, which need not exist.
    #[must_use]
    pub fn new(client: &Client, path: &str) -> Self {
        Self::with_options(client, path, AtomicOptions::default())
    }

    /// The same, written or changed otherwise.
    #[must_use]
    pub fn with_options(client: &Client, path: &str, options: AtomicOptions) -> Self {
        let cell = Arc::new(Cell::new(client, path, options.claim.clone()));
        Self { cell, options }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.cell.path
    }

    pub(crate) fn client(&self) -> &Client {
        &self.cell.client
    }

    /// The number that the server has, which may lag behind others; 0 if there is none.
    ///
    /// # Errors
    /// The client's; [`Error::Malformed`] if the data is no such number.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn get(&self) -> Result<i64, Error> {
        let node = self.cell.read().await?;
        let data = node.and_then(|node| node.data).unwrap_or_default();
        self.options.format.read(self.path(), &data)
    }

    /// Makes the number, unless there is one; answers what it is.
    ///
    /// # Errors
    /// As [`get`](Self::get); [`Error::OutOfRange`].
    ///
    /// # Cancel safety
    /// Dropping the future takes nothing back.
    pub async fn initialize(&self, count: i64) -> Result<i64, Error> {
        let data = self.options.format.write(self.path(), count.into())?;
        self.cell.make(data).await?;
        self.get().await
    }

    /// Adds to the number; a negative one takes away from it.
    ///
    /// # Errors
    /// The client's; [`Error::Contended`], [`Error::OutOfRange`], [`Error::Malformed`].
    ///
    /// # If no reply comes
    /// It is looked into. *No reply* only if nobody can tell any more.
    ///
    /// # Cancel safety
    /// Dropping the future takes nothing back: it may have been added.
    #[doc(alias = "subtract")]
    pub async fn add(&self, delta: i64) -> Result<CountChange, Error> {
        self.change(|count| Some(i128::from(count) + i128::from(delta))).await.map(changed)
    }

    /// Adds one. As [`add`](Self::add).
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// As there.
    pub async fn increment(&self) -> Result<CountChange, Error> {
        self.add(1).await
    }

    /// Takes one away. As [`add`](Self::add).
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// As there.
    pub async fn decrement(&self) -> Result<CountChange, Error> {
        self.add(-1).await
    }

    /// Changes the number to what a function makes of it, which may be called again with another
    /// one. As [`add`](Self::add).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    ///
    /// # Cancel safety
    /// As there.
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::Client;
    /// # use zookit_recipes::AtomicLong;
    /// # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
    /// let peak = AtomicLong::new(&client, "/app/peak");
    /// let change = peak.update(|seen| seen.max(70)).await?;
    /// assert_eq!(change.after, 70);
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    pub async fn update(&self, mut next: impl FnMut(i64) -> i64) -> Result<CountChange, Error> {
        self.change(|count| Some(next(count).into())).await.map(changed)
    }

    /// Changes the number if it is the expected one; whether it was. As [`add`](Self::add).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    ///
    /// # Cancel safety
    /// As there.
    #[doc(alias = "compareAndSet")]
    pub async fn compare_and_set(&self, expected: i64, count: i64) -> Result<bool, Error> {
        let next = |found| (found == expected).then(|| count.into());
        Ok(self.change(next).await?.is_some())
    }

    /// Sets the number, whatever it was; answers what that was. As [`add`](Self::add).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    ///
    /// # Cancel safety
    /// As there.
    #[doc(alias = "trySet")]
    #[doc(alias = "forceSet")]
    pub async fn set(&self, count: i64) -> Result<i64, Error> {
        Ok(self.update(|_| count).await?.before)
    }

    /// Tries, and tries again under the lock; `None` if the function does not want a change.
    async fn change(
        &self,
        mut next: impl FnMut(i64) -> Option<i128>,
    ) -> Result<Option<CountChange>, Error> {
        let mut attempts = self.options.attempts.max(1);
        if let Some(done) = self.try_change(attempts, &mut next).await? {
            return Ok(done);
        }
        if let Some(lock) = &self.options.promotion {
            // For its order alone; what is counted rests on versions. Dropping it releases it.
            let _guard = lock.acquire().await?;
            attempts = attempts.saturating_add(MOST_PROMOTED);
            if let Some(done) = self.try_change(MOST_PROMOTED, &mut next).await? {
                return Ok(done);
            }
        }
        Err(Error::Contended { path: self.path().into(), attempts })
    }

    /// `None` if others were faster each time.
    async fn try_change(
        &self,
        attempts: u32,
        next: &mut impl FnMut(i64) -> Option<i128>,
    ) -> Result<Option<Option<CountChange>>, Error> {
        let (format, path) = (self.options.format, self.path());
        for _ in 0..attempts {
            let node = match self.cell.read().await? {
                Some(node) => node,
                None => {
                    self.cell.make(format.write(path, 0)?).await?;
                    let Some(node) = self.cell.read().await? else { continue };
                    node
                }
            };
            let before = format.read(path, &node.data.unwrap_or_default())?;
            let Some(after) = next(before) else { return Ok(Some(None)) };
            let data = format.write(path, after)?;
            let version = Version::Exactly(node.stat.version);
            if self.cell.replace(data, version).await?.is_some() {
                let after = i64::try_from(after).expect("every format has 64 bits at most");
                return Ok(Some(Some(CountChange { before, after })));
            }
        }
        Ok(None)
    }
}

fn changed(change: Option<CountChange>) -> CountChange {
    change.expect("the function wants a change of any number")
}
