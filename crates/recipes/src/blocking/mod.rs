//! The blocking twins, for programs without a runtime: each recipe under its name, on a
//! [`blocking::Client`](zookit_client::blocking::Client).
//!
//! What the async ones promise holds here too. What they spawn (a clean-up, a cache that follows
//! the server) runs on the client's own thread.

mod cache;
mod guard;
mod mutex;
mod watch;

pub use cache::{ChildrenCache, Following, Listener, NodeCache, TreeCache};
pub use guard::Guard;
pub use mutex::Mutex;
pub use watch::{ChildrenWatch, DataWatch, PatientChildrenWatch};
