//! A client that is a process of its own, so that it can be made to stand still.
//!
//! It says that it is ready, is told when it has been made to go on, judges itself, and says what
//! came of it, a line for each thing.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::LocalSet;
use zookit_client::{Client, ConnectOptions};
use zookit_ensemble::{Release, Version};

use super::declared::{Declared, Expected};
use super::network::CountingDialer;
use super::report::say;
use super::setting::{LONG_SESSION, Setting};
use super::steady::Steady;
use super::verdict::{Failure, Verdict};

/// The subcommand.
pub(crate) const NAME: &str = "survive-child";
pub(crate) const READY: &str = "ready";
pub(crate) const RESUMED: &str = "resumed";
pub(crate) const FAULT: &str = "fault";
pub(crate) const SEEN: &str = "seen";

/// What `zookit-trials survive-child` is told.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    servers: String,
    release: String,
    session_ms: u64,
}

/// It wakes up when its session has ended.
pub(crate) const DECLARED: Declared = Declared {
    hit: Expected::EXPIRES,
    others: Expected::UNTOUCHED,
    behind_raw: Duration::from_secs(4),
};

/// Runs `zookit-trials survive-child`.
pub fn run(arguments: &Arguments) -> ExitCode {
    match attempt(arguments) {
        Ok(verdict) => {
            verdict.faults.iter().for_each(|fault| say(&format!("{FAULT} {fault}")));
            verdict.details.iter().for_each(|detail| say(detail));
            if let Some(measured) = &verdict.measured {
                say(&format!("{SEEN} {measured}"));
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            say(&format!("{FAULT} the client could not be tried: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn attempt(arguments: &Arguments) -> Result<Verdict, Failure> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().build()?;
    LocalSet::new().block_on(&runtime, survive(arguments))
}

async fn survive(arguments: &Arguments) -> Result<Verdict, Failure> {
    let version: Version = arguments.release.parse()?;
    let setting = Setting::new(Release::with_classpath(version, ""), 0, "".into());
    let dialer = CountingDialer::default();
    let session_timeout = Duration::from_millis(arguments.session_ms);
    let options =
        ConnectOptions { dialer: Arc::new(dialer.clone()), ..setting.options(session_timeout) };
    let servers = arguments.servers.as_str();
    let client = Client::connect_with(servers, options).await?;
    // Its session outlives the pause: what it wrote last is decided when it goes on.
    let changer = Client::connect_with(servers, setting.options(2 * LONG_SESSION)).await?;
    let members: Result<Vec<_>, _> = servers.split(',').map(str::parse).collect();
    let steady = Steady::begin(vec![(client, dialer)], changer, members?, setting.kinds()).await?;
    let mut steady = steady;
    steady.hit([0]);
    say(READY);
    told_to_go_on().await?;
    steady.over();
    steady.served().await;
    steady.finish(&DECLARED).await
}

/// Waits for the line that says so, while the traffic goes on.
async fn told_to_go_on() -> Result<(), Failure> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().read_line(&mut line);
        // Nobody waits any more if this end is not heard.
        let _ = sender.send(read.map(|_| line));
    });
    let line = receiver.await??;
    if line.trim_end() == RESUMED { Ok(()) } else { Err(format!("{line:?} was said").into()) }
}
