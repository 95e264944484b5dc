//! The blocking twins, for programs without a runtime: each recipe under its name, on a
//! [`blocking::Client`](zookit_client::blocking::Client).
//!
//! What the async ones promise holds here too. What they spawn (a clean-up, a cache that follows
//! the server) runs on the client's own thread.

mod group;
mod guard;
mod latch;
mod mutex;
mod node;
mod selector;

pub use group::{Group, Kept, Members, Party};
pub use guard::Guard;
pub use latch::{Latch, Told};
pub use mutex::Mutex;
pub use node::{PersistentNode, TtlNode};
pub use selector::Selector;
