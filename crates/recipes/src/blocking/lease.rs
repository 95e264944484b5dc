//! Leases for a time, by a name.

use std::time::Duration;

use tokio::time::timeout;
use zookit_client::blocking::Client;
use zookit_client::{Acl, MultiOutcome, Transaction};

use super::Guard;
use crate::claim::{Lost, Parents};
use crate::lock::lease::{LeaseTerm, TimedLeaseGuard};
use crate::{Error, lock};

/// The twin of [`TimedLease`](lock::lease::TimedLease).
///
/// ```
/// # use std::time::Duration;
/// # use zookit_client::blocking::Client;
/// use zookit_recipes::blocking::TimedLease;
///
/// # fn f(client: Client) -> Result<(), zookit_recipes::Error> {
/// let lease = TimedLease::new(&client, "/leases/clean-up", "host-1");
/// if let Some(guard) = lease.try_acquire(Duration::from_secs(70 * 60))? {
///     println!("cleaning up, with the token {}", guard.token());
/// }
/// # Ok(()) }
/// # zookit_doctest::blocking::with_client(f);
/// ```
#[derive(Debug, Clone)]
pub struct TimedLease {
    lease: lock::lease::TimedLease,
    client: Client,
}

/// The twin of [`TimedLeases`](lock::lease::TimedLeases).
#[derive(Debug, Clone)]
pub struct TimedLeases {
    leases: lock::lease::TimedLeases,
    client: Client,
}

impl TimedLease {
    /// As [the async one](lock::lease::TimedLease::new).
    #[must_use]
    pub fn new(client: &Client, path: &str, name: &str) -> Self {
        let lease = lock::lease::TimedLease::new(client.asynchronous(), path, name);
        Self { lease, client: client.clone() }
    }

    /// As [the async one](lock::lease::TimedLease::with_options).
    #[must_use]
    pub fn with_options(
        client: &Client,
        path: &str,
        name: &str,
        acl: Vec<Acl>,
        parents: Parents,
    ) -> Self {
        let lease = client.asynchronous();
        let lease = lock::lease::TimedLease::with_options(lease, path, name, acl, parents);
        Self { lease, client: client.clone() }
    }

    /// As [the async one](lock::lease::TimedLease::path).
    #[must_use]
    pub fn path(&self) -> &str {
        self.lease.path()
    }

    /// As [the async one](lock::lease::TimedLease::try_acquire).
    ///
    /// # Errors
    /// As there.
    pub fn try_acquire(&self, time: Duration) -> Result<Option<Guard<TimedLeaseGuard>>, Error> {
        let guard = self.client.wait(self.lease.try_acquire(time))?;
        Ok(guard.map(|guard| Guard::new(guard, self.client.clone())))
    }

    /// As [the async one](lock::lease::TimedLease::term).
    ///
    /// # Errors
    /// As there.
    pub fn term(&self) -> Result<Option<LeaseTerm>, Error> {
        self.client.wait(self.lease.term())
    }
}

impl TimedLeases {
    /// As [the async one](lock::lease::TimedLeases::new).
    #[must_use]
    pub fn new(client: &Client, path: &str, count: u32, name: &str) -> Self {
        let leases = lock::lease::TimedLeases::new(client.asynchronous(), path, count, name);
        Self { leases, client: client.clone() }
    }

    /// As [the async one](lock::lease::TimedLeases::try_acquire).
    ///
    /// # Errors
    /// As there.
    pub fn try_acquire(&self, time: Duration) -> Result<Option<Guard<TimedLeaseGuard>>, Error> {
        let guard = self.client.wait(self.leases.try_acquire(time))?;
        Ok(guard.map(|guard| Guard::new(guard, self.client.clone())))
    }
}

impl Guard<TimedLeaseGuard> {
    /// As [the async one](TimedLeaseGuard::doubted), for this long at most; whether its time is over.
    #[must_use]
    pub fn doubted_within(&self, time: Duration) -> bool {
        self.client().wait(async { timeout(time, self.doubted()).await }).is_ok()
    }

    /// As [the async one](TimedLeaseGuard::lost), for this long at most; `None` if it is not lost by
    /// then.
    ///
    /// # Errors
    /// As there.
    pub fn lost_within(&self, time: Duration) -> Result<Option<Lost>, Error> {
        self.client().wait(async { timeout(time, self.lost()).await }).ok().transpose()
    }

    /// As [the async one](TimedLeaseGuard::guarded_multi).
    ///
    /// # Errors
    /// As there.
    pub fn guarded_multi(&self, transaction: Transaction) -> Result<Vec<MultiOutcome>, Error> {
        self.client().wait((**self).guarded_multi(transaction))
    }

    /// As [the async one](TimedLeaseGuard::renew).
    ///
    /// # Errors
    /// As there.
    pub fn renew(&mut self, time: Duration) -> Result<bool, Error> {
        let (guard, client) = self.parts_mut();
        client.wait(guard.renew(time))
    }

    /// As [the async one](TimedLeaseGuard::release).
    ///
    /// # Errors
    /// As there.
    pub fn release(self) -> Result<(), Error> {
        let (guard, client) = self.into_parts();
        client.wait(guard.release())
    }
}
