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
mod child;
mod connection;
mod diagnosis;
mod doctor;
mod embedded;
mod error;
pub mod exit;
mod hold;
mod input;
mod interrupt;
mod narrator;
mod output;
mod parse;
mod refuse;
#[cfg(feature = "tls")]
mod tls;
#[cfg(not(feature = "tls"))]
#[path = "without_tls.rs"]
mod tls;
mod verbs;

use std::process::ExitCode;

use args::{Create, Invocation, Set, Verb};
use bytes::Bytes;
use connection::{Connection, Setup};
use error::Failure;
use output::Output;
#[cfg(unix)]
use verbs::ensemble::Ensemble;
use verbs::{exists, get, ls, rm, serve, set, stat, word};
use zookit::admin::FourLetterWord;
use zookit::{OnExpiry, ServerFloor};
use zookit_server::testing::Server;

/// Runs the command with the arguments of the process, and says what went wrong.
#[must_use]
pub fn run() -> ExitCode {
    let invocation = match Invocation::read(std::env::args_os()) {
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
    let mut output = Output::stdout(global.output);
    if let Verb::Serve(options) = &verb {
        return in_runtime(serve::run(options, &mut output));
    }
    #[cfg(unix)]
    if let Verb::Ensemble(Ensemble::Start(options)) = &verb {
        return in_runtime(verbs::ensemble::start(options, &mut output));
    }
    // It goes when the verb is done.
    let embedded = embedded::start(&global)?;
    let setup = Setup::new(&global, embedded.as_ref().map(Server::address))?;
    if let Verb::Rm(rm) = &verb {
        rm::refuse(rm, &setup)?;
    }
    // Read before there is a session that could expire over it.
    let data = match &verb {
        Verb::Set(Set { data, .. }) | Verb::Create(Create { data, .. }) => {
            input::data(data.as_ref(), setup.jute_maxbuffer())?
        }
        _ => None,
    };
    in_runtime(work(verb, data, setup, &mut output))
}

fn in_runtime(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let wrong = |error| Failure::usage(format!("cannot start: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(wrong)?;
    let result = runtime.block_on(work);
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
    let to = output;
    match &verb {
        // In a session of its own making, which it may have to hold.
        Verb::Create(create) => verbs::create::run(create, data, setup, to).await,
        // It outlives its session: the next one goes on with it, and says that there was a gap.
        Verb::Watch(watch) => {
            let on_expiry = OnExpiry::NextGeneration;
            in_session(setup, on_expiry, to, async |at, to| verbs::watch::run(watch, at, to).await)
                .await
        }
        // They end what they run before they end, and their sessions last.
        Verb::Lock(lock) => verbs::lock::run(lock, setup, to).await,
        Verb::Elect(elect) => verbs::lock::elect(elect, setup).await,
        Verb::Who { path } => {
            let asked = setup.clone();
            once(setup, to, async |at, to| verbs::who::run(&path.path, &asked, at, to).await).await
        }
        Verb::Get { path } => {
            once(setup, to, async |at, to| get::run(&path.path, at, to).await).await
        }
        Verb::Set(set) => once(setup, to, async |at, to| set::run(set, data, at, to).await).await,
        Verb::Rm(rm) => once(setup, to, async |at, to| rm::run(rm, at, to).await).await,
        Verb::Ls(ls) => once(setup, to, async |at, to| ls::run(ls, at, to).await).await,
        Verb::Stat { path: Some(path) } => {
            once(setup, to, async |at, to| stat::run(path, at, to).await).await
        }
        Verb::Stat { path: None } => word::run(FourLetterWord::Stat, &setup, to).await,
        Verb::Word(word) => word::run(word.word(), &setup, to).await,
        Verb::Admin(command) => verbs::admin::run(command, &setup, to).await,
        Verb::Doctor => doctor::run(&setup, to).await,
        // They have no servers to connect to, and were done without.
        Verb::Serve(_) => Ok(()),
        #[cfg(unix)]
        Verb::Ensemble(_) => Ok(()),
        Verb::Exists { path } => {
            once(setup, to, async |at, to| exists::run(&path.path, at, to).await).await
        }
    }
}

/// One session is all that it takes: if it expires, the verb fails.
pub(crate) async fn once(
    setup: Setup,
    output: &mut Output,
    verb: impl AsyncFnOnce(&Connection, &mut Output) -> Result<(), Failure>,
) -> Result<(), Failure> {
    in_session(setup, OnExpiry::End, output, verb).await
}

/// Opens a session, does the work, hands over its output, closes the session.
async fn in_session(
    setup: Setup,
    on_expiry: OnExpiry,
    output: &mut Output,
    verb: impl AsyncFnOnce(&Connection, &mut Output) -> Result<(), Failure>,
) -> Result<(), Failure> {
    interrupt::at_once()?;
    // The floor concerns only what clients do unasked, which no verb here needs.
    let connection = Connection::open(setup, on_expiry, ServerFloor::V3_4).await?;
    let result = verb(&connection, output).await;
    // What was printed is handed over before the farewell to the server, which may take a while.
    let flushed = output.flush().await;
    // Without ephemerals a session that could not be closed troubles nobody: it times out.
    let _ = connection.close().await;
    result.and(flushed)
}
