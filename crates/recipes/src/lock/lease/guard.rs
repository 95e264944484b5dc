//! A lease that was taken.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use zookit_client::{MultiOutcome, Stat, Transaction, Version, Zxid};

use super::TimedLease;
use crate::Error;
use crate::claim::{Lost, endless, patiently};

/// A lease that was taken, and is held until its time is over.
///
/// It is not of a session, and dropping it gives nothing back: that is for the next process of the
/// same name. [`release`](Self::release) does.
#[derive(Debug)]
pub struct TimedLeaseGuard {
    lease: TimedLease,
    token: Zxid,
    version: i32,
    until: Instant,
}

impl TimedLeaseGuard {
    pub(super) fn new(lease: TimedLease, stat: &Stat, until: Instant) -> Self {
        Self { lease, token: stat.mzxid, version: stat.version, until }
    }

    /// The fencing token: the zxid of the transaction that took the lease, which grows from holder
    /// to holder, and each time it is taken again.
    #[must_use]
    pub const fn token(&self) -> Zxid {
        self.token
    }

    /// The path of the lease.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.lease.path
    }

    /// The name that has it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.lease.name
    }

    /// Until when it is held, by this machine's clock: as much later than it was asked for as the
    /// servers' clock says, and so a bit before it is over for others.
    #[must_use]
    pub const fn trusted_until(&self) -> Instant {
        self.until
    }

    /// Whether [`trusted_until`](Self::trusted_until) is still to come.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        Instant::now() < self.until
    }

    /// Waits until its time is over.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn doubted(&self) {
        sleep_until(self.until).await;
    }

    /// Waits until it is no longer this one that stands there: somebody took the lease since, be it
    /// by the same name, or gave it back. It watches the znode, from when it is first polled.
    ///
    /// That its time is over does not end this: nobody may have taken it yet.
    ///
    /// # Errors
    /// The client's, if trying again cannot mend it.
    ///
    /// # Cancel safety
    /// Dropping the future removes the watch, and nothing else.
    pub async fn lost(&self) -> Result<Lost, Error> {
        let client = &self.lease.client;
        loop {
            let read = || client.exists_and_watch(&self.lease.holder_path);
            let (stat, watch) = client.retry(endless(), |_| read()).await?;
            match stat {
                None => return Ok(Lost::Deleted),
                Some(stat) if stat.mzxid != self.token => return Ok(Lost::Taken),
                // It changes, or the watch ends with its session: the next look tells.
                Some(_) => drop(watch.await),
            }
        }
    }

    /// Applies the operations if, and only if, nobody took the lease since, be it by the same name:
    /// a check of it stands before them in the transaction. Also when its time is over, as long as
    /// nobody did.
    ///
    /// Among this crate's processes; kazoo's [make the znode anew](super).
    ///
    /// # Errors
    /// [`Error::Lost`] if somebody took it: nothing was applied. Others as those of
    /// [`Client::multi`](zookit_client::Client::multi); the check counts as the first operation in
    /// what they say.
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
        let version = Version::Exactly(self.version);
        let check = Transaction::new().check(&self.lease.holder_path, version);
        match self.lease.client.multi(check.then(transaction)).await {
            Ok(mut outcomes) => {
                outcomes.remove(0);
                Ok(outcomes)
            }
            Err(error) => Err(self.lost_at(0, error)),
        }
    }

    /// Takes the lease again, for this time from now on. `false` if somebody else has it by now:
    /// then nothing is changed.
    ///
    /// # Errors
    /// As [`TimedLease::try_acquire`].
    ///
    /// # Cancel safety
    /// As there.
    pub async fn renew(&mut self, time: Duration) -> Result<bool, Error> {
        let renewed = self.lease.try_acquire(time).await?;
        Ok(renewed.map(|guard| *self = guard).is_some())
    }

    /// Gives the lease back before its time is over.
    ///
    /// # Errors
    /// [`Error::Lost`] if somebody took it since, be it by the same name. The client's, if trying
    /// again cannot mend it.
    ///
    /// # Cancel safety
    /// Dropping the future may leave the lease held until its time is over.
    pub async fn release(self) -> Result<(), Error> {
        let in_doubt = AtomicBool::new(false);
        let released = patiently(&self.lease.client, || self.give_back(&in_doubt)).await?;
        match released {
            // By the attempt whose reply was lost.
            Err(Error::Lost { lost: Lost::Deleted, .. }) if in_doubt.load(Ordering::Relaxed) => {
                Ok(())
            }
            done => done,
        }
    }

    /// Deletes it, if nobody took it since. With the lock: kazoo looks first, then deletes. That it
    /// is lost is an answer; that the lock is, an error, and a reason to try again.
    async fn give_back(&self, in_doubt: &AtomicBool) -> Result<Result<(), Error>, Error> {
        let claim = self.lease.lock().await?;
        let version = Version::Exactly(self.version);
        let delete = Transaction::new().delete(&self.lease.holder_path, version);
        match claim.guarded_multi(delete).await {
            Ok(_) => Ok(Ok(())),
            Err(Error::Client(error)) => {
                in_doubt.fetch_or(error.may_have_applied(), Ordering::Relaxed);
                // Behind the check of the lock.
                match self.lost_at(1, error) {
                    lost @ Error::Lost { .. } => Ok(Err(lost)),
                    error => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Whether it was the look at the lease that failed.
    fn lost_at(&self, place: usize, error: zookit_client::Error) -> Error {
        let failed = match &error {
            zookit_client::Error::Refused(refused) => refused.failed_operation(),
            _ => None,
        };
        let of_lease = failed.is_some_and(|failed| failed.index == place);
        let lost = match () {
            () if of_lease && error.is_no_node() => Lost::Deleted,
            () if of_lease && error.is_bad_version() => Lost::Taken,
            () => return error.into(),
        };
        Error::Lost { path: self.lease.holder_path.as_str().into(), lost }
    }
}
