//! A client's process stands still for longer than its session lasts.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use super::prelude::*;
use crate::survive::child;
use crate::survive::traffic::home::EPHEMERALS;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "client-paused",
    about: "a client's process stands still for longer than its session lasts",
    since: Since::Always,
    declared: Some(&child::DECLARED),
    run: |setting| Box::pin(run(setting)),
};

/// How long it stands still.
const PAUSE: Duration = Duration::from_secs(8);

/// The process; it ends with this.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    fn signal(&self, signal: Signal) -> Result<(), Failure> {
        let pid = Pid::from_child(&self.0);
        Ok(kill_process(pid, signal)?)
    }
}

async fn run(setting: &Setting) -> Result<Verdict, Failure> {
    let cluster = setting.cluster(|builder| builder).await?;
    let watcher = cluster.connect_all_with(setting.options(2 * LONG_SESSION)).await?;
    let mut command = Command::new(&setting.program);
    command.arg(child::NAME).arg(cluster.connect_string()).arg(setting.release.version.to_string());
    command.arg(SHORT_SESSION.as_millis().to_string());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let process = Process(child);
    let (Some(mut stdin), Some(stdout)) = (stdin, stdout) else { return Err("no pipes".into()) };
    let (ready, stdout) = spawn_blocking(|| line(BufReader::new(stdout))).await??;
    if ready != child::READY {
        return Err(format!("the child said {ready:?}").into());
    }
    process.signal(Signal::STOP)?;
    let stopped = Instant::now();
    sleep(PAUSE).await;
    // Its session has ended meanwhile, and everybody can see that.
    let mut verdict = Verdict::default();
    let left = watcher.linearizable_read(|client| client.get_children(EPHEMERALS)).await?.names;
    verdict.hold(left.is_empty(), || {
        format!("{} ephemerals are there after {:?}", left.len(), stopped.elapsed())
    });
    process.signal(Signal::CONT)?;
    writeln!(stdin, "{}", child::RESUMED)?;
    let said = spawn_blocking(move || all(stdin, stdout)).await??;
    for line in said {
        match line.split_once(' ') {
            Some((child::FAULT, fault)) => verdict.faults.push(fault.to_owned()),
            Some((child::SEEN, seen)) => verdict.seen.push(seen.to_owned()),
            _ => verdict.details.push(line),
        }
    }
    verdict.hold(!verdict.seen.is_empty(), || "the child said nothing".to_owned());
    Ok(verdict)
}

type Output = BufReader<ChildStdout>;

fn line(mut from: Output) -> std::io::Result<(String, Output)> {
    let mut line = String::new();
    from.read_line(&mut line)?;
    Ok((line.trim_end().to_owned(), from))
}

/// All that it says; its input stays open meanwhile.
fn all(_input: ChildStdin, from: Output) -> std::io::Result<Vec<String>> {
    from.lines().collect()
}
