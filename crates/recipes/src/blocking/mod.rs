//! The blocking twins, for programs without a runtime: each recipe under its name, on a
//! [`blocking::Client`](zookit_client::blocking::Client).
//!
//! What the async ones promise holds here too. What they spawn (a clean-up, a cache that follows
//! the server) runs on the client's own thread.
//!
//! # Waiting for so long
//!
//! What waits for others to do something has a second name that ends in `_within` and takes a time.
//! It answers as the first one does, but for one thing: `None` says that the time is over. (Where
//! the first one answers nothing but that it is done, the second answers whether it is: `false` is
//! the time.) An error is an error, in either. So where the first one answers an `Option` itself,
//! as a stream does at its end, the *outer* one is the time: `None` is *nothing yet*, `Some(None)`
//! is what `None` is without a time. Nothing is lost by giving up: what comes later is told by the
//! next call, and what was asked for is taken back in the background.
//!
//! ```
//! # use std::time::Duration;
//! # use zookit_client::blocking::Client;
//! use zookit_recipes::blocking::{Latch, Mutex};
//!
//! # fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let second = Duration::from_secs(1);
//! if let Some(guard) = Mutex::new(&client, "/lock").acquire_within(second)? {
//!     guard.release()?;
//! }
//! let latch = Latch::start(&client, "/leader", "host-1");
//! let mut changes = latch.changes();
//! match changes.next_within(second) {
//!     None => println!("nothing changed in that time"),
//!     Some(None) => println!("it stands no more"),
//!     Some(Some(change)) => println!("leads: {}", change.now.is_leading()),
//! }
//! # Ok(()) }
//! # zookit_doctest::blocking::with_client(f);
//! ```

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
