//! What is not a rate: idle sessions, a dead peer, a second request, watches set again, recipes,
//! and the embedded server.

mod idle;
mod recipes;
mod restore;
mod server;

pub use idle::{dead_peer, idle, second_request};
pub use recipes::recipes;
pub use restore::restore;
pub use server::{embedded, run_embedded};
