//! The built `zk`, run as a user runs it.
//!
//! `serve.rs` has the command for its own server, `lock.rs` those that run another command;
//! `usage.rs`, `unreachable.rs`, `trouble.rs`, `tls.rs`, `words.rs` and `doctor.rs` need no server.
//! `real/` runs against each server that `ZOOKIT_REAL_SERVERS` lists, and is skipped, in one line
//! that says so, where there is none.

mod clinic;
mod doctor;
mod fake;
#[cfg(feature = "tls")]
mod front;
mod lock;
mod nobody;
mod real;
mod running;
mod serve;
#[cfg(feature = "tls")]
mod tls;
mod trouble;
mod unreachable;
mod usage;
mod words;
mod zk;
