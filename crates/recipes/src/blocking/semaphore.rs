//! Leases, of which so many are held at once.

use std::time::Duration;

use zookit_client::blocking::Client;

use super::Guard;
use crate::claim::{ClaimOptions, Participant};
use crate::lock::semaphore::{Lease, LeaseHolder, Limit};
use crate::{Error, lock};

/// The twin of [`Semaphore`](lock::semaphore::Semaphore).
///
/// ```
/// # use zookit_client::blocking::Client;
/// use zookit_recipes::blocking::Semaphore;
///
/// # fn f(client: Client) -> Result<(), zookit_recipes::Error> {
/// let printers = Semaphore::new(&client, "/printers", 3);
/// let lease = printers.acquire()?;
/// let two = printers.acquire_many(2)?;
/// assert!(printers.try_acquire()?.is_none());
/// drop(two);
/// lease.release()?;
/// # Ok(()) }
/// # zookit_doctest::blocking::with_client(f);
/// ```
#[derive(Debug, Clone)]
pub struct Semaphore {
    semaphore: lock::semaphore::Semaphore,
    client: Client,
}

impl Semaphore {
    /// As [the async one](lock::semaphore::Semaphore::new).
    #[must_use]
    pub fn new(client: &Client, path: &str, limit: impl Into<Limit>) -> Self {
        Self::with_options(client, path, limit, ClaimOptions::default())
    }

    /// As [the async one](lock::semaphore::Semaphore::with_options).
    #[must_use]
    pub fn with_options(
        client: &Client,
        path: &str,
        limit: impl Into<Limit>,
        options: ClaimOptions,
    ) -> Self {
        let semaphore = client.asynchronous();
        let semaphore = lock::semaphore::Semaphore::with_options(semaphore, path, limit, options);
        Self { semaphore, client: client.clone() }
    }

    /// As [the async one](lock::semaphore::Semaphore::path).
    #[must_use]
    pub fn path(&self) -> &str {
        self.semaphore.path()
    }

    /// As [the async one](lock::semaphore::Semaphore::acquire).
    ///
    /// # Errors
    /// As there.
    pub fn acquire(&self) -> Result<Guard<Lease>, Error> {
        self.client.wait(self.semaphore.acquire()).map(|lease| self.guard(lease))
    }

    /// As [the async one](lock::semaphore::Semaphore::acquire_many).
    ///
    /// # Errors
    /// As there.
    pub fn acquire_many(&self, count: u32) -> Result<Vec<Guard<Lease>>, Error> {
        self.client.wait(self.semaphore.acquire_many(count)).map(|leases| self.guards(leases))
    }

    /// As [the async one](lock::semaphore::Semaphore::acquire_within).
    ///
    /// # Errors
    /// As there.
    pub fn acquire_within(&self, time: Duration) -> Result<Option<Guard<Lease>>, Error> {
        let lease = self.client.wait(self.semaphore.acquire_within(time))?;
        Ok(lease.map(|lease| self.guard(lease)))
    }

    /// As [the async one](lock::semaphore::Semaphore::acquire_many_within).
    ///
    /// # Errors
    /// As there.
    pub fn acquire_many_within(
        &self,
        count: u32,
        time: Duration,
    ) -> Result<Option<Vec<Guard<Lease>>>, Error> {
        let leases = self.client.wait(self.semaphore.acquire_many_within(count, time))?;
        Ok(leases.map(|leases| self.guards(leases)))
    }

    /// As [the async one](lock::semaphore::Semaphore::try_acquire).
    ///
    /// # Errors
    /// As there.
    pub fn try_acquire(&self) -> Result<Option<Guard<Lease>>, Error> {
        let lease = self.client.wait(self.semaphore.try_acquire())?;
        Ok(lease.map(|lease| self.guard(lease)))
    }

    /// As [the async one](lock::semaphore::Semaphore::try_acquire_many).
    ///
    /// # Errors
    /// As there.
    pub fn try_acquire_many(&self, count: u32) -> Result<Option<Vec<Guard<Lease>>>, Error> {
        let leases = self.client.wait(self.semaphore.try_acquire_many(count))?;
        Ok(leases.map(|leases| self.guards(leases)))
    }

    /// As [the async one](lock::semaphore::Semaphore::holders).
    ///
    /// # Errors
    /// As there.
    pub fn holders(&self) -> Result<Vec<LeaseHolder>, Error> {
        self.client.wait(self.semaphore.holders())
    }

    /// As [the async one](lock::semaphore::Semaphore::waiting).
    ///
    /// # Errors
    /// As there.
    pub fn waiting(&self) -> Result<Vec<Participant>, Error> {
        self.client.wait(self.semaphore.waiting())
    }

    pub(super) const fn asynchronous(&self) -> &lock::semaphore::Semaphore {
        &self.semaphore
    }

    fn guard(&self, lease: Lease) -> Guard<Lease> {
        Guard::new(lease, self.client.clone())
    }

    fn guards(&self, leases: Vec<Lease>) -> Vec<Guard<Lease>> {
        leases.into_iter().map(|lease| self.guard(lease)).collect()
    }
}

impl Guard<Lease> {
    /// As [the async one](Lease::release).
    ///
    /// # Errors
    /// As there.
    pub fn release(self) -> Result<(), Error> {
        let (lease, client) = self.into_parts();
        client.wait(lease.release())
    }
}
