//! The queues.

use std::time::Duration;

use bytes::Bytes;
use zookit_client::blocking::Client;

use crate::Error;
use crate::queue::plain::QueueOptions;
use crate::queue::{Item, plain, priority};

/// The twin of [`Queue`](plain::Queue).
///
/// ```
/// # use zookit_client::blocking::Client;
/// use zookit_recipes::blocking::Queue;
///
/// # fn f(client: Client) -> Result<(), zookit_recipes::Error> {
/// let mails = Queue::new(&client, "/app/mails");
/// mails.put("to: a")?;
/// assert_eq!(mails.take()?.message()?, "to: a");
/// # Ok(()) }
/// # zookit_doctest::blocking::with_client(f);
/// ```
#[derive(Debug, Clone)]
pub struct Queue {
    // Before the client: what it cleans up is done on the client's thread.
    queue: plain::Queue,
    client: Client,
}

impl Queue {
    /// As [the async one](plain::Queue::new).
    #[must_use]
    pub fn new(client: &Client, path: &str) -> Self {
        Self::with_options(client, path, QueueOptions::default())
    }

    /// As [the async one](plain::Queue::with_options).
    #[must_use]
    pub fn with_options(client: &Client, path: &str, options: QueueOptions) -> Self {
        let queue = plain::Queue::with_options(client.asynchronous(), path, options);
        Self { queue, client: client.clone() }
    }

    /// As [the async one](plain::Queue::path).
    #[must_use]
    pub fn path(&self) -> &str {
        self.queue.path()
    }

    /// As [the async one](plain::Queue::len).
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

    /// As [the async one](plain::Queue::put).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    pub fn put(&self, message: impl Into<Bytes>) -> Result<(), Error> {
        self.client.wait(self.queue.put(message))
    }

    /// As [the async one](plain::Queue::put_all).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    pub fn put_all(
        &self,
        messages: impl IntoIterator<Item = impl Into<Bytes>>,
    ) -> Result<(), Error> {
        self.client.wait(self.queue.put_all(messages))
    }

    /// As [the async one](plain::Queue::take).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    pub fn take(&self) -> Result<Item, Error> {
        self.client.wait(self.queue.take())
    }

    /// As [the async one](plain::Queue::take_within).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    pub fn take_within(&self, time: Duration) -> Result<Option<Item>, Error> {
        self.client.wait(self.queue.take_within(time))
    }

    /// As [the async one](plain::Queue::try_take).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    pub fn try_take(&self) -> Result<Option<Item>, Error> {
        self.client.wait(self.queue.try_take())
    }

    /// As [the async one](plain::Queue::peek).
    ///
    /// # Errors
    /// As there.
    pub fn peek(&self) -> Result<Option<Item>, Error> {
        self.client.wait(self.queue.peek())
    }
}

/// The twin of [`PriorityQueue`](priority::PriorityQueue).
///
/// ```
/// # use zookit_client::blocking::Client;
/// use zookit_recipes::blocking::PriorityQueue;
///
/// # fn f(client: Client) -> Result<(), zookit_recipes::Error> {
/// let mails = PriorityQueue::new(&client, "/app/mails");
/// mails.put("to: a", 10)?;
/// assert_eq!(mails.take()?.message()?, "to: a");
/// # Ok(()) }
/// # zookit_doctest::blocking::with_client(f);
/// ```
#[derive(Debug, Clone)]
pub struct PriorityQueue {
    // Before the client: what it cleans up is done on the client's thread.
    queue: priority::PriorityQueue,
    client: Client,
}

impl PriorityQueue {
    /// As [the async one](priority::PriorityQueue::new).
    #[must_use]
    pub fn new(client: &Client, path: &str) -> Self {
        Self::with_options(client, path, QueueOptions::default())
    }

    /// As [the async one](priority::PriorityQueue::with_options).
    #[must_use]
    pub fn with_options(client: &Client, path: &str, options: QueueOptions) -> Self {
        let queue = priority::PriorityQueue::with_options(client.asynchronous(), path, options);
        Self { queue, client: client.clone() }
    }

    /// As [the async one](priority::PriorityQueue::path).
    #[must_use]
    pub fn path(&self) -> &str {
        self.queue.path()
    }

    /// As [the async one](priority::PriorityQueue::len).
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

    /// As [the async one](priority::PriorityQueue::put).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    pub fn put(&self, message: impl Into<Bytes>, priority: i32) -> Result<(), Error> {
        self.client.wait(self.queue.put(message, priority))
    }

    /// As [the async one](priority::PriorityQueue::put_all).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    pub fn put_all(
        &self,
        messages: impl IntoIterator<Item = impl Into<Bytes>>,
        priority: i32,
    ) -> Result<(), Error> {
        self.client.wait(self.queue.put_all(messages, priority))
    }

    /// As [the async one](priority::PriorityQueue::take).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    pub fn take(&self) -> Result<Item, Error> {
        self.client.wait(self.queue.take())
    }

    /// As [the async one](priority::PriorityQueue::take_within).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    pub fn take_within(&self, time: Duration) -> Result<Option<Item>, Error> {
        self.client.wait(self.queue.take_within(time))
    }

    /// As [the async one](priority::PriorityQueue::try_take).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    pub fn try_take(&self) -> Result<Option<Item>, Error> {
        self.client.wait(self.queue.try_take())
    }

    /// As [the async one](priority::PriorityQueue::peek).
    ///
    /// # Errors
    /// As there.
    pub fn peek(&self) -> Result<Option<Item>, Error> {
        self.client.wait(self.queue.peek())
    }
}
