//! The queue whose items are locked.

use std::ops::Deref;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;
use zookit_client::blocking::Client;
use zookit_client::{MultiOutcome, Transaction};

use crate::queue::locking;
use crate::queue::plain::QueueOptions;
use crate::{Error, Lost};

/// The twin of [`LockingQueue`](locking::LockingQueue).
///
/// ```
/// # use zookit_client::blocking::Client;
/// use zookit_recipes::blocking::LockingQueue;
///
/// # fn f(client: Client) -> Result<(), zookit_recipes::Error> {
/// let mails = LockingQueue::new(&client, "/app/mails");
/// mails.put("to: a")?;
/// let taken = mails.take()?;
/// assert_eq!(taken.item().message()?, "to: a");
/// taken.consume()?;
/// # Ok(()) }
/// # zookit_doctest::blocking::with_client(f);
/// ```
#[derive(Debug, Clone)]
pub struct LockingQueue {
    // Before the client: what it cleans up is done on the client's thread.
    queue: locking::LockingQueue,
    client: Client,
}

impl LockingQueue {
    /// As [the async one](locking::LockingQueue::new).
    #[must_use]
    pub fn new(client: &Client, path: &str) -> Self {
        Self::with_options(client, path, QueueOptions::default())
    }

    /// As [the async one](locking::LockingQueue::with_options).
    #[must_use]
    pub fn with_options(client: &Client, path: &str, options: QueueOptions) -> Self {
        let queue = locking::LockingQueue::with_options(client.asynchronous(), path, options);
        Self { queue, client: client.clone() }
    }

    /// As [the async one](locking::LockingQueue::path).
    #[must_use]
    pub fn path(&self) -> &str {
        self.queue.path()
    }

    /// As [the async one](locking::LockingQueue::len).
    ///
    /// # Errors
    /// As there.
    #[expect(
        clippy::len_without_is_empty,
        reason = "it asks the server, and is old when it is told"
    )]
    pub fn len(&self) -> Result<usize, Error> {
        self.client.wait(self.queue.len())
    }

    /// As [the async one](locking::LockingQueue::put).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    pub fn put(&self, message: impl Into<Bytes>) -> Result<(), Error> {
        self.client.wait(self.queue.put(message))
    }

    /// As [the async one](locking::LockingQueue::put_with_priority).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    pub fn put_with_priority(&self, message: impl Into<Bytes>, priority: i32) -> Result<(), Error> {
        self.client.wait(self.queue.put_with_priority(message, priority))
    }

    /// As [the async one](locking::LockingQueue::put_all).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    pub fn put_all(
        &self,
        messages: impl IntoIterator<Item = impl Into<Bytes>>,
        priority: Option<i32>,
    ) -> Result<(), Error> {
        self.client.wait(self.queue.put_all(messages, priority))
    }

    /// As [the async one](locking::LockingQueue::take).
    ///
    /// # Errors
    /// As there.
    pub fn take(&self) -> Result<Taken, Error> {
        let taken = self.client.wait(self.queue.take())?;
        Ok(Taken { taken, client: self.client.clone() })
    }

    /// As [the async one](locking::LockingQueue::take_within).
    ///
    /// # Errors
    /// As there.
    pub fn take_within(&self, time: Duration) -> Result<Option<Taken>, Error> {
        let taken = self.client.wait(self.queue.take_within(time))?;
        Ok(taken.map(|taken| Taken { taken, client: self.client.clone() }))
    }

    /// As [the async one](locking::LockingQueue::try_take).
    ///
    /// # Errors
    /// As there.
    pub fn try_take(&self) -> Result<Option<Taken>, Error> {
        let taken = self.client.wait(self.queue.try_take())?;
        Ok(taken.map(|taken| Taken { taken, client: self.client.clone() }))
    }
}

/// The twin of [`Taken`](locking::Taken); see that for all that it can tell without waiting.
#[derive(Debug)]
#[must_use = "an item that is dropped is given back"]
pub struct Taken {
    // Before the client: what it cleans up is done on the client's thread.
    taken: locking::Taken,
    client: Client,
}

impl Taken {
    /// As [the async one](locking::Taken::holds).
    ///
    /// # Errors
    /// As there.
    pub fn holds(&self) -> Result<bool, Error> {
        self.client.wait(self.taken.holds())
    }

    /// As [the async one](locking::Taken::guarded_multi).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    pub fn guarded_multi(&self, transaction: Transaction) -> Result<Vec<MultiOutcome>, Error> {
        self.client.wait(self.taken.guarded_multi(transaction))
    }

    /// As [the async one](locking::Taken::consume).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    pub fn consume(self) -> Result<(), Error> {
        self.client.wait(self.taken.consume())
    }

    /// As [the async one](locking::Taken::consume_with).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    pub fn consume_with(self, transaction: Transaction) -> Result<(), Error> {
        self.client.wait(self.taken.consume_with(transaction))
    }

    /// As [the async one](locking::Taken::requeue).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    pub fn requeue(self) -> Result<(), Error> {
        self.client.wait(self.taken.requeue())
    }

    /// As [the async one](locking::Taken::release).
    ///
    /// # Errors
    /// As there.
    pub fn release(self) -> Result<(), Error> {
        self.client.wait(self.taken.release())
    }

    /// As [`Claim::doubted`](crate::Claim::doubted), for this long at most; whether it is doubtful.
    #[must_use]
    pub fn doubted_within(&self, time: Duration) -> bool {
        self.client.wait(async { timeout(time, self.taken.doubted()).await }).is_ok()
    }

    /// As [`Claim::lost`](crate::Claim::lost), for this long at most; `None` if it is not lost by
    /// then.
    #[must_use]
    pub fn lost_within(&self, time: Duration) -> Option<Lost> {
        self.client.wait(async { timeout(time, self.taken.lost()).await }).ok()
    }
}

impl Deref for Taken {
    type Target = locking::Taken;

    fn deref(&self) -> &locking::Taken {
        &self.taken
    }
}
