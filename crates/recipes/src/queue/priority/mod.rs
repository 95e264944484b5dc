//! A queue in which what is urgent comes first.
//!
//! # What it guarantees
//!
//! What the [plain](super::plain) queue does, but for the order: of the items that are there when
//! one is taken, it is the oldest of those with the lowest priority. *At most once*.
//!
//! # How it works
//!
//! As the plain queue, with the priority in the name of an item. Since something more urgent may
//! come at any time a consumer lists the queue for each item: what that costs grows with the
//! queue.
//!
//! # What can go wrong
//!
//! What can there. And *what is urgent never ends*: then the rest is never taken.
//!
//! # On disk
//!
//! As kazoo's `Queue`, with priorities from 0 to 999 and 100 for those that say none, or Curator's
//! `DistributedPriorityQueue`, with any of 32 bits. In both the lower comes first.
//!
//! ```
//! # use zookit_client::Client;
//! use zookit_recipes::PriorityQueue;
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let jobs = PriorityQueue::new(&client, "/app/jobs");
//! jobs.put("sweep", 500).await?;
//! jobs.put("alarm", 1).await?;
//! assert_eq!(jobs.take().await?.message()?, "alarm");
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use zookit_client::Client;

use super::Item;
use super::plain::{QueueOptions, take_within};
use super::store::Store;
use crate::Error;

/// A queue with priorities, at most once. See [the module](self).
///
/// Clones are one handle: what they put and take goes one after another.
#[derive(Debug, Clone)]
#[doc(alias = "DistributedPriorityQueue")]
pub struct PriorityQueue {
    store: Arc<Store>,
}

impl PriorityQueue {
    /// The queue at a path, which need not exist.
    #[must_use]
    pub fn new(client: &Client, path: &str) -> Self {
        Self::with_options(client, path, QueueOptions::default())
    }

    /// The same, laid out otherwise. The simple layout has no room for any priority but 0.
    #[must_use]
    pub fn with_options(client: &Client, path: &str, options: QueueOptions) -> Self {
        Self { store: Arc::new(options.store(client, path)) }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.store.items
    }

    /// Puts a message behind all of its priority; the lower comes first.
    ///
    /// # Errors
    /// The client's; [`Error::OutOfRange`] if the layout has no room for the priority.
    ///
    /// # If no reply comes
    /// It is looked into. *No reply* only if nobody can tell any more.
    ///
    /// # Cancel safety
    /// Dropping the future takes nothing back: it may have been put.
    pub async fn put(&self, message: impl Into<Bytes>, priority: i32) -> Result<(), Error> {
        self.store.put([message.into()], Some(priority)).await
    }

    /// Puts all of these, one behind the other, or none.
    ///
    /// # Errors
    /// As [`put`](Self::put); *not sent* if they are too many for one transaction.
    ///
    /// # If no reply comes
    /// As [`put`](Self::put).
    ///
    /// # Cancel safety
    /// As [`put`](Self::put).
    pub async fn put_all(
        &self,
        messages: impl IntoIterator<Item = impl Into<Bytes>>,
        priority: i32,
    ) -> Result<(), Error> {
        self.store.put(messages.into_iter().map(Into::into), Some(priority)).await
    }

    /// As [`Queue::take`](super::plain::Queue::take).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    ///
    /// # Cancel safety
    /// As there.
    pub async fn take(&self) -> Result<Item, Error> {
        self.store.wait().await
    }

    /// As [`Queue::take_within`](super::plain::Queue::take_within).
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// As there.
    #[doc(alias = "poll")]
    pub async fn take_within(&self, time: Duration) -> Result<Option<Item>, Error> {
        take_within(&self.store, time).await
    }

    /// As [`Queue::try_take`](super::plain::Queue::try_take).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    ///
    /// # Cancel safety
    /// As there.
    #[doc(alias = "get")]
    pub async fn try_take(&self) -> Result<Option<Item>, Error> {
        self.store.take().await
    }

    /// As [`Queue::peek`](super::plain::Queue::peek).
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// As there.
    pub async fn peek(&self) -> Result<Option<Item>, Error> {
        self.store.peek().await
    }

    /// How many items there are, with whatever else is below the path.
    ///
    /// # Errors
    /// The client's.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    #[expect(
        clippy::len_without_is_empty,
        reason = "it asks the server, and is old when it is told"
    )]
    pub async fn len(&self) -> Result<usize, Error> {
        self.store.len().await
    }
}
