//! `cargo xtask callgrind`: instructions per operation, against a committed number.
//!
//! Times vary on a shared machine by more than most regressions; the count of instructions of one
//! thread without a kernel does not. See `bench/README.md`.

use std::fs;
use std::process::Command;

use crate::Outcome;
use crate::process::{cargo, on_path, output, root, run as run_program, say};
use crate::steps::Ended;

pub(super) const MANIFEST: &str = "bench/Cargo.toml";
const PROGRAM: &str = "bench/target/release/ops";
const BASELINE: &str = "bench/callgrind.baseline";

/// Operations of the two runs; the difference leaves out what a start costs.
const FEW: u64 = 2_560;
const MANY: u64 = 12_800;

/// By how much the count may exceed the baseline, in percent.
const TOLERANCE: u64 = 2;

pub(super) fn run(arguments: &[String]) -> Outcome {
    match arguments {
        [] => match check()? {
            Ended::Skipped(why) => {
                say(&format!("skipped: {why}"));
                Ok(())
            }
            Ended::Passed | Ended::PassedWithout(_) => Ok(()),
        },
        [option] if option == "--update" => update(),
        _ => Err(String::from("`callgrind` takes `--update` or nothing")),
    }
}

/// As a step of `ci`: fails if there are more instructions than the baseline allows.
pub(super) fn check() -> Outcome<Ended> {
    if !on_path("valgrind") {
        return Ok(Ended::Skipped(String::from("valgrind is not installed")));
    }
    let text = fs::read_to_string(root().join(BASELINE))
        .map_err(|error| format!("cannot read {BASELINE}: {error}"))?;
    let baseline = Baseline::read(&text).ok_or_else(|| format!("{BASELINE} is not as written"))?;
    let compiler = compiler()?;
    if baseline.compiler != compiler {
        let why = format!("the baseline is of {}, and this is {compiler}", baseline.compiler);
        return Ok(Ended::Skipped(why));
    }
    let counted = count()?;
    let limit = baseline.limit();
    say(&format!("{counted} instructions per operation; baseline {}", baseline.instructions));
    if counted > limit {
        return Err(format!(
            "{counted} instructions per operation, and {limit} is the most that {BASELINE} \
             allows; make it faster, or say why not and run `cargo xtask callgrind --update`"
        ));
    }
    Ok(Ended::Passed)
}

fn update() -> Outcome {
    let baseline = Baseline { instructions: count()?, compiler: compiler()? };
    say(&format!("{} instructions per operation", baseline.instructions));
    fs::write(root().join(BASELINE), baseline.text())
        .map_err(|error| format!("cannot write {BASELINE}: {error}"))
}

#[derive(Debug, PartialEq, Eq)]
struct Baseline {
    instructions: u64,
    compiler: String,
}

impl Baseline {
    fn read(text: &str) -> Option<Self> {
        let value = |name: &str| {
            text.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_prefix("= "))
        };
        let instructions = value("instructions-per-operation")?.parse().ok()?;
        Some(Self { instructions, compiler: value("compiler")?.to_owned() })
    }

    fn text(&self) -> String {
        let Self { instructions, compiler } = self;
        format!(
            "# Written by `cargo xtask callgrind --update`.\n\
             instructions-per-operation = {instructions}\ncompiler = {compiler}\n"
        )
    }

    fn limit(&self) -> u64 {
        self.instructions + self.instructions * TOLERANCE / 100
    }
}

/// The version of the compiler and the architecture: with another one the number is another.
fn compiler() -> Outcome<String> {
    let mut rustc = Command::new("rustc");
    let version = output(rustc.current_dir(root()).arg("--version"))?;
    let version = version.split_whitespace().nth(1).unwrap_or("unknown");
    Ok(format!("rustc {version} {}", std::env::consts::ARCH))
}

fn count() -> Outcome<u64> {
    let mut build = cargo(&["build", "--release", "--quiet", "--manifest-path", MANIFEST]);
    // The workspace has a target directory of its own; ours may be named in the environment.
    build.args(["--no-default-features", "--bin", "ops"]).env_remove("CARGO_TARGET_DIR");
    run_program(&mut build)?;
    let (few, many) = (instructions(FEW)?, instructions(MANY)?);
    Ok(many.saturating_sub(few) / (MANY - FEW))
}

/// All instructions of one run.
fn instructions(operations: u64) -> Outcome<u64> {
    let mut valgrind = Command::new("valgrind");
    valgrind.current_dir(root()).args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    // Where to say it: standard output, which `ops` does not use.
    valgrind.args(["--log-fd=1", PROGRAM, &operations.to_string()]);
    let printed = output(&mut valgrind)?;
    collected(&printed).ok_or_else(|| format!("callgrind counted nothing:\n{printed}"))
}

fn collected(printed: &str) -> Option<u64> {
    let line = printed.lines().find(|line| line.contains("Collected :"))?;
    line.split_whitespace().last()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_baseline_is_read_as_it_was_written() {
        let baseline = Baseline { instructions: 1000, compiler: "rustc 1.85.0 x86_64".to_owned() };
        assert_eq!(Baseline::read(&baseline.text()).as_ref(), Some(&baseline));
        assert_eq!(baseline.limit(), 1020);
        assert_eq!(Baseline::read("instructions-per-operation = many"), None);
    }

    #[test]
    fn the_count_is_found_in_what_callgrind_says() {
        let printed = "==7== Events    : Ir\n==7== Collected : 17472727\n==7== \n";
        assert_eq!(collected(printed), Some(17_472_727));
        assert_eq!(collected("==7== Events    : Ir\n"), None);
    }
}
