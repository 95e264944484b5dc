//! The built `zk`, run as a user runs it.
//!
//! `usage.rs`, `unreachable.rs`, `trouble.rs` and `tls.rs` need no server. `real/` runs against each
//! server that `ZOOKIT_REAL_SERVERS` lists, and is skipped, in one line that says so, where there is
//! none.

mod fake;
mod real;
mod running;
#[cfg(feature = "tls")]
mod tls;
mod trouble;
mod unreachable;
mod usage;
mod zk;
