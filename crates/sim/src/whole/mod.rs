//! Level 2: the whole async client on a paused Tokio clock, over pipes to an ensemble in memory.
//!
//! * `line.rs`: a connection. `network.rs`: the pipes, the members, what is under way; with it
//!   `carry.rs` (what arrives), `follow.rs` (what sets out) and `storm.rs` (what goes wrong by the seed).
//! * `task.rs`: the one task that time drives. `dialer.rs`: the client's side.
//! * `ensemble.rs`, `faults.rs`: the handle, which `zookit::testing` offers to users.
//! * `fates.rs`: what callers were told, held against what was committed.
//! * [`programs`]: what only the whole client promises, in a storm.
//! * [`recipes`]: recipes in storms, each with a checker of its own.
//! * `workload/`: random programs of the client's public API, and what must hold of them.

mod carry;
mod dialer;
mod digest;
mod ensemble;
mod fates;
mod faults;
mod follow;
mod line;
mod network;
pub mod programs;
pub mod recipes;
mod storm;
mod task;
pub mod workload;

use std::future::Future;

pub use ensemble::SimulatedEnsemble;
pub use fates::{FateError, Fates, Noted, Write};
pub use network::{Cut, CutHow};
pub use storm::Trouble;

/// Runs a future to its end on a runtime of one thread whose clock is paused: time passes when
/// nobody has anything to do, and then at once.
///
/// # Panics
/// If there is a runtime already on this thread.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build();
    runtime.expect("a runtime of this thread alone needs nothing").block_on(future)
}
