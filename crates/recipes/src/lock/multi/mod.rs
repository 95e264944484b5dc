//! Several locks as one: all of them are held, or none.
//!
//! # What it guarantees
//!
//! A [`MultiGuard`] has a guard of each of its locks, all of one session. They are taken in the
//! order in which they were given, and released in the reverse one. If one of them cannot be had,
//! those that were taken are released.
//!
//! # How it works
//!
//! Each lock in turn, as that lock [does](crate::lock); on a handle pinned to the session of now.
//!
//! # What can go wrong
//!
//! * *The session expires on the way*: nothing is held of what was taken. All of it begins anew in
//!   the next session; one guard never has locks of two.
//! * *Two clients ask for the same locks in different orders*: each may wait for the other, for
//!   ever. Use one order everywhere, such as that of the paths, or give it a
//!   [time](MultiLock::acquire_within).
//! * *One lock is asked for twice*: that is [refused](Error::Deadlock), instead of waiting for
//!   oneself. Read locks may be had twice. So might leases, but one by one they are waited for with
//!   some of them held: that too is refused.
//! * *Somebody deletes the znode of one of them*: [`lost`](MultiGuard::lost) tells, and
//!   [`guarded_multi`](MultiGuard::guarded_multi) checks all of them.
//!
//! # On disk
//!
//! What the locks themselves are.
//!
//! ```
//! # use zookit_client::{Client, Transaction, Version};
//! use zookit_recipes::lock::multi::Part;
//! use zookit_recipes::{MultiLock, Mutex, ReadWriteLock, Semaphore};
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let accounts = MultiLock::new(&client, ["/accounts/1", "/accounts/2"]);
//! let guard = accounts.acquire().await?;
//! let transfer = Transaction::new()
//!     .set_data("/a", "90", Version::Any)
//!     .set_data("/b", "110", Version::Any);
//! guard.guarded_multi(transfer).await?;
//! guard.release().await?;
//!
//! let parts = [
//!     Part::Read(ReadWriteLock::new(&client, "/catalogue/lock")),
//!     Part::Lease(Semaphore::new(&client, "/printers", 3)),
//! ];
//! let guard = MultiLock::of(&client, parts).acquire().await?;
//! # drop(guard);
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

mod part;

use std::time::Duration;

use tokio::time::{Instant, timeout};
use zookit_client::{Client, MultiOutcome, Transaction, Version};

pub use self::part::Part;
use self::part::{Held, asked_twice};
use crate::claim::{Claim, Lost, patiently};
use crate::lock::mutex::Mutex;
use crate::race::any;
use crate::{ClaimOptions, Error};

/// Several locks that are taken as one. See [the module](self).
///
/// It is a description and holds nothing by itself; clones are the same locks.
#[derive(Debug, Clone)]
#[doc(alias = "InterProcessMultiLock")]
pub struct MultiLock {
    client: Client,
    parts: Vec<Part>,
}

/// Several locks that are held, until this is [released](Self::release) or dropped.
#[derive(Debug)]
#[must_use = "a guard that is dropped releases its locks"]
pub struct MultiGuard(Vec<Held>);

impl MultiLock {
    /// [Mutexes](crate::Mutex) at these paths, in this order.
    #[must_use]
    pub fn new<'a>(client: &Client, paths: impl IntoIterator<Item = &'a str>) -> Self {
        Self::with_options(client, paths, &ClaimOptions::default())
    }

    /// The same, with other names, data, rights or parents.
    #[must_use]
    pub fn with_options<'a>(
        client: &Client,
        paths: impl IntoIterator<Item = &'a str>,
        options: &ClaimOptions,
    ) -> Self {
        let lock = |path| Mutex::with_options(client, path, options.clone()).into();
        Self::of(client, paths.into_iter().map(lock))
    }

    /// Locks of several kinds, in this order. They are asked for by this client, whichever they
    /// were made with.
    #[must_use]
    pub fn of(client: &Client, parts: impl IntoIterator<Item = Part>) -> Self {
        Self { client: client.clone(), parts: parts.into_iter().collect() }
    }

    /// Its locks, in the order in which they are taken.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Waits until all are held; over lost connections and sessions, as long as it takes.
    ///
    /// # Errors
    /// [`Error::Deadlock`] if one is asked for twice. Those of the locks, if trying again cannot
    /// mend it.
    ///
    /// # Cancel safety
    /// Dropping the future releases what was taken, in the background.
    pub async fn acquire(&self) -> Result<MultiGuard, Error> {
        self.sensible()?;
        patiently(&self.client, || self.attempt()).await
    }

    /// As [`acquire`](Self::acquire), for this long at most; `None` if not all are held by then.
    /// Those that are, are then released, in the background.
    ///
    /// # Errors
    /// As [`acquire`](Self::acquire).
    ///
    /// # Cancel safety
    /// As [`acquire`](Self::acquire).
    pub async fn acquire_within(&self, time: Duration) -> Result<Option<MultiGuard>, Error> {
        timeout(time, self.acquire()).await.ok().transpose()
    }

    /// All of them, if each can be had at once; `None` if one cannot.
    ///
    /// # Errors
    /// As [`acquire`](Self::acquire), and no connection within the deadline of a request.
    ///
    /// # Cancel safety
    /// As [`acquire`](Self::acquire).
    pub async fn try_acquire(&self) -> Result<Option<MultiGuard>, Error> {
        self.sensible()?;
        let client = self.client.session();
        let mut taken = MultiGuard(Vec::with_capacity(self.parts.len()));
        for part in &self.parts {
            match part.try_acquire(&client).await? {
                Some(held) => taken.0.push(held),
                None => return Ok(None),
            }
        }
        Ok(Some(taken))
    }

    fn sensible(&self) -> Result<(), Error> {
        match asked_twice(&self.parts) {
            Some(path) => Err(Error::Deadlock { path: path.into() }),
            None => Ok(()),
        }
    }

    /// All of them in one session: it fails with that.
    async fn attempt(&self) -> Result<MultiGuard, Error> {
        let client = self.client.session();
        let mut taken = MultiGuard(Vec::with_capacity(self.parts.len()));
        for part in &self.parts {
            taken.0.push(part.acquire(&client).await?);
        }
        Ok(taken)
    }
}

impl MultiGuard {
    /// What it holds, in the order in which it was taken: each with its own
    /// [token](Claim::token).
    pub fn claims(&self) -> impl ExactSizeIterator<Item = &Claim> {
        self.0.iter().map(|held| &**held)
    }

    /// Until when the session lives; see [`Claim::trusted_until`]. `None` if it is over, or if there
    /// are no locks.
    #[must_use]
    pub fn trusted_until(&self) -> Option<Instant> {
        self.claims().next()?.trusted_until()
    }

    /// Whether [`trusted_until`](Self::trusted_until) is still to come.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.trusted_until().is_some_and(|until| Instant::now() < until)
    }

    /// Waits until it is doubtful whether the locks are held: see [`Claim::doubted`]. At once, if
    /// there are none.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn doubted(&self) {
        // All are of one session, so one speaks for all.
        if let Some(claim) = self.claims().next() {
            claim.doubted().await;
        }
    }

    /// Waits until one of the locks is lost for good; its place among the [claims](Self::claims),
    /// and why. Never, if there are none. See [`Claim::lost`].
    ///
    /// # Cancel safety
    /// Dropping the future removes the watches, and nothing else.
    pub async fn lost(&self) -> (usize, Lost) {
        any(self.claims().map(Claim::lost)).await
    }

    /// Waits until somebody asks to release one of the locks; its place among the
    /// [claims](Self::claims). Never, if there are none. See [`Claim::revocation`].
    ///
    /// # Errors
    /// As there, with the path of the claim it is about.
    ///
    /// # Cancel safety
    /// Dropping the future removes the watches, and nothing else.
    pub async fn revocation(&self) -> Result<usize, Error> {
        let (place, asked) = any(self.claims().map(Claim::revocation)).await;
        asked.map(|()| place)
    }

    /// Applies the operations if, and only if, the znodes of all the locks are still there: a check
    /// of each stands before them in the transaction. See [`Claim::guarded_multi`].
    ///
    /// # Errors
    /// As there; the checks count as the first operations in what they say.
    ///
    /// # If no reply comes
    /// All of it may have been applied, or nothing.
    ///
    /// # Cancel safety
    /// It is submitted when first polled. Dropping the future takes nothing back.
    pub async fn guarded_multi(
        &self,
        transaction: Transaction,
    ) -> Result<Vec<MultiOutcome>, Error> {
        // The first one's own is put before these by itself.
        let Some((first, others)) = self.0.split_first() else {
            return Err(Error::Lost { path: "".into(), lost: Lost::Deleted });
        };
        let check = |checks: Transaction, held: &Held| checks.check(held.path(), Version::Any);
        let checks = others.iter().fold(Transaction::new(), check);
        let mut outcomes = match first.guarded_multi(checks.then(transaction)).await {
            Ok(outcomes) => outcomes,
            Err(Error::Client(error)) => return Err(lost_of(others, error)),
            Err(error) => return Err(error),
        };
        outcomes.drain(..others.len());
        Ok(outcomes)
    }

    /// Releases the locks, the last one first, and waits until that is done. It is done in any case,
    /// also when this is dropped; dropping the guard releases them in the background.
    ///
    /// # Errors
    /// The first that occurs; the others are released all the same. [`Error::Lost`] if one was not
    /// held any more.
    ///
    /// # Cancel safety
    /// All are released in any case, once this has been polled or dropped.
    pub async fn release(mut self) -> Result<(), Error> {
        let mut released = Ok(());
        while let Some(held) = self.0.pop() {
            released = released.and(held.release().await);
        }
        released
    }
}

/// Whether it was the check of one of the others that failed.
fn lost_of(others: &[Held], error: zookit_client::Error) -> Error {
    let failed = match &error {
        zookit_client::Error::Refused(refused) if error.is_no_node() => refused.failed_operation(),
        _ => None,
    };
    // Behind the first one's own check.
    let place = failed.and_then(|failed| failed.index.checked_sub(1));
    match place.and_then(|place| others.get(place)) {
        Some(held) => held.found_deleted(),
        None => error.into(),
    }
}

impl Drop for MultiGuard {
    fn drop(&mut self) {
        while let Some(held) = self.0.pop() {
            drop(held);
        }
    }
}
