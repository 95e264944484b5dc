//! A command that runs only while something is held.
//!
//! When the lock or the leadership is lost the command is told to end (SIGTERM), and some time later
//! killed. When it is about to become doubtful, since no server answers, it is told so long before
//! that, so that it is gone by the time when others may hold.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::Command;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until};
use zookit::recipes::{Claim, Lost};

use crate::error::Failure;
use crate::interrupt::Told;

/// The exit code of shells for a command that is not there, and for one that cannot be run.
const NOT_FOUND: u8 = 127;
const NOT_EXECUTABLE: u8 = 126;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ran {
    /// By itself, or by a signal of somebody's, with this exit code.
    Ended(u8),
    /// What it ran under was lost, or was about to be in doubt.
    Lost {
        /// How.
        lost: Lost,
        /// Whether `zk` was told to end meanwhile: nothing is to be run again then.
        told_to_end: bool,
    },
}

/// What to run, and how long it has to end before it is killed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Under<'a> {
    pub(crate) claim: &'a Claim,
    pub(crate) command: &'a [OsString],
    pub(crate) kill_after: Duration,
}

impl Under<'_> {
    /// How long before the doubt it has to be told. At most a third of the session timeout: what is
    /// heard of a server in good time moves the doubt on by more than the other two thirds.
    fn notice(&self) -> Duration {
        self.kill_after.min(self.claim.client().session_timeout() / 3)
    }

    /// Whether it is too late to begin, as far as is known.
    pub(crate) fn is_too_late(&self) -> bool {
        match self.claim.trusted_until() {
            Some(until) => until <= Instant::now() + self.notice(),
            None => true,
        }
    }

    /// Waits until the doubt is near, or here.
    async fn nearly_doubted(&self) {
        while let Some(until) = self.claim.trusted_until() {
            let notice = self.notice();
            if until <= Instant::now() + notice {
                return;
            }
            // Each answered request moves it on; it is looked at again when it has come.
            sleep_until(until - notice).await;
        }
    }

    async fn lost(&self) -> Lost {
        tokio::select! {
            biased;
            lost = self.claim.lost() => lost,
            () = self.nearly_doubted() => Lost::Doubted,
        }
    }

    /// Runs the command to its end; signals that `zk` gets go to it.
    pub(crate) async fn run(self, signals: &mut UnboundedReceiver<Told>) -> Result<Ran, Failure> {
        let mut child = Child::start(self.command, self.claim)?;
        let mut lost = pin!(self.lost());
        let mut stopped: Option<(Lost, Instant)> = None;
        let mut told_to_end = false;
        let code = loop {
            let kill_at = stopped.map_or_else(Instant::now, |(_, at)| at);
            tokio::select! {
                biased;
                code = child.wait() => {
                    break code?;
                }
                Some(told) = signals.recv() => {
                    if told_to_end {
                        child.kill();
                    } else {
                        child.pass_on(told);
                    }
                    told_to_end = true;
                }
                lost = &mut lost, if stopped.is_none() => {
                    child.terminate();
                    stopped = Some((lost, Instant::now() + self.notice()));
                }
                () = sleep_until(kill_at), if stopped.is_some() => {
                    child.kill();
                    // What does not end by that is not ours to end.
                    break child.wait().await?;
                }
            }
        };
        Ok(match stopped {
            Some((lost, _)) => Ran::Lost { lost, told_to_end },
            None => Ran::Ended(code),
        })
    }
}

/// A command that runs, in a process group of its own so that what it started ends with it; but at a
/// terminal in that of `zk`, or it could not read from there. Killed when it is dropped.
struct Child {
    inner: tokio::process::Child,
    /// The number of its group, which is its own.
    #[cfg(unix)]
    group: Option<rustix::process::Pid>,
}

impl Child {
    fn start(command: &[OsString], claim: &Claim) -> Result<Self, Failure> {
        let [program, arguments @ ..] = command else {
            return Err(Failure::usage("no command to run"));
        };
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env("ZK_TOKEN", claim.token().0.to_string())
            .env("ZK_ZNODE", claim.path())
            .env("ZK_SESSION", claim.session_id().to_string())
            .stdin(Stdio::inherit())
            .kill_on_drop(true);
        let own_group = !io::stdin().is_terminal();
        #[cfg(unix)]
        if own_group {
            command.process_group(0);
        }
        let inner = command.spawn().map_err(|error| {
            let code =
                if error.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { NOT_EXECUTABLE };
            Failure::new(code, format!("cannot run {}: {error}", program.to_string_lossy()))
        })?;
        #[cfg(unix)]
        let group = inner
            .id()
            .filter(|_| own_group)
            .and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?));
        Ok(Self {
            inner,
            #[cfg(unix)]
            group,
        })
    }

    async fn wait(&mut self) -> Result<u8, Failure> {
        let ended = self.inner.wait().await;
        let status = ended
            .map_err(|error| Failure::usage(format!("cannot wait for the command: {error}")))?;
        Ok(code(status))
    }
}

#[cfg(unix)]
impl Child {
    fn signal(&self, signal: rustix::process::Signal) {
        use rustix::process::{Pid, kill_process, kill_process_group};
        // Not reaped as long as there is an id, so the number is its own.
        let Some(id) = self.inner.id() else { return };
        let sent = match (self.group, Pid::from_raw(i32::try_from(id).unwrap_or_default())) {
            (Some(group), _) => kill_process_group(group, signal),
            (None, Some(id)) => kill_process(id, signal),
            (None, None) => return,
        };
        // It may have ended just now.
        let _ = sent;
    }

    fn terminate(&self) {
        self.signal(rustix::process::Signal::TERM);
    }

    fn kill(&mut self) {
        self.signal(rustix::process::Signal::KILL);
    }

    fn pass_on(&self, told: Told) {
        match told {
            // The terminal has told the command too, unless it is in a group of its own.
            Told::Interrupt if self.group.is_none() => {}
            Told::Interrupt => self.signal(rustix::process::Signal::INT),
            Told::Terminate => self.terminate(),
        }
    }
}

#[cfg(not(unix))]
impl Child {
    fn terminate(&mut self) {
        self.kill();
    }

    fn kill(&mut self) {
        let _ = self.inner.start_kill();
    }

    fn pass_on(&mut self, told: Told) {
        // The console has told the command too.
        if told == Told::Terminate {
            self.kill();
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.inner.id().is_some() {
            self.kill();
        }
    }
}

/// As shells have it: 128 and the signal, of a command that one ended.
fn code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        if let Some(signal) = status.signal() {
            return u8::try_from(128 + signal).unwrap_or(u8::MAX);
        }
    }
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}
