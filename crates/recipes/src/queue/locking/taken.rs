//! An item that is locked.

use std::ops::Deref;

use zookit_client::{
    Acl, Client, CreateMode, CreateOptions, MultiOutcome, RetryPolicy, Transaction, Version,
};
use zookit_proto::mutant::{self, Mutant};

use super::super::Item;
use crate::Error;
use crate::claim::{Claim, Lost, endless};

/// An item that is this caller's to work on, until it is [consumed](Self::consume), given back, or
/// this is dropped, which gives it back.
///
/// It is a [`Claim`] on the lock's znode, whose path another lock may have later: what is guarded
/// by it here looks at the item's version too.
#[derive(Debug)]
#[must_use = "an item that is dropped is given back"]
pub struct Taken {
    claim: Claim,
    item: Item,
    hold: Hold,
    /// That of items.
    acl: Vec<Acl>,
    settled: bool,
}

impl Taken {
    /// `item` has the version that it got with the lock.
    pub(super) fn new(claim: Claim, item: Item, acl: Vec<Acl>) -> Self {
        let hold = Hold::new(claim.client().clone(), &item.path, item.stat.version, claim.path());
        Self { claim, item, hold, acl, settled: false }
    }

    /// The item.
    #[must_use]
    pub const fn item(&self) -> &Item {
        &self.item
    }

    /// Asks the server whether the lock is still this one, behind a fence.
    ///
    /// # Errors
    /// The client's; that the session is over among others.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    #[doc(alias = "holds_lock")]
    pub async fn holds(&self) -> Result<bool, Error> {
        let (client, path) = (self.claim.client(), self.claim.path());
        let look = || client.linearizable_read(|client| client.exists(path));
        // By what created it, and not by its data: others set those to ask for it.
        let lock = client.retry(RetryPolicy::default(), |_| look()).await?;
        Ok(lock.is_some_and(|lock| lock.czxid == self.claim.token()))
    }

    /// Applies the operations if, and only if, the item is still this caller's. As
    /// [`Claim::guarded_multi`], and also of a lock whose path another one has by now.
    ///
    /// # Errors
    /// As there; two checks count as the first operations.
    ///
    /// # If no reply comes
    /// As there.
    ///
    /// # Cancel safety
    /// As there.
    pub async fn guarded_multi(
        &self,
        transaction: Transaction,
    ) -> Result<Vec<MultiOutcome>, Error> {
        let Hold { client, item, version, lock } = &self.hold;
        let guard = Transaction::new().check(item, *version).check(lock, Version::Any);
        match client.multi(guard.then(transaction)).await {
            Ok(mut outcomes) => Ok(outcomes.split_off(2)),
            Err(error) if is_of_the_hold(&error) => Err(self.claim.found_deleted()),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes the item: the work is done. It goes on also if this is dropped, and over lost
    /// connections.
    ///
    /// # Errors
    /// [`is_lost`](Error::is_lost) if it is not this caller's any more: another one has worked on
    /// it or will. Otherwise the client's; the item is then given back.
    ///
    /// # If no reply comes
    /// It is sent again: the item's version tells. If the session ends before that, it is lost, and
    /// was removed or not.
    ///
    /// # Cancel safety
    /// The item is removed in any case, once this has been polled.
    pub async fn consume(self) -> Result<(), Error> {
        self.consume_with(Transaction::new()).await
    }

    /// Removes the item and applies these operations, or neither: what they write is written once
    /// for each item.
    ///
    /// # Errors
    /// As [`consume`](Self::consume); two deletes count as the first operations.
    ///
    /// # If no reply comes
    /// As [`consume`](Self::consume).
    ///
    /// # Cancel safety
    /// As [`consume`](Self::consume).
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::{Client, CreateMode, Transaction};
    /// # use zookit_recipes::LockingQueue;
    /// # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
    /// let jobs = LockingQueue::new(&client, "/app/work");
    /// jobs.put("2 + 3").await?;
    /// let taken = jobs.take().await?;
    /// let result = Transaction::new().create("/result", "5", CreateMode::Persistent);
    /// taken.consume_with(result).await?;
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    pub async fn consume_with(self, transaction: Transaction) -> Result<(), Error> {
        let hold = self.hold.clone();
        self.end(hold.consume(transaction)).await
    }

    /// Puts the item to the end of its priority, for anybody to take: once, or not at all.
    ///
    /// # Errors
    /// As [`consume`](Self::consume).
    ///
    /// # If no reply comes
    /// As [`consume`](Self::consume).
    ///
    /// # Cancel safety
    /// As [`consume`](Self::consume).
    pub async fn requeue(self) -> Result<(), Error> {
        let (mode, acl) = (CreateMode::PersistentSequential, self.acl.clone());
        let options = CreateOptions { mode, acl, ttl: None };
        // Without its number: it gets another one.
        let (name, raw) = (self.item.unnumbered(), self.item.raw.clone());
        let again = Transaction::new().create(name, raw, options);
        self.consume_with(again).await
    }

    /// Gives the item back, where it was. It goes on also if this is dropped, and over lost
    /// connections; dropping the guard does the same, with nobody to hear of it.
    ///
    /// # Errors
    /// [`is_lost`](Error::is_lost) if it was not this caller's any more.
    ///
    /// # Cancel safety
    /// The item is given back in any case.
    pub async fn release(self) -> Result<(), Error> {
        let hold = self.hold.clone();
        self.end(hold.give_back()).await
    }

    /// In a task of its own, so that it ends whether anybody waits or not.
    async fn end(
        mut self,
        task: impl Future<Output = Result<(), Ended>> + Send + 'static,
    ) -> Result<(), Error> {
        self.settled = true;
        match self.claim.spawn(task).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(Ended::Lost(lost))) => Err(self.claim.lost_by(lost)),
            Ok(Err(Ended::Client(error))) => Err(error.into()),
            Err(panicked) if panicked.is_panic() => {
                std::panic::resume_unwind(panicked.into_panic())
            }
            Err(_) => std::future::pending().await,
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let left = self.settled || mutant::on(Mutant::TakenLeftWhenDropped);
        if !left && !self.claim.is_over() {
            let _goes_on = self.claim.spawn(self.hold.clone().give_back());
        }
    }
}

impl Deref for Taken {
    type Target = Claim;

    fn deref(&self) -> &Claim {
        &self.claim
    }
}

/// What an item is held by, which was locked: a version of it that nobody else has seen made, and a
/// lock.
#[derive(Debug, Clone)]
pub(super) struct Hold {
    /// Pinned to the session.
    client: Client,
    item: String,
    version: Version,
    lock: String,
}

/// Why a hold was not ended.
pub(super) enum Ended {
    Lost(Lost),
    Client(zookit_client::Error),
}

impl Hold {
    pub(super) fn new(client: Client, item: &str, version: i32, lock: &str) -> Self {
        let version = Version::Exactly(version);
        Self { client, item: item.to_owned(), version, lock: lock.to_owned() }
    }

    /// Pinned to the session.
    pub(super) const fn client(&self) -> &Client {
        &self.client
    }

    /// The path of the lock.
    pub(super) fn lock(&self) -> &str {
        &self.lock
    }

    pub(super) async fn give_back(self) -> Result<(), Ended> {
        let give_back = Transaction::new().check(&self.item, self.version);
        let give_back = give_back.delete(&self.lock, Version::Any);
        match self.send(give_back).await {
            (Ok(()), _) => Ok(()),
            // Another one has it by now, or has been through with it; or the lock has gone.
            (Err(error), true) if is_of_the_hold(&error) => Ok(()),
            (Err(error), _) if error.is_no_node() && error.path() == Some(&self.item) => {
                // Nobody locks what is not there.
                self.client
                    .delete_guaranteed(&self.lock, Version::Any)
                    .await
                    .or_else(|error| if error.is_no_node() { Ok(()) } else { Err(ended(error)) })
            }
            (Err(error), _) => Err(ended(error)),
        }
    }

    async fn consume(self, transaction: Transaction) -> Result<(), Ended> {
        let any = mutant::on(Mutant::ConsumedWithoutVersion);
        let version = if any { Version::Any } else { self.version };
        let consume = Transaction::new().delete(&self.item, version);
        let consume = consume.delete(&self.lock, Version::Any).then(transaction);
        match self.send(consume).await {
            (Ok(()), _) => Ok(()),
            // By this: nobody else deletes what is locked.
            (Err(error), true) if error.is_no_node() && error.path() == Some(&self.item) => Ok(()),
            (Err(error), _) => {
                let error = ended(error);
                if let Ended::Client(_) = error {
                    let _what_is_told = self.clone().give_back().await;
                }
                Err(error)
            }
        }
    }

    /// Sends it until it is answered; and whether an attempt before the last may have been applied.
    async fn send(&self, transaction: Transaction) -> (Result<(), zookit_client::Error>, bool) {
        let mut in_doubt = false;
        let sent = self.client.retry(endless(), |attempt| {
            in_doubt |= attempt.may_have_applied;
            self.client.multi(transaction.clone())
        });
        let sent = sent.await.map(drop);
        (sent, in_doubt)
    }
}

fn ended(error: zookit_client::Error) -> Ended {
    if is_of_the_hold(&error) {
        Ended::Lost(Lost::Deleted)
    } else if error.is_session_lost() {
        Ended::Lost(Lost::SessionOver)
    } else if error.is_closed() {
        Ended::Lost(Lost::Closed)
    } else {
        Ended::Client(error)
    }
}

/// Whether it was the item or the lock that failed, which are the first two.
fn is_of_the_hold(error: &zookit_client::Error) -> bool {
    let zookit_client::Error::Refused(refused) = error else { return false };
    let first = refused.failed_operation().is_some_and(|failed| failed.index < 2);
    first && (error.is_no_node() || error.is_bad_version())
}
