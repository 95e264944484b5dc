//! One Java process, from its start to its end.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::warden::Warden;

/// How often a process is asked whether it has ended.
const POLL: Duration = Duration::from_millis(5);

/// It waits for a word of ours before it becomes Java. Were we killed before the warden knows of
/// it, there would be no word, and no Java.
const GATE: &str = r#"read -r _ && exec "$@""#;

/// A process that was started and has not been waited for, so that its number is its own.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    pid: Pid,
    paused: bool,
}

impl Process {
    /// Starts `java`, a program with its arguments, whose output goes to the log.
    pub(crate) fn start(java: &Command, log: File, warden: &mut Warden) -> io::Result<Self> {
        let mut command = Command::new("sh");
        command.args(["-c", GATE, "sh"]).arg(java.get_program()).args(java.get_args());
        if let Some(directory) = java.get_current_dir() {
            command.current_dir(directory);
        }
        command.process_group(0).stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
        let mut child = command.spawn()?;
        let begun = warden.watch(child.id()).and_then(|()| {
            let mut gate = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
            gate.write_all(b"\n")
        });
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        match (begun, pid) {
            (Ok(()), Some(pid)) => Ok(Self { child, pid, paused: false }),
            (begun, _) => {
                let _ = child.kill();
                let _ = child.wait();
                warden.forget();
                begun.and(Err(io::ErrorKind::InvalidData.into()))
            }
        }
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) const fn is_paused(&self) -> bool {
        self.paused
    }

    /// Whether it has ended by now. It is not waited for: until then its number is its own.
    pub(crate) fn has_ended(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        matches!(waitid(WaitId::Pid(self.pid), options), Ok(Some(_)))
    }

    /// SIGSTOP, and waits until it stands still.
    pub(crate) fn pause(&mut self) -> io::Result<()> {
        if !self.paused {
            self.signal(Signal::STOP)?;
            // It may also be ending: that is told too, and left for whoever waits for it.
            let options = WaitIdOptions::STOPPED | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            while let Err(error) = waitid(WaitId::Pid(self.pid), options) {
                if error != rustix::io::Errno::INTR {
                    return Err(error.into());
                }
            }
            self.paused = true;
        }
        Ok(())
    }

    /// SIGCONT.
    pub(crate) fn resume(&mut self) -> io::Result<()> {
        self.signal(Signal::CONT)?;
        self.paused = false;
        Ok(())
    }

    /// SIGTERM; and SIGKILL to what has not ended within `limit`.
    pub(crate) fn stop(&mut self, limit: Duration) -> io::Result<ExitStatus> {
        self.signal(Signal::TERM)?;
        self.resume()?;
        let begun = Instant::now();
        while begun.elapsed() < limit {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            std::thread::sleep(POLL);
        }
        self.kill()
    }

    /// SIGKILL, and waits for its end.
    pub(crate) fn kill(&mut self) -> io::Result<ExitStatus> {
        self.signal(Signal::KILL)?;
        self.child.wait()
    }

    /// How it ended; waits for that.
    pub(crate) fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }

    /// To its whole group. No error if it has ended, as long as nobody has waited for it.
    fn signal(&self, signal: Signal) -> io::Result<()> {
        Ok(kill_process_group(self.pid, signal)?)
    }
}
