//! `cargo xtask check`: what is run before each commit.

use super::{callgrind, embedded, fuzzing, no_arguments};
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

/// The two steps that `ci` begins with, too; `fuzz/` and `bench/` are workspaces of their
/// own, and the second is not looked through by clippy: that would build the other clients.
pub(super) fn format_and_clippy(steps: &mut Steps) -> Outcome {
    let fuzz = ["--manifest-path", fuzzing::MANIFEST];
    let fuzz: &[&str] = if fuzzing::present() { &fuzz } else { &[] };
    steps.run("format", || {
        run_program(&mut cargo(&["fmt", "--all", "--check"]))?;
        if !fuzz.is_empty() {
            run_program(cargo(&["fmt", "--check"]).args(fuzz))?;
        }
        let bench = ["--manifest-path", callgrind::MANIFEST];
        run_program(cargo(&["fmt", "--check"]).args(bench))?;
        let embedded = ["--manifest-path", embedded::MANIFEST];
        run_program(cargo(&["fmt", "--check"]).args(embedded))?;
        Ok(Ended::Passed)
    })?;
    steps.run("clippy", || {
        let denied = ["--", "-D", "warnings"];
        run_program(cargo(&["clippy", "--workspace", "--all-targets"]).args(denied))?;
        if !fuzz.is_empty() {
            run_program(cargo(&["clippy", "--all-targets"]).args(fuzz).args(denied))?;
        }
        Ok(Ended::Passed)
    })
}

/// Runs cargo as a step.
fn passed(arguments: &[&str]) -> Outcome<Ended> {
    run_program(&mut cargo(arguments)).map(|()| Ended::Passed)
}
