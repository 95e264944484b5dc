//! Servers of Apache ZooKeeper that a test starts for itself, since those in `ZOOKIT_REAL_SERVERS`
//! are not set up for it: of every version in `ZOOKIT_REAL_CLASSPATHS` (`VERSION=CLASSPATH`, apart
//! by semicolons), which `cargo xtask test` sets.

use std::fs::{self, File};
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A server answers after about two seconds on an idle machine.
const START_LIMIT: Duration = Duration::from_secs(90);

/// Between our choice of ports and the server's bind another process may take one.
const PORT_ATTEMPTS: u32 = 5;

/// Runs Java until its own standard input ends, which it does however this process ends.
const SUPERVISOR: &str = r#"
trap '' INT TERM HUP
exec 3<&0
"$@" </dev/null 3<&- &
java=$!
{ read -r _ <&3; kill -9 "$java"; } >/dev/null 2>&1 &
watcher=$!
wait "$java"
kill -9 "$watcher" 2>/dev/null
"#;

/// What is special about a server.
pub(super) trait Kind {
    /// Its lines of zoo.cfg, and the files beside it: with a port of its own.
    fn prepare(&self, directory: &Path, port: &str) -> Vec<String>;

    /// Whether it serves; and then, whether it is the one at this clientPort. Someone else's server
    /// may have taken the port.
    fn answers(&self, server: &Server) -> Option<bool>;
}

/// A standalone server; it ends with its value.
pub(super) struct Server {
    pub(super) client_port: String,
    /// The port of its kind.
    pub(super) port: String,
    directory: PathBuf,
    process: Child,
}

impl Server {
    pub(super) fn start(classpath: &str, kind: &impl Kind) -> Self {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        for _ in 0..PORT_ATTEMPTS {
            let number = STARTED.fetch_add(1, Ordering::Relaxed);
            let name = format!("zk-own-{}-{number}", std::process::id());
            let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
            let mut server = Self::spawn(&directory, classpath, kind);
            if server.serves(kind) {
                return server;
            }
        }
        panic!("no ports stayed free in {PORT_ATTEMPTS} attempts");
    }

    fn spawn(directory: &Path, classpath: &str, kind: &impl Kind) -> Self {
        let ports = [(); 2].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
        let ports = ports.map(|port| port.local_addr().unwrap().port().to_string());
        let [client_port, port] = ports;
        fs::create_dir_all(directory.join("data")).unwrap();
        let mut lines = kind.prepare(directory, &port);
        lines.extend([
            format!("tickTime=500\ndataDir={}/data", directory.display()),
            format!("clientPort={client_port}\nclientPortAddress=127.0.0.1"),
            "forceSync=no\npreAllocSize=64\n".to_owned(),
        ]);
        fs::write(directory.join("zoo.cfg"), lines.join("\n")).unwrap();
        let log = File::create(directory.join("server.log")).unwrap();
        let home = std::env::var_os("JAVA_HOME").map(|home| Path::new(&home).join("bin/java"));
        let process = Command::new("sh")
            .args(["-c", SUPERVISOR, "sh"])
            .arg(home.filter(|java| java.is_file()).unwrap_or_else(|| "java".into()))
            .args(["-Xmx160m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"])
            .args(["-Dzookeeper.jmx.log4j.disable=true", "-cp", classpath])
            .arg("org.apache.zookeeper.server.quorum.QuorumPeerMain")
            .arg(directory.join("zoo.cfg"))
            .current_dir(directory)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        Self { client_port, port, directory: directory.to_owned(), process }
    }

    /// Waits for it; not if its ports are taken.
    fn serves(&mut self, kind: &impl Kind) -> bool {
        let end = Instant::now() + START_LIMIT;
        while Instant::now() < end {
            if self.process.try_wait().unwrap().is_some() {
                let log = self.log();
                assert!(log.contains("BindException") || log.contains("already in use"), "{log}");
                return false;
            }
            if let Some(is_ours) = kind.answers(self) {
                return is_ours;
            }
        }
        panic!("it does not serve: {}", self.log());
    }

    fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.directory.join("server.log")).unwrap()).into_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The end of the pipe makes the shell kill Java, which it then waits for.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Starts a server of each version from this one on, and runs the test on it.
pub(super) fn on_each_own<K: Kind>(
    what: &str,
    since: [u32; 3],
    kind: impl Fn() -> K,
    test: impl Fn(&str, &Server, &K),
) {
    let listed = std::env::var("ZOOKIT_REAL_CLASSPATHS").unwrap_or_default();
    let entries = listed.split(';').filter_map(|entry| entry.split_once('='));
    let new: Vec<_> = entries.filter(|(version, _)| parts(version) >= since).collect();
    if new.is_empty() {
        let [major, minor, patch] = since;
        let line = format!(
            "skipped: {what}: ZOOKIT_REAL_CLASSPATHS names no ZooKeeper from \
             {major}.{minor}.{patch} on; `cargo xtask test` sets it"
        );
        let _ = writeln!(std::io::stderr(), "{line}");
    }
    for (version, classpath) in new {
        let kind = kind();
        let server = Server::start(classpath, &kind);
        test(version, &server, &kind);
    }
}

fn parts(version: &str) -> [u32; 3] {
    let parts: Vec<u32> = version.split('.').map(|part| part.parse().expect(version)).collect();
    parts.try_into().expect("MAJOR.MINOR.PATCH")
}
