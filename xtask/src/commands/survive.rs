//! `cargo xtask survive [ARGUMENTS]`: the client on real ensembles, under accidents.
//!
//! Without arguments every scenario is carried out on three members of every version that can be
//! put in place, and on five of the newest. Arguments are those of `zookit-trials survive`.

use std::process::Command;

use zookit_ensemble::release::CLASSPATHS_VARIABLE;

use crate::Outcome;
use crate::process::{cargo, run as run_program, say};
use crate::zookeeper::{Release, Version, Wanted, place};

pub(super) fn run(arguments: &[String]) -> Outcome {
    let releases = releases()?;
    // First, so that no server waits for the compiler.
    run_program(&mut cargo(&["build", "--quiet", "--package", "zookit-trials"]))?;
    let trials = |arguments: &[&str]| -> Command {
        let mut command = cargo(&["run", "--quiet", "--package", "zookit-trials", "--", "survive"]);
        command.args(arguments).env(CLASSPATHS_VARIABLE, Release::list(&releases));
        command
    };
    if !arguments.is_empty() {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        return run_program(&mut trials(&arguments));
    }
    run_program(&mut trials(&["--all"]))?;
    run_program(&mut trials(&["--members", "5"]))
}

/// Those that can be put in place; one at least.
fn releases() -> Outcome<Vec<Release>> {
    let mut releases = Vec::new();
    let mut refusal = String::new();
    for version in Version::KNOWN {
        match place(Wanted::Exactly(version)) {
            Ok(release) => releases.push(release),
            Err(why) => {
                say(&format!("skipped: {version}: {why}"));
                refusal = why;
            }
        }
    }
    if releases.is_empty() { Err(refusal) } else { Ok(releases) }
}
