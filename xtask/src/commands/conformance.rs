//! `cargo xtask conformance …`: the embedded server and real ones, compared.
//!
//! * `suite [VERSION…]`: the named cases on real servers, so that each stays a fact.
//! * `ensemble [VERSION…]`: the named facts of an ensemble on real ones of three members; without
//!   versions all that are known.
//! * `differential [--seed N] [OPERATIONS [VERSION…]]`: random scripts on the embedded server and a
//!   real one. From 1,000,000 operations on, all that can be met must have been met 100 times.
//! * `compare A B [OPERATIONS]`: the same on two real servers of the versions A and B.
//! * `record [VERSION…]`: what real servers answer, to `crates/conformance/transcripts`. Commit it:
//!   the tests of zookit-conformance replay it without Java.
//!
//! Without versions else: those that the embedded server behaves as. Each gets a new server.

use std::fs;
use std::process::Command;
use std::time::Duration;

use zookit_ensemble::ServerBuilder;
use zookit_ensemble::release::CLASSPATHS_VARIABLE;

use super::test::Versions;
use crate::Outcome;
use crate::process::{cargo, output, root, run as run_program, run_within, say};
use crate::steps::Ended;
use crate::zookeeper::{Release, Version, Wanted, place, start, start_as, wanted};

/// As which the embedded server behaves; the profiles of zookit-server.
const PROFILES: [&str; 3] = ["3.8.0", "3.8.6", "3.9.5"];

/// The operations of a differential run in `ci`, and of one that is asked for without a number.
const IN_CI: &str = "20000";
/// From so many on it is the long run, which is not left to chance and not built for debugging.
const LONG: u64 = 1_000_000;
/// Of the first script, if none is asked for.
const FIRST_SEED: &str = "1";
/// How often whatever can be met must be met in the long run.
const OFTEN: &str = "100";
/// The slowest that two servers of one machine may be, in operations a second.
const SLOWEST: u64 = 100;
/// In any case a run may take so many seconds.
const AT_LEAST_S: u64 = 1_500;

/// In `full`, on each version.
const IN_FULL: &str = "200000";

pub(super) fn run(arguments: &[String]) -> Outcome {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["suite", versions @ ..] => each(versions, suite),
        ["ensemble"] => {
            Version::KNOWN.iter().try_for_each(|version| ensemble(&version.to_string()))
        }
        ["ensemble", versions @ ..] => each(versions, ensemble),
        ["differential"] => each(&[], |version| differential(version, IN_CI, FIRST_SEED)),
        ["differential", "--seed", seed, operations, versions @ ..] => {
            each(versions, |version| differential(version, operations, seed))
        }
        ["differential", operations, versions @ ..] => {
            each(versions, |version| differential(version, operations, FIRST_SEED))
        }
        ["compare", one, other] => compare(one, other, IN_CI),
        ["compare", one, other, operations] => compare(one, other, operations),
        ["record", versions @ ..] => each(versions, record),
        _ => Err(String::from(
            "`conformance` takes suite, ensemble, differential, compare or record",
        )),
    }
}

/// The step of `ci`, on the newest version at hand, and of `full`, on all of them. The transcripts
/// are replayed by the tests.
pub(super) fn step(versions: Versions) -> Outcome<Ended> {
    let (wanted, operations) = match versions {
        Versions::Newest => (vec![Wanted::Newest], IN_CI),
        Versions::All => (Version::KNOWN.map(Wanted::Exactly).to_vec(), IN_FULL),
    };
    let mut without = Vec::new();
    for wanted in &wanted {
        let release = match place(*wanted) {
            Ok(release) => release,
            Err(why) => {
                without.push(why);
                continue;
            }
        };
        let version = release.version.to_string();
        ensemble_of(&release)?;
        if PROFILES.contains(&version.as_str()) {
            suite(&version)?;
            differential(&version, operations, FIRST_SEED)?;
        } else if versions == Versions::Newest {
            without.push(format!("the embedded server is never a {version}"));
        }
    }
    Ok(match without.len() {
        0 => Ended::Passed,
        count if count == wanted.len() => Ended::Skipped(without.remove(0)),
        _ => Ended::PassedWithout(without.join("; ")),
    })
}

fn each(versions: &[&str], mut run: impl FnMut(&str) -> Outcome) -> Outcome {
    let versions = if versions.is_empty() { &PROFILES[..] } else { versions };
    versions.iter().try_for_each(|version| run(version))
}

fn placed(version: &str) -> Outcome<Release> {
    place(wanted(Some(version))?)
}

/// A server on which quotas are enforced and nothing happens by itself: a znode that is reaped in
/// the middle of a script would be a difference.
fn quiet() -> ServerBuilder {
    let quotas = ("enforceQuota".to_owned(), "true".to_owned());
    let builder = ServerBuilder::new().config(move |config| config.other.push(quotas.clone()));
    builder.java_flag("-Dznode.container.checkIntervalMs=86400000")
}

/// The program `conformance`, which is built first, so that no server waits for the compiler.
fn conformance(arguments: &[&str], release: bool) -> Outcome<Command> {
    let mut package = vec!["--quiet", "--package", "zookit-conformance"];
    if release {
        package.push("--release");
    }
    run_program(cargo(&["build"]).args(&package))?;
    let mut command = cargo(&["run"]);
    command.args(&package).arg("--").args(arguments);
    Ok(command)
}

/// A differential run of so many operations.
struct Long {
    command: Command,
    seconds: u64,
    operations: u64,
}

impl Long {
    fn of(operations: &str) -> Outcome<Self> {
        let count: u64 =
            operations.parse().map_err(|_| format!("{operations:?} is no number of operations"))?;
        let mut command =
            conformance(&["differential", "--operations", operations], count >= LONG)?;
        let seconds = seconds(count);
        command.arg("--seconds").arg(seconds.to_string());
        Ok(Self { command, seconds, operations: count })
    }

    /// Runs it on two servers, of which the first is of this version. What can be met is known of
    /// the profiles.
    fn run(mut self, version: Version, servers: [&str; 2]) -> Outcome {
        let version = version.to_string();
        if PROFILES.contains(&version.as_str()) {
            self.command.args(["--cells", &version]);
            if self.operations >= LONG {
                self.command.args(["--threshold", OFTEN]);
            }
        }
        // It ends by itself; a shrink may be under way.
        let limit = Duration::from_secs(self.seconds.saturating_mul(2));
        run_within(self.command.args(servers), limit)
    }
}

/// So long may a run of so many operations take.
fn seconds(operations: u64) -> u64 {
    (operations / SLOWEST).max(AT_LEAST_S)
}

fn suite(version: &str) -> Outcome {
    let placed = placed(version)?;
    let mut command = conformance(&["suite"], false)?;
    let running = start(&placed)?;
    run_program(command.args([&running.connect, &placed.version.to_string()]))
}

fn ensemble(version: &str) -> Outcome {
    ensemble_of(&placed(version)?)
}

/// Starts its three members itself.
fn ensemble_of(release: &Release) -> Outcome {
    let mut command = conformance(&["ensemble"], false)?;
    let listed = Release::list(std::slice::from_ref(release));
    run_program(command.arg(release.version.to_string()).env(CLASSPATHS_VARIABLE, listed))
}

fn differential(version: &str, operations: &str, seed: &str) -> Outcome {
    let placed = placed(version)?;
    let mut long = Long::of(operations)?;
    let running = start_as(quiet(), &placed)?;
    long.command.args(asked(&[placed.version])).args(["--seed", seed]);
    let embedded = format!("embedded:{}", placed.version);
    long.run(placed.version, [&embedded, &running.connect])
}

fn compare(one: &str, other: &str, operations: &str) -> Outcome {
    let (one, other) = (placed(one)?, placed(other)?);
    let mut long = Long::of(operations)?;
    let servers = [start_as(quiet(), &one)?, start_as(quiet(), &other)?];
    long.command.args(asked(&[one.version, other.version]));
    long.run(one.version, [&servers[0].connect, &servers[1].connect])
}

fn record(version: &str) -> Outcome {
    let placed = placed(version)?;
    let mut command = conformance(&["record"], false)?;
    let running = start_as(quiet(), &placed)?;
    command.args(asked(&[placed.version]));
    let transcript = output(command.args([&running.connect, &placed.version.to_string()]))?;
    let name = format!("apache-{}.transcript", placed.version);
    let path = root().join("crates/conformance/transcripts").join(&name);
    fs::write(&path, &transcript).map_err(|error| format!("{}: {error}", path.display()))?;
    say(&format!("{name}: {} bytes", transcript.len()));
    Ok(())
}

/// What may be asked of all of these.
fn asked(versions: &[Version]) -> &'static [&'static str] {
    if versions.iter().all(|version| answers_lone_check(*version)) {
        &[]
    } else {
        &["--no-lone-check"]
    }
}

/// A check outside a multi is never answered before 3.8.5 and 3.9.3.
fn answers_lone_check(version: Version) -> bool {
    let fixed = if (version.major, version.minor) == (3, 8) { 5 } else { 3 };
    (version.major, version.minor, version.patch) >= (3, 8, 5)
        && ((version.major, version.minor) > (3, 9) || version.patch >= fixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_run_may_take_longer() {
        assert_eq!(seconds(20_000), AT_LEAST_S);
        assert_eq!(seconds(LONG), 10_000);
    }

    #[test]
    fn a_lone_check_is_asked_for_where_all_answer_it() {
        let version = |text: &str| text.parse::<Version>().unwrap();
        for (text, answers) in [
            ("3.7.2", false),
            ("3.8.4", false),
            ("3.8.5", true),
            ("3.9.2", false),
            ("3.9.3", true),
            ("3.10.0", true),
        ] {
            assert_eq!(answers_lone_check(version(text)), answers, "{text}");
        }
        assert!(asked(&[version("3.8.6"), version("3.9.5")]).is_empty());
        assert_eq!(asked(&[version("3.8.0"), version("3.9.5")]), ["--no-lone-check"]);
    }
}
