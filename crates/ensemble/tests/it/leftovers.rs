//! What is left of an ensemble when the process that started it is killed by SIGKILL: nothing.
//! Neither of a member that serves, nor of one that is paused, nor of one that is stopped.
//!
//! ```text
//! test ── the same test as the owner of an ensemble, which is killed ── three servers
//! ```
//! The two speak by lines: the owner says where its servers are, and is killed then. A server of
//! the test itself runs beside them and is to notice nothing.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use zookit_ensemble::blocking::{Cluster, Server};
use zookit_ensemble::{Mode, Release};

use crate::releases::newest;

/// The shell needs a moment; a busy machine, more.
const LIMIT: Duration = Duration::from_secs(60);

/// Set in the process that is to be the owner.
const OWNER: &str = "ZOOKIT_ENSEMBLE_OWNER";
/// How this test is called, and how the lines of the owner begin.
const ITS_NAME: &str =
    "leftovers::nothing_is_left_of_an_ensemble_whose_owner_is_killed_whatever_its_members_did";
const LINE: &str = "member ";

#[test]
fn nothing_is_left_of_an_ensemble_whose_owner_is_killed_whatever_its_members_did() {
    let Some(release) = newest("what a killed process leaves") else { return };
    if std::env::var_os(OWNER).is_some() {
        own(&release);
        return;
    }
    let beside = Server::builder().release(&release).start_blocking().unwrap();
    let (mut owner, members) = owner();
    for (at, member) in members.iter().enumerate() {
        assert!(member.directory.join("zoo.cfg").is_file());
        assert_eq!(lives(&member.pid), at != 2);
    }
    owner.kill().unwrap();
    owner.wait().unwrap();
    let begun = Instant::now();
    for Left { pid, address, directory } in members {
        // Threads that are still ending have the port a little longer than the process is listed.
        let taken = || std::net::TcpListener::bind(address).is_err();
        while lives(&pid) || directory.exists() || taken() {
            let what = format!("{pid}, {address} or {}", directory.display());
            assert!(begun.elapsed() < LIMIT, "{what} is still there");
            std::thread::yield_now();
        }
    }
    assert_eq!(beside.mode(), Mode::Standalone);
}

/// Starts an ensemble, says what there is of it, and waits for the end.
fn own(release: &Release) {
    let cluster = Cluster::builder().release(release).start_blocking().unwrap();
    let mut lines = Vec::new();
    for server in cluster.servers() {
        let (pid, directory) = (server.pid().unwrap(), server.directory().display());
        lines.push(format!("\n{LINE}{pid} {} {directory}\n", server.address()));
    }
    cluster.server(1).pause().unwrap();
    cluster.server(2).stop().unwrap();
    std::io::stdout().write_all(lines.concat().as_bytes()).unwrap();
    // Until it is killed: nobody writes to it.
    let _ = std::io::stdin().read_line(&mut String::new());
    panic!("the end of a pipe is not what is tested");
}

/// The process that owns an ensemble, and its members.
fn owner() -> (Child, Vec<Left>) {
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", ITS_NAME, "--nocapture"])
        .env(OWNER, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(owner.stdout.take().unwrap()).lines().map(Result::unwrap);
    let lines = lines.filter_map(|line| Some(parse(line.strip_prefix(LINE)?)));
    let members: Vec<Left> = lines.take(3).collect();
    assert_eq!(members.len(), 3, "it ended before");
    (owner, members)
}

/// What there was of a server.
struct Left {
    pid: String,
    address: SocketAddr,
    directory: PathBuf,
}

fn parse(line: &str) -> Left {
    let mut words = line.splitn(3, ' ');
    let mut word = || words.next().unwrap();
    Left { pid: word().to_owned(), address: word().parse().unwrap(), directory: word().into() }
}

/// Whether there is such a process; one that has ended and that nobody waits for is none.
fn lives(pid: &str) -> bool {
    let ps = Command::new("ps").args(["-o", "stat=", "-p", pid]).output();
    match ps {
        Ok(ps) => {
            let state = String::from_utf8_lossy(&ps.stdout).trim().to_owned();
            !state.is_empty() && !state.starts_with('Z')
        }
        // Where there is no ps.
        Err(_) => Path::new("/proc").join(pid).exists(),
    }
}
