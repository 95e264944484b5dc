//! The lock that readers hold together and writers alone.

use std::time::Duration;

use zookit_client::blocking::Client;

use super::Guard;
use crate::claim::{ClaimOptions, Participant};
use crate::lock::read_write::{ReadGuard, WriteGuard};
use crate::{Error, lock};

/// The twin of [`ReadWriteLock`](lock::read_write::ReadWriteLock).
///
/// ```
/// # use zookit_client::blocking::Client;
/// use zookit_recipes::blocking::ReadWriteLock;
///
/// # fn f(client: Client) -> Result<(), zookit_recipes::Error> {
/// let lock = ReadWriteLock::new(&client, "/locks/catalogue");
/// let writing = lock.write()?;
/// assert!(lock.try_read()?.is_none());
/// let reading = writing.downgrade()?;
/// lock.read()?.release()?;
/// reading.release()?;
/// # Ok(()) }
/// # zookit_doctest::blocking::with_client(f);
/// ```
#[derive(Debug, Clone)]
pub struct ReadWriteLock {
    lock: lock::read_write::ReadWriteLock,
    client: Client,
}

impl ReadWriteLock {
    /// As [the async one](lock::read_write::ReadWriteLock::new).
    #[must_use]
    pub fn new(client: &Client, path: &str) -> Self {
        Self::with_options(client, path, ClaimOptions::default())
    }

    /// As [the async one](lock::read_write::ReadWriteLock::with_options).
    #[must_use]
    pub fn with_options(client: &Client, path: &str, options: ClaimOptions) -> Self {
        let lock = client.asynchronous();
        let lock = lock::read_write::ReadWriteLock::with_options(lock, path, options);
        Self { lock, client: client.clone() }
    }

    /// As [the async one](lock::read_write::ReadWriteLock::path).
    #[must_use]
    pub fn path(&self) -> &str {
        self.lock.path()
    }

    /// As [the async one](lock::read_write::ReadWriteLock::read).
    ///
    /// # Errors
    /// As there.
    pub fn read(&self) -> Result<Guard<ReadGuard>, Error> {
        self.client.wait(self.lock.read()).map(|guard| self.guard(guard))
    }

    /// As [the async one](lock::read_write::ReadWriteLock::read_within).
    ///
    /// # Errors
    /// As there.
    pub fn read_within(&self, time: Duration) -> Result<Option<Guard<ReadGuard>>, Error> {
        let guard = self.client.wait(self.lock.read_within(time))?;
        Ok(guard.map(|guard| self.guard(guard)))
    }

    /// As [the async one](lock::read_write::ReadWriteLock::try_read).
    ///
    /// # Errors
    /// As there.
    pub fn try_read(&self) -> Result<Option<Guard<ReadGuard>>, Error> {
        let guard = self.client.wait(self.lock.try_read())?;
        Ok(guard.map(|guard| self.guard(guard)))
    }

    /// As [the async one](lock::read_write::ReadWriteLock::write).
    ///
    /// # Errors
    /// As there.
    pub fn write(&self) -> Result<Guard<WriteGuard>, Error> {
        self.client.wait(self.lock.write()).map(|guard| self.guard(guard))
    }

    /// As [the async one](lock::read_write::ReadWriteLock::write_within).
    ///
    /// # Errors
    /// As there.
    pub fn write_within(&self, time: Duration) -> Result<Option<Guard<WriteGuard>>, Error> {
        let guard = self.client.wait(self.lock.write_within(time))?;
        Ok(guard.map(|guard| self.guard(guard)))
    }

    /// As [the async one](lock::read_write::ReadWriteLock::try_write).
    ///
    /// # Errors
    /// As there.
    pub fn try_write(&self) -> Result<Option<Guard<WriteGuard>>, Error> {
        let guard = self.client.wait(self.lock.try_write())?;
        Ok(guard.map(|guard| self.guard(guard)))
    }

    /// As [the async one](lock::read_write::ReadWriteLock::participants).
    ///
    /// # Errors
    /// As there.
    pub fn participants(&self) -> Result<Vec<Participant>, Error> {
        self.client.wait(self.lock.participants())
    }

    /// As [the async one](lock::read_write::ReadWriteLock::readers).
    ///
    /// # Errors
    /// As there.
    pub fn readers(&self) -> Result<Vec<Participant>, Error> {
        self.client.wait(self.lock.readers())
    }

    /// As [the async one](lock::read_write::ReadWriteLock::writers).
    ///
    /// # Errors
    /// As there.
    pub fn writers(&self) -> Result<Vec<Participant>, Error> {
        self.client.wait(self.lock.writers())
    }

    pub(super) const fn asynchronous(&self) -> &lock::read_write::ReadWriteLock {
        &self.lock
    }

    fn guard<G>(&self, guard: G) -> Guard<G> {
        Guard::new(guard, self.client.clone())
    }
}

impl Guard<ReadGuard> {
    /// As [the async one](ReadGuard::release).
    ///
    /// # Errors
    /// As there.
    pub fn release(self) -> Result<(), Error> {
        let (guard, client) = self.into_parts();
        client.wait(guard.release())
    }
}

impl Guard<WriteGuard> {
    /// As [the async one](WriteGuard::release).
    ///
    /// # Errors
    /// As there.
    pub fn release(self) -> Result<(), Error> {
        let (guard, client) = self.into_parts();
        client.wait(guard.release())
    }

    /// As [the async one](WriteGuard::downgrade).
    ///
    /// # Errors
    /// As there.
    pub fn downgrade(self) -> Result<Guard<ReadGuard>, Error> {
        let (guard, client) = self.into_parts();
        let guard = client.wait(guard.downgrade())?;
        Ok(Guard::new(guard, client))
    }
}
