//! `zookit-trials chaos`: makes a run and checks it, or checks one that was made.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::{Args, Subcommand};
use zookit_proto::mutant::Mutant;
use zookit_sim::mutants;

use super::check::{self, Report};
use super::history::History;
use super::run::{Settings, play};
use super::target::{Real, Simulated, Target};

/// What `zookit-trials chaos` is told.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    instead: Option<Instead>,
    #[command(flatten)]
    run: RunArguments,
}

/// What is done instead of a run.
#[derive(Debug, Subcommand)]
enum Instead {
    /// Checks a history again that a run has written
    Check {
        /// The file
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
struct RunArguments {
    /// How long accidents happen
    #[arg(long, default_value_t = 2.0)]
    minutes: f64,
    /// The version of ZooKeeper; by default the newest there is
    #[arg(long)]
    release: Option<String>,
    /// How many members the ensemble has
    #[arg(long, default_value_t = 3)]
    members: usize,
    /// What all that is chosen follows from; by default one that nobody has had yet
    #[arg(long)]
    seed: Option<u64>,
    /// Operations a second that all clients together try to make
    #[arg(long, default_value_t = 150)]
    rate: u32,
    /// Where the history is written to: a directory, which is made
    #[arg(long)]
    out: Option<PathBuf>,
    /// Keeps the logs of the servers there, too
    #[arg(long, requires = "out")]
    keep_logs: bool,
    /// On the simulated ensemble, in virtual time
    #[arg(long)]
    simulated: bool,
    /// With a known bug put back into the client (`zookit-sim --list-mutants`); in a build with
    /// RUSTFLAGS='--cfg zookit_mutants'
    #[arg(long, value_name = "NAME", value_parser = mutant)]
    mutant: Option<Mutant>,
}

fn mutant(name: &str) -> Result<Mutant, String> {
    mutants::named(name).ok_or_else(|| "there is none such; see zookit-sim --list-mutants".into())
}

/// Runs `zookit-trials chaos`: 0 if nothing was found, 1 if anything was, 2 if there was no run.
#[must_use]
pub fn run(arguments: &Arguments) -> ExitCode {
    let report = match &arguments.instead {
        Some(Instead::Check { file }) => check_file(file),
        None => make(&arguments.run),
    };
    match report {
        Ok(report) => {
            println!("{report}");
            if report.passes() { ExitCode::SUCCESS } else { ExitCode::from(1) }
        }
        Err(why) => {
            eprintln!("zookit-trials chaos: {why}");
            ExitCode::from(2)
        }
    }
}

fn check_file(file: &Path) -> Result<Report, String> {
    let history = History::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(check::check(&history))
}

fn make(arguments: &RunArguments) -> Result<Report, String> {
    let settings = settings(arguments)?;
    if arguments.mutant.is_some() {
        mutants::choose(arguments.mutant).map_err(|error| error.to_string())?;
    }
    eprintln!("seed {}", settings.seed);
    if let Some(out) = &settings.out {
        eprintln!("the history is {}", out.display());
    }
    let (history, remarks) = if arguments.simulated {
        simulate(settings, arguments.members)?
    } else {
        play_on_real_servers(settings, arguments)?
    };
    for remark in remarks {
        eprintln!("{remark}");
    }
    Ok(check::check(&history))
}

fn settings(arguments: &RunArguments) -> Result<Settings, String> {
    let seed = arguments.seed.unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        now.as_secs()
    });
    let lasting = Duration::try_from_secs_f64(arguments.minutes * 60.0);
    let lasting = lasting.map_err(|error| format!("--minutes: {error}"))?;
    let out = arguments.out.as_ref().map(|directory| {
        let made = std::fs::create_dir_all(directory);
        let file = directory.join(format!("chaos-{seed}.jsonl"));
        made.map(|()| file).map_err(|error| format!("{}: {error}", directory.display()))
    });
    let (out, rate) = (out.transpose()?, arguments.rate);
    Ok(Settings { seed, lasting, rate, out, ..Settings::default() })
}

/// On a runtime of one thread, so that what clients do has an order; every other client's driver runs
/// on another one's.
fn play_on_real_servers(
    settings: Settings,
    arguments: &RunArguments,
) -> Result<(History, Vec<String>), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let apart = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let apart = apart.map_err(|error| error.to_string())?;
    let handle = apart.handle().clone();
    let keep = arguments.out.as_ref().filter(|_| arguments.keep_logs);
    let keep = keep.map(|out| out.join(format!("chaos-{}-servers", settings.seed)));
    runtime.block_on(async {
        let release = arguments.release.as_deref();
        let target = Real::start(arguments.members, release, keep).await?;
        let target: Arc<dyn Target> = Arc::new(target);
        play(settings, target, Some(handle), &|line| eprintln!("{line}")).await
    })
}

fn simulate(settings: Settings, members: usize) -> Result<(History, Vec<String>), String> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let target: Arc<dyn Target> = Arc::new(Simulated::start(members, settings.seed));
        play(settings, target, None, &|line| eprintln!("{line}")).await
    })
}
