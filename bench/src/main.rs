//! `zookit-bench`: see `README.md`, or `zookit-bench help`.

use std::net::SocketAddr;
use std::process::{Command, ExitCode};
use std::time::Duration;

use zookit_bench::alloc::Counting;
use zookit_bench::rounds::Campaign;
use zookit_bench::stub::Stub;
use zookit_bench::variant::Variant;
use zookit_bench::{Res, cores, extras, real, stub, syscalls};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const HELP: &str = "\
Usage: zookit-bench [WHAT] [OPTIONS]

  rates      operations, CPU and allocations by window, in rounds (the default)
  syscalls   system calls per operation, by strace
  idle       500 idle sessions: heap, threads, CPU; a dead peer; a second request
  restore    1,000,000 watches set again on a new connection
  relay      bytes and round trips through the proxy, beside the same without it
  server     the embedded server: ready, rates (with --real beside a real one), heap, sessions
  recipes    locks handed over on the embedded server: requests, events, bytes, time by waiters
  cache      a cache of 1,000,000 znodes: built beside the same requests with their results
             thrown away, its heap, and lookups
  one ADDRESS VARIANT WINDOW OPS   that many operations, for strace and profilers
  stub       the stub server alone: prints its address, ends with its standard input

  --quick            a minute: short runs, few rounds, fewer sessions and watches
  --rounds N         rounds to keep (10)
  --millis N         measured time of each run (250)
  --windows A,B,..   requests in flight (1,16,256,4096)
  --only TEXT        what has it in its name: variants, clients of `idle`,
                     parts of `server` (ready, rates, heap, sessions) and
                     of `recipes` (locks)
  --real HOST:PORT   rates against a real server in place of the stub
";

/// What the command line says.
struct Arguments {
    what: Vec<String>,
    rounds: usize,
    millis: u64,
    windows: Vec<usize>,
    only: Option<String>,
    real: Option<SocketAddr>,
    quick: bool,
}

impl Arguments {
    fn read() -> Res<Self> {
        let mut read = Self {
            what: Vec::new(),
            rounds: 10,
            millis: 250,
            windows: vec![1, 16, 256, 4096],
            only: None,
            real: None,
            quick: false,
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} wants a value"));
            match argument.as_str() {
                "--quick" => {
                    read.quick = true;
                    (read.rounds, read.millis) = (3, 60);
                }
                "--rounds" => read.rounds = value()?.parse()?,
                "--millis" => read.millis = value()?.parse()?,
                "--windows" => {
                    let windows = value()?;
                    read.windows = windows.split(',').map(str::parse).collect::<Result<_, _>>()?;
                }
                "--only" => read.only = Some(value()?),
                "--real" => read.real = Some(value()?.parse()?),
                option if option.starts_with("--") => {
                    return Err(format!("no option {option}\n\n{HELP}").into());
                }
                _ => read.what.push(argument),
            }
        }
        if read.windows.contains(&0) || read.rounds == 0 {
            return Err("at least one in flight, and at least one round".into());
        }
        Ok(read)
    }

    fn variants(&self) -> Vec<Variant> {
        let wanted = |variant: &Variant| {
            self.only.as_ref().is_none_or(|only| variant.to_string().contains(only.as_str()))
        };
        Variant::all().into_iter().filter(wanted).collect()
    }
}

fn main() -> ExitCode {
    match Arguments::read().and_then(|arguments| run(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("zookit-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Res<()> {
    let what: Vec<&str> = arguments.what.iter().map(String::as_str).collect();
    // Before anything is pinned: what is started inherits it.
    cores::allowed();
    match what[..] {
        [] | ["rates"] => rates(arguments),
        ["stub"] => stub::run(),
        ["syscalls"] => {
            let stub = pinned_stub()?;
            preamble();
            syscalls::run(&stub, &arguments.windows, &arguments.variants())
        }
        ["idle"] => {
            let stub = pinned_stub()?;
            preamble();
            // Longer than it takes from one heartbeat to the next.
            let (sessions, seconds) = if arguments.quick { (50, 8) } else { (500, 20) };
            let only = arguments.only.as_deref().unwrap_or_default();
            extras::idle(stub.address, sessions, Duration::from_secs(seconds), only)?;
            println!();
            extras::dead_peer(stub.address)?;
            extras::second_request(stub.address)
        }
        ["restore"] => {
            let stub = pinned_stub()?;
            preamble();
            let watches = if arguments.quick { 50_000 } else { 1_000_000 };
            extras::restore(stub.address, watches, arguments.rounds)
        }
        ["relay"] => {
            preamble();
            extras::relay(arguments.quick, arguments.rounds)
        }
        ["embedded"] => extras::run_embedded(),
        ["server"] => {
            preamble();
            let only = arguments.only.as_deref().unwrap_or_default();
            extras::embedded(arguments.real, arguments.quick, only)
        }
        ["recipes"] => {
            preamble();
            let only = arguments.only.as_deref().unwrap_or_default();
            extras::recipes(arguments.rounds, arguments.quick, only)
        }
        ["cache"] => {
            preamble();
            let znodes = if arguments.quick { 100_000 } else { 1_000_000 };
            extras::cache(znodes, arguments.rounds)
        }
        ["one", address, variant, window, ops] => {
            cores::pin_clients();
            let variant = Variant::named(variant).ok_or("no such variant")?;
            variant.run_plainly(address.parse()?, window.parse()?, ops.parse()?)
        }
        ["help"] => {
            print!("{HELP}");
            Ok(())
        }
        _ => Err(HELP.into()),
    }
}

fn rates(arguments: &Arguments) -> Res<()> {
    let campaign = |address, stub| Campaign {
        address,
        stub,
        rounds: arguments.rounds,
        windows: arguments.windows.clone(),
        variants: arguments.variants(),
        span: Duration::from_millis(arguments.millis),
    };
    match arguments.real {
        None => {
            let stub = pinned_stub()?;
            preamble();
            campaign(stub.address, Some(stub.process())).run()
        }
        Some(address) => {
            cores::pin_clients();
            preamble();
            real::prepare(address)?;
            let run = campaign(address, None).run();
            real::clear(address)?;
            run
        }
    }
}

fn pinned_stub() -> Res<Stub> {
    let stub = Stub::start()?;
    cores::pin_clients();
    Ok(stub)
}

/// What was run, of which commit, on how many cores.
fn preamble() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let git = Command::new("git").args(["describe", "--always", "--dirty", "--abbrev=12"]).output();
    let commit = git.ok().and_then(|output| String::from_utf8(output.stdout).ok());
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!(
        "`zookit-bench {}`, commit {}, {} cores, load before {}\n",
        arguments.join(" "),
        commit.as_deref().map_or("unknown", str::trim),
        cores::allowed().len(),
        load.split(' ').next().unwrap_or("unknown"),
    );
}
