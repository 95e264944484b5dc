//! `zookit-trials`: the client on real ensembles, under accidents.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use zookit_trials::{chaos, survive};

/// The client on ensembles of real ZooKeeper servers, under accidents
#[derive(Debug, Parser)]
#[command(name = "zookit-trials", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    trial: Trial,
}

#[derive(Debug, Subcommand)]
enum Trial {
    /// One accident at a time, and what the client makes of it
    Survive(survive::Arguments),
    /// A client that is a process of its own; for `survive` alone
    #[command(hide = true)]
    SurviveChild(survive::child::Arguments),
    /// Workloads under a schedule of accidents, and whether what came of them can be
    Chaos(chaos::Arguments),
}

fn main() -> ExitCode {
    match Arguments::parse().trial {
        Trial::Survive(arguments) => survive::run(&arguments),
        Trial::SurviveChild(arguments) => survive::child::run(&arguments),
        Trial::Chaos(arguments) => chaos::run(&arguments),
    }
}
