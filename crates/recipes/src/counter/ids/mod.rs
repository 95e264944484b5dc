//! Numbers that are given out once, by reserving them in blocks.
//!
//! # What it guarantees
//!
//! Of all generators of one path no two give out the same number, and each gives out rising ones.
//! Between two generators they have no order, and not all numbers are used: what is left of a block
//! is lost with its generator.
//!
//! # How it works
//!
//! A block is reserved by [adding](super::atomic_long::AtomicLong::add) its length to a shared
//! number: the block is what lies between. The numbers of a block cost no request. A reservation of
//! which nobody can tell whether it was applied is left alone, and the next one made: that costs
//! numbers, and never gives one out twice.
//!
//! # What can go wrong
//!
//! * *The znode is deleted, or set back*: numbers are given out again. Let nobody do that.
//! * *The number leaves its range*: [`Error::OutOfRange`]; with a block of 1,000 and the default
//!   format after nine thousand billion blocks.
//!
//! # On disk
//!
//! That of the [`AtomicLong`]. Curator's `CachedAtomicLong` on the same path takes other numbers, if
//! its users go by `preValue()`; `postValue()` is one more, and may be the first of another block.
//!
//! ```
//! # use zookit_client::Client;
//! use zookit_recipes::{AtomicLong, IdGenerator};
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let orders = IdGenerator::new(AtomicLong::new(&client, "/app/orders"), 100);
//! assert_eq!(orders.next().await?, 0);
//! assert_eq!(orders.next().await?, 1);
//! let batch = orders.reserve(20).await?;
//! assert_eq!(batch, 100..120);
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

use std::ops::Range;

use tokio::sync::Mutex;
use zookit_client::RetryPolicy;

use super::atomic_long::AtomicLong;
use crate::Error;

/// A source of numbers that are given out once. See [the module](self).
#[derive(Debug)]
#[doc(alias = "CachedAtomicLong")]
#[doc(alias = "CachedAtomicInteger")]
pub struct IdGenerator {
    count: AtomicLong,
    length: u32,
    /// What is reserved and not given out.
    block: Mutex<Range<i64>>,
}

impl IdGenerator {
    /// A generator that reserves so many numbers at once, at least one, of a shared number that is
    /// of no other use.
    #[must_use]
    pub fn new(count: AtomicLong, length: u32) -> Self {
        Self { count, length: length.max(1), block: Mutex::new(0..0) }
    }

    /// The next number; whoever asks first is given it first.
    ///
    /// # Errors
    /// As [`AtomicLong::add`], if a block is due. No number is lost by that, nor given out twice.
    ///
    /// # If no reply comes
    /// Another block is reserved.
    ///
    /// # Cancel safety
    /// Dropping the future loses a block at most.
    pub async fn next(&self) -> Result<i64, Error> {
        let mut block = self.block.lock().await;
        loop {
            if let Some(id) = block.next() {
                return Ok(id);
            }
            *block = self.reserve(self.length).await?;
        }
    }

    /// So many numbers at once, at least one, beside the block that [`next`](Self::next) takes
    /// from.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    ///
    /// # If no reply comes
    /// Others are reserved.
    ///
    /// # Cancel safety
    /// Dropping the future loses them.
    pub async fn reserve(&self, length: u32) -> Result<Range<i64>, Error> {
        let policy = RetryPolicy { lost_writes: true, ..RetryPolicy::default() };
        let add = || async {
            match self.count.add(i64::from(length.max(1))).await {
                // What may have been reserved is nobody's.
                Err(Error::Client(error)) => Err(error),
                other => Ok(other),
            }
        };
        let change = self.count.client().retry(policy, |_| add()).await??;
        Ok(change.before..change.after)
    }
}
