//! A set that members share: each item of it is one member's to work on.
//!
//! # What it guarantees
//!
//! No member works on what another one still has: an item is acquired by a lock on it, and of those
//! at most one is [trusted](crate::Claim::is_trusted) at any moment. When members come or go the
//! set is split anew, and every item becomes somebody's when those who had it have given it back,
//! or lost their session.
//!
//! # How it works
//!
//! ```text
//!   join ──> Allocating ──acquire──> Acquired ──others come or go, doubt──> Release
//!                 ^                                                            │
//!                 └──────────────────────────release───────────────────────────┘
//!   any of them ──the session is over, the member is removed──> Failure
//! ```
//! 1. A member is an ephemeral child of `PATH/party`.
//! 2. Who allocates lists the members and leaves a watch, and waits until they have been the same
//!    for a while ([`settle`](PartitionOptions::settle)). What is its share follows from their
//!    names alone.
//! 3. It takes the [lock](crate::Mutex) `PATH/locks/ITEM` of each item. Those who have it hold it
//!    until they have seen that members came or went, and [release](Partition::release); if that
//!    happens again meanwhile it gives back what it has, and begins anew.
//!
//! # What can go wrong
//!
//! * *A member does not release*: the others do not get what it holds, and wait.
//! * *The session expires*: the member is [`Failure`](PartitionState::Failure), its items go to
//!   others, and it is to join again. It hears of it later than the others may: what must not be
//!   done twice is fenced by the [lock](Partition::lock) of the item.
//! * *The connection is lost*: when the session is doubtful, the state is
//!   [`Release`](PartitionState::Release).
//! * *The future is dropped*: what was acquired so far is given back in the background.
//! * *Members have other items, or split otherwise*: what nobody has in its share is nobody's. The
//!   locks hold all the same.
//!
//! # On disk
//!
//! As kazoo's `SetPartitioner`, with its names for the locks: processes of both can share a set.
//!
//! ```
//! # use std::time::Duration;
//! # use zookit_client::Client;
//! use zookit_recipes::{PartitionOptions, SetPartitioner};
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let options = PartitionOptions { settle: Duration::from_millis(10), ..Default::default() };
//! let shards = ["shard-1", "shard-2", "shard-3"];
//! let set = SetPartitioner::with_options(&client, "/app/shards", shards, options);
//! let mut partition = set.join().await?;
//! loop {
//!     println!("working on {:?}", partition.acquire().await?);
//!     # break;
//!     partition.changed().await;
//!     partition.release().await?;
//! }
//! # assert_eq!(partition.items(), shards);
//! partition.leave().await?;
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

mod member;
mod plan;

use std::time::Duration;

use zookit_client::Client;
use zookit_proto::path::join as join_path;

pub use self::member::{Partition, PartitionState};
pub use self::plan::{Split, every_nth};
use crate::Error;
use crate::claim::{ClaimOptions, Join, join};
use crate::naming::{Kind, Naming};

/// How a set is shared.
///
/// ```
/// use std::time::Duration;
/// use zookit_recipes::PartitionOptions;
/// let as_kazoo = PartitionOptions { settle: Duration::from_secs(30), ..Default::default() };
/// # let _ = as_kazoo;
/// ```
#[derive(Debug, Clone)]
pub struct PartitionOptions {
    /// How long the members must have been the same before the set is split; 1 s by default. It
    /// saves splitting it for each of many who start at once, and is no matter of safety.
    pub settle: Duration,
    /// How it is split; [`every_nth`] by default.
    pub split: Split,
    /// How members and locks are made. Names are kazoo's in any case.
    pub claim: ClaimOptions,
}

impl Default for PartitionOptions {
    fn default() -> Self {
        let claim = ClaimOptions { naming: Naming::Kazoo, ..ClaimOptions::default() };
        Self { settle: Duration::from_secs(1), split: every_nth, claim }
    }
}

/// A set that members share. See [the module](self).
///
/// It is a description, and no member by itself.
#[derive(Debug, Clone)]
pub struct SetPartitioner {
    client: Client,
    path: String,
    items: Vec<String>,
    options: PartitionOptions,
}

impl SetPartitioner {
    /// The set of these items, shared at a path, which need not exist. Each item is the name of a
    /// znode.
    #[must_use]
    pub fn new(
        client: &Client,
        path: &str,
        items: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self::with_options(client, path, items, PartitionOptions::default())
    }

    /// The same, shared otherwise.
    #[must_use]
    pub fn with_options(
        client: &Client,
        path: &str,
        items: impl IntoIterator<Item = impl Into<String>>,
        mut options: PartitionOptions,
    ) -> Self {
        options.claim.naming = Naming::Kazoo;
        let mut items: Vec<String> = items.into_iter().map(Into::into).collect();
        items.sort_unstable();
        items.dedup();
        Self { client: client.clone(), path: path.to_owned(), items, options }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Joins the members, in the session of now.
    ///
    /// # Errors
    /// The client's.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the party in the background.
    pub async fn join(&self) -> Result<Partition, Error> {
        let party = self.party();
        let what = Join { parent: &party, kind: Kind::Member, options: &self.options.claim };
        let (claim, _) = join(&self.client, what).await?;
        Ok(Partition::new(claim, self.clone()))
    }

    fn party(&self) -> String {
        join_path(&self.path, "party")
    }

    fn lock_path(&self, item: &str) -> String {
        join_path(&join_path(&self.path, "locks"), item)
    }
}
