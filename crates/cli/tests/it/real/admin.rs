//! `zk admin` on AdminServers of Apache ZooKeeper: of every version from 3.5 on in
//! `ZOOKIT_REAL_CLASSPATHS` (`VERSION=CLASSPATH`, apart by semicolons), which `cargo xtask test` sets.
//!
//! The servers that are listed for other tests have theirs off, so as not all to want port 8080; so
//! these are started here.

use std::fs::{self, File};
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::zk::{Ran, run};

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

/// A standalone server with an AdminServer; it ends with its value.
struct Server {
    client_port: String,
    admin_port: String,
    directory: PathBuf,
    process: Child,
}

impl Server {
    fn start(version: &str, classpath: &str) -> Self {
        for attempt in 0..PORT_ATTEMPTS {
            let name = format!("zk-admin-{}-{version}-{attempt}", std::process::id());
            let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
            let mut server = Self::spawn(&directory, classpath);
            if server.serves() {
                return server;
            }
        }
        panic!("no ports stayed free in {PORT_ATTEMPTS} attempts");
    }

    fn spawn(directory: &Path, classpath: &str) -> Self {
        let ports = [(); 2].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
        let ports = ports.map(|port| port.local_addr().unwrap().port().to_string());
        let [client_port, admin_port] = ports;
        fs::create_dir_all(directory.join("data")).unwrap();
        let lines = [
            format!("tickTime=500\ndataDir={}/data", directory.display()),
            format!("clientPort={client_port}\nclientPortAddress=127.0.0.1"),
            format!("admin.serverPort={admin_port}\nadmin.serverAddress=127.0.0.1"),
            "forceSync=no\npreAllocSize=64\n".to_owned(),
        ];
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
        Self { client_port, admin_port, directory: directory.to_owned(), process }
    }

    /// Waits for it; not if its ports are taken.
    fn serves(&mut self) -> bool {
        let end = Instant::now() + START_LIMIT;
        while Instant::now() < end {
            if self.process.try_wait().unwrap().is_some() {
                let log = self.log();
                assert!(log.contains("BindException") || log.contains("already in use"), "{log}");
                return false;
            }
            if self.ask("server_stats").code == Some(0) {
                // Someone else's server may have taken the port.
                let configuration = self.ask("configuration").exits(0).json();
                return configuration["answer"]["client_port"].as_u64()
                    == self.client_port.parse().ok();
            }
        }
        panic!("it does not serve: {}", self.log());
    }

    fn ask(&self, command: &str) -> Ran {
        run(&["-s", "127.0.0.1", "admin", command, "--port", &self.admin_port, "-o", "json"])
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

#[test]
fn every_version_from_3_5_on_answers() {
    let listed = std::env::var("ZOOKIT_REAL_CLASSPATHS").unwrap_or_default();
    let entries = listed.split(';').filter_map(|entry| entry.split_once('='));
    let with_one: Vec<_> = entries.filter(|(version, _)| !version.starts_with("3.4.")).collect();
    if with_one.is_empty() {
        let line = "skipped: zk admin on a real AdminServer: ZOOKIT_REAL_CLASSPATHS names no \
                    ZooKeeper from 3.5 on; `cargo xtask test` sets it";
        let _ = writeln!(std::io::stderr(), "{line}");
    }
    for (version, classpath) in with_one {
        let server = Server::start(version, classpath);
        let monitor = server.ask("monitor").exits(0).quietly().json();
        assert!(monitor["answer"]["znode_count"].as_i64().unwrap() > 0, "{version}: {monitor}");
        let stats = server.ask("server_stats").exits(0).json();
        assert!(stats["answer"]["version"].as_str().unwrap().starts_with(version), "{stats}");
        assert_eq!(stats["answer"]["server_stats"]["server_state"], "standalone", "{version}");
        server.ask("nosuch").exits(10).says("Unknown command: nosuch");
        // What it says by four-letter words it says by default in `srvr` alone.
        let servers = format!("127.0.0.1:{}", server.client_port);
        run(&["-s", &servers, "ruok"]).exits(10).says("4lw.commands.whitelist");
        let ran = run(&["-s", &servers, "doctor"]).exits(0);
        assert!(ran.text().contains("is without isro, mntr, conf, cons"), "{version}: {ran:#?}");
    }
}
