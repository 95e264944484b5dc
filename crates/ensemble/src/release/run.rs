//! Running what fetches and installs: bounded in time, and quiet unless it fails.

use std::io::Read;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// How often a program is asked whether it has ended.
const POLL: Duration = Duration::from_millis(50);

/// What an ended program has printed is there at once.
const PIPE_LIMIT: Duration = Duration::from_secs(10);

/// The end of what a program printed, for an error.
const LAST_LINES: usize = 15;

/// Where on `PATH` such a program is.
pub(super) fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|program| program.is_file())
}

/// Runs to the end, within `limit`: its standard output, or an error that ends with what it
/// printed. A program that takes longer is ended, with all that it has started.
pub(super) fn output(command: &mut Command, limit: Duration) -> Result<String, String> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let line = line(command);
    let mut child = command.spawn().map_err(|error| format!("cannot run `{line}`: {error}"))?;
    let stdout = child.stdout.take().map(collect);
    let stderr = child.stderr.take().map(collect);
    let Some(status) = wait(&mut child, limit) else {
        return Err(format!("`{line}` took longer than {} s", limit.as_secs()));
    };
    let [stdout, stderr] = [stdout, stderr].map(|stream| stream.map(end).unwrap_or_default());
    if status.success() {
        return Ok(stdout);
    }
    let printed = stdout + &stderr;
    Err(format!("`{line}`: {status}\n{}", crate::text::last_lines(&printed, LAST_LINES)))
}

/// The status, or `None` when the time was over.
fn wait(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let begun = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if begun.elapsed() < limit => thread::sleep(POLL),
            Ok(None) | Err(_) => break,
        }
    }
    // It leads a group of its own, and has not been waited for: the number is still its own.
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(pid, Signal::KILL);
    }
    let _ = child.wait();
    None
}

/// Reads what a program prints, on a thread of its own.
fn collect(mut stream: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    receiver
}

/// All of it, once the program has ended. Nothing, if what it left behind holds the pipe open.
fn end(stream: Receiver<Vec<u8>>) -> String {
    let bytes = stream.recv_timeout(PIPE_LIMIT).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn line(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_command_and_ends_with_what_it_printed() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo two >&2; exit 3"]);
        let error = output(&mut command, Duration::from_secs(60)).unwrap_err();
        assert!(error.starts_with("`sh -c echo one; echo two >&2; exit 3`: exit status: 3"));
        assert!(error.ends_with("one\ntwo"), "{error}");
    }

    #[test]
    fn a_program_that_does_not_end_is_stopped_with_what_it_has_started() {
        let mut command = Command::new("sh");
        // Were the inner one alive, it would hold the pipe of standard output open.
        command.args(["-c", "sh -c 'sleep 600; :'; :"]).stdout(Stdio::piped()).process_group(0);
        let mut child = command.spawn().unwrap();
        let stdout = collect(child.stdout.take().unwrap());
        assert!(wait(&mut child, Duration::from_millis(100)).is_none());
        assert_eq!(stdout.recv_timeout(PIPE_LIMIT), Ok(vec![]));
    }

    #[test]
    fn what_is_on_the_path_is_found() {
        assert!(on_path("sh").is_some());
        assert!(on_path("no-such-program-here").is_none());
    }
}
