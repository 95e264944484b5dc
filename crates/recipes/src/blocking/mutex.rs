//! The lock with one holder.

use std::time::Duration;

use zookit_client::blocking::Client;

use super::Guard;
use crate::claim::{ClaimOptions, Participant};
use crate::lock::mutex::MutexGuard;
use crate::{Error, lock};

/// The twin of [`Mutex`](lock::mutex::Mutex).
///
/// ```
/// # use std::time::Duration;
/// # use zookit_client::blocking::Client;
/// use zookit_recipes::blocking::Mutex;
///
/// # fn f(client: Client) -> Result<(), zookit_recipes::Error> {
/// let lock = Mutex::new(&client, "/locks/report");
/// let guard = lock.acquire()?;
/// println!("held with the token {}", guard.token());
/// guard.release()?;
/// # Ok(()) }
/// # zookit_doctest::blocking::with_client(f);
/// ```
#[derive(Debug, Clone)]
pub struct Mutex {
    lock: lock::mutex::Mutex,
    client: Client,
}

impl Mutex {
    /// As [the async one](lock::mutex::Mutex::new).
    #[must_use]
    pub fn new(client: &Client, path: &str) -> Self {
        Self::with_options(client, path, ClaimOptions::default())
    }

    /// As [the async one](lock::mutex::Mutex::with_options).
    #[must_use]
    pub fn with_options(client: &Client, path: &str, options: ClaimOptions) -> Self {
        let lock = lock::mutex::Mutex::with_options(client.asynchronous(), path, options);
        Self { lock, client: client.clone() }
    }

    /// As [the async one](lock::mutex::Mutex::path).
    #[must_use]
    pub fn path(&self) -> &str {
        self.lock.path()
    }

    /// As [the async one](lock::mutex::Mutex::acquire).
    ///
    /// # Errors
    /// As there.
    pub fn acquire(&self) -> Result<Guard<MutexGuard>, Error> {
        let guard = self.client.wait(self.lock.acquire())?;
        Ok(Guard::new(guard, self.client.clone()))
    }

    /// As [the async one](lock::mutex::Mutex::acquire_within).
    ///
    /// # Errors
    /// As there.
    pub fn acquire_within(&self, time: Duration) -> Result<Option<Guard<MutexGuard>>, Error> {
        let guard = self.client.wait(self.lock.acquire_within(time))?;
        Ok(guard.map(|guard| Guard::new(guard, self.client.clone())))
    }

    /// As [the async one](lock::mutex::Mutex::try_acquire).
    ///
    /// # Errors
    /// As there.
    pub fn try_acquire(&self) -> Result<Option<Guard<MutexGuard>>, Error> {
        let guard = self.client.wait(self.lock.try_acquire())?;
        Ok(guard.map(|guard| Guard::new(guard, self.client.clone())))
    }

    /// As [the async one](lock::mutex::Mutex::participants).
    ///
    /// # Errors
    /// As there.
    pub fn participants(&self) -> Result<Vec<Participant>, Error> {
        self.client.wait(self.lock.participants())
    }

    pub(super) const fn asynchronous(&self) -> &lock::mutex::Mutex {
        &self.lock
    }
}

impl Guard<MutexGuard> {
    /// As [the async one](MutexGuard::release).
    ///
    /// # Errors
    /// As there.
    pub fn release(self) -> Result<(), Error> {
        let (guard, client) = self.into_parts();
        client.wait(guard.release())
    }
}
