//! The set that members share.

use std::ops::Deref;
use std::time::Duration;

use tokio::time::timeout;
use zookit_client::blocking::Client;

use crate::Error;
use crate::partition::{self, PartitionOptions, PartitionState};

/// The twin of [`SetPartitioner`](partition::SetPartitioner).
///
/// ```
/// # use std::time::Duration;
/// # use zookit_client::blocking::Client;
/// use zookit_recipes::PartitionOptions;
/// use zookit_recipes::blocking::SetPartitioner;
///
/// # fn f(client: Client) -> Result<(), zookit_recipes::Error> {
/// let options = PartitionOptions { settle: Duration::from_millis(10), ..Default::default() };
/// let set = SetPartitioner::with_options(&client, "/app/shards", ["a", "b"], options);
/// let mut partition = set.join()?;
/// println!("working on {:?}", partition.acquire()?);
/// partition.leave()?;
/// # Ok(()) }
/// # zookit_doctest::blocking::with_client(f);
/// ```
#[derive(Debug, Clone)]
pub struct SetPartitioner {
    set: partition::SetPartitioner,
    client: Client,
}

impl SetPartitioner {
    /// As [the async one](partition::SetPartitioner::new).
    #[must_use]
    pub fn new(
        client: &Client,
        path: &str,
        items: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self::with_options(client, path, items, PartitionOptions::default())
    }

    /// As [the async one](partition::SetPartitioner::with_options).
    #[must_use]
    pub fn with_options(
        client: &Client,
        path: &str,
        items: impl IntoIterator<Item = impl Into<String>>,
        options: PartitionOptions,
    ) -> Self {
        let asynchronous = client.asynchronous();
        let set = partition::SetPartitioner::with_options(asynchronous, path, items, options);
        Self { set, client: client.clone() }
    }

    /// As [the async one](partition::SetPartitioner::path).
    #[must_use]
    pub fn path(&self) -> &str {
        self.set.path()
    }

    /// As [the async one](partition::SetPartitioner::join).
    ///
    /// # Errors
    /// As there.
    pub fn join(&self) -> Result<Partition, Error> {
        let partition = self.client.wait(self.set.join())?;
        Ok(Partition { partition, client: self.client.clone() })
    }
}

/// The twin of [`Partition`](partition::Partition); see that for all that it can tell without
/// waiting.
#[derive(Debug)]
#[must_use = "dropping it leaves the party"]
pub struct Partition {
    // Before the client: what it cleans up is done on the client's thread.
    partition: partition::Partition,
    client: Client,
}

impl Partition {
    /// As [the async one](partition::Partition::state).
    pub fn state(&mut self) -> PartitionState {
        self.partition.state()
    }

    /// As [the async one](partition::Partition::acquire).
    ///
    /// # Errors
    /// As there.
    pub fn acquire(&mut self) -> Result<&[String], Error> {
        self.client.wait(self.partition.acquire())
    }

    /// As [the async one](partition::Partition::acquire_within).
    ///
    /// # Errors
    /// As there.
    pub fn acquire_within(&mut self, time: Duration) -> Result<bool, Error> {
        self.client.wait(self.partition.acquire_within(time))
    }

    /// As [the async one](partition::Partition::changed), for this long at most: what is to be done
    /// by then.
    pub fn changed_within(&mut self, time: Duration) -> PartitionState {
        let changed = self.client.wait(async { timeout(time, self.partition.changed()).await });
        changed.unwrap_or_else(|_| self.partition.state())
    }

    /// As [the async one](partition::Partition::release).
    ///
    /// # Errors
    /// As there.
    pub fn release(&mut self) -> Result<(), Error> {
        self.client.wait(self.partition.release())
    }

    /// As [the async one](partition::Partition::leave).
    ///
    /// # Errors
    /// As there.
    pub fn leave(self) -> Result<(), Error> {
        let Self { partition, client } = self;
        client.wait(partition.leave())
    }
}

impl Deref for Partition {
    type Target = partition::Partition;

    fn deref(&self) -> &partition::Partition {
        &self.partition
    }
}
