//! Real servers and ensembles, of the releases in `ZOOKIT_REAL_CLASSPATHS`, which
//! `cargo xtask test` sets. Without it each test says in one line that it was skipped.

mod cluster;
mod config;
mod failing;
mod kinds;
mod leftovers;
mod members;
mod partitions;
mod releases;
mod server;
mod upgrade;
