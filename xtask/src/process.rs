//! Running other programs: cargo, Maven, apt-get. Every failure names the whole command line.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::Outcome;

/// Nothing that is run without a limit of its own takes a third of this, with everything to be
/// compiled. What takes longer hangs, and must not keep a whole run from its end and its tables.
const LIMIT: Duration = Duration::from_secs(30 * 60);

/// How often a bounded child is asked whether it has ended.
const POLL: Duration = Duration::from_millis(50);

/// What an ended program has printed is there at once.
const PIPE_LIMIT: Duration = Duration::from_secs(10);

/// The root of the repository: the directory that holds `xtask/`.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Cargo's build directory, where everything that xtask generates goes too.
pub(crate) fn target_dir() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// The cargo that started us, at the root of the repository.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// Is there such a program on `PATH`?
pub(crate) fn on_path(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}

/// Runs to the end with our standard streams, within half an hour.
pub(crate) fn run(command: &mut Command) -> Outcome {
    run_within(command, LIMIT)
}

/// Runs to the end with our standard streams, within a time of its own.
pub(crate) fn run_within(command: &mut Command, limit: Duration) -> Outcome {
    let mut child = command.spawn().map_err(|error| cannot_run(command, &error))?;
    let status = wait(&mut child, limit).ok_or_else(|| took_longer(command, limit))?;
    ended(command, status)
}

/// Runs to the end and returns the standard output; standard error is ours.
pub(crate) fn output(command: &mut Command) -> Outcome<String> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut child = command.spawn().map_err(|error| cannot_run(command, &error))?;
    let stdout = child.stdout.take().map(collect);
    let status = wait(&mut child, LIMIT).ok_or_else(|| took_longer(command, LIMIT))?;
    ended(command, status)?;
    let printed = stdout.and_then(Collector::end).ok_or_else(|| took_longer(command, LIMIT))?;
    String::from_utf8(printed).map_err(|_| format!("`{}` printed what is not UTF-8", line(command)))
}

/// Runs within `limit`, keeping standard output free: what the program prints is collected, and
/// returned only as part of the error of a failure.
pub(crate) fn run_quietly(command: &mut Command, limit: Duration) -> Outcome {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| cannot_run(command, &error))?;
    let stdout = child.stdout.take().map(collect);
    let stderr = child.stderr.take().map(collect);
    let status = wait(&mut child, limit).ok_or_else(|| took_longer(command, limit))?;
    let printed = [stdout, stderr].into_iter().flatten().filter_map(Collector::end);
    let printed: String =
        printed.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect();
    let end = last_lines(&printed, 15);
    ended(command, status).map_err(|error| format!("{error}\n{end}"))
}

/// The end of a text, for an error message.
pub(crate) fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

/// A message to the person who watches; standard output is for results.
pub(crate) fn say(message: &str) {
    eprintln!("{message}");
}

/// What a program prints, read by a thread of its own.
struct Collector(Receiver<Vec<u8>>);

impl Collector {
    /// All of it, once the program has ended; `None` if something that it left behind holds the
    /// pipe open.
    fn end(self) -> Option<Vec<u8>> {
        self.0.recv_timeout(PIPE_LIMIT).ok()
    }
}

fn collect(mut stream: impl Read + Send + 'static) -> Collector {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    Collector(receiver)
}

/// The status, or `None` when the time was over: then it has been ended, with all that it started.
fn wait(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let begun = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if begun.elapsed() < limit => thread::sleep(POLL),
            Ok(None) | Err(_) => break,
        }
    }
    end_with_descendants(child);
    None
}

/// Cargo does not take its tests along when it is killed, nor a test the programs that it runs.
fn end_with_descendants(child: &mut Child) {
    let mut doomed = vec![child.id()];
    let listed = Command::new("ps").args(["-A", "-o", "pid=,ppid="]).output();
    let listed = listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    add_descendants(&mut doomed, &listed.unwrap_or_default());
    let doomed = doomed.iter().map(u32::to_string);
    let _ = Command::new("kill").arg("-KILL").args(doomed).stderr(Stdio::null()).status();
    // Where there is no `kill`.
    let _ = child.kill();
    let _ = child.wait();
}

/// Adds whatever descends from those that are listed: lines of `PID PARENT`.
fn add_descendants(pids: &mut Vec<u32>, listed: &str) {
    let pair = |line: &str| {
        let mut numbers = line.split_whitespace().map(|word| word.parse().ok());
        Some((numbers.next()??, numbers.next()??))
    };
    let all: Vec<(u32, u32)> = listed.lines().filter_map(pair).collect();
    let mut at = 0;
    while let Some(&parent) = pids.get(at) {
        let children = all.iter().filter(|(pid, of)| *of == parent && !pids.contains(pid));
        let children: Vec<u32> = children.map(|(pid, _)| *pid).collect();
        pids.extend(children);
        at += 1;
    }
}

fn took_longer(command: &Command, limit: Duration) -> String {
    format!("`{}` took longer than {} s", line(command), limit.as_secs())
}

fn ended(command: &Command, status: ExitStatus) -> Outcome {
    if status.success() { Ok(()) } else { Err(format!("`{}`: {status}", line(command))) }
}

fn cannot_run(command: &Command, error: &std::io::Error) -> String {
    format!("cannot run `{}`: {error}", line(command))
}

fn line(command: &Command) -> String {
    let program =
        Path::new(command.get_program()).file_name().unwrap_or_else(|| command.get_program());
    let mut words = vec![program.to_string_lossy().into_owned()];
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
        let error = run_quietly(&mut command, Duration::from_secs(60)).unwrap_err();
        assert!(error.starts_with("`sh -c echo one; echo two >&2; exit 3`: exit status: 3"));
        assert!(error.ends_with("one\ntwo"), "{error}");
    }

    #[test]
    fn a_program_that_does_not_end_is_stopped() {
        let mut command = Command::new("sleep");
        command.arg("600");
        let error = run_quietly(&mut command, Duration::from_millis(100)).unwrap_err();
        assert_eq!(error, "`sleep 600` took longer than 0 s");
    }

    #[test]
    fn what_it_has_started_is_stopped_with_it() {
        let mut command = Command::new("sh");
        command.args(["-c", "sh -c 'sleep 600; :'; :"]).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout = collect(child.stdout.take().unwrap());
        assert_eq!(wait(&mut child, Duration::from_millis(100)), None);
        // Whoever is left of them has the pipe.
        assert_eq!(stdout.end(), Some(vec![]));
    }

    #[test]
    fn descendants_are_found_in_whatever_order_they_are_listed() {
        let mut pids = vec![10];
        add_descendants(&mut pids, " 13 12\n12 10\n 1 0\n11 10\nPID PPID\n14 1\n10 1\n");
        assert_eq!(pids, [10, 12, 11, 13]);
    }

    #[test]
    fn the_end_of_a_log_skips_blank_lines() {
        assert_eq!(last_lines("a\n\nb\n  \nc\n", 2), "b\nc");
        assert_eq!(last_lines("", 2), "");
    }
}
