//! Real Apache ZooKeeper servers and ensembles, for tests: started, killed, paused, upgraded, and
//! gone without a trace when their values are dropped.
//!
//! Unix only.

#![cfg(unix)]

pub mod blocking;
mod cluster;
pub mod config;
mod error;
#[cfg(feature = "proxy")]
mod partition;
pub mod release;
mod server;
mod task;
#[cfg(test)]
mod testing;
mod text;

pub use self::cluster::{Cluster, ClusterBuilder};
pub use self::config::ServerConfig;
pub use self::error::Error;
#[cfg(feature = "proxy")]
pub use self::partition::Link;
pub use self::release::{Finder, Java, Release, Version, Wanted};
pub use self::server::{Mode, Server, ServerBuilder};
pub use self::task::Task;
