//! The built `zk`, run as a user runs it.
//!
//! `usage.rs` and `unreachable.rs` need no server. `real/` runs against each server that
//! `ZOOKIT_REAL_SERVERS` lists, and is skipped, in one line that says so, where there is none.

mod real;
mod running;
mod unreachable;
mod usage;
mod zk;
