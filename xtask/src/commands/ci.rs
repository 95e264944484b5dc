//! `cargo xtask ci`: what a clean clone must pass.
//!
//! It stops at the first step that fails, and ends with two tables: the versions of ZooKeeper, each
//! ran or skipped and why, and the time of each step.

use std::process::Command;
use std::time::Duration;

use super::test::{Ran, Versions, versions_table};
use super::{check, no_arguments, test, tour};
use crate::Outcome;
use crate::process::{cargo, on_path, output, root, run as run_program};
use crate::steps::{Ended, Steps};
use crate::tidy;
use crate::zookeeper::{Wanted, place};

/// The time for fuzzing, all targets together.
const FUZZING: Duration = Duration::from_secs(60);

pub(super) fn run(arguments: &[String]) -> Outcome {
    no_arguments("ci", arguments)?;
    all_steps(Versions::Newest)
}

/// Every step, then the tables, also when a step failed.
pub(super) fn all_steps(versions: Versions) -> Outcome {
    let mut steps = Steps::default();
    let mut ran = Vec::new();
    let result = in_order(&mut steps, versions, &mut ran);
    if !ran.is_empty() {
        print!("\n{}", versions_table(&ran));
    }
    print!("\n{}", steps.table());
    result
}

fn in_order(steps: &mut Steps, versions: Versions, ran: &mut Vec<Ran>) -> Outcome {
    check::format_and_clippy(steps)?;
    steps.run("tidy", || tidy::check().map(|()| Ended::Passed))?;
    steps.run("docs", docs)?;
    // Exactly what `cargo xtask test` does.
    steps.run("test", || {
        *ran = test::test(versions, &[])?;
        Ok(Ended::Passed)
    })?;
    steps.run("tour", tour_or_skip)?;
    steps.run("deny", deny)?;
    steps.run("fuzz", fuzz)
}

fn docs() -> Outcome<Ended> {
    let mut docs = cargo(&["doc", "--no-deps", "--workspace"]);
    run_program(docs.env("RUSTDOCFLAGS", "-D warnings")).map(|()| Ended::Passed)
}

/// The tour needs a real server; where none can be put in place it is skipped, as the tests are.
fn tour_or_skip() -> Outcome<Ended> {
    match place(Wanted::Newest) {
        Ok(_) => tour::tour(None).map(|()| Ended::Passed),
        Err(why) => Ok(Ended::Skipped(why)),
    }
}

fn deny() -> Outcome<Ended> {
    if !on_path("cargo-deny") {
        let how = "cargo-deny is not installed; run `cargo install cargo-deny --locked`";
        return Ok(Ended::Skipped(String::from(how)));
    }
    run_program(&mut cargo(&["deny", "check"]))?;
    if has_fuzz() {
        let both = ["deny", "--manifest-path", "fuzz/Cargo.toml", "check", "--config", "deny.toml"];
        run_program(&mut cargo(&both))?;
    }
    Ok(Ended::Passed)
}

fn has_fuzz() -> bool {
    root().join("fuzz").join("Cargo.toml").is_file()
}

/// Fuzzing on stable: bolero's targets are tests, each of which runs for as long as it is told.
fn fuzz() -> Outcome<Ended> {
    if !has_fuzz() {
        return Ok(Ended::Skipped(String::from("there is no fuzz/")));
    }
    let list = ["test", "-q", "--manifest-path", "fuzz/Cargo.toml", "--", "--list"];
    let targets = count_targets(&output(&mut cargo(&list))?);
    if targets == 0 {
        return Err(String::from("fuzz/ has no targets"));
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let each = time_each(FUZZING, targets, threads);
    let threads = format!("--test-threads={threads}");
    let run = ["test", "--manifest-path", "fuzz/Cargo.toml", "--", &threads];
    let mut command: Command = cargo(&run);
    command.env("BOLERO_RANDOM_TEST_TIME_MS", each.as_millis().to_string());
    run_program(&mut command).map(|()| Ended::Passed)
}

fn count_targets(list: &str) -> usize {
    list.lines().filter(|line| line.ends_with(": test")).count()
}

/// The targets run side by side on the threads; together they take `total`.
fn time_each(total: Duration, targets: usize, threads: usize) -> Duration {
    let rounds = targets.div_ceil(threads.max(1)).max(1);
    total / u32::try_from(rounds).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_for_fuzzing_is_shared_by_the_targets() {
        let minute = Duration::from_secs(60);
        assert_eq!(time_each(minute, 1, 2), minute);
        assert_eq!(time_each(minute, 5, 2), Duration::from_secs(20));
        assert_eq!(time_each(minute, 0, 0), minute);
    }

    #[test]
    fn targets_are_counted_from_cargos_list() {
        assert_eq!(count_targets("frame: test\nmulti: test\n\n2 tests, 0 benchmarks\n"), 2);
    }
}
