//! `zookit-trials survive`: which scenarios on which releases, a line for each, and a table.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use tokio::task::LocalSet;
use zookit_ensemble::{Release, Version, Wanted};

use super::report::{self, Row};
use super::scenario::{self, Scenario};
use super::setting::Setting;
use super::verdict::{Failure, Verdict};

/// No scenario takes longer: several times what the slowest does.
const MOST: Duration = Duration::from_secs(600);

/// What `zookit-trials survive` is told.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub struct Arguments {
    /// The scenarios; by default all of them
    #[arg(value_name = "NAME", value_parser = named)]
    scenarios: Vec<&'static str>,
    /// The release of the servers, such as 3.8.6 or 3.8; by default the newest at hand
    #[arg(long, value_name = "V", conflicts_with = "all")]
    release: Option<String>,
    /// Every release that is known and can be had
    #[arg(long)]
    all: bool,
    /// How many members vote
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(3..=9))]
    members: u8,
    /// How often each scenario is carried out
    #[arg(long, value_name = "N", default_value_t = 1)]
    times: u32,
    /// What the clients were told, also where nothing is wrong
    #[arg(long, short)]
    verbose: bool,
    /// The scenarios that there are, and what may survive each
    #[arg(long)]
    list: bool,
}

const AFTER: &str = "\
Exit codes:
  0  all was as declared
  1  something was not, or a scenario could not be carried out
  2  the command line makes no sense, or there is no such release";

fn named(name: &str) -> Result<&'static str, String> {
    scenario::named(name).map(|scenario| scenario.name).ok_or_else(|| {
        let names = scenario::ALL.iter().map(|one| format!("\n  {}", one.name));
        format!("there is none such; there are:{}", names.collect::<String>())
    })
}

/// Runs `zookit-trials survive`.
pub fn run(arguments: &Arguments) -> ExitCode {
    if arguments.list {
        report::say(&report::list());
        return ExitCode::SUCCESS;
    }
    let releases = match releases(arguments) {
        Ok(releases) => releases,
        Err(why) => {
            eprintln!("zookit-trials survive: {why}");
            return ExitCode::from(2);
        }
    };
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(why) => {
            eprintln!("zookit-trials survive: where this program is cannot be told: {why}");
            return ExitCode::from(2);
        }
    };
    let wanted = |scenario: &&Scenario| {
        arguments.scenarios.is_empty() || arguments.scenarios.contains(&scenario.name)
    };
    let mut rows = Vec::new();
    for release in &releases {
        for scenario in scenario::ALL.iter().filter(wanted) {
            for _ in 0..arguments.times {
                let members = usize::from(arguments.members);
                let setting = Setting::new(release.clone(), members, program.clone());
                rows.push(carry_out(scenario, &setting, arguments.verbose));
            }
        }
    }
    report::say(&report::table(&rows));
    let right = rows.iter().all(Row::is_right);
    if right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Carries out one scenario on the release with this class path, and says what was wrong.
///
/// # Errors
/// What was not as declared, or why it could not be carried out.
///
/// # Panics
/// If there is no scenario of this name.
pub fn try_one(
    name: &str,
    release: Release,
    members: usize,
    program: PathBuf,
) -> Result<(), String> {
    let scenario = scenario::named(name).expect("a scenario of this name");
    let row = carry_out(scenario, &Setting::new(release, members, program), false);
    if row.is_right() { Ok(()) } else { Err(row.line()) }
}

fn releases(arguments: &Arguments) -> Result<Vec<Release>, String> {
    let listed = Release::listed().map_err(|error| error.to_string())?;
    let find = |wanted: Wanted| {
        let is_it = |release: &&Release| match wanted {
            Wanted::Newest => release.version == Version::NEWEST,
            Wanted::Exactly(version) => release.version == version,
        };
        match listed.iter().find(is_it) {
            Some(release) => Ok(release.clone()),
            None => Release::find(wanted).map_err(|error| error.to_string()),
        }
    };
    if !arguments.all {
        let wanted = Wanted::from_argument(arguments.release.as_deref());
        return Ok(vec![find(wanted.map_err(|error| error.to_string())?)?]);
    }
    let mut releases = Vec::new();
    for version in Version::KNOWN.iter().rev() {
        match find(Wanted::Exactly(*version)) {
            Ok(release) => releases.push(release),
            Err(why) => report::say(&format!("{version}: skipped: {why}")),
        }
    }
    if releases.is_empty() { Err("there is no release at hand".to_owned()) } else { Ok(releases) }
}

fn carry_out(scenario: &'static Scenario, setting: &Setting, verbose: bool) -> Row {
    let version = setting.release.version;
    let begun = Instant::now();
    let end = match scenario.since.refuses(version) {
        Some(why) => report::End::Skipped(why),
        None => match attempt(scenario, setting) {
            Ok(verdict) => report::End::CarriedOut(Box::new(verdict)),
            Err(why) => report::End::Failed(chain(&*why)),
        },
    };
    let members = setting.members;
    let row = Row { scenario, version, members, took: begun.elapsed(), end };
    report::say(&row.line());
    if verbose || !row.is_right() {
        report::say(&row.details());
        report::say(&setting.logs());
    }
    row
}

fn attempt(scenario: &Scenario, setting: &Setting) -> Result<Verdict, Failure> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().build()?;
    let run = async { tokio::time::timeout(MOST, (scenario.run)(setting)).await };
    LocalSet::new()
        .block_on(&runtime, run)
        .map_err(|_| format!("it was not over after {MOST:?}"))?
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
