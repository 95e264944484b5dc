//! What is not a rate: idle sessions, a dead peer, a second request, watches set again, and
//! the embedded server.

mod idle;
mod restore;
mod server;

pub use idle::{dead_peer, idle, second_request};
pub use restore::restore;
pub use server::{embedded, run_embedded};
