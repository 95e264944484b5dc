//! `cargo xtask chaos [--minutes M] [--release V] …`: workloads under accidents, on real servers, and
//! whether what came of them can be.
//!
//! It puts the servers in place and hands everything on to `zookit-trials chaos`, whose `--help` has
//! all that can be said; `cargo xtask chaos check FILE` checks a history again.

use zookit_ensemble::release::CLASSPATHS_VARIABLE;

use crate::Outcome;
use crate::process::{cargo, run as run_program, say};
use crate::zookeeper::{Release, place, wanted};

/// Built for long runs.
const PROGRAM: [&str; 5] = ["run", "-q", "--release", "-p", "zookit-trials"];

pub(super) fn run(arguments: &[String]) -> Outcome {
    let mut trials = cargo(&PROGRAM);
    trials.args(["--", "chaos"]).args(arguments);
    if !needs_servers(arguments) {
        return run_program(&mut trials);
    }
    let release = place(wanted(release_in(arguments))?)?;
    say(&format!("chaos: ZooKeeper {} is in place ({})", release.version, release.source));
    run_program(trials.env(CLASSPATHS_VARIABLE, Release::list(&[release])))
}

/// Whether there is anything to be made on real servers.
fn needs_servers(arguments: &[String]) -> bool {
    let without = ["check", "--simulated", "--help", "-h"];
    !arguments.iter().any(|argument| without.contains(&argument.as_str()))
}

/// What stands behind `--release`.
fn release_in(arguments: &[String]) -> Option<&str> {
    let place = arguments.iter().position(|argument| argument == "--release")?;
    arguments.get(place + 1).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn servers_are_put_in_place_for_a_run_on_real_ones_alone() {
        assert!(needs_servers(&words("--minutes 2 --release 3.8.6")));
        assert!(!needs_servers(&words("--simulated --minutes 2")));
        assert!(!needs_servers(&words("check history.jsonl")));
    }

    #[test]
    fn the_release_is_the_one_that_is_asked_for() {
        assert_eq!(release_in(&words("--minutes 2 --release 3.8.6")), Some("3.8.6"));
        assert_eq!(release_in(&words("--minutes 2")), None);
    }
}
