//! Trials of the client on ensembles of real ZooKeeper servers.
//!
//! * [`survive`]: one accident at a time, with what may survive it declared beforehand, steady
//!   traffic meanwhile, and one judge for all.
//! * [`chaos`]: workloads under a schedule of accidents, their histories, and who checks these.
//!
//! The command `zookit-trials` has a subcommand for each.

pub mod chaos;
pub mod survive;
