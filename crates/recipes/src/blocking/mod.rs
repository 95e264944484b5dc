//! The blocking twins, for programs without a runtime: each recipe under its name, on a
//! [`blocking::Client`](zookit_client::blocking::Client).
//!
//! What the async ones promise holds here too. What they spawn (a clean-up, a cache that follows
//! the server) runs on the client's own thread.

mod atomic;
mod barrier;
mod cache;
#[cfg(feature = "discovery")]
mod discovery;
mod group;
mod guard;
mod latch;
mod lease;
mod locking_queue;
mod multi;
mod mutex;
mod node;
mod partition;
mod queue;
mod read_write;
mod revocation;
mod selector;
mod semaphore;
mod shared;
#[cfg(feature = "serde")]
mod typed;
mod watch;

pub use atomic::{AtomicLong, IdGenerator};
pub use barrier::{Barrier, DoubleBarrier};
pub use cache::{ChildrenCache, Following, Listener, NodeCache, TreeCache};
#[cfg(feature = "discovery")]
pub use discovery::{Discovery, Provider, Registration, ServiceCache};
pub use group::{Group, Kept, Members, Party};
pub use guard::Guard;
pub use latch::{Latch, Told};
pub use lease::{TimedLease, TimedLeases};
pub use locking_queue::{LockingQueue, Taken};
pub use multi::MultiLock;
pub use mutex::Mutex;
pub use node::{PersistentNode, TtlNode};
pub use partition::{Partition, SetPartitioner};
pub use queue::{PriorityQueue, Queue};
pub use read_write::ReadWriteLock;
pub use revocation::revoke;
pub use selector::Selector;
pub use semaphore::Semaphore;
pub use shared::{Follow, SharedCount, SharedValue};
#[cfg(feature = "serde")]
pub use typed::Typed;
pub use watch::{ChildrenWatch, DataWatch, PatientChildrenWatch};
