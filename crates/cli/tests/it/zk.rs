//! One run of the command from its start to its end.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// A run that is not over by then hangs. Ten times what the slowest takes.
pub(crate) const GUARD: Duration = Duration::from_secs(60);

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Ran {
    /// The output, which must be text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("standard output is text")
    }

    /// The output, which must be one JSON document in one line.
    pub(crate) fn json(&self) -> serde_json::Value {
        let text = self.text();
        assert_eq!(text.matches('\n').count(), 1, "one line: {text}");
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// The output, which must be a JSON document a line.
    pub(crate) fn json_lines(&self) -> Vec<serde_json::Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        self.text().lines().map(parse).collect()
    }

    /// Asserts the exit code, and shows the whole run if it is another.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Asserts that standard error holds `part`.
    #[track_caller]
    pub(crate) fn says(self, part: &str) -> Self {
        assert!(self.stderr.contains(part), "no {part:?} in {self:#?}");
        self
    }

    /// Asserts that nothing was said on standard error.
    #[track_caller]
    pub(crate) fn quietly(self) -> Self {
        assert_eq!(self.stderr, "", "{self:#?}");
        self
    }
}

/// The command with these arguments, and with none of the caller's environment that it reads.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zk"));
    command.args(arguments).env_remove("ZK_SERVERS").env_remove("ZK_AUTH");
    command.env("COLUMNS", "100");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs it with an empty standard input.
pub(crate) fn run(arguments: &[&str]) -> Ran {
    finish(&mut command(arguments), b"")
}

/// Runs a prepared command to its end, with this standard input.
pub(crate) fn finish(command: &mut Command, input: &[u8]) -> Ran {
    let mut child = command.spawn().expect("zk starts");
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_vec();
    // It may end without reading all of it.
    thread::spawn(move || drop(stdin.write_all(&input)));
    let stdout = collect(child.stdout.take().expect("piped"));
    let stderr = collect(child.stderr.take().expect("piped"));
    let stdout = await_end(&mut child, &stdout);
    let stderr = await_end(&mut child, &stderr);
    let code = reap(&mut child);
    Ran { code, stdout, stderr: String::from_utf8_lossy(&stderr).into_owned() }
}

fn collect(mut pipe: impl Read + Send + 'static) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    receiver
}

/// The exit code of a run whose outputs have ended, and so the run itself.
pub(crate) fn reap(child: &mut Child) -> Option<i32> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("zk was started") {
            return status.code();
        }
        if begun.elapsed() > GUARD {
            let _ = child.kill();
            panic!("zk has closed its outputs and did not end within {GUARD:?}");
        }
        thread::yield_now();
    }
}

fn await_end(child: &mut Child, end: &mpsc::Receiver<Vec<u8>>) -> Vec<u8> {
    end.recv_timeout(GUARD).unwrap_or_else(|_| {
        let _ = child.kill();
        panic!("zk did not end within {GUARD:?}")
    })
}
