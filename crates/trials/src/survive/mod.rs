//! A client that survives: one accident at a time on a real ensemble.
//!
//! What may survive an accident is data (`declared.rs`). Steady traffic runs meanwhile
//! (`traffic/`), a raw prober tells how soon anybody could have been served (`prober.rs`), and in
//! the end one judge compares what the clients were told with what the servers hold and with what
//! was declared (`judge/`, `truth.rs`). `steady.rs` is that course of things, `setting.rs` where it
//! happens, and `scenarios/` has an accident a file.

pub mod child;
mod command;
mod declared;
mod judge;
mod lines;
mod network;
mod prober;
mod report;
mod scenario;
mod scenarios;
mod setting;
mod steady;
mod traffic;
mod transactions;
mod truth;
mod verdict;

pub use self::command::{Arguments, run, try_one};
