//! `zk ensemble start`, with servers of the newest release in `ZOOKIT_REAL_CLASSPATHS`, which
//! `cargo xtask test` sets.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Instant;

use zookit_ensemble::Release;

use crate::running::Running;
use crate::zk::{GUARD, Ran, command, finish, run};

/// A directory of this process, removed in the end.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("zk-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn name(&self) -> &str {
        self.0.to_str().unwrap()
    }

    fn is_empty(&self) -> bool {
        fs::read_dir(&self.0).unwrap().next().is_none()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Something that is started, and where it has its directories.
struct Started {
    running: Running,
    /// What it says when it is ready.
    line: String,
    places: Directory,
}

/// Starts an ensemble of the newest release that is listed; without any, says that it is skipped.
fn start(name: &str, arguments: &[&str]) -> Option<Started> {
    let releases = Release::listed().unwrap_or_else(|error| panic!("{error}"));
    let Some(release) = releases.into_iter().max_by_key(|release| release.version) else {
        let line = format!(
            "skipped: zk ensemble, {name}: ZOOKIT_REAL_CLASSPATHS lists no ZooKeeper; \
             `cargo xtask test` sets it"
        );
        let _ = writeln!(std::io::stderr(), "{line}");
        return None;
    };
    let places = Directory::new(name);
    let version = release.version.to_string();
    let all = [&["ensemble", "start", "--version", &version], arguments].concat();
    let mut running = Running::start(command(&all).env("TMPDIR", &places.0));
    assert!(running.message().starts_with(&format!("starting ZooKeeper {version} (")));
    let line = running.line();
    Some(Started { running, line, places })
}

impl Started {
    /// The lines of its servers: number, role, address, directory, and what more there is.
    fn servers(&mut self, count: usize) -> Vec<Vec<String>> {
        let words = |line: String| line.split(' ').map(str::to_owned).collect();
        (0..count).map(|_| words(self.running.message())).collect()
    }

    /// Ends it by this signal: it must leave nothing behind.
    fn end(self, signal: &str) {
        self.running.signal(signal);
        assert_eq!(self.running.end(), (Some(0), Vec::new()));
        assert!(self.places.is_empty());
    }
}

fn zk(servers: &str, arguments: &[&str]) -> Ran {
    run(&[&["-s", servers], arguments].concat())
}

#[test]
fn the_first_line_connects_and_a_signal_ends_all_of_it() {
    let Some(mut started) = start("ends", &["--observers", "1"]) else { return };
    let servers = started.servers(4);
    let addresses: Vec<_> = servers.iter().map(|server| server[2].as_str()).collect();
    assert_eq!(started.line, addresses.join(","));
    let mut roles: Vec<_> = servers.iter().map(|server| server[1].as_str()).collect();
    assert_eq!(roles[3], "observer");
    roles.sort_unstable();
    assert_eq!(roles, ["follower", "follower", "leader", "observer"]);
    let names: Vec<_> = servers.iter().map(|server| server[0].as_str()).collect();
    assert_eq!(names, ["server.1", "server.2", "server.3", "server.4"]);
    assert!(servers.iter().all(|server| Path::new(&server[3]).join("zoo.cfg").is_file()));
    zk(&started.line, &["create", "/a", "x"]).exits(0);
    for address in &addresses {
        assert_eq!(zk(address, &["get", "/a"]).exits(0).text(), "x");
    }
    started.end("INT");
    assert!(addresses.iter().all(|address| TcpStream::connect(address).is_err()));
}

#[test]
fn what_is_kept_is_there_again_and_used_by_one_at_a_time() {
    let kept = Directory::new("kept");
    let arguments = ["--size", "1", "--dir", kept.name()];
    let Some(mut started) = start("first", &arguments) else { return };
    let server = started.servers(1).remove(0);
    assert_eq!(server[1], "standalone");
    assert_eq!(server[4..6], ["data", "in"]);
    zk(&started.line, &["create", "/a", "kept"]).exits(0);
    let again = run(&["ensemble", "start", "--dir", kept.name()]).exits(2);
    again.says("another ensemble uses");
    started.end("TERM");

    let Some(mut started) = start("second", &[&arguments[..], &["-o", "json"]].concat()) else {
        return;
    };
    let document: serde_json::Value = serde_json::from_str(&started.line).unwrap();
    let member = &document["members"][0];
    assert_eq!((&member["id"], &member["role"]), (&1.into(), &"standalone".into()));
    assert_eq!(member["data"], server[6]);
    assert_eq!(document["servers"], member["address"]);
    let servers = document["servers"].as_str().unwrap();
    assert_eq!(zk(servers, &["get", "/a"]).exits(0).text(), "kept");
    started.servers(1);
    started.end("TERM");
}

#[test]
fn a_server_that_ends_by_itself_is_told_of() {
    let Some(mut started) = start("told", &["--size", "1"]) else { return };
    started.servers(1);
    let pid = pid_of(&started.places.0);
    assert!(std::process::Command::new("kill").args(["-9", &pid]).status().unwrap().success());
    assert!(started.running.message().starts_with("server.1 has ended"));
    let (code, said) = started.running.end();
    assert_eq!(code, Some(2));
    assert!(said[0].contains("all servers have ended"), "{said:?}");
    assert!(started.places.is_empty());
}

/// The Java that has this place in its arguments.
fn pid_of(place: &Path) -> String {
    let ps = std::process::Command::new("ps").args(["-A", "-o", "pid=,args="]).output().unwrap();
    let lines = String::from_utf8(ps.stdout).unwrap();
    let mut own = lines
        .lines()
        .filter(|line| line.contains("QuorumPeerMain") && line.contains(place.to_str().unwrap()));
    own.next().unwrap().split_whitespace().next().unwrap().to_owned()
}

#[test]
fn a_signal_while_it_starts_ends_it_too() {
    let Ok(releases) = Release::listed() else { return };
    let Some(release) = releases.first() else { return };
    let places = Directory::new("starting");
    let version = release.version.to_string();
    let mut starting = command(&["ensemble", "start", "--version", &version]);
    let mut running = Running::start(starting.env("TMPDIR", &places.0));
    running.message();
    running.signal("TERM");
    assert_eq!(running.end(), (Some(130), Vec::new()));
    // What it had started goes with it, in a moment.
    let begun = Instant::now();
    while !places.is_empty() {
        assert!(begun.elapsed() < GUARD, "{:?}", fs::read_dir(&places.0).unwrap().next());
        std::thread::yield_now();
    }
}

#[test]
fn without_java_or_a_release_it_says_what_is_missing() {
    let nothing = Directory::new("nothing");
    let bare = || {
        let mut bare = command(&["ensemble", "start", "--version", "3.6.4"]);
        bare.env_remove("JAVA_HOME").env_remove("ZOOKIT_REAL_CLASSPATHS");
        bare.env_remove("ZOOKEEPER_HOME").env("HOME", &nothing.0).env("PATH", &nothing.0);
        bare.env_remove("XDG_CACHE_HOME");
        bare
    };
    let ran = finish(&mut bare(), b"").exits(2).says("java is neither in JAVA_HOME nor on PATH");
    assert!(ran.says("hint: ").stdout.is_empty());

    // A Java that is one in name alone: then it is ZooKeeper that is missing.
    let bin = nothing.0.join("bin");
    fs::create_dir_all(&bin).unwrap();
    fs::write(bin.join("java"), "").unwrap();
    let ran = finish(bare().env("JAVA_HOME", &nothing.0), b"").exits(2);
    assert!(ran.says("ZooKeeper 3.6.4 cannot be put in place").stdout.is_empty());
}

#[test]
fn what_cannot_be_is_refused() {
    let cases: &[(&[&str], &str)] = &[
        (&["--size", "0"], "0 is not in 1..=20"),
        (&["--observers", "21"], "21 is not in 0..=20"),
        (&["--version", "new"], "no version of ZooKeeper"),
        (&["--servers", "127.0.0.1:1"], "it connects to none"),
        (&["--embedded"], "it is a server itself"),
        (&["--tls"], "no port that speaks TLS"),
        (&["--dir", "/dev/null/data"], "cannot keep data in /dev/null/data"),
    ];
    for (arguments, reason) in cases {
        if cfg!(not(feature = "tls")) && arguments.contains(&"--tls") {
            continue;
        }
        let ran = run(&[&["ensemble", "start"], *arguments].concat()).exits(2).says(reason);
        assert!(ran.stdout.is_empty(), "{ran:#?}");
    }
}
