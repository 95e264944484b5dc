//! `cargo xtask ci`: what a clean clone must pass.
//!
//! It stops at the first step that fails, and ends with two tables: the versions of ZooKeeper, each
//! ran or skipped and why, and the time of each step.

use std::time::Duration;

use super::test::{Ran, Versions, versions_table};
use super::{callgrind, check, conformance, embedded, fuzzing, no_arguments, sim, test, tour};
use crate::Outcome;
use crate::process::{cargo, on_path, run as run_program, run_quietly, say};
use crate::steps::{Ended, Steps};
use crate::tidy;
use crate::zookeeper::{Wanted, place};

/// The time for fuzzing, all targets together.
const FUZZING: Duration = Duration::from_secs(60);

/// For the database of advisories, a few MiB.
const FETCH_LIMIT: Duration = Duration::from_secs(120);

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
    steps.run("embedded", || embedded::check().map(|()| Ended::Passed))?;
    steps.run("tour", || tour::embedded().map(|()| Ended::Passed))?;
    steps.run("tour, on a real server", tour_or_skip)?;
    steps.run("conformance", || conformance::step(versions))?;
    steps.run("sim", || sim::run_for(sim::SECONDS))?;
    steps.run("callgrind", callgrind::check)?;
    steps.run("deny", deny)?;
    steps.run("fuzz", || fuzzing::run_for(FUZZING))
}

fn docs() -> Outcome<Ended> {
    let mut docs = cargo(&[
        "doc",
        "--no-deps",
        "--workspace",
        "--features",
        "zookit/tls,zookit/ensemble,zookit/discovery",
    ]);
    run_program(docs.env("RUSTDOCFLAGS", "-D warnings")).map(|()| Ended::Passed)
}

/// Where no real server can be put in place this is skipped, as the tests are.
fn tour_or_skip() -> Outcome<Ended> {
    match place(Wanted::Newest) {
        Ok(_) => tour::on_real(None).map(|()| Ended::Passed),
        Err(why) => Ok(Ended::Skipped(why)),
    }
}

fn deny() -> Outcome<Ended> {
    if !on_path("cargo-deny") {
        let how = "cargo-deny is not installed; run `cargo install cargo-deny --locked`";
        return Ok(Ended::Skipped(String::from(how)));
    }
    // The checks of advisories need a database from the network; the others need nothing.
    let fetched = run_quietly(&mut cargo(&["deny", "fetch", "db"]), FETCH_LIMIT);
    let mut checks = vec!["check", "bans", "licenses", "sources"];
    if fetched.is_ok() {
        checks.push("advisories");
    }
    run_program(cargo(&["deny"]).args(&checks))?;
    if fuzzing::present() {
        let fuzz = ["deny", "--manifest-path", fuzzing::MANIFEST, "--config", "deny.toml"];
        run_program(cargo(&fuzz).args(&checks))?;
    }
    match fetched {
        Ok(()) => Ok(Ended::Passed),
        Err(why) => {
            say(&why);
            let part = "advisories: `cargo deny fetch db` could not fetch their database";
            Ok(Ended::PassedWithout(String::from(part)))
        }
    }
}
