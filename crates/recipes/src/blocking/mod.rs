//! The blocking twins, for programs without a runtime: each recipe under its name, on a
//! [`blocking::Client`](zookit_client::blocking::Client).
//!
//! What the async ones promise holds here too. What they spawn (a clean-up, a cache that follows
//! the server) runs on the client's own thread.

mod atomic;
mod barrier;
mod cache;
mod guard;
mod lease;
mod locking_queue;
mod multi;
mod mutex;
mod partition;
mod queue;
mod read_write;
mod revocation;
mod semaphore;
mod shared;

pub use atomic::{AtomicLong, IdGenerator};
pub use barrier::{Barrier, DoubleBarrier};
mod watch;

pub use cache::{ChildrenCache, Following, Listener, NodeCache, TreeCache};
pub use guard::Guard;
pub use lease::{TimedLease, TimedLeases};
pub use locking_queue::{LockingQueue, Taken};
pub use multi::MultiLock;
pub use mutex::Mutex;
pub use partition::{Partition, SetPartitioner};
pub use queue::{PriorityQueue, Queue};
pub use read_write::ReadWriteLock;
pub use revocation::revoke;
pub use semaphore::Semaphore;
pub use shared::{Follow, SharedCount, SharedValue};
mod group;
mod latch;
mod node;
mod selector;

pub use group::{Group, Kept, Members, Party};
pub use latch::{Latch, Told};
pub use node::{PersistentNode, TtlNode};
pub use selector::Selector;
pub use watch::{ChildrenWatch, DataWatch, PatientChildrenWatch};
