//! An embedded ZooKeeper server for development and tests, wire-compatible with Apache ZooKeeper.
//!
//! It is a single process that keeps its data in memory: no replacement for an ensemble. Whoever
//! outgrows it connects the same client to Apache ZooKeeper.
//!
//! * [`core`]: the server as a state machine: no socket, no clock, no task.

pub mod core;
