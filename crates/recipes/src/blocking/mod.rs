//! The blocking twins, for programs without a runtime: each recipe under its name, on a
//! [`blocking::Client`](zookit_client::blocking::Client).
//!
//! What the async ones promise holds here too. What they spawn (a clean-up, a cache that follows
//! the server) runs on the client's own thread.

mod guard;
mod lease;
mod multi;
mod mutex;
mod read_write;
mod revocation;
mod semaphore;

pub use guard::Guard;
pub use lease::{TimedLease, TimedLeases};
pub use multi::MultiLock;
pub use mutex::Mutex;
pub use read_write::ReadWriteLock;
pub use revocation::revoke;
pub use semaphore::Semaphore;
