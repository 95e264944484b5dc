//! What is not a rate of the client: idle sessions, a dead peer, a second request, watches set
//! again, the relay, recipes, the embedded server, and a cache of a tree.

mod cache;
mod idle;
mod recipes;
mod relay;
mod restore;
mod server;

pub use cache::cache;
pub use idle::{dead_peer, idle, second_request};
pub use recipes::recipes;
pub use relay::relay;
pub use restore::restore;
pub use server::{embedded, run_embedded};
