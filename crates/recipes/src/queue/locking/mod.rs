//! A queue whose items are locked while they are worked on, and removed when that is done.
//!
//! # What it guarantees
//!
//! An item is put once, and worked on *at least once*: whoever has it and dies, gives it back or
//! loses its session leaves it to another one. At any moment at most one [`Taken`] of an item is
//! [trusted](crate::Claim::is_trusted), and at most one of all is ever
//! [consumed](Taken::consume), also over lost replies. The work itself may be done twice; what is
//! written to the same ensemble in the transaction that consumes the item
//! ([`consume_with`](Taken::consume_with)) is written once.
//!
//! # How it works
//!
//! 1. An item is a persistent sequential znode, with a priority in its name: `entries/entry-PPP-N`.
//! 2. A consumer lists items and locks, and takes the first that is not locked: one transaction
//!    creates `taken/NAME`, ephemeral, with an id of its own as data, and sets the item's data to
//!    what it is. That gives the item another version, which is known to this taker alone.
//! 3. Consuming is one transaction that deletes the item, if it still has that version, and the
//!    lock. So a lock that somebody else removed, or that was given back, cannot be used to remove
//!    an item that another one works on by now.
//! 4. Who waits has a watch on the items and one on the locks; a change wakes all of them.
//!
//! # What can go wrong
//!
//! * *The session expires while one works*: the item is another's when the servers end the session.
//!   The guard [tells](crate::Claim::lost), and [doubts](crate::Claim::doubted) before that.
//! * *A reply is lost*: of a lock, its id tells; of what consumes or gives back, the item's version.
//! * *A reply to a consumption is lost, and before the connection is back somebody deletes the lock
//!   and another one consumes the item*: both are told that they did. Only an operator deletes locks.
//! * *The future is dropped*: the lock is deleted in the background.
//! * *An item cannot be worked on*: given back it is the first again; [`requeue`](Taken::requeue)
//!   puts it to the end.
//! * *There are more items than fit into one reply*: [`Error::TooManyChildren`], with their number.
//!
//! # On disk
//!
//! As kazoo's `LockingQueue`; or as Curator's `DistributedQueue` and `DistributedPriorityQueue`
//! with a `lockPath`, with items at the path itself. Their consumers do not change the version, and
//! respect the locks all the same. Marks (see the [plain](super::plain) queue) are at `PATH/marks`,
//! or `PATH-marks`.
//!
//! ```
//! # use zookit_client::Client;
//! use zookit_recipes::LockingQueue;
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let jobs = LockingQueue::new(&client, "/app/work");
//! jobs.put("resize 1").await?;
//! let taken = jobs.take().await?;
//! println!("working on {:?}", taken.item().message()?);
//! taken.consume().await?;
//! assert!(jobs.try_take().await?.is_none());
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

mod take;
mod taken;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;
use zookit_client::{Client, OneShotWatch, RetryPolicy};

use super::QueueLayout;
use super::names::Entry;
use super::plain::QueueOptions;
use super::store::{Store, names_and_watch};
use crate::Error;
use crate::claim::{ClaimOptions, endless};
use crate::race::first;
pub use taken::Taken;

/// A queue with locked items, at least once. See [the module](self).
///
/// Clones are one handle: what they put goes one after another.
#[derive(Debug, Clone)]
pub struct LockingQueue {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: String,
    store: Store,
    /// The znode whose children the locks are.
    locks: String,
    options: ClaimOptions,
}

impl LockingQueue {
    /// The queue at a path, which need not exist.
    #[must_use]
    pub fn new(client: &Client, path: &str) -> Self {
        Self::with_options(client, path, QueueOptions::default())
    }

    /// The same, laid out otherwise.
    #[must_use]
    pub fn with_options(client: &Client, path: &str, options: QueueOptions) -> Self {
        let QueueOptions { layout, claim, marks, locks } = options;
        let kazoo = layout == QueueLayout::Kazoo;
        let below = |name: &str| format!("{path}{}{name}", if kazoo { '/' } else { '-' });
        let items = if kazoo { below("entries") } else { path.to_owned() };
        let marks = marks.unwrap_or_else(|| below("marks"));
        let locks = if kazoo { below("taken") } else { locks.unwrap_or_else(|| below("locks")) };
        let store = Store::new(client, items, marks, layout, claim.clone());
        let inner = Inner { path: path.to_owned(), store, locks, options: claim };
        Self { inner: Arc::new(inner) }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.inner.path
    }

    /// Puts a message behind all that say no priority: 100 in kazoo's layout.
    ///
    /// # Errors
    /// The client's.
    ///
    /// # If no reply comes
    /// It is looked into. *No reply* only if nobody can tell any more.
    ///
    /// # Cancel safety
    /// Dropping the future takes nothing back: it may have been put.
    pub async fn put(&self, message: impl Into<Bytes>) -> Result<(), Error> {
        self.inner.store.put([message.into()], None).await
    }

    /// Puts a message behind all of its priority; the lower comes first.
    ///
    /// # Errors
    /// As [`put`](Self::put); [`Error::OutOfRange`] if the layout has no room for the priority.
    ///
    /// # If no reply comes
    /// As [`put`](Self::put).
    ///
    /// # Cancel safety
    /// As [`put`](Self::put).
    pub async fn put_with_priority(
        &self,
        message: impl Into<Bytes>,
        priority: i32,
    ) -> Result<(), Error> {
        self.inner.store.put([message.into()], Some(priority)).await
    }

    /// Puts all of these, one behind the other, or none; with a priority, or none.
    ///
    /// # Errors
    /// As [`put_with_priority`](Self::put_with_priority); *not sent* if they are too many for one
    /// transaction.
    ///
    /// # If no reply comes
    /// As [`put`](Self::put).
    ///
    /// # Cancel safety
    /// As [`put`](Self::put).
    pub async fn put_all(
        &self,
        messages: impl IntoIterator<Item = impl Into<Bytes>>,
        priority: Option<i32>,
    ) -> Result<(), Error> {
        self.inner.store.put(messages.into_iter().map(Into::into), priority).await
    }

    /// Waits for an item that nobody works on, and locks it; over lost connections and sessions, as
    /// long as it takes.
    ///
    /// # Errors
    /// The client's, if trying again cannot mend it. [`Error::TooManyChildren`].
    ///
    /// # Cancel safety
    /// Dropping the future gives an item back that it has locked, in the background.
    #[doc(alias = "get")]
    pub async fn take(&self) -> Result<Taken, Error> {
        let take = || async {
            match self.try_take().await {
                Err(Error::Client(error)) => Err(error),
                other => Ok(other),
            }
        };
        let inner = &self.inner;
        // What may have been locked without a reply is given back in the background.
        let policy = RetryPolicy { lost_writes: true, ..endless() };
        loop {
            if let Some(taken) = inner.store.client.retry(policy, |_| take()).await?? {
                return Ok(taken);
            }
            let (free, items, locks) = inner.free_and_watch().await?;
            if free.is_empty() {
                // Whichever: the listings tell.
                first(items, locks).await;
            }
        }
    }

    /// As [`take`](Self::take), for this long at most; `None` if there is none by then.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    ///
    /// # Cancel safety
    /// As [`take`](Self::take).
    pub async fn take_within(&self, time: Duration) -> Result<Option<Taken>, Error> {
        timeout(time, self.take()).await.ok().transpose()
    }

    /// The first item that nobody works on, locked; `None` if there is none.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    ///
    /// # Cancel safety
    /// As [`take`](Self::take).
    pub async fn try_take(&self) -> Result<Option<Taken>, Error> {
        for entry in self.inner.free().await? {
            if let Some(taken) = take::take(&self.inner, entry).await? {
                return Ok(Some(taken));
            }
        }
        Ok(None)
    }

    /// How many items there are, with those that are locked.
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
        self.inner.store.len().await
    }
}

impl Inner {
    /// The items without a lock, in order. Locks are listed first: an item that is consumed in
    /// between is not there, rather than there and without a lock.
    async fn free(&self) -> Result<Vec<Entry>, Error> {
        let (locks, items) = (self.store.client.get_child_names(&self.locks), self.store.list());
        let locked = match locks.await {
            Ok(names) => names,
            Err(error) if error.is_no_node() => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        Ok(without(items.await?, &locked))
    }

    async fn free_and_watch(&self) -> Result<(Vec<Entry>, OneShotWatch, OneShotWatch), Error> {
        let (locked, locks) = names_and_watch(&self.store.client, &self.locks).await?;
        let (entries, items) = self.store.list_and_watch().await?;
        Ok((without(entries, &locked), items, locks))
    }
}

fn without(mut entries: Vec<Entry>, locked: &[String]) -> Vec<Entry> {
    let locked: BTreeSet<&String> = locked.iter().collect();
    entries.retain(|entry| !locked.contains(&entry.name));
    entries
}
