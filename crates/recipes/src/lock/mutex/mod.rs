//! A lock with one holder at a time, in the order of asking.
//!
//! # What it guarantees
//!
//! At most one [`MutexGuard`] is [trusted](crate::Claim::is_trusted) at any moment, as far as the
//! sessions of its clients [can be](zookit_client::Client::trusted_until). Tokens grow from holder
//! to holder. Who asks first holds first. One release wakes one waiter.
//!
//! # How it works
//!
//! 1. An ephemeral sequential znode `_c_UUID-lock-` is created below the lock's path, and the
//!    children are listed behind that, both in one go.
//! 2. The one with the lowest number holds. Every other watches the one before it (not its parent:
//!    a release wakes one), and lists again when that has gone.
//! 3. A release deletes the znode.
//!
//! Without contention that is two requests at once, and one for the release; from a release to the
//! next holder it takes the delete, one event, and a listing.
//!
//! # What can go wrong
//!
//! * *The session expires while one waits*: nothing was held; a claim is made anew, at the end of
//!   the queue. *While one holds*: the next holds when the servers end the session. The guard
//!   [tells](crate::Claim::lost), and [doubts](crate::Claim::doubted) before that.
//! * *The reply to the create is lost*: the znode is looked for by its id, behind a fence.
//! * *The future is dropped*, or its time is over: the znode is deleted in the background.
//! * *Somebody deletes the znode of a holder*: the next holds at once. [`lost`](crate::Claim::lost)
//!   tells who asks; [`guarded_multi`](crate::Claim::guarded_multi) refuses.
//! * *One asks twice in one task*: it waits for itself. There is no owner that is recognised again
//!   but the guard; pass that on, or a reference to it.
//!
//! # On disk
//!
//! As Curator's `InterProcessMutex`, kazoo's `Lock` or go-zookeeper's `Lock`, by
//! [`Naming`](crate::Naming): processes of these exclude each other.
//!
//! ```
//! # use std::time::Duration;
//! # use zookit_client::{Client, Transaction, Version};
//! use zookit_recipes::Mutex;
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let lock = Mutex::new(&client, "/locks/report");
//! let guard = lock.acquire().await?;
//! println!("held with the token {}", guard.token());
//! guard.guarded_multi(Transaction::new().set_data("/config", "7", Version::Any)).await?;
//! guard.release().await?;
//!
//! if let Some(guard) = lock.acquire_within(Duration::from_secs(5)).await? {
//!     guard.release().await?;
//! }
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

use std::ops::Deref;
use std::time::Duration;

use tokio::time::timeout;
use zookit_client::{ChildList, Client};

use crate::Error;
use crate::claim::{Claim, ClaimOptions, Join, Participant, join, participants};
use crate::claim::{patiently, wait_turn};
use crate::naming::{Kind, Turn, turn};

/// A lock: a path of which at most one holds. See [the module](self).
///
/// It is a description and holds nothing by itself; clones are the same lock.
#[derive(Debug, Clone)]
#[doc(alias = "NewLock")]
#[doc(alias = "InterProcessMutex")]
#[doc(alias = "InterProcessSemaphoreMutex")]
pub struct Mutex {
    client: Client,
    path: String,
    options: ClaimOptions,
}

/// A lock that is held, until this is [released](Self::release) or dropped.
#[derive(Debug)]
#[must_use = "a guard that is dropped releases its lock"]
pub struct MutexGuard(Claim);

impl Mutex {
    /// The lock at a path, which need not exist.
    #[must_use]
    pub fn new(client: &Client, path: &str) -> Self {
        Self::with_options(client, path, ClaimOptions::default())
    }

    /// The same, with other names, data, rights or parents.
    #[must_use]
    pub fn with_options(client: &Client, path: &str, options: ClaimOptions) -> Self {
        Self { client: client.clone(), path: path.to_owned(), options }
    }

    /// The same lock, asked for by another handle.
    pub(crate) fn by(&self, client: &Client) -> Self {
        Self { client: client.clone(), ..self.clone() }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Waits until the lock is held; over lost connections and sessions, as long as it takes.
    ///
    /// # Errors
    /// The client's, if trying again cannot mend it: no permission, a closed client, a client
    /// that is pinned to a session that is over, a path that is none.
    ///
    /// # Cancel safety
    /// Dropping the future gives the place in the queue up, in the background.
    pub async fn acquire(&self) -> Result<MutexGuard, Error> {
        patiently(&self.client, || self.attempt()).await
    }

    /// As [`acquire`](Self::acquire), for this long at most; `None` if it is not held by then. The
    /// place in the queue is then given up, in the background.
    ///
    /// # Errors
    /// As [`acquire`](Self::acquire).
    ///
    /// # Cancel safety
    /// As [`acquire`](Self::acquire).
    pub async fn acquire_within(&self, time: Duration) -> Result<Option<MutexGuard>, Error> {
        timeout(time, self.acquire()).await.ok().transpose()
    }

    /// The lock, if nobody has it; `None` if somebody has.
    ///
    /// # Errors
    /// The client's: no connection within the deadline of a request, among others.
    ///
    /// # Cancel safety
    /// As [`acquire`](Self::acquire).
    pub async fn try_acquire(&self) -> Result<Option<MutexGuard>, Error> {
        let (claim, names) = self.join().await?;
        let names = match names {
            Some(names) => names,
            None => {
                let listing = claim.client().get_child_list(&self.path);
                listing.await.map_err(|error| claim.deleted_or(error))?
            }
        };
        let ours = turn(&names, claim.name(), in_the_way) == Turn::Ours;
        Ok(ours.then(|| MutexGuard(claim)))
    }

    /// Who holds, first, and who waits, in order; nobody where nobody has ever asked for it.
    ///
    /// # Errors
    /// The client's.
    pub async fn participants(&self) -> Result<Vec<Participant>, Error> {
        participants(&self.client, &self.path, in_the_way).await
    }

    async fn join(&self) -> Result<(Claim, Option<ChildList>), Error> {
        let (parent, options) = (self.path.as_str(), &self.options);
        join(&self.client, Join { parent, kind: Kind::Lock, options }).await
    }

    async fn attempt(&self) -> Result<MutexGuard, Error> {
        let (claim, names) = self.join().await?;
        wait_turn(&claim, names, in_the_way).await?;
        Ok(MutexGuard(claim))
    }
}

/// Whoever stands in the queue, by whatever name.
const fn in_the_way(kind: Kind) -> bool {
    matches!(kind, Kind::Lock | Kind::Read | Kind::Write)
}

impl MutexGuard {
    /// Releases the lock, and waits until that is done. It is done in any case, also when this is
    /// dropped; dropping the guard releases it in the background.
    ///
    /// # Errors
    /// [`Error::Lost`] if it was not held any more: others may have held it meanwhile. *Refused* if
    /// the znode may not be deleted, which its session's end will do.
    ///
    /// # Cancel safety
    /// The lock is released in any case, once this has been polled or dropped.
    #[doc(alias = "Unlock")]
    pub async fn release(self) -> Result<(), Error> {
        self.0.release().await
    }
}

impl Deref for MutexGuard {
    type Target = Claim;

    fn deref(&self) -> &Claim {
        &self.0
    }
}
