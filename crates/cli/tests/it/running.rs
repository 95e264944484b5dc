//! A run that goes on until something happens: `watch`, or `create --ephemeral`.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdin, Command};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use crate::zk::{GUARD, reap};

/// Which of its two outputs a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    Stdout,
    Stderr,
}

/// A `zk` that runs. It is killed when the value is dropped.
pub(crate) struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<(From, String)>,
    /// What was read while something else was waited for.
    passed_over: Vec<(From, String)>,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().expect("zk starts");
        let (sender, lines) = channel();
        let stdin = child.stdin.take();
        forward(child.stdout.take().expect("piped"), From::Stdout, sender.clone());
        forward(child.stderr.take().expect("piped"), From::Stderr, sender);
        Self { child, stdin, lines, passed_over: Vec::new() }
    }

    /// As [`start`](Self::start), but with a standard output that nobody reads any more.
    pub(crate) fn start_unread(command: &mut Command) -> Self {
        let mut child = command.spawn().expect("zk starts");
        let (sender, lines) = channel();
        let stdin = child.stdin.take();
        drop(child.stdout.take());
        forward(child.stderr.take().expect("piped"), From::Stderr, sender);
        Self { child, stdin, lines, passed_over: Vec::new() }
    }

    /// The next line of standard output.
    pub(crate) fn line(&mut self) -> String {
        self.next(From::Stdout)
    }

    /// The next line of standard error.
    pub(crate) fn message(&mut self) -> String {
        self.next(From::Stderr)
    }

    /// Ends its input.
    pub(crate) fn end_input(&mut self) {
        self.stdin = None;
    }

    /// Sends it a signal: `INT`, `TERM`.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").arg(format!("-{name}")).arg(id).status();
        assert!(status.expect("kill runs").success());
    }

    /// Waits for its end: the exit code, and what it said that nobody asked for.
    pub(crate) fn end(mut self) -> (Option<i32>, Vec<String>) {
        loop {
            match self.lines.recv_timeout(GUARD) {
                Ok(line) => self.passed_over.push(line),
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
                    panic!("zk did not end within {GUARD:?}; it said {:?}", self.passed_over)
                }
            }
        }
        let code = reap(&mut self.child);
        let rest = std::mem::take(&mut self.passed_over);
        (code, rest.into_iter().map(|(_, line)| line).collect())
    }

    fn next(&mut self, from: From) -> String {
        if let Some(at) = self.passed_over.iter().position(|(source, _)| *source == from) {
            return self.passed_over.remove(at).1;
        }
        loop {
            match self.lines.recv_timeout(GUARD) {
                Ok((source, line)) if source == from => return line,
                Ok(other) => self.passed_over.push(other),
                Err(error) => panic!("no line on {from:?} ({error}); {:?}", self.passed_over),
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn forward(pipe: impl Read + Send + 'static, from: From, to: Sender<(From, String)>) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if to.send((from, line)).is_err() {
                break;
            }
        }
    });
}
