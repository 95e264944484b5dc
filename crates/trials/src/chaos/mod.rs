//! Workloads under a schedule of accidents, and who checks what came of them.

use std::process::ExitCode;

/// What `zookit-trials chaos` is told.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// Runs `zookit-trials chaos`.
pub mod client;
pub mod history;
pub mod plan;
pub mod run;
pub mod target;
pub mod translog;
pub mod workload;

pub fn run(_: &Arguments) -> ExitCode {
    eprintln!("zookit-trials chaos: there are no workloads yet");
    ExitCode::from(2)
}
