//! What is not a rate: idle sessions, a dead peer, a second request, and watches set again.

mod idle;
mod restore;

pub use idle::{dead_peer, idle, second_request};
pub use restore::restore;
