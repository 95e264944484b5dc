//! A queue in the order of putting, whose items are removed before they are worked on.
//!
//! # What it guarantees
//!
//! An item is put once, and taken by one consumer at most, also over lost replies. It is taken *at
//! most once*: whoever has it and dies has lost it. Items are taken in the order in which they were
//! put, as far as consumers at once have an order.
//!
//! # How it works
//!
//! 1. An item is a persistent sequential znode below the queue's path.
//! 2. A consumer lists the queue, and goes through what it has seen before it lists again. It reads
//!    the oldest item, and deletes it; if that has gone meanwhile another one has it, and the next
//!    is tried.
//! 3. Puts and deletes are transactions that also set an ephemeral znode of this handle's own,
//!    `PATH-marks/_c_UUID-mark-`: behind a lost reply, and a fence, that one tells whether they were
//!    applied.
//! 4. Who waits for an item has a watch on the children; one item wakes all of them.
//!
//! # What can go wrong
//!
//! * *A consumer dies, or drops the future, with an item in hand*: the item is lost. Where that
//!   must not be there is [`locking`](super::locking).
//! * *The session expires behind a lost reply*: the mark is gone with it, and nobody can tell any
//!   more. That is *no reply*: of a put, that it may be there; of a take, that an item may be lost.
//! * *There are more items than fit into one reply*: [`Error::TooManyChildren`], with their number.
//!   A client of ours takes 64 MiB unless told otherwise; Java's clients take 1 MiB by default.
//!
//! # On disk
//!
//! As kazoo's `Queue`, Curator's `DistributedQueue` or its `SimpleDistributedQueue`, by
//! [`QueueLayout`]: producers and consumers of these can share it.
//!
//! ```
//! # use zookit_client::Client;
//! use zookit_recipes::Queue;
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let mails = Queue::new(&client, "/app/mails");
//! mails.put("to: a").await?;
//! mails.put("to: b").await?;
//! assert_eq!(mails.take().await?.message()?, "to: a");
//! assert_eq!(mails.try_take().await?.unwrap().message()?, "to: b");
//! assert!(mails.try_take().await?.is_none());
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;
use zookit_client::Client;

use super::store::Store;
use super::{Item, QueueLayout};
use crate::Error;
use crate::claim::ClaimOptions;

/// How the znodes of a queue are made.
///
/// ```
/// use zookit_recipes::{QueueLayout, QueueOptions};
/// let beside_curator = QueueOptions { layout: QueueLayout::Curator, ..Default::default() };
/// # let _ = beside_curator;
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueueOptions {
    /// Whose names and data items have; kazoo's by default.
    pub layout: QueueLayout,
    /// How znodes and their parents are made; name and data are those of the handle's own znodes,
    /// the marks, or of its locks.
    pub claim: ClaimOptions,
    /// Where its marks are, if not at `PATH-marks`, or of a [`LockingQueue`](crate::LockingQueue)
    /// at `PATH/marks`. Not among the items: kazoo's consumers would take them for some.
    pub marks: Option<String>,
    /// Of a [`LockingQueue`](crate::LockingQueue) in a layout other than kazoo's: where its locks
    /// are, Curator's `lockPath`, if not at `PATH-locks`.
    pub locks: Option<String>,
}

impl QueueOptions {
    pub(super) fn store(self, client: &Client, path: &str) -> Store {
        let marks = self.marks.unwrap_or_else(|| format!("{path}-marks"));
        Store::new(client, path.to_owned(), marks, self.layout, self.claim)
    }
}

/// A queue, at most once. See [the module](self).
///
/// Clones are one handle: what they put and take goes one after another.
#[derive(Debug, Clone)]
#[doc(alias = "DistributedQueue")]
#[doc(alias = "SimpleDistributedQueue")]
pub struct Queue {
    store: Arc<Store>,
}

impl Queue {
    /// The queue at a path, which need not exist.
    #[must_use]
    pub fn new(client: &Client, path: &str) -> Self {
        Self::with_options(client, path, QueueOptions::default())
    }

    /// The same, laid out otherwise.
    #[must_use]
    pub fn with_options(client: &Client, path: &str, options: QueueOptions) -> Self {
        Self { store: Arc::new(options.store(client, path).remembering()) }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.store.items
    }

    /// Puts a message at the end.
    ///
    /// # Errors
    /// The client's.
    ///
    /// # If no reply comes
    /// It is looked into. *No reply* only if nobody can tell any more.
    ///
    /// # Cancel safety
    /// Dropping the future takes nothing back: it may have been put.
    #[doc(alias = "offer")]
    pub async fn put(&self, message: impl Into<Bytes>) -> Result<(), Error> {
        self.store.put([message.into()], None).await
    }

    /// Puts all of these at the end, one behind the other, or none.
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
    ) -> Result<(), Error> {
        self.store.put(messages.into_iter().map(Into::into), None).await
    }

    /// Waits for an item, and removes it; over lost connections and sessions while there is none.
    ///
    /// # Errors
    /// The client's. [`Error::TooManyChildren`].
    ///
    /// # If no reply comes
    /// It is looked into. *No reply* only if nobody can tell any more whether the item was removed.
    ///
    /// # Cancel safety
    /// Dropping the future may lose an item.
    pub async fn take(&self) -> Result<Item, Error> {
        self.store.wait().await
    }

    /// As [`take`](Self::take), and gives up waiting after this long; `None` then. What is being
    /// removed by then is waited for: no item is lost by that.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    ///
    /// # Cancel safety
    /// As [`take`](Self::take).
    #[doc(alias = "poll")]
    pub async fn take_within(&self, time: Duration) -> Result<Option<Item>, Error> {
        take_within(&self.store, time).await
    }

    /// The oldest item, which is removed; `None` if there is none.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    ///
    /// # If no reply comes
    /// As [`take`](Self::take).
    ///
    /// # Cancel safety
    /// As [`take`](Self::take).
    #[doc(alias = "get")]
    #[doc(alias = "remove")]
    pub async fn try_take(&self) -> Result<Option<Item>, Error> {
        self.store.take().await
    }

    /// The oldest item, which stays; `None` if there is none.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    #[doc(alias = "element")]
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

/// The time is for the waiting alone, so that no item is lost when it is over.
pub(super) async fn take_within(store: &Store, time: Duration) -> Result<Option<Item>, Error> {
    let deadline = tokio::time::Instant::now().checked_add(time);
    loop {
        if let Some(item) = store.take().await? {
            return Ok(Some(item));
        }
        let wait = async {
            let (entries, watch) = store.list_and_watch().await?;
            if entries.is_empty() {
                drop(watch.await);
            }
            Ok::<_, Error>(())
        };
        let left = deadline.map_or(Duration::MAX, |deadline| {
            deadline.saturating_duration_since(tokio::time::Instant::now())
        });
        match timeout(left, wait).await {
            Ok(waited) => waited?,
            Err(_) => return Ok(None),
        }
    }
}
