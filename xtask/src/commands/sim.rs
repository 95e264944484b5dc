//! `cargo xtask sim [SECONDS]`: seeds of the simulator, for a minute unless told otherwise.
//!
//! Each time others, so that what one machine did not find the next one may; and a few that a debug
//! and a release build must run alike, event by event. Sessions and servers have most of the time,
//! the programs of recipes a quarter of it behind that.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::Outcome;
use crate::process::{cargo, output, run as run_program};
use crate::steps::Ended;

/// How long, as a step of `ci`.
pub(super) const SECONDS: u64 = 60;

/// What there is to be run: the workloads of level 1, and the recipes.
const GROUNDS: [&[&str]; 2] = [&[], &["--recipes"]];

/// The seeds that both builds run.
const SAME: [&str; 2] = ["--seeds", "40"];

pub(super) fn run(arguments: &[String]) -> Outcome {
    match arguments {
        [] => run_for(SECONDS).map(|_| ()),
        [seconds] => {
            let bad = |_| format!("{seconds:?} is no number of seconds");
            run_for(seconds.parse().map_err(bad)?).map(|_| ())
        }
        _ => Err(String::from("`sim` takes a number of seconds at most")),
    }
}

/// As a step of `ci`.
pub(super) fn run_for(seconds: u64) -> Outcome<Ended> {
    for grounds in GROUNDS {
        let debug = summary(&[], grounds)?;
        let release = summary(&["--release"], grounds)?;
        if hash(&debug) != hash(&release) {
            return Err(format!("debug and release differ:\n  {debug}\n  {release}"));
        }
    }
    for (grounds, seconds) in GROUNDS.into_iter().zip([seconds, seconds / 4]) {
        let mut sim = cargo(&["run", "-q", "-p", "zookit-sim", "--release", "--"]);
        let (seconds, from) = (seconds.to_string(), first_seed().to_string());
        run_program(sim.args(["--seconds", &seconds, "--from", &from]).args(grounds))?;
    }
    Ok(Ended::Passed)
}

/// The last line of a run of the same seeds.
fn summary(build: &[&str], grounds: &[&str]) -> Outcome<String> {
    let mut sim = cargo(&["run", "-q", "-p", "zookit-sim"]);
    let text = output(sim.args(build).arg("--").args(SAME).args(grounds))?;
    text.lines().last().map(str::to_owned).ok_or_else(|| String::from("zookit-sim said nothing"))
}

/// The hash at the end of a summary.
fn hash(summary: &str) -> Option<&str> {
    summary.rsplit_once(" hash ").map(|(_, hash)| hash)
}

/// A million seeds for each minute since the epoch: nobody has run them yet.
fn first_seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.as_secs() / 60 * 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_ends_the_summary() {
        let summary = "40 seeds from 0, 9 events, 0 violations, hash 0123456789abcdef";
        assert_eq!(hash(summary), Some("0123456789abcdef"));
        assert_eq!(hash("nothing"), None);
    }
}
