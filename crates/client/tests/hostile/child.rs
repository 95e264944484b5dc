//! This very program as a child that plays one case, and its end, which is waited for within bounds.
//!
//! Nothing here waits without a deadline: neither for the pipes, which end with the child unless
//! somebody else has them, nor for the child itself, which might have closed them.

use std::env;
use std::io::Read;
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// How a child knows which case it plays, and with which server.
pub(crate) const CASE: &str = "ZOOKIT_HOSTILE_CASE";
pub(crate) const SERVER: &str = "ZOOKIT_HOSTILE_SERVER";

/// What has been killed, or has closed its pipes, is gone within this.
const GOING: Duration = Duration::from_secs(10);

/// How a child ended, and all that it said.
pub(crate) struct Ended {
    pub(crate) success: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Plays the case in a process of its own; what was wrong if that does not end within `guard`.
pub(crate) fn play(
    test: &str,
    case: &str,
    server: SocketAddr,
    guard: Duration,
) -> Result<Ended, String> {
    let mut child = Command::new(env::current_exe().expect("this program has a name"))
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(CASE, case)
        .env(SERVER, server.to_string())
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("no process: {error}"))?;
    let mut said = Said::of(&mut child);
    if !said.ends_within(guard) {
        child.kill().map_err(|error| format!("the client hangs, and lives on: {error}"))?;
        let pipes = if said.ends_within(GOING) { "" } else { ", and its pipes outlive it" };
        let gone = if reap(&mut child).is_some() { "" } else { ", and killing it takes too long" };
        return Err(format!("the client hangs{pipes}{gone}:\n{}", said.text(STDERR)));
    }
    let Some(status) = reap(&mut child) else {
        let _ = child.kill();
        return Err(format!("the client closes its pipes and lives on:\n{}", said.text(STDERR)));
    };
    Ok(Ended { success: status.success(), stdout: said.text(STDOUT), stderr: said.text(STDERR) })
}

/// The status of what is about to end; `None` if it does not.
fn reap(child: &mut Child) -> Option<ExitStatus> {
    let end = Instant::now() + GOING;
    loop {
        match child.try_wait() {
            Ok(None) if Instant::now() < end => thread::yield_now(),
            ended => return ended.ok().flatten(),
        }
    }
}

const STDOUT: usize = 0;
const STDERR: usize = 1;

/// What comes through the pipes of a child, each read by a thread that nobody waits for.
struct Said {
    ends: mpsc::Receiver<(usize, String)>,
    texts: [Option<String>; 2],
}

impl Said {
    fn of(child: &mut Child) -> Self {
        let (ended, ends) = mpsc::channel();
        collect(STDOUT, child.stdout.take().expect("it is piped"), ended.clone());
        collect(STDERR, child.stderr.take().expect("it is piped"), ended);
        Self { ends, texts: [None, None] }
    }

    /// Waits for the end of both pipes.
    fn ends_within(&mut self, time: Duration) -> bool {
        let end = Instant::now() + time;
        while self.texts.contains(&None) {
            let left = end.saturating_duration_since(Instant::now());
            let Ok((pipe, text)) = self.ends.recv_timeout(left) else { return false };
            self.texts[pipe] = Some(text);
        }
        true
    }

    fn text(&mut self, pipe: usize) -> String {
        self.texts[pipe].take().unwrap_or_default()
    }
}

fn collect(
    name: usize,
    mut pipe: impl Read + Send + 'static,
    ended: mpsc::Sender<(usize, String)>,
) {
    thread::spawn(move || {
        let mut text = Vec::new();
        let _ = pipe.read_to_end(&mut text);
        let _ = ended.send((name, String::from_utf8_lossy(&text).into_owned()));
    });
}
