//! What is built on ZooKeeper: locks, elections, caches and the rest, each exact about sessions,
//! cancellation and lost replies.
//!
//! ```
//! # use zookit_client::{Client, Transaction, Version};
//! use zookit_recipes::Mutex;
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let guard = Mutex::new(&client, "/locks/report").acquire().await?;
//! guard.guarded_multi(Transaction::new().set_data("/config", "7", Version::Any)).await?;
//! guard.release().await?;
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```
//!
//! # What they have in common
//!
//! * *Held means: a znode of this session.* Locks, leases and leaderships are a [`Claim`], of one
//!   session. It has a fencing token, says until when it can be trusted, tells when it cannot any
//!   more, and guards writes with its own znode.
//! * *Futures may be dropped at any point*, and runtimes may have timeouts around them: what was
//!   created is cleaned up in the background, for as long as the session lives.
//! * *A lost reply is looked into*, behind a fence. Nothing is repeated that is not safe to repeat.
//! * *Permanent errors end it*; what may pass is waited out, with waits that grow.
//!
//! # Layout
//!
//! A folder a recipe; its `mod.rs` says what it guarantees, how it works, what can go wrong, and what
//! is on disk.
//!
//! * [`lock`]: [mutex](lock::mutex), [read-write](lock::read_write), [semaphore](lock::semaphore),
//!   [several as one](lock::multi), [for a time](lock::lease); [revocation](lock::revocation).
//! * [`election`]: who leads, as a [latch](election::latch) and as a [selector](election::selector).
//! * [`group`]: who is there: [members](group::member) and [parties](group::party).
//! * [`node`]: znodes that are kept up, over sessions or for a time.
//! * [`cache`]: a znode, its children, or a tree at hand, and what changes there. [`watch`]: the
//!   newest value, again and again.
//! * [`counter`]: values and counts that many share, and ids.
//! * [`barrier`]: waiting until one may go on, or until all are there.
//! * [`queue`]: items that some put and others take. [`partition`]: a set that members share.
//! * `discovery`: services that find each other. `typed`: znodes whose data are values. Each behind
//!   the feature of its name; that of `typed` is `serde`.
//! * [`blocking`]: the same for programs without a runtime.
//!
//! They stand on `claim` (what is held, and how it is come by), `naming` (the names on disk, and
//! whose turn it is), `exact` (transactions of which it is known whether they were applied),
//! `node/kept` (a znode that is kept up), `children` (children with their data) and `changes` (how
//! something that goes on in the background stands).

pub mod barrier;
pub mod blocking;
pub mod cache;
mod changes;
mod children;
mod claim;
pub mod counter;
#[cfg(feature = "discovery")]
pub mod discovery;
pub mod election;
mod error;
mod exact;
pub mod group;
pub mod lock;
mod naming;
pub mod node;
pub mod partition;
pub mod queue;
mod race;
#[cfg(feature = "serde")]
pub mod typed;
pub mod watch;

pub use barrier::double::{DoubleBarrier, Entered};
pub use barrier::single::Barrier;
pub use cache::{ChildrenCache, NodeCache, TreeCache};
pub use changes::{Change, Changes};
pub use claim::{Claim, ClaimOptions, Lost, Parents, Participant};
pub use counter::CountFormat;
pub use counter::atomic_long::{AtomicLong, AtomicOptions, CountChange};
pub use counter::ids::IdGenerator;
pub use counter::shared_count::SharedCount;
pub use counter::shared_value::{Follow, SharedValue, Versioned};
pub use election::latch::{Latch, NotLeading, Standing};
pub use election::selector::Selector;
pub use election::{ElectionOptions, LeadUntil, Leadership};
pub use error::Error;
pub use group::member::{Group, GroupMember, Members};
pub use group::party::{Guest, Party, PartyKind};
pub use lock::lease::{LeaseTerm, TimedLease, TimedLeaseGuard, TimedLeases};
pub use lock::multi::{MultiGuard, MultiLock};
pub use lock::mutex::{Mutex, MutexGuard};
pub use lock::read_write::{ReadGuard, ReadWriteLock, WriteGuard};
pub use lock::revocation::revoke;
pub use lock::semaphore::{Lease, LeaseHolder, Limit, Semaphore};
pub use naming::{Naming, Sequence};
pub use node::persistent::{NodeKind, NodeOptions, NodeState, PersistentNode};
pub use node::ttl::TtlNode;
pub use partition::{Partition, PartitionOptions, PartitionState, SetPartitioner};
pub use queue::locking::{LockingQueue, Taken};
pub use queue::plain::{Queue, QueueOptions};
pub use queue::priority::PriorityQueue;
pub use queue::{Item, QueueLayout};
pub use watch::{ChildrenWatch, DataWatch, PatientChildrenWatch};
