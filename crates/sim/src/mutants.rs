//! Known bugs, put back one at a time: which checker finds each, and after how many seeds.
//!
//! It takes a build with `--cfg zookit_mutants`; the list is `zookit_proto::mutant`. Every seed is
//! run on every [`Ground`] before the next one is, and what is wrong there without the mutant as
//! well does not count.

use std::fmt;
use std::ops::Range;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use zookit_proto::mutant::{About, Mutant};

use crate::trace::Trace;
use crate::whole::{programs, recipes};
use crate::workload::{self, Workload};
use crate::world;

/// Where mutants are hunted.
#[derive(Debug, Clone, Copy)]
pub enum Ground {
    /// A workload of level 1.
    World(&'static Workload),
    /// The programs of level 2.
    Programs,
    /// The program of a recipe, at level 2.
    Recipe(&'static recipes::Program),
}

impl Ground {
    /// All there are.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let worlds = workload::ALL.iter().map(|workload| Self::World(workload));
        let recipes = recipes::ALL.iter().map(Self::Recipe);
        worlds.chain([Self::Programs]).chain(recipes).collect()
    }

    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::World(workload) => workload.name,
            Self::Programs => "programs",
            Self::Recipe(program) => program.name,
        }
    }

    /// What is wrong with a seed here, if anything is: who found it, and what.
    fn betrayal(self, seed: u64) -> Option<(&'static str, String)> {
        let run = || match self {
            Self::World(workload) => {
                let violation = world::run(workload, seed, &mut Trace::silent()).violation;
                violation.map(|violation| (violation.checker, violation.to_string()))
            }
            Self::Programs => programs::storm(seed).err().map(|it| (it.program, it.to_string())),
            Self::Recipe(program) => {
                let broken = recipes::run_seed(program, seed).err();
                broken.map(|it| (it.program, it.to_string()))
            }
        };
        panic::catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|payload| {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
            Some(("panic", text.unwrap_or("a panic").to_owned()))
        })
    }
}

/// What found a mutant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catch {
    /// In which run.
    pub seed: u64,
    /// On which ground.
    pub ground: &'static str,
    /// How many seeds it took.
    pub seeds: u64,
    /// The checker, or the program; `panic` if the run came to no end.
    pub checker: &'static str,
    /// What was not as promised.
    pub what: String,
}

/// Of a build without the mutants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotBuilt;

impl fmt::Display for NotBuilt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("mutants are only in a build with RUSTFLAGS='--cfg zookit_mutants'")
    }
}

impl std::error::Error for NotBuilt {}

/// The mutant of this name.
#[must_use]
pub fn named(name: &str) -> Option<Mutant> {
    Mutant::ALL.iter().find(|mutant| mutant.about().name == name).copied()
}

/// All mutants, a line each.
#[must_use]
pub fn list() -> String {
    let line = |mutant: &Mutant| {
        let About { name, wrong, known } = mutant.about();
        let known = if known.is_empty() { String::new() } else { format!(" ({known})") };
        format!("{name}: {wrong}{known}\n")
    };
    Mutant::ALL.iter().map(line).collect()
}

/// Puts a mutant back, or none, for the whole process.
///
/// # Errors
/// In a build without them.
pub fn choose(mutant: Option<Mutant>) -> Result<(), NotBuilt> {
    #[cfg(zookit_mutants)]
    zookit_proto::mutant::choose(mutant);
    if cfg!(zookit_mutants) || mutant.is_none() { Ok(()) } else { Err(NotBuilt) }
}

/// Runs seeds until one of them betrays the mutant.
///
/// # Errors
/// In a build without mutants.
pub fn hunt(
    mutant: Mutant,
    grounds: &[Ground],
    seeds: Range<u64>,
) -> Result<Option<Catch>, NotBuilt> {
    choose(Some(mutant))?;
    let hook = panic::take_hook();
    // What panics is caught, and told in one line.
    panic::set_hook(Box::new(|_| {}));
    let first = seeds.start;
    let caught = seeds.into_iter().find_map(|seed| {
        grounds.iter().find_map(|ground| {
            let (checker, what) = ground.betrayal(seed)?;
            let _ = choose(None);
            let innocent = ground.betrayal(seed).is_some();
            let _ = choose(Some(mutant));
            let (ground, seeds) = (ground.name(), seed - first + 1);
            (!innocent).then_some(Catch { seed, ground, seeds, checker, what })
        })
    });
    panic::set_hook(hook);
    choose(None)?;
    Ok(caught)
}

/// Hunts for one mutant, and says on standard output what found it. The exit code is 1 if it was
/// found, and 2 if it was not or cannot be.
#[must_use]
pub fn hunt_one(mutant: Mutant, grounds: &[Ground], seeds: Range<u64>) -> ExitCode {
    let name = mutant.about().name;
    let tried = seeds.end.saturating_sub(seeds.start);
    match hunt(mutant, grounds, seeds) {
        Ok(Some(Catch { seed, ground, seeds, checker, what })) => {
            println!(
                "{name} was found by {checker}, by seed {seed} of {ground}, after {seeds} seeds"
            );
            println!("VIOLATION {what}");
            println!("  {} -- --mutant {name} --from {seed} --seeds 1", RUN);
            ExitCode::FAILURE
        }
        Ok(None) => {
            println!("{name} was not found by {tried} seeds");
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// Prints the table of these mutants, or of all. The exit code is 2 if one was not found.
#[must_use]
pub fn print_table(mutants: &[Mutant], grounds: &[Ground], seeds: &Range<u64>) -> ExitCode {
    let mutants = if mutants.is_empty() { Mutant::ALL } else { mutants };
    let mut code = ExitCode::SUCCESS;
    print!("{TABLE_HEAD}");
    for mutant in mutants {
        match hunt(*mutant, grounds, seeds.clone()) {
            Ok(caught) => {
                print!("{}", row(*mutant, caught.as_ref()));
                match caught {
                    Some(caught) => eprintln!("{}: {}", mutant.about().name, caught.what),
                    None => code = ExitCode::from(2),
                }
            }
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::from(2);
            }
        }
    }
    code
}

/// How the command is called that has mutants.
const RUN: &str = "RUSTFLAGS='--cfg zookit_mutants' cargo run --release --target-dir target/mutants -p zookit-sim";

/// The command that hunts for a mutant.
#[must_use]
pub fn command(mutant: Mutant) -> String {
    format!("cargo xtask mutants {}", mutant.about().name)
}

/// A row of the table of mutants.
#[must_use]
pub fn row(mutant: Mutant, caught: Option<&Catch>) -> String {
    let About { name, wrong, known } = mutant.about();
    let found = caught.map_or_else(
        || String::from("**not found** | -"),
        |caught| format!("{} ({}) | {}", caught.checker, caught.ground, caught.seeds),
    );
    format!("| `{name}` | {wrong} | {known} | {found} | `{}` |\n", command(mutant))
}

/// What stands above the rows.
pub const TABLE_HEAD: &str = "\
| mutant | what is wrong | known from | found by | seeds | command |
|---|---|---|---|---|---|
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_found_by_its_name_and_listed() {
        for mutant in Mutant::ALL {
            let name = mutant.about().name;
            assert_eq!(named(name), Some(*mutant));
            assert!(list().contains(&format!("{name}: ")));
        }
        assert_eq!(named("no-such-bug"), None);
    }
}
