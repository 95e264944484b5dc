//! Leases, of which so many are held at once.
//!
//! # What it guarantees
//!
//! No more [`Lease`]s are [trusted](crate::Claim::is_trusted) at any moment than the [`Limit`] was
//! when the newest of them was taken, as far as the sessions of its clients
//! [can be](zookit_client::Client::trusted_until). Who asks first is served first. Several leases
//! at once are taken all together or not at all, so that clients who want several never hold a part
//! each and wait for the rest for ever.
//!
//! # How it works
//!
//! 1. A turn is waited for, as with a [mutex](crate::lock::mutex), in the queue below `locks`.
//! 2. Whose turn it is lists `leases`. If there is no room it watches them, and the limit where that
//!    may change. The others watch their place in the queue, so that a release wakes one.
//! 3. When there is room, one transaction deletes the znode of the turn and creates the leases, as
//!    ephemeral sequential znodes `_c_UUID-lease-`: the next has its turn.
//! 4. A release deletes the lease's znode.
//!
//! Without contention that takes three round trips, and one for the release.
//!
//! # What can go wrong
//!
//! * *The session expires while one waits*: a turn is waited for anew. *While one holds*: the leases
//!   are free when the servers end the session; each [tells](crate::Claim::lost).
//! * *One stands still when it has its turn, and the turn is taken from it* by an expiry or an
//!   operator: the transaction is refused, since the znode of the turn is not there.
//! * *The reply to the transaction is lost*: the leases are looked for, behind a fence; what cannot
//!   be found out is deleted in the background.
//! * *Who asks for many makes all behind it wait*, also those who want one. That is what keeps it
//!   from being passed for ever.
//! * *The limit falls below what is held*: nobody loses a lease; nobody gets one until enough are
//!   released.
//! * *Curator's clients that take several* take them one by one, and hold a part while they wait:
//!   beside those, or among themselves, some may wait for each other. Give all of them a time
//!   ([`acquire_many_within`](Semaphore::acquire_many_within)).
//!
//! # On disk
//!
//! As Curator's `InterProcessSemaphoreV2` (with a limit of 1, as its `InterProcessSemaphoreMutex`),
//! or, with [`Naming::Kazoo`](crate::Naming::Kazoo), as kazoo's `Semaphore`. kazoo's clients compare
//! their limit with one in the data of the path, if there is a number; here that is not looked at.
//! Children of `leases` that are no leases take no room here; the others count them.
//!
//! ```
//! # use std::time::Duration;
//! # use zookit_client::Client;
//! use zookit_recipes::Semaphore;
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let printers = Semaphore::new(&client, "/printers", 3);
//! let lease = printers.acquire().await?;
//! let two = printers.acquire_many(2).await?;
//! assert!(printers.try_acquire().await?.is_none());
//! drop(two);
//! lease.release().await?;
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

mod layout;
mod limit;

use std::future::pending;
use std::ops::Deref;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;
use zookit_client::{Answer, ChildList, Client, OneShotWatch, SessionId, Stat, Zxid};
use zookit_proto::path::join as join_path;

use self::layout::Layout;
pub use self::limit::Limit;
use crate::Error;
use crate::claim::{Claim, ClaimOptions, Instead, Join, Participant};
use crate::claim::{exchange, join, participants, patiently, wait_turn};
use crate::naming::{Kind, Turn, turn};
use crate::race::first;

/// A path of which so many hold leases at once. See [the module](self).
///
/// It is a description and holds nothing by itself; clones are the same semaphore.
#[derive(Debug, Clone)]
#[doc(alias = "InterProcessSemaphoreV2")]
#[doc(alias = "InterProcessSemaphoreMutex")]
pub struct Semaphore {
    client: Client,
    path: String,
    layout: Layout,
    limit: Limit,
    options: ClaimOptions,
}

/// A lease that is held, until this is [released](Self::release) or dropped.
///
/// Leases that are taken together have the same [token](Claim::token).
#[derive(Debug)]
#[must_use = "a lease that is dropped is released"]
pub struct Lease(Claim);

/// One who has a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseHolder {
    /// The path of its znode.
    pub path: String,
    /// What it says of itself.
    pub data: Bytes,
    /// Whose znode it is.
    pub session: SessionId,
    /// Its fencing token.
    pub token: Zxid,
    /// The stat of its znode; `ctime` says since when it is there.
    pub stat: Stat,
}

impl Semaphore {
    /// The semaphore at a path, which need not exist.
    #[must_use]
    pub fn new(client: &Client, path: &str, limit: impl Into<Limit>) -> Self {
        Self::with_options(client, path, limit, ClaimOptions::default())
    }

    /// The same, with other names, data, rights or parents.
    #[must_use]
    pub fn with_options(
        client: &Client,
        path: &str,
        limit: impl Into<Limit>,
        options: ClaimOptions,
    ) -> Self {
        let layout = Layout::new(options.naming, path);
        let (client, path) = (client.clone(), path.to_owned());
        Self { client, path, layout, limit: limit.into(), options }
    }

    /// The same semaphore, asked by another handle.
    pub(crate) fn by(&self, client: &Client) -> Self {
        Self { client: client.clone(), ..self.clone() }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Waits for a lease; over lost connections and sessions, as long as it takes.
    ///
    /// # Errors
    /// The client's, if trying again cannot mend it: no permission, a closed client, a client
    /// that is pinned to a session that is over, a path that is none, a shared limit that does not
    /// exist. [`Error::Malformed`] if that is no number. [`Error::TooMany`] if there are none.
    ///
    /// # Cancel safety
    /// Dropping the future gives the place in the queue up, and what was taken, in the background.
    pub async fn acquire(&self) -> Result<Lease, Error> {
        let mut leases = self.acquire_many(1).await?;
        Ok(leases.remove(0))
    }

    /// Waits for so many leases at once: until they can be had, none of them is held. For 0 there
    /// is nothing to wait for.
    ///
    /// They are created in one transaction, which the servers' `jute.maxbuffer` bounds to some
    /// thousands.
    ///
    /// # Errors
    /// As [`acquire`](Self::acquire). [`Error::TooMany`] at once if a fixed limit is less.
    ///
    /// # Cancel safety
    /// As [`acquire`](Self::acquire).
    pub async fn acquire_many(&self, count: u32) -> Result<Vec<Lease>, Error> {
        self.sensible(count)?;
        if count == 0 {
            return Ok(Vec::new());
        }
        patiently(&self.client, || self.attempt(count)).await
    }

    /// As [`acquire`](Self::acquire), for this long at most; `None` if there is no lease by then.
    ///
    /// # Errors
    /// As [`acquire`](Self::acquire).
    ///
    /// # Cancel safety
    /// As [`acquire`](Self::acquire).
    pub async fn acquire_within(&self, time: Duration) -> Result<Option<Lease>, Error> {
        timeout(time, self.acquire()).await.ok().transpose()
    }

    /// As [`acquire_many`](Self::acquire_many), for this long at most; `None` if they cannot all be
    /// had by then.
    ///
    /// # Errors
    /// As [`acquire_many`](Self::acquire_many).
    ///
    /// # Cancel safety
    /// As [`acquire`](Self::acquire).
    pub async fn acquire_many_within(
        &self,
        count: u32,
        time: Duration,
    ) -> Result<Option<Vec<Lease>>, Error> {
        timeout(time, self.acquire_many(count)).await.ok().transpose()
    }

    /// A lease, if there is one at once; `None` if not, or if somebody else waits for one or is
    /// just about to take one.
    ///
    /// # Errors
    /// As [`acquire`](Self::acquire), and no connection within the deadline of a request.
    ///
    /// # Cancel safety
    /// As [`acquire`](Self::acquire).
    pub async fn try_acquire(&self) -> Result<Option<Lease>, Error> {
        let leases = self.try_acquire_many(1).await?;
        Ok(leases.and_then(|mut leases| leases.pop()))
    }

    /// So many leases, if there are as many at once; `None` as for
    /// [`try_acquire`](Self::try_acquire).
    ///
    /// # Errors
    /// As [`try_acquire`](Self::try_acquire), and [`Error::TooMany`] if a fixed limit is less.
    ///
    /// # Cancel safety
    /// As [`acquire`](Self::acquire).
    pub async fn try_acquire_many(&self, count: u32) -> Result<Option<Vec<Lease>>, Error> {
        self.sensible(count)?;
        if count == 0 {
            return Ok(Some(Vec::new()));
        }
        let (claim, names) = self.join().await?;
        let names = match names {
            Some(names) => names,
            None => {
                let listing = claim.client().get_child_list(&self.layout.locks);
                listing.await.map_err(|error| claim.deleted_or(error))?
            }
        };
        let ours = turn(&names, claim.name(), in_the_way) == Turn::Ours;
        if ours && self.has_room(claim.client(), count).await? {
            return self.take(claim, count).await.map(Some);
        }
        Ok(None)
    }

    /// Who has a lease, in the order in which they got them.
    ///
    /// # Errors
    /// The client's.
    pub async fn holders(&self) -> Result<Vec<LeaseHolder>, Error> {
        let names = Self::names(self.client.get_child_names(&self.layout.leases)).await?;
        let leases = names.iter().filter(|name| self.layout.is_lease(name));
        let paths = leases.map(|name| join_path(&self.layout.leases, name));
        let asked: Vec<_> = paths.map(|path| (self.client.get_data(&path), path)).collect();
        let mut holders = Vec::with_capacity(asked.len());
        for (node, path) in asked {
            match node.await {
                Ok(node) => holders.push(LeaseHolder {
                    path,
                    data: node.data.unwrap_or_default(),
                    session: node.stat.ephemeral_owner,
                    token: node.stat.czxid,
                    stat: node.stat,
                }),
                Err(error) if error.is_no_node() => {}
                Err(error) => return Err(error.into()),
            }
        }
        holders.sort_by(|one, other| (one.token, &one.path).cmp(&(other.token, &other.path)));
        Ok(holders)
    }

    /// Who waits for leases, in order: the first has its turn, and takes them when there is room.
    ///
    /// # Errors
    /// The client's.
    pub async fn waiting(&self) -> Result<Vec<Participant>, Error> {
        participants(&self.client, &self.layout.locks, in_the_way).await
    }

    /// What a fixed limit can never satisfy is not waited for.
    fn sensible(&self, asked: u32) -> Result<(), Error> {
        match self.limit {
            Limit::Fixed(limit) if limit < asked => {
                Err(Error::TooMany { path: self.path.as_str().into(), asked, limit })
            }
            _ => Ok(()),
        }
    }

    async fn join(&self) -> Result<(Claim, Option<ChildList>), Error> {
        let (parent, options) = (self.layout.locks.as_str(), &self.options);
        join(&self.client, Join { parent, kind: Kind::Lock, options }).await
    }

    async fn attempt(&self, count: u32) -> Result<Vec<Lease>, Error> {
        let (claim, names) = self.join().await?;
        wait_turn(&claim, names, in_the_way).await?;
        // Without a watch at first: most find room, and would only have to take it back.
        while !self.has_room(claim.client(), count).await? {
            self.wait_for_room(claim.client(), count).await?;
        }
        self.take(claim, count).await
    }

    /// The leases, in place of the turn.
    async fn take(&self, turn: Claim, count: u32) -> Result<Vec<Lease>, Error> {
        let name = |_| self.layout.name(&turn.client().unique_id());
        let instead = Instead {
            parent: &self.layout.leases,
            names: (0..count).map(name).collect(),
            mode: self.layout.mode(),
            options: &self.options,
        };
        let claims = exchange(turn, instead).await?;
        Ok(claims.into_iter().map(Lease).collect())
    }

    /// The children among which the leases are; none before there was one.
    async fn names(names: Answer<Vec<String>>) -> Result<Vec<String>, Error> {
        match names.await {
            Err(error) if error.is_no_node() => Ok(Vec::new()),
            done => Ok(done?),
        }
    }

    async fn has_room(&self, client: &Client, count: u32) -> Result<bool, Error> {
        // Both at once.
        let names = client.get_child_names(&self.layout.leases);
        let limit = self.limit.read(client).await?;
        Ok(self.layout.has_room(&Self::names(names).await?, limit, count))
    }

    /// Waits until a lease or the limit changes, unless there is room.
    async fn wait_for_room(&self, client: &Client, count: u32) -> Result<(), Error> {
        let (limit, changed) = self.limit.read_and_watch(client).await?;
        let (names, released) = match client.get_children_and_watch(&self.layout.leases).await {
            Ok((children, watch)) => (children.names, Some(watch)),
            // Nobody but us makes one.
            Err(error) if error.is_no_node() => (Vec::new(), None),
            Err(error) => return Err(error.into()),
        };
        if !self.layout.has_room(&names, limit, count) {
            first(fires(released), fires(changed)).await;
        }
        Ok(())
    }
}

/// A watch that there is fires, or ends with its session; both are reasons to look again.
async fn fires(watch: Option<OneShotWatch>) {
    match watch {
        Some(watch) => drop(watch.await),
        None => pending().await,
    }
}

/// Whoever stands in the queue for a turn.
const fn in_the_way(kind: Kind) -> bool {
    matches!(kind, Kind::Lock)
}

impl Lease {
    /// Releases the lease, and waits until that is done. It is done in any case, also when this is
    /// dropped; dropping the lease releases it in the background.
    ///
    /// # Errors
    /// [`Error::Lost`] if it was not held any more. *Refused* if the znode may not be deleted, which
    /// its session's end will do.
    ///
    /// # Cancel safety
    /// The lease is released in any case, once this has been polled or dropped.
    pub async fn release(self) -> Result<(), Error> {
        self.0.release().await
    }
}

impl Deref for Lease {
    type Target = Claim;

    fn deref(&self) -> &Claim {
        &self.0
    }
}
