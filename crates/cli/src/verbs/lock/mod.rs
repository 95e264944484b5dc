//! `zk lock` and `zk elect`: a command that runs while a lock is held, or whenever this one leads.

mod args;
mod ls;

use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use zookit::recipes::{ElectionOptions, Error, Latch, Lost, Mutex, MutexGuard};
use zookit::{OnExpiry, ServerFloor};

use self::args::Run;
pub(crate) use self::args::{Elect, Lock, LockVerb};
use crate::child::{Ran, Under};
use crate::connection::{CLOSE_WITHIN, Connection, Setup};
use crate::diagnosis::{Action, Task};
use crate::error::Failure;
use crate::interrupt::{self, Told};
use crate::output::{Output, escape, message};
use crate::{exit, hold};

pub(crate) async fn run(lock: &Lock, setup: Setup, output: &mut Output) -> Result<(), Failure> {
    match (&lock.verb, &lock.run) {
        (Some(LockVerb::Ls { path }), _) => {
            let list = async |at: &Connection, to: &mut Output| ls::run(&path.path, at, to).await;
            crate::once(setup, output, list).await
        }
        (None, Some(run)) => locked(run, lock.wait, setup).await,
        (None, None) => Err(Failure::usage("lock what?").hint("zk lock PATH -- COMMAND")),
    }
}

/// Runs the command while the lock is held.
async fn locked(run: &Run, wait: Option<Duration>, setup: Setup) -> Result<(), Failure> {
    in_session(setup, async |connection, signals| {
        let lock = Mutex::with_options(&connection.client, &run.path, run.options());
        let guard = tokio::select! {
            biased;
            _ = signals.recv() => return Err(Failure::silent(exit::INTERRUPTED)),
            guard = acquire(&lock, wait) => {
                guard.map_err(|error| failed(Action::Lock, &run.path, connection, &error))?
            }
        };
        let Some(guard) = guard else {
            let what = format!("{} is held by somebody else", run.path);
            let hint = format!("`zk lock ls {}` says by whom", run.path);
            let failure = Failure::new(exit::NEGATIVE, what).hint(hint);
            return Err(failure.at(connection.place(Some(&run.path))));
        };
        let place = connection.place(Some(&run.path));
        let ran = under(run, &guard).run(signals).await;
        // Before the session is closed, so that the next holds also if that takes its time.
        let _ = tokio::time::timeout(CLOSE_WITHIN, guard.release()).await;
        match ran? {
            Ran::Ended(code) => ended(code),
            Ran::Lost { lost, .. } => {
                let what = format!("the lock {} was lost, and the command ended: {lost}", run.path);
                Err(Failure::new(exit::SESSION, what).at(place))
            }
        }
    })
    .await
}

async fn acquire(lock: &Mutex, wait: Option<Duration>) -> Result<Option<MutexGuard>, Error> {
    match wait {
        None => lock.acquire().await.map(Some),
        Some(Duration::ZERO) => lock.try_acquire().await,
        Some(wait) => lock.acquire_within(wait).await,
    }
}

/// Runs the command whenever this one leads, until it ends by itself.
pub(crate) async fn elect(elect: &Elect, setup: Setup) -> Result<(), Failure> {
    let run = &elect.run;
    in_session(setup, async |connection, signals| {
        let options = ElectionOptions { claim: run.options(), ..ElectionOptions::default() };
        let latch = Latch::start_with(&connection.client, &run.path, options);
        let ran = lead(run, &latch, connection, signals).await;
        // As with a lock.
        let _ = tokio::time::timeout(CLOSE_WITHIN, latch.close()).await;
        ended(ran?)
    })
    .await
}

/// The exit code of the command, when it ended by itself.
async fn lead(
    run: &Run,
    latch: &Latch,
    connection: &Connection,
    signals: &mut UnboundedReceiver<Told>,
) -> Result<u8, Failure> {
    loop {
        let leadership = tokio::select! {
            biased;
            _ = signals.recv() => return Err(Failure::silent(exit::INTERRUPTED)),
            led = latch.wait_leading() => {
                led.map_err(|error| failed(Action::Elect, &run.path, connection, &error))?
            }
        };
        let under = under(run, &leadership);
        if under.is_too_late() {
            // Nothing was heard for long. An answer moves the doubt on; without one it comes.
            let asked = leadership.client().exists(leadership.path());
            tokio::select! {
                biased;
                _ = signals.recv() => return Err(Failure::silent(exit::INTERRUPTED)),
                _ = asked => {}
                () = leadership.doubted() => {}
            }
            // Not at once again: the latch may not have heard yet.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        }
        match under.run(signals).await? {
            Ran::Ended(code) => return Ok(code),
            Ran::Lost { lost, told_to_end } => {
                tell(&run.path, lost);
                if told_to_end {
                    return Err(Failure::silent(exit::INTERRUPTED));
                }
            }
        }
    }
}

fn tell(path: &str, lost: Lost) {
    let what = format!("warning: leads no more at {path}, and the command was ended: {lost}");
    message(&escape::line(&what));
}

fn under<'a>(run: &'a Run, claim: &'a zookit::recipes::Claim) -> Under<'a> {
    Under { claim, command: &run.command, kill_after: run.kill_after }
}

fn ended(code: u8) -> Result<(), Failure> {
    if code == exit::OK { Ok(()) } else { Err(Failure::silent(code)) }
}

/// In a session of its own, which another follows if it expires, and which is closed behind it.
async fn in_session(
    setup: Setup,
    work: impl AsyncFnOnce(&Connection, &mut UnboundedReceiver<Told>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut signals = interrupt::each()?;
    let opened = Connection::open(setup, OnExpiry::NextGeneration, ServerFloor::V3_5);
    let connection = tokio::select! {
        biased;
        _ = signals.recv() => return Err(Failure::silent(exit::INTERRUPTED)),
        opened = opened => opened?,
    };
    let ended = work(&connection, &mut signals).await;
    hold::close(&connection, ended).await
}

/// What a recipe says that went wrong, as the client's error that it is.
fn failed(action: Action, path: &str, connection: &Connection, error: &Error) -> Failure {
    let mut cause = error;
    while let Error::Ended { source: Some(source), .. } = cause {
        cause = source;
    }
    match cause {
        Error::Client(error) => connection.failed(Task { action, path }, error),
        other => Failure::new(exit::SESSION, other.to_string()).at(connection.place(Some(path))),
    }
}
