//! `conformance`: two servers compared, the suite, and transcripts.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Args, Parser, Subcommand};
use zookit_conformance::Outcome;
use zookit_conformance::differential::{self, Bounds, Difference, Report};
use zookit_conformance::ensemble::{self, Model, Real, Told, Version};
use zookit_conformance::generate::Options;
use zookit_conformance::target::Which;
use zookit_conformance::wire::Connection;
use zookit_conformance::{suite, transcript};
use zookit_ensemble::{Release, Wanted};
use zookit_proto::four_letter::FourLetterWord;
use zookit_server::core::Profile;

/// Whether servers behave alike. A server is HOST:PORT, or embedded:VERSION.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The same random scripts on two servers; ends with the table of what was met.
    Differential(Differential),
    /// One script, which was printed or recorded, on two servers.
    Script {
        /// The first server.
        a: Which,
        /// The second server.
        b: Which,
        /// The file with the script.
        file: PathBuf,
    },
    /// Named cases, each a fact of the protocol.
    Suite {
        /// The server.
        server: Which,
        /// The version that it behaves as.
        version: Profile,
        /// Only the cases with this in their name.
        #[arg(default_value = "")]
        filter: String,
    },
    /// Named facts of an ensemble of three, our model of one or a real one that is started for it.
    Ensemble {
        /// embedded:VERSION for the model, VERSION for a real one.
        ensemble: WhichEnsemble,
        /// Only the facts with this in their name.
        #[arg(default_value = "")]
        filter: String,
    },
    /// Prints what a server answers to scripts, as a transcript.
    Record {
        /// The server.
        server: Which,
        /// Its version.
        version: String,
        /// So many bytes at most.
        #[arg(long, default_value_t = 300_000)]
        limit: usize,
        #[command(flatten)]
        asked: Asked,
    },
    /// Compares a server with a transcript.
    Replay {
        /// The server.
        server: Which,
        /// The transcript.
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
struct Differential {
    /// The first server.
    a: Which,
    /// The second server.
    b: Which,
    /// The seed of the first script; those that follow count on.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// So many operations at least.
    #[arg(long, default_value_t = 20_000)]
    operations: usize,
    /// No longer than so many seconds.
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// No longer than until so many kinds of differences were found.
    #[arg(long, default_value_t = 10)]
    kinds: usize,
    /// Fails if a reachable cell was met less often than this.
    #[arg(long)]
    threshold: Option<u64>,
    /// The version whose cells are reachable; else that of an embedded server among the two.
    #[arg(long, value_name = "VERSION")]
    cells: Option<Profile>,
    #[command(flatten)]
    asked: Asked,
}

#[derive(Debug, Args)]
struct Asked {
    /// No check outside a multi: for servers before 3.8.5 and 3.9.3, which never answer it.
    #[arg(long)]
    no_lone_check: bool,
    /// No deleteContainer.
    #[arg(long)]
    no_delete_container: bool,
}

impl Asked {
    const fn options(&self) -> Options {
        Options { lone_check: !self.no_lone_check, delete_container: !self.no_delete_container }
    }
}

fn main() -> ExitCode {
    match run(&Cli::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("conformance: {error}");
            ExitCode::from(2)
        }
    }
}

/// Whether all is as it should be.
fn run(command: &Command) -> Outcome<bool> {
    match command {
        Command::Differential(arguments) => compare(arguments),
        Command::Script { a, b, file } => script(&[a.clone(), b.clone()], file),
        Command::Suite { server, version, filter } => suite(server, *version, filter),
        Command::Ensemble { ensemble, filter } => ensemble_facts(ensemble, filter),
        Command::Record { server, version, limit, asked } => {
            print!("{}", transcript::record(server, version, asked.options(), *limit)?);
            Ok(true)
        }
        Command::Replay { server, file } => replay(server, file),
    }
}

fn compare(arguments: &Differential) -> Outcome<bool> {
    let servers = [arguments.a.clone(), arguments.b.clone()];
    let bounds = Bounds {
        seed: arguments.seed,
        operations: arguments.operations,
        time: Duration::from_secs(arguments.seconds),
        kinds: arguments.kinds,
    };
    let begun = Instant::now();
    let found = |seed: u64, difference: &Difference| {
        println!("== seed {seed}: {difference}");
        println!(
            "   write these lines to FILE, then: conformance script {} {} FILE",
            servers[0], servers[1]
        );
        println!("{}", difference.script_text());
    };
    let report = differential::run(&servers, arguments.asked.options(), &bounds, found)?;
    println!("{}", report.cells.table());
    let complete = complete(&report, arguments, &servers)?;
    tell(&report, arguments, begun.elapsed());
    let short = report.operations < arguments.operations;
    if short {
        println!("these are fewer than the {} that were asked for", arguments.operations);
    }
    Ok(report.differences.is_empty() && complete && !short)
}

/// Whether what can be met was met often enough, and nothing else was met; says what is otherwise.
fn complete(report: &Report, arguments: &Differential, servers: &[Which; 2]) -> Outcome<bool> {
    let embedded = servers.iter().find_map(|server| match server {
        Which::Embedded(profile) => Some(*profile),
        Which::Tcp(_) => None,
    });
    let options = arguments.asked.options();
    let Some(profile) = arguments.cells.or(embedded) else {
        return match arguments.threshold {
            Some(_) => {
                Err("a threshold needs --cells VERSION: both servers are at addresses".into())
            }
            None => Ok(true),
        };
    };
    let threshold = arguments.threshold.unwrap_or(0);
    let rare = report.cells.below(threshold, profile, options);
    for (cell, count) in &rare {
        println!("FAILED: met {count} times, less than {threshold}: {cell}");
    }
    let unexpected = report.cells.unexpected(profile, options);
    for (cell, count) in &unexpected {
        println!("FAILED: met {count} times, not known as reachable on {profile}: {cell}");
    }
    Ok(rare.is_empty() && unexpected.is_empty())
}

fn tell(report: &Report, arguments: &Differential, took: Duration) {
    for (kind, (_, count)) in &report.differences {
        println!("different in {count} scripts: {kind}");
    }
    for server in [&arguments.a, &arguments.b] {
        if let (Which::Tcp(_), Ok(packets)) = (server, packets(server)) {
            println!("{server}: {packets}");
        }
    }
    println!(
        "{} and {}: {} scripts from seed {}, {} operations in {} s, {} kinds of differences",
        arguments.a,
        arguments.b,
        report.scripts,
        arguments.seed,
        report.operations,
        took.as_secs(),
        report.differences.len()
    );
}

/// How many packets a server says that it has received and sent since it was started.
fn packets(server: &Which) -> Outcome<String> {
    let mut connection = Connection::open(&mut *server.target())?;
    connection.send_raw(&FourLetterWord::Srvr.bytes());
    let text = String::from_utf8_lossy(&connection.read_to_end()?).into_owned();
    let lines =
        text.lines().filter(|line| line.starts_with("Received: ") || line.starts_with("Sent: "));
    Ok(lines.collect::<Vec<_>>().join(", "))
}

fn script(servers: &[Which; 2], file: &PathBuf) -> Outcome<bool> {
    let text = format!("script 0\n{}", std::fs::read_to_string(file)?);
    let mut alike = true;
    for recorded in transcript::parse(&text)? {
        let seen = differential::both(servers, &recorded.steps)?;
        if let Some(difference) = Difference::first(&recorded.steps, &seen) {
            alike = false;
            println!("{difference}");
        }
    }
    Ok(alike)
}

fn suite(server: &Which, version: Profile, filter: &str) -> Outcome<bool> {
    let done = suite::run(server, version, filter)?;
    let mut failed = 0;
    for (name, error) in &done {
        if let Some(error) = error {
            failed += 1;
            println!("FAILED {name}: {error}");
        }
    }
    println!("{server} as {version}: {} cases, {failed} failed", done.len());
    Ok(failed == 0 && !done.is_empty())
}

/// Which ensemble is meant.
#[derive(Debug, Clone)]
enum WhichEnsemble {
    Model(Profile),
    Real(Version),
}

impl std::str::FromStr for WhichEnsemble {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("embedded:") {
            Some(version) => version.parse().map(Self::Model).map_err(|error| format!("{error}")),
            None => text.parse().map(Self::Real).map_err(|error| format!("{error}")),
        }
    }
}

fn ensemble_facts(which: &WhichEnsemble, filter: &str) -> Outcome<bool> {
    let begun = Instant::now();
    let (title, told) = match which {
        WhichEnsemble::Model(profile) => {
            (format!("embedded:{profile}"), ensemble::run(&mut Model::new(*profile), filter)?)
        }
        WhichEnsemble::Real(version) => {
            let listed = Release::listed()?.into_iter().find(|it| it.version == *version);
            let release = listed.map_or_else(|| Release::find(Wanted::Exactly(*version)), Ok)?;
            let mut real = Real::start(&release)?;
            println!("{version}: three members after {:.1} s", begun.elapsed().as_secs_f64());
            (version.to_string(), ensemble::run(&mut real, filter)?)
        }
    };
    let mut failed = 0;
    for Told { name, error, took } in &told {
        println!("{:>6.2} s  {name}", took.as_secs_f64());
        if let Some(error) = error {
            failed += 1;
            println!("FAILED {name}: {error}");
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!("{title}: {} facts in {seconds:.1} s, {failed} failed", told.len());
    Ok(failed == 0 && !told.is_empty())
}

fn replay(server: &Which, file: &PathBuf) -> Outcome<bool> {
    let all = transcript::parse(&std::fs::read_to_string(file)?)?;
    let mut different = 0;
    for recorded in &all {
        if let Some(difference) = transcript::replay(recorded, server)? {
            different += 1;
            println!("{difference}");
        }
    }
    println!("{server}: {} scripts, {different} different", all.len());
    Ok(different == 0 && !all.is_empty())
}
