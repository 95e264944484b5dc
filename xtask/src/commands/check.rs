//! `cargo xtask check`: what is run before each commit.

use super::no_arguments;
use crate::Outcome;
use crate::process::{cargo, run as run_program};
use crate::steps::{Ended, Steps};
use crate::tidy;

pub(super) fn run(arguments: &[String]) -> Outcome {
    no_arguments("check", arguments)?;
    let mut steps = Steps::default();
    let result = all(&mut steps);
    print!("\n{}", steps.table());
    result
}

fn all(steps: &mut Steps) -> Outcome {
    format_and_clippy(steps)?;
    steps.run("unit tests", || passed(&["test", "--workspace", "--lib", "--bins"]))?;
    steps.run("tidy", || tidy::check().map(|()| Ended::Passed))
}

/// The two steps that `ci` begins with, too.
pub(super) fn format_and_clippy(steps: &mut Steps) -> Outcome {
    steps.run("format", || passed(&["fmt", "--all", "--check"]))?;
    let clippy = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
    steps.run("clippy", || passed(&clippy))
}

/// Runs cargo as a step.
pub(super) fn passed(arguments: &[&str]) -> Outcome<Ended> {
    run_program(&mut cargo(arguments)).map(|()| Ended::Passed)
}
