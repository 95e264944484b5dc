//! The blocking twins, for programs without a runtime: each recipe under its name, on a
//! [`blocking::Client`](zookit_client::blocking::Client).
//!
//! What the async ones promise holds here too. What they spawn (a clean-up, a cache that follows
//! the server) runs on the client's own thread.

#[cfg(feature = "discovery")]
mod discovery;
mod guard;
mod mutex;
#[cfg(feature = "serde")]
mod typed;

#[cfg(feature = "discovery")]
pub use discovery::{Discovery, Provider, Registration, ServiceCache};
pub use guard::Guard;
pub use mutex::Mutex;
#[cfg(feature = "serde")]
pub use typed::Typed;
