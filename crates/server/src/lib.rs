//! An embedded ZooKeeper server for development and tests, wire-compatible with Apache ZooKeeper.
//!
//! It is a single process that keeps its data in memory: no replacement for an ensemble. Whoever
//! outgrows it connects the same client to Apache ZooKeeper.
//!
//! * [`core`]: the server as a state machine: no socket, no clock, no task.
//! * [`testing`]: a server for a test, in one line, and [`control`]: what a test can do to it.
//! * [`json`]: a tree as a text, to begin with and to look at.
//! * [`settings`]: `zoo.cfg` and system properties, as Apache's server reads them.

pub mod control;
pub mod core;
pub mod json;
mod listener;
pub mod settings;
pub mod testing;

pub use listener::Limits;
