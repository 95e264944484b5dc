//! The built `zk`, run as a user runs it.
//!
//! `usage.rs`, `unreachable.rs` and `trouble.rs` need no server. `real/` runs against each server that
//! `ZOOKIT_REAL_SERVERS` lists, and is skipped, in one line that says so, where there is none.

mod fake;
mod real;
mod running;
mod trouble;
mod unreachable;
mod usage;
mod zk;
