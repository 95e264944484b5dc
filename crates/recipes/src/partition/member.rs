//! A member, and its share.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use zookit_client::OneShotWatch;

use super::SetPartitioner;
use super::plan::share;
use crate::Error;
use crate::claim::{Claim, Lost, endless};
use crate::lock::mutex::{Mutex, MutexGuard};
use crate::race::{First, first};

/// What a member is to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PartitionState {
    /// It has nothing, and is to [acquire](Partition::acquire) its share.
    Allocating,
    /// It has its share, and works on it.
    Acquired,
    /// Members have come or gone, or the session is doubtful: it is to stop working, and to
    /// [release](Partition::release) its share.
    Release,
    /// It is no member any more: its session is over, or somebody removed it. It is to stop
    /// working, and can join again.
    Failure,
}

/// A member of those who share a set, until it [leaves](Self::leave) or this is dropped.
#[derive(Debug)]
#[must_use = "dropping it leaves the party"]
pub struct Partition {
    // Before the claim: a member has no locks when it has gone.
    locks: Vec<MutexGuard>,
    items: Vec<String>,
    /// Fires when members come or go; there is one while there is a share.
    watch: Option<OneShotWatch>,
    /// Whether it is acquired, and to be released.
    state: PartitionState,
    claim: Claim,
    set: SetPartitioner,
}

impl Partition {
    pub(super) fn new(claim: Claim, set: SetPartitioner) -> Self {
        let state = PartitionState::Allocating;
        Self { locks: Vec::new(), items: Vec::new(), watch: None, state, claim, set }
    }

    /// The share; empty unless it is acquired, or to be released.
    #[must_use]
    pub fn items(&self) -> &[String] {
        &self.items
    }

    /// The lock by which an item is held: its token and its guarded writes are for what must not be
    /// done twice, whatever happens.
    #[must_use]
    pub fn lock(&self, item: &str) -> Option<&MutexGuard> {
        let place = self.items.iter().position(|other| other == item)?;
        self.locks.get(place)
    }

    /// What rests on the member's own znode: its session, whether it is trusted, when it is lost.
    #[must_use]
    pub const fn claim(&self) -> &Claim {
        &self.claim
    }

    /// What is to be done next, as far as this client knows.
    pub fn state(&mut self) -> PartitionState {
        if self.claim.is_over() {
            self.state = PartitionState::Failure;
        }
        if self.state == PartitionState::Acquired {
            let mut context = Context::from_waker(Waker::noop());
            let fired = match &mut self.watch {
                Some(watch) => Pin::new(watch).poll(&mut context) != Poll::Pending,
                None => true,
            };
            if fired || !self.claim.is_trusted() {
                self.due_for_release();
            }
        }
        self.state
    }

    fn due_for_release(&mut self) {
        self.watch = None;
        self.state = PartitionState::Release;
    }

    /// Waits until the set is split and the share of this member acquired, and answers it; what it
    /// had before is released first. It waits over lost connections, and for those who have not
    /// released yet, as long as it takes.
    ///
    /// # Errors
    /// [`is_lost`](Error::is_lost) if it is no member any more. Otherwise the client's, if trying
    /// again cannot mend it.
    ///
    /// # Cancel safety
    /// Dropping the future gives back what was acquired, in the background.
    pub async fn acquire(&mut self) -> Result<&[String], Error> {
        self.release().await?;
        let acquired = self.try_acquire().await;
        if acquired.as_ref().is_err_and(Error::is_lost) {
            self.state = PartitionState::Failure;
        }
        let (items, locks, watch) = acquired?;
        (self.items, self.locks, self.watch) = (items, locks, Some(watch));
        self.state = PartitionState::Acquired;
        Ok(&self.items)
    }

    /// As [`acquire`](Self::acquire), for this long at most; whether it is acquired by then.
    ///
    /// # Errors
    /// As [`acquire`](Self::acquire).
    ///
    /// # Cancel safety
    /// As [`acquire`](Self::acquire).
    #[doc(alias = "wait_for_acquire")]
    pub async fn acquire_within(&mut self, time: Duration) -> Result<bool, Error> {
        timeout(time, self.acquire()).await.map_or(Ok(false), |share| share.map(|_| true))
    }

    async fn try_acquire(&self) -> Result<(Vec<String>, Vec<MutexGuard>, OneShotWatch), Error> {
        let (client, party) = (self.claim.client(), self.set.party());
        let (settle, split) = (self.set.options.settle, self.set.options.split);
        'anew: loop {
            let list = || client.get_children_and_watch(&party);
            let (children, mut watch) = client.retry(endless(), |_| list()).await?;
            let items = share(&self.set.items, &children.names, self.claim.name(), split);
            let Some(items) = items else { return Err(self.claim.found_deleted()) };
            if let First::Left(_) = first(&mut watch, sleep(settle)).await {
                continue;
            }
            let mut locks = Vec::with_capacity(items.len());
            for item in &items {
                let options = self.set.options.claim.clone();
                let lock = Mutex::with_options(client, &self.set.lock_path(item), options);
                match first(&mut watch, lock.acquire()).await {
                    First::Right(guard) => locks.push(guard?),
                    // What it has it gives back, so that nobody waits for whom it waits for.
                    First::Left(_) => continue 'anew,
                }
            }
            return Ok((items, locks, watch));
        }
    }

    /// Waits until the share is to be released: members have come or gone, the session is doubtful,
    /// or it is over. At once if there is none.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn changed(&mut self) -> PartitionState {
        if self.state() == PartitionState::Acquired {
            if let Some(watch) = &mut self.watch {
                first(watch, self.claim.doubted()).await;
            }
            self.due_for_release();
        }
        self.state()
    }

    /// Gives the share back, all of it, and waits until that is done. It is done in any case, also
    /// when this is dropped.
    ///
    /// # Errors
    /// [`is_lost`](Error::is_lost) if it is no member any more. Otherwise the client's.
    ///
    /// # Cancel safety
    /// The share is given back in any case, once this has been polled.
    pub async fn release(&mut self) -> Result<(), Error> {
        self.items.clear();
        self.watch = None;
        if self.state() == PartitionState::Failure {
            // With the session, or in the background.
            self.locks.clear();
            return Err(self.claim.lost_by(Lost::SessionOver));
        }
        self.state = PartitionState::Allocating;
        let mut releasing = JoinSet::new();
        for lock in self.locks.drain(..) {
            releasing.spawn(lock.release());
        }
        // What is dropped is aborted, and a release that is aborted goes on by itself.
        while let Some(released) = releasing.join_next().await {
            match released {
                // Somebody else has released it.
                Ok(Err(Error::Lost { lost: Lost::Deleted, .. })) | Ok(Ok(())) => {}
                Ok(Err(error)) => return Err(error),
                Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
            }
        }
        Ok(())
    }

    /// Gives the share back, and is no member any more.
    ///
    /// # Errors
    /// As [`release`](Self::release).
    ///
    /// # Cancel safety
    /// It leaves in any case, once this has been polled or dropped.
    #[doc(alias = "finish")]
    pub async fn leave(mut self) -> Result<(), Error> {
        self.release().await?;
        self.claim.release().await
    }
}
