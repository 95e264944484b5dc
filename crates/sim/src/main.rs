//! `zookit-sim`: seeds of the simulator, many or one to be read.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use zookit_proto::mutant::Mutant;
use zookit_sim::mutants::{self, Ground};
use zookit_sim::trace::{Trace, mixed};
use zookit_sim::whole::{self, recipes};
use zookit_sim::workload::{self, Workload};
use zookit_sim::world::{self, Report, Tally};

/// Clients and servers of ZooKeeper in a simulated world, with a checker for every promise
#[derive(Debug, Parser)]
#[command(name = "zookit-sim", version, max_term_width = 100, before_help = EXAMPLES,
    after_help = AFTER)]
struct Arguments {
    /// Run so many seeds
    #[arg(long, value_name = "N", default_value_t = 1000, conflicts_with_all = ["seed", "seconds"])]
    seeds: u64,
    /// The first seed
    #[arg(long, value_name = "S", default_value_t = 0, conflicts_with = "seed")]
    from: u64,
    /// Run seeds for so many seconds instead
    #[arg(long, value_name = "S", conflicts_with = "seed")]
    seconds: Option<u64>,
    /// Replay this seed, with a line per event
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// The workload; by default each seed chooses one
    #[arg(long, value_name = "W", value_parser = named)]
    workload: Option<&'static Workload>,
    /// Run the whole async client, on a paused clock: random programs of its public API
    #[arg(long, conflicts_with_all = ["workload", "mutant", "mutant_table"])]
    whole: bool,
    /// Run the programs of recipes, on a paused clock: all, or this one
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "all",
        value_parser = recipe, conflicts_with_all = ["workload", "whole"])]
    recipes: Option<Recipes>,
    /// Go on to the next seed after a violation
    #[arg(long)]
    keep_going: bool,
    /// Put this known bug back, and run seeds until a checker finds it
    #[arg(long, value_name = "NAME", value_parser = mutant)]
    mutant: Option<Mutant>,
    /// The bugs that can be put back
    #[arg(long)]
    list_mutants: bool,
    /// The table of what finds them, or some of them
    #[arg(long, value_name = "NAME", num_args = 0.., value_parser = mutant)]
    mutant_table: Option<Vec<Mutant>>,
}

const EXAMPLES: &str = "\
Examples:
  zookit-sim --seeds 10000
  zookit-sim --seeds 1000 --from 5000 --workload sessions
  zookit-sim --seed 5017 --workload sessions | less
  zookit-sim --whole --seeds 1000
  zookit-sim --recipes --seeds 100
  zookit-sim --recipes mutex --seed 17
  zookit-sim --mutant gap-not-told --seeds 100";

const AFTER: &str = "\
Exit codes:
  0  every promise was kept
  1  one was broken; what it was, and how to replay it, is on standard output
  2  the command line makes no sense, or a bug that was put back was not found";

fn named(name: &str) -> Result<&'static Workload, String> {
    workload::named(name).ok_or_else(|| {
        let all = workload::ALL.iter().map(|one| format!("\n  {:<10} {}", one.name, one.about));
        format!("there is none such; there are:{}", all.collect::<String>())
    })
}

/// Which recipes.
type Recipes = &'static [recipes::Program];

fn recipe(name: &str) -> Result<Recipes, String> {
    if name == "all" {
        return Ok(recipes::ALL);
    }
    let one = recipes::ALL.iter().position(|program| program.name == name);
    one.map(|place| &recipes::ALL[place..=place]).ok_or_else(|| {
        let all = recipes::ALL.iter().map(|one| format!("\n  {:<10} {}", one.name, one.about));
        format!("there is none such; there are:{}", all.collect::<String>())
    })
}

fn mutant(name: &str) -> Result<Mutant, String> {
    mutants::named(name).ok_or_else(|| "there is none such; see --list-mutants".to_owned())
}

/// Prints a line; whoever closes the pipe has read enough.
macro_rules! say {
    ($($format:tt)*) => {
        drop(writeln!(std::io::stdout(), $($format)*))
    };
}

/// What came of many seeds.
#[derive(Debug, Default)]
struct Sum {
    seeds: u64,
    events: u64,
    violations: u64,
    hash: u64,
    tally: Tally,
    /// In the programs of recipes.
    came_about: recipes::Tally,
}

/// What has to do with mutants.
fn hunt(arguments: &Arguments) -> Option<ExitCode> {
    let seeds = arguments.from..arguments.from.saturating_add(arguments.seeds);
    let grounds = match (arguments.workload, arguments.recipes) {
        (Some(workload), _) => vec![Ground::World(workload)],
        (None, Some(recipes)) => recipes.iter().map(Ground::Recipe).collect(),
        (None, None) => Ground::all(),
    };
    if arguments.list_mutants {
        say!("{}", mutants::list().trim_end());
        return Some(ExitCode::SUCCESS);
    }
    if let Some(some) = &arguments.mutant_table {
        return Some(mutants::print_table(some, &grounds, &seeds));
    }
    let mutant = arguments.mutant?;
    if arguments.seed.is_some() {
        // It is replayed with the bug, as any other seed.
        let refused = mutants::choose(Some(mutant)).err()?;
        eprintln!("{refused}");
        return Some(ExitCode::from(2));
    }
    Some(mutants::hunt_one(mutant, &grounds, seeds))
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(code) = hunt(&arguments) {
        return code;
    }
    let begun = Instant::now();
    let mut sum = Sum::default();
    match arguments.seed {
        Some(seed) => run_one(&arguments, seed, Trace::printing(), &mut sum),
        None => run_many(&arguments, begun, &mut sum),
    }
    if arguments.recipes.is_some() {
        say!("{}", sum.came_about);
    } else if !arguments.whole {
        say!("{}", sum.tally);
    }
    let seconds = begun.elapsed().as_secs_f64();
    let rate = sum.events as f64 / seconds.max(1e-9);
    let first = arguments.seed.unwrap_or(arguments.from);
    say!(
        "{} seeds from {first}, {} events, {rate:.0} events/s, {seconds:.1} s, {} violations, \
         hash {:016x}",
        sum.seeds,
        sum.events,
        sum.violations,
        sum.hash
    );
    if sum.violations == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run_many(arguments: &Arguments, begun: Instant, sum: &mut Sum) {
    let time = arguments.seconds.map(Duration::from_secs);
    for seed in arguments.from.. {
        let over = match time {
            Some(time) => begun.elapsed() >= time,
            None => seed - arguments.from == arguments.seeds,
        };
        if over || (sum.violations > 0 && !arguments.keep_going) {
            return;
        }
        run_one(arguments, seed, Trace::silent(), sum);
    }
}

/// A seed of the whole client; its events are its calls.
fn run_whole(arguments: &Arguments, seed: u64, sum: &mut Sum) {
    sum.seeds += 1;
    match whole::workload::run_seed(seed) {
        Ok(report) => {
            sum.events += report.calls;
            sum.hash = mixed(sum.hash, report.trace_hash);
            if arguments.seed.is_some() {
                say!("{report}");
            }
        }
        Err(violation) => {
            sum.violations += 1;
            say!("VIOLATION seed {seed}: {violation}");
            say!("  cargo run --release -p zookit-sim -- --whole --seed {seed}");
        }
    }
}

/// A seed of each of these recipes; its events are the steps of those who use them.
fn run_recipes(arguments: &Arguments, programs: Recipes, seed: u64, sum: &mut Sum) {
    for program in programs {
        sum.seeds += 1;
        match recipes::run_seed(program, seed) {
            Ok(report) => {
                sum.events += report.steps;
                sum.hash = mixed(sum.hash, report.trace_hash);
                sum.came_about += &report.tally;
                if arguments.seed.is_some() {
                    say!("{}: {report}", program.name);
                }
            }
            Err(violation) => {
                sum.violations += 1;
                let name = program.name;
                say!("VIOLATION seed {seed} of {name}: {violation}");
                say!("  cargo run --release -p zookit-sim -- --recipes {name} --seed {seed}");
            }
        }
    }
}

fn run_one(arguments: &Arguments, seed: u64, mut trace: Trace, sum: &mut Sum) {
    if let Some(programs) = arguments.recipes {
        return run_recipes(arguments, programs, seed, sum);
    }
    if arguments.whole {
        return run_whole(arguments, seed, sum);
    }
    let workload = arguments.workload.unwrap_or_else(|| workload::of_seed(seed));
    let report = world::run(workload, seed, &mut trace);
    let Report { events, calls, time, hash, tally, violation } = report;
    sum.seeds += 1;
    sum.events += events;
    sum.hash = mixed(sum.hash, hash);
    sum.tally += tally;
    if arguments.seed.is_some() {
        say!("{}: {events} events, {calls} calls, {time}, hash {hash:016x}", workload.name);
    }
    if let Some(violation) = violation {
        sum.violations += 1;
        say!("VIOLATION {violation}");
        let name = workload.name;
        say!("  cargo run --release -p zookit-sim -- --seed {seed} --workload {name}");
    }
}
