//! The command `zk`: ZooKeeper from a shell or a script.
//!
//! `docs/ZK.md` is its manual page. What other programs may rely on besides is [`exit`], the exit
//! codes.
//!
//! ```text
//! args ──> Setup ──> Connection ──> a verb ──> Output (stdout)
//!   └── refused: exit 2 ──┘           └──────> Failure (stderr, exit code)
//! ```

mod args;
mod auth;
mod connection;
mod diagnosis;
mod error;
pub mod exit;
mod input;
mod interrupt;
mod output;
mod parse;
mod verbs;

use std::process::ExitCode;

use args::{Create, Invocation, Set, Verb};
use bytes::Bytes;
use clap::Parser;
use connection::{Connection, Setup};
use error::Failure;
use output::Output;
use zookit::OnExpiry;

/// Runs the command with the arguments of the process, and says what went wrong.
#[must_use]
pub fn run() -> ExitCode {
    let invocation = match Invocation::try_parse() {
        Ok(invocation) => invocation,
        Err(error) => {
            // Help and version are errors of clap's too; whether anyone reads them is not ours.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(exit::USAGE));
        }
    };
    match execute(invocation) {
        Ok(()) => ExitCode::from(exit::OK),
        Err(failure) => {
            if let Some(report) = failure.report() {
                output::message(&report);
            }
            ExitCode::from(failure.code())
        }
    }
}

/// Refuses what can be refused without a server, and only then starts what can wait for one.
fn execute(invocation: Invocation) -> Result<(), Failure> {
    invocation.refuse()?;
    let Invocation { global, verb } = invocation;
    let setup = Setup::new(&global)?;
    if let Verb::Rm(rm) = &verb {
        verbs::rm::refuse(rm, &setup)?;
    }
    // Read before there is a session that could expire over it.
    let data = match &verb {
        Verb::Set(Set { data, .. }) | Verb::Create(Create { data, .. }) => {
            input::data(data.as_ref(), setup.jute_maxbuffer())?
        }
        _ => None,
    };
    let mut output = Output::stdout(global.output);
    let wrong = |error| Failure::usage(format!("cannot start: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(wrong)?;
    let result = runtime.block_on(work(verb, data, setup, &mut output));
    // A thread of it may still wait for input that never comes.
    runtime.shutdown_background();
    result
}

async fn work(
    verb: Verb,
    data: Option<Bytes>,
    setup: Setup,
    output: &mut Output,
) -> Result<(), Failure> {
    if let Verb::Create(create) = &verb {
        if create.ephemeral {
            return verbs::create::run_ephemeral(create, data, setup, output).await;
        }
    }
    interrupt::at_once()?;
    let on_expiry = match verb {
        Verb::Watch(_) => OnExpiry::NextGeneration,
        _ => OnExpiry::End,
    };
    let connection = Connection::open(setup, on_expiry).await?;
    let result = match &verb {
        Verb::Get { path } => verbs::get::run(&path.path, &connection, output).await,
        Verb::Set(set) => verbs::set::run(set, data, &connection, output).await,
        Verb::Create(create) => {
            verbs::create::run(create, data, &connection, output).await.map(|_| ())
        }
        Verb::Rm(rm) => verbs::rm::run(rm, &connection, output).await,
        Verb::Ls(ls) => verbs::ls::run(ls, &connection, output).await,
        Verb::Stat { path } => verbs::stat::run(&path.path, &connection, output).await,
        Verb::Exists { path } => verbs::exists::run(&path.path, &connection, output).await,
        Verb::Watch(watch) => verbs::watch::run(watch, &connection, output).await,
    };
    // What was printed is handed over before the farewell to the server, which may take a while.
    let flushed = output.flush().await;
    // Without ephemerals a session that could not be closed troubles nobody: it times out.
    let _ = connection.close().await;
    result.and(flushed)
}
