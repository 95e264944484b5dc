//! The blocking twins, for programs without a runtime: each recipe under its name, on a
//! [`blocking::Client`](zookit_client::blocking::Client).
//!
//! What the async ones promise holds here too. What they spawn (a clean-up, a cache that follows
//! the server) runs on the client's own thread.

mod atomic;
mod barrier;
mod guard;
mod locking_queue;
mod mutex;
mod partition;
mod queue;
mod shared;

pub use atomic::{AtomicLong, IdGenerator};
pub use barrier::{Barrier, DoubleBarrier};
pub use guard::Guard;
pub use locking_queue::{LockingQueue, Taken};
pub use mutex::Mutex;
pub use partition::{Partition, SetPartitioner};
pub use queue::{PriorityQueue, Queue};
pub use shared::{Follow, SharedCount, SharedValue};
