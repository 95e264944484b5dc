//! Several locks as one.

use std::time::Duration;

use tokio::time::timeout;
use zookit_client::blocking::Client;
use zookit_client::{MultiOutcome, Transaction};

use super::{Guard, Mutex, ReadWriteLock, Semaphore};
use crate::claim::{ClaimOptions, Lost};
use crate::lock::multi::{MultiGuard, Part};
use crate::{Error, lock};

/// The twin of [`MultiLock`](lock::multi::MultiLock).
///
/// ```
/// # use zookit_client::blocking::Client;
/// use zookit_recipes::blocking::{MultiLock, ReadWriteLock};
///
/// # fn f(client: Client) -> Result<(), zookit_recipes::Error> {
/// MultiLock::new(&client, ["/accounts/1", "/accounts/2"]).acquire()?.release()?;
///
/// let catalogue = ReadWriteLock::new(&client, "/catalogue/lock");
/// let guard = MultiLock::of(&client, [catalogue.for_reading()]).acquire()?;
/// guard.release()?;
/// # Ok(()) }
/// # zookit_doctest::blocking::with_client(f);
/// ```
#[derive(Debug, Clone)]
pub struct MultiLock {
    lock: lock::multi::MultiLock,
    client: Client,
}

impl MultiLock {
    /// As [the async one](lock::multi::MultiLock::new).
    #[must_use]
    pub fn new<'a>(client: &Client, paths: impl IntoIterator<Item = &'a str>) -> Self {
        Self::with_options(client, paths, &ClaimOptions::default())
    }

    /// As [the async one](lock::multi::MultiLock::with_options).
    #[must_use]
    pub fn with_options<'a>(
        client: &Client,
        paths: impl IntoIterator<Item = &'a str>,
        options: &ClaimOptions,
    ) -> Self {
        let lock = client.asynchronous();
        let lock = lock::multi::MultiLock::with_options(lock, paths, options);
        Self { lock, client: client.clone() }
    }

    /// As [the async one](lock::multi::MultiLock::of). A blocking lock becomes a part by `into`, or
    /// by [`for_reading`](ReadWriteLock::for_reading) and
    /// [`for_writing`](ReadWriteLock::for_writing).
    #[must_use]
    pub fn of(client: &Client, parts: impl IntoIterator<Item = Part>) -> Self {
        let lock = lock::multi::MultiLock::of(client.asynchronous(), parts);
        Self { lock, client: client.clone() }
    }

    /// As [the async one](lock::multi::MultiLock::acquire).
    ///
    /// # Errors
    /// As there.
    pub fn acquire(&self) -> Result<Guard<MultiGuard>, Error> {
        let guard = self.client.wait(self.lock.acquire())?;
        Ok(Guard::new(guard, self.client.clone()))
    }

    /// As [the async one](lock::multi::MultiLock::acquire_within).
    ///
    /// # Errors
    /// As there.
    pub fn acquire_within(&self, time: Duration) -> Result<Option<Guard<MultiGuard>>, Error> {
        let guard = self.client.wait(self.lock.acquire_within(time))?;
        Ok(guard.map(|guard| Guard::new(guard, self.client.clone())))
    }

    /// As [the async one](lock::multi::MultiLock::try_acquire).
    ///
    /// # Errors
    /// As there.
    pub fn try_acquire(&self) -> Result<Option<Guard<MultiGuard>>, Error> {
        let guard = self.client.wait(self.lock.try_acquire())?;
        Ok(guard.map(|guard| Guard::new(guard, self.client.clone())))
    }
}

impl From<Mutex> for Part {
    fn from(lock: Mutex) -> Self {
        Self::Mutex(lock.asynchronous().clone())
    }
}

impl From<Semaphore> for Part {
    fn from(semaphore: Semaphore) -> Self {
        Self::Lease(semaphore.asynchronous().clone())
    }
}

impl ReadWriteLock {
    /// This lock, for reading, as one of [several](MultiLock::of).
    #[must_use]
    pub fn for_reading(&self) -> Part {
        Part::Read(self.asynchronous().clone())
    }

    /// This lock, for writing, as one of [several](MultiLock::of).
    #[must_use]
    pub fn for_writing(&self) -> Part {
        Part::Write(self.asynchronous().clone())
    }
}

impl Guard<MultiGuard> {
    /// As [the async one](MultiGuard::guarded_multi).
    ///
    /// # Errors
    /// As there.
    pub fn guarded_multi(&self, transaction: Transaction) -> Result<Vec<MultiOutcome>, Error> {
        self.client().wait((**self).guarded_multi(transaction))
    }

    /// As [the async one](MultiGuard::doubted), for this long at most; whether it is doubtful.
    #[must_use]
    pub fn doubted_within(&self, time: Duration) -> bool {
        self.client().wait(async { timeout(time, self.doubted()).await }).is_ok()
    }

    /// As [the async one](MultiGuard::lost), for this long at most; `None` if none is lost by then.
    #[must_use]
    pub fn lost_within(&self, time: Duration) -> Option<(usize, Lost)> {
        self.client().wait(async { timeout(time, self.lost()).await }).ok()
    }

    /// As [the async one](MultiGuard::revocation), for this long at most; `None` if nobody has asked
    /// by then.
    ///
    /// # Errors
    /// As there.
    pub fn revocation_within(&self, time: Duration) -> Result<Option<usize>, Error> {
        let asked = self.client().wait(async { timeout(time, self.revocation()).await });
        asked.ok().transpose()
    }

    /// As [the async one](MultiGuard::release).
    ///
    /// # Errors
    /// As there.
    pub fn release(self) -> Result<(), Error> {
        let (guard, client) = self.into_parts();
        client.wait(guard.release())
    }
}
