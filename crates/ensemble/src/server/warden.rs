//! The warden: a shell that outlives us by a moment, and leaves nothing behind.
//!
//! ```text
//! this process ──pipe──> sh (warden)        java, in a process group of its own
//! ```
//! It reads, from a pipe that we hold open, which process is to die with us: a line with its
//! number, or 0 for none. The pipe ends when the server's value is dropped and also when this
//! process is killed, by whatever signal. Then it kills Java with its whole group, stopped or not,
//! and removes the directory; also when the server did not run at that time.
//!
//! Signals of the terminal reach neither of them: both lead groups of their own.

use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// `sh -c WARDEN sh DIRECTORY`. A process that was killed may still write for a moment, so removing
/// is tried again.
const WARDEN: &str = r#"
trap '' INT TERM HUP QUIT
doomed=0
while read -r line; do doomed=$line; done
[ "$doomed" = 0 ] || kill -9 "-$doomed" 2>/dev/null
tries=0
while rm -rf "$1" 2>/dev/null; [ -e "$1" ] && [ $tries -lt 100 ]; do
  tries=$((tries + 1))
  sleep 0.1
done
"#;

/// The shell. When it is dropped, what it watches is gone.
#[derive(Debug)]
pub(crate) struct Warden {
    shell: Child,
}

impl Warden {
    /// Watches over a directory, and no process yet.
    pub(crate) fn start(directory: &Path) -> io::Result<Self> {
        let mut command = Command::new("sh");
        command.args(["-c", WARDEN, "sh"]).arg(directory).current_dir("/").process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Self { shell: command.spawn()? })
    }

    /// From now on this process, which leads a group, is to die with us.
    pub(crate) fn watch(&mut self, process: u32) -> io::Result<()> {
        self.say(process)
    }

    /// It has ended, and its number may be another's soon.
    pub(crate) fn forget(&mut self) {
        let _ = self.say(0);
    }

    fn say(&mut self, process: u32) -> io::Result<()> {
        match &mut self.shell.stdin {
            Some(pipe) => writeln!(pipe, "{process}"),
            None => Ok(()),
        }
    }

    /// Kills what it watches, and removes the directory; it is done when this returns.
    pub(crate) fn end(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

impl Drop for Warden {
    fn drop(&mut self) {
        self.end();
    }
}
