//! What is left of an ensemble when the process that started it is killed by SIGKILL: nothing.
//! Neither of a member that serves, nor of one that is paused, nor of one that is stopped.
//!
//! ```text
//! main ── owner, which starts the ensemble and is killed ── three servers
//! ```
//! The two speak by lines: the owner says where its servers are, and is killed then. A second
//! ensemble of `main` itself runs beside them and is to notice nothing.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use zookit_ensemble::blocking::{Cluster, Server};
use zookit_ensemble::{Mode, Release};

/// The warden needs a moment; a busy machine, more.
const LIMIT: Duration = Duration::from_secs(60);

fn main() {
    if std::env::args().nth(1).as_deref() == Some("owner") {
        owner();
        return;
    }
    // Whatever cargo says to a test: there is only this one.
    let releases = Release::listed().unwrap_or_else(|error| panic!("{error}"));
    let Some(release) = releases.first() else {
        let line = "skipped: what a killed process leaves: ZOOKIT_REAL_CLASSPATHS lists no \
                    ZooKeeper; `cargo xtask test` sets it\n";
        let _ = std::io::stderr().write_all(line.as_bytes());
        return;
    };
    let beside = Server::builder().release(release).start_blocking().unwrap();
    killed();
    assert_eq!(beside.mode(), Mode::Standalone);
    println!("nothing is left");
}

/// Starts an ensemble, says what there is of it, and waits for its end.
fn owner() {
    let release = Release::listed().unwrap().remove(0);
    let cluster = Cluster::builder().release(&release).start_blocking().unwrap();
    let mut lines = Vec::new();
    for server in cluster.servers() {
        let (pid, directory) = (server.pid().unwrap(), server.directory().display());
        lines.push(format!("{pid} {} {directory}", server.address()));
    }
    cluster.server(1).pause().unwrap();
    cluster.server(2).stop().unwrap();
    for line in lines {
        println!("{line}");
    }
    // Until it is killed: nobody writes a line to it.
    let _ = std::io::stdin().read_line(&mut String::new());
    println!("the end of a pipe is not what is tested");
}

/// What there was of a server.
struct Left {
    pid: String,
    address: SocketAddr,
    directory: PathBuf,
}

fn killed() {
    let me = std::env::current_exe().unwrap();
    let mut owner =
        Command::new(me).arg("owner").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(owner.stdout.take().unwrap()).lines().take(3);
    let servers: Vec<Left> = lines.map(|line| parse(&line.unwrap())).collect();
    assert_eq!(servers.len(), 3, "it ended before");
    for (at, server) in servers.iter().enumerate() {
        assert!(server.directory.join("zoo.cfg").is_file());
        assert_eq!(lives(&server.pid), at != 2);
    }
    owner.kill().unwrap();
    owner.wait().unwrap();
    let begun = Instant::now();
    for Left { pid, address, directory } in servers {
        // Threads that are still ending have the port a little longer than the process is listed.
        let taken = || std::net::TcpListener::bind(address).is_err();
        while lives(&pid) || directory.exists() || taken() {
            assert!(
                begun.elapsed() < LIMIT,
                "{pid}, {address} or {} is still there",
                directory.display()
            );
            std::thread::yield_now();
        }
    }
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
