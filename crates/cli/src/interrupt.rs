//! Ctrl-C and SIGTERM.
//!
//! Usually Ctrl-C ends the process at once, with the exit code for it, and SIGTERM has its ordinary
//! effect. While a session is held for its ephemeral znode both only say that it is time to go, so
//! that the znode goes at once and not when the session times out; a second signal, or
//! [`GRACE`] without an end, ends the process all the same.
//!
//! While a command runs under a lock they are for that command, and `zk` ends behind it.
//!
//! A thread of its own listens: the main one may be stuck, writing to a pipe that nobody reads.

use std::io;
use std::process;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::error::Failure;
use crate::exit;

/// How long the end of a session may take after the first signal.
pub(crate) const GRACE: Duration = Duration::from_secs(5);

/// Told once, by the first signal.
#[derive(Clone, Default)]
pub(crate) struct Interrupt(Arc<Notify>);

impl Interrupt {
    /// Waits for the first signal. A signal that came before is not missed.
    pub(crate) async fn wait(&self) {
        self.0.notified().await;
    }
}

/// Ends the process at Ctrl-C.
pub(crate) fn at_once() -> Result<(), Failure> {
    spawn(interrupts, |mut interrupts| async move {
        interrupts.recv().await;
        exit();
    })
}

/// Passes the first Ctrl-C or SIGTERM on, and sees to it that the process ends within `grace`.
pub(crate) fn graceful(grace: Duration) -> Result<Interrupt, Failure> {
    let interrupt = Interrupt::default();
    let told = interrupt.clone();
    let both = || Ok((interrupts()?, terminations()?));
    spawn(both, move |(mut interrupts, mut terminations)| async move {
        let mut next = async || {
            tokio::select! {
                _ = interrupts.recv() => {}
                _ = terminations.recv() => {}
            }
        };
        next().await;
        told.0.notify_one();
        let _ = tokio::time::timeout(grace, next()).await;
        exit();
    })?;
    Ok(interrupt)
}

/// Which of the two came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    Interrupt,
    Terminate,
}

/// Passes each Ctrl-C and SIGTERM on. None ends the process: that is for whoever is told.
pub(crate) fn each() -> Result<UnboundedReceiver<Told>, Failure> {
    let (sender, told) = unbounded_channel();
    let both = || Ok((interrupts()?, terminations()?));
    spawn(both, move |(mut interrupts, mut terminations)| async move {
        loop {
            let which = tokio::select! {
                _ = interrupts.recv() => Told::Interrupt,
                _ = terminations.recv() => Told::Terminate,
            };
            if sender.send(which).is_err() {
                exit();
            }
        }
    })?;
    Ok(told)
}

fn exit() -> ! {
    process::exit(i32::from(exit::INTERRUPTED))
}

/// Starts the thread. Its signals are caught from the moment this returns.
fn spawn<S, F>(
    signals: impl FnOnce() -> io::Result<S>,
    listen: impl FnOnce(S) -> F + Send + 'static,
) -> Result<(), Failure>
where
    S: Send + 'static,
    F: Future<Output = ()>,
{
    let start = || {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let signals = within(&runtime, signals)?;
        let thread = thread::Builder::new().name("signals".into());
        thread.spawn(move || runtime.block_on(listen(signals)))
    };
    match start() {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::usage(format!("cannot listen for signals: {error}"))),
    }
}

fn within<S>(runtime: &Runtime, signals: impl FnOnce() -> io::Result<S>) -> io::Result<S> {
    let _entered = runtime.enter();
    signals()
}

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

#[cfg(unix)]
fn interrupts() -> io::Result<Signal> {
    signal(SignalKind::interrupt())
}

#[cfg(unix)]
fn terminations() -> io::Result<Signal> {
    signal(SignalKind::terminate())
}

#[cfg(windows)]
use tokio::signal::windows::{CtrlBreak, CtrlC, ctrl_break, ctrl_c};

#[cfg(windows)]
fn interrupts() -> io::Result<CtrlC> {
    ctrl_c()
}

/// The nearest there is.
#[cfg(windows)]
fn terminations() -> io::Result<CtrlBreak> {
    ctrl_break()
}
