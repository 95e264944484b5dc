//! What is not a rate: idle sessions, a dead peer, a second request, watches set again, the embedded
//! server, and a cache of a tree.

mod cache;
mod idle;
mod restore;
mod server;

pub use cache::cache;
pub use idle::{dead_peer, idle, second_request};
pub use restore::restore;
pub use server::{embedded, run_embedded};
