//! A lock that readers hold together and writers alone, in the order of asking.
//!
//! # What it guarantees
//!
//! While a [`WriteGuard`] is [trusted](crate::Claim::is_trusted), no other guard of the same path
//! is, as far as the sessions of its clients [can be](zookit_client::Client::trusted_until). Any
//! number of [`ReadGuard`]s are, together. Who asks first holds first: a writer who waits is not
//! passed by readers who come later, so neither side starves the other. A writer can become a
//! reader without letting anybody in between ([`WriteGuard::downgrade`]).
//!
//! # How it works
//!
//! 1. An ephemeral sequential znode `_c_UUID-__READ__` or `_c_UUID-__WRIT__` is created below the
//!    lock's path, and the children are listed behind that, both in one go.
//! 2. A writer holds when nobody stands before it, a reader when no writer does. Whoever else
//!    watches the nearest of those in its way, and lists again when that has gone.
//! 3. A release deletes the znode. It wakes the writer who waits for it, or the readers who do:
//!    all of those hold then.
//! 4. A downgrade is one transaction: the writer's znode is deleted, and a reader's is created that
//!    has its number, and so its place. Readers behind it hold with it; a writer behind it waits on.
//!
//! # What can go wrong
//!
//! What can with a [mutex](crate::lock::mutex), and there is the same answer to it. Besides:
//! * *A reader wants to write*: it has to release first. If two of them waited for each other to
//!   stop reading, neither ever would; so there is no way up.
//! * *The reply to a downgrade is lost*: the reader's znode is looked for, behind a fence. Without
//!   an answer either way both are deleted, in the background.
//! * *A reader's token*: readers that hold at once have tokens in the order in which they asked.
//!   After a downgrade the guard keeps the writer's token, since those who wait behind it got theirs
//!   before the reader's znode was made; [`participants`](ReadWriteLock::participants) shows the
//!   later one, its znode's own.
//!
//! # On disk
//!
//! As Curator's `InterProcessReadWriteLock`, downgrade included, or as kazoo's `ReadLock` and
//! `WriteLock`, by [`Naming`](crate::Naming). A [`Mutex`](crate::Mutex) on the same path is a writer
//! here, and kazoo's are; Curator's readers pass by Curator's.
//!
//! ```
//! # use std::time::Duration;
//! # use zookit_client::Client;
//! use zookit_recipes::ReadWriteLock;
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let lock = ReadWriteLock::new(&client, "/locks/catalogue");
//! let (one, other) = (lock.read().await?, lock.read().await?);
//! assert!(lock.try_write().await?.is_none());
//! one.release().await?;
//! other.release().await?;
//!
//! let writing = lock.write().await?;
//! println!("written with the token {}", writing.token());
//! // What was written is read again, and nobody wrote in between.
//! let reading = writing.downgrade().await?;
//! assert!(lock.read_within(Duration::from_secs(5)).await?.is_some());
//! reading.release().await?;
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

mod access;

use std::ops::Deref;
use std::time::Duration;

use tokio::time::timeout;
use zookit_client::{ChildList, Client, CreateMode};

use self::access::{Access, downgraded};
use crate::Error;
use crate::claim::{Claim, ClaimOptions, Instead, Join, Participant};
use crate::claim::{exchange, join, participants, patiently, wait_turn};
use crate::naming::{Kind, Turn, turn};

/// A lock that readers hold together and writers alone. See [the module](self).
///
/// It is a description and holds nothing by itself; clones are the same lock.
#[derive(Debug, Clone)]
#[doc(alias = "InterProcessReadWriteLock")]
#[doc(alias = "ReadLock")]
#[doc(alias = "WriteLock")]
pub struct ReadWriteLock {
    client: Client,
    path: String,
    options: ClaimOptions,
}

/// A lock that is held with other readers, until this is [released](Self::release) or dropped.
#[derive(Debug)]
#[must_use = "a guard that is dropped releases its lock"]
pub struct ReadGuard(Claim);

/// A lock that is held alone, until this is [released](Self::release),
/// [downgraded](Self::downgrade) or dropped.
#[derive(Debug)]
#[must_use = "a guard that is dropped releases its lock"]
pub struct WriteGuard {
    claim: Claim,
    options: ClaimOptions,
}

impl ReadWriteLock {
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

    /// Waits until no writer stands before one; over lost connections and sessions, as long as it
    /// takes.
    ///
    /// # Errors
    /// The client's, if trying again cannot mend it: no permission, a closed client, a client
    /// that is pinned to a session that is over, a path that is none.
    ///
    /// # Cancel safety
    /// Dropping the future gives the place in the queue up, in the background.
    pub async fn read(&self) -> Result<ReadGuard, Error> {
        patiently(&self.client, || self.attempt(Access::Read)).await.map(ReadGuard)
    }

    /// As [`read`](Self::read), for this long at most; `None` if it is not held by then. The place
    /// in the queue is then given up, in the background.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    ///
    /// # Cancel safety
    /// As [`read`](Self::read).
    pub async fn read_within(&self, time: Duration) -> Result<Option<ReadGuard>, Error> {
        timeout(time, self.read()).await.ok().transpose()
    }

    /// The lock for reading, if no writer has it or waits for it; `None` if one does.
    ///
    /// # Errors
    /// The client's: no connection within the deadline of a request, among others.
    ///
    /// # Cancel safety
    /// As [`read`](Self::read).
    pub async fn try_read(&self) -> Result<Option<ReadGuard>, Error> {
        Ok(self.once(Access::Read).await?.map(ReadGuard))
    }

    /// Waits until nobody stands before one; over lost connections and sessions, as long as it
    /// takes.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    ///
    /// # Cancel safety
    /// As [`read`](Self::read).
    pub async fn write(&self) -> Result<WriteGuard, Error> {
        let claim = patiently(&self.client, || self.attempt(Access::Write)).await?;
        Ok(self.writes(claim))
    }

    /// As [`write`](Self::write), for this long at most; `None` if it is not held by then. The
    /// place in the queue is then given up, in the background.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    ///
    /// # Cancel safety
    /// As [`read`](Self::read).
    pub async fn write_within(&self, time: Duration) -> Result<Option<WriteGuard>, Error> {
        timeout(time, self.write()).await.ok().transpose()
    }

    /// The lock for writing, if nobody has it; `None` if somebody has.
    ///
    /// # Errors
    /// As [`try_read`](Self::try_read).
    ///
    /// # Cancel safety
    /// As [`read`](Self::read).
    pub async fn try_write(&self) -> Result<Option<WriteGuard>, Error> {
        Ok(self.once(Access::Write).await?.map(|claim| self.writes(claim)))
    }

    /// Who holds and who waits, in order: readers up to the first writer hold, or the writer that
    /// is first does.
    ///
    /// # Errors
    /// The client's.
    pub async fn participants(&self) -> Result<Vec<Participant>, Error> {
        participants(&self.client, &self.path, |kind| Access::Write.waits_for(kind)).await
    }

    /// The readers among the [participants](Self::participants), in order.
    ///
    /// # Errors
    /// As [`participants`](Self::participants).
    pub async fn readers(&self) -> Result<Vec<Participant>, Error> {
        participants(&self.client, &self.path, |kind| kind == Kind::Read).await
    }

    /// The writers among the [participants](Self::participants), in order.
    ///
    /// # Errors
    /// As [`participants`](Self::participants).
    pub async fn writers(&self) -> Result<Vec<Participant>, Error> {
        participants(&self.client, &self.path, |kind| Access::Read.waits_for(kind)).await
    }

    fn writes(&self, claim: Claim) -> WriteGuard {
        WriteGuard { claim, options: self.options.clone() }
    }

    async fn join(&self, access: Access) -> Result<(Claim, Option<ChildList>), Error> {
        let (parent, options) = (self.path.as_str(), &self.options);
        join(&self.client, Join { parent, kind: access.kind(), options }).await
    }

    async fn attempt(&self, access: Access) -> Result<Claim, Error> {
        let (claim, names) = self.join(access).await?;
        wait_turn(&claim, names, |kind| access.waits_for(kind)).await?;
        Ok(claim)
    }

    async fn once(&self, access: Access) -> Result<Option<Claim>, Error> {
        let (claim, names) = self.join(access).await?;
        let names = match names {
            Some(names) => names,
            None => {
                let listing = claim.client().get_child_list(&self.path);
                listing.await.map_err(|error| claim.deleted_or(error))?
            }
        };
        let ours = turn(&names, claim.name(), |kind| access.waits_for(kind)) == Turn::Ours;
        Ok(ours.then_some(claim))
    }
}

impl ReadGuard {
    /// Releases the lock, and waits until that is done. It is done in any case, also when this is
    /// dropped; dropping the guard releases it in the background.
    ///
    /// # Errors
    /// [`Error::Lost`] if it was not held any more: others may have held it meanwhile. *Refused* if
    /// the znode may not be deleted, which its session's end will do.
    ///
    /// # Cancel safety
    /// The lock is released in any case, once this has been polled or dropped.
    pub async fn release(self) -> Result<(), Error> {
        self.0.release().await
    }
}

impl WriteGuard {
    /// As [`ReadGuard::release`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// As there.
    pub async fn release(self) -> Result<(), Error> {
        self.claim.release().await
    }

    /// Becomes a reader, who holds together with the readers behind it: in one transaction, so that
    /// no other writer holds in between.
    ///
    /// The guard keeps its [token](Claim::token).
    ///
    /// # Errors
    /// [`Error::Lost`] if the lock was not held any more. The client's; the lock is then released,
    /// in the background.
    ///
    /// # If no reply comes
    /// What became of it is looked for, behind a fence.
    ///
    /// # Cancel safety
    /// Dropping the future releases the lock, in the background.
    pub async fn downgrade(self) -> Result<ReadGuard, Error> {
        let Self { claim, options } = self;
        let (token, path) = (claim.token(), claim.path().to_owned());
        let (parent, writer) = path.rsplit_once('/').unwrap_or(("", &path));
        let reader = options.naming.name(Kind::Read, &claim.client().unique_id());
        // A server that numbers nothing is none; the claim goes with the error.
        let Some(name) = downgraded(writer, &reader) else {
            return Err(claim.found_deleted());
        };
        let parent = if parent.is_empty() { "/" } else { parent };
        let (names, mode) = (vec![name], CreateMode::Ephemeral);
        let instead = Instead { parent, names, mode, options: &options };
        let mut claims = exchange(claim, instead).await?;
        let mut claim = claims.remove(0);
        claim.set_token(token);
        Ok(ReadGuard(claim))
    }
}

impl Deref for ReadGuard {
    type Target = Claim;

    fn deref(&self) -> &Claim {
        &self.0
    }
}

impl Deref for WriteGuard {
    type Target = Claim;

    fn deref(&self) -> &Claim {
        &self.claim
    }
}
