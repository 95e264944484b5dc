//! A client that survives: one accident at a time on a real ensemble.

mod declared;
mod judge;
mod network;
mod prober;
mod steady;
mod traffic;
mod truth;
mod verdict;

use std::process::ExitCode;

/// What `zookit-trials survive` is told.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// Runs `zookit-trials survive`.
pub fn run(_: &Arguments) -> ExitCode {
    eprintln!("zookit-trials survive: there are no scenarios yet");
    ExitCode::from(2)
}
