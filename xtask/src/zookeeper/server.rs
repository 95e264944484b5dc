//! One standalone server process: started, waited for, and gone when its value is dropped.
//!
//! ```text
//! xtask ──stdin pipe──> sh (supervisor) ──> java
//! ```
//! Between us and Java stands a shell that reads the pipe we hold open. The pipe ends when the
//! value is dropped and also when we are killed, by whatever signal: then the shell kills Java and
//! removes the directory. So no server and no data outlives the command that started them.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::configuration::{LOG4J_PROPERTIES, LOGBACK_XML};
use super::{Options, Placed, four_letter, java};
use crate::Outcome;
use crate::process::{last_lines, target_dir};

/// A server answers after about two seconds on an idle machine.
const START_LIMIT: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(50);

/// Between our choice of a port and the server's bind another process may take it.
const PORT_ATTEMPTS: u32 = 5;

/// The supervisor: `sh -c SUPERVISOR sh DIRECTORY JAVA ARGUMENTS…`.
///
/// Signals of the terminal are ignored by it and by Java, which inherits that: the end of the pipe
/// is the one way out. Standard input goes through descriptor 3, because a shell gives background
/// jobs an empty one. When Java ends by itself the directory stays, for its log to be read.
const SUPERVISOR: &str = r#"
trap '' INT TERM HUP
directory=$1
shift
exec 3<&0
"$@" </dev/null 3<&- &
java=$!
{ read -r _ <&3; : >"$directory/ended"; kill -9 "$java"; } >/dev/null 2>&1 &
watcher=$!
wait "$java"
status=$?
kill -9 "$watcher" 2>/dev/null
[ -e "$directory/ended" ] && rm -rf "$directory"
exit "$status"
"#;

/// A server that runs; dropping it ends the process and removes its files.
#[derive(Debug)]
pub(crate) struct Running {
    /// `HOST:PORT` for clients.
    pub(crate) connect: String,
    supervised: Supervised,
}

impl Running {
    /// Starts a standalone server on a free port of 127.0.0.1 and waits until it serves.
    ///
    /// The error of a server that does not start ends with the end of its log.
    pub(crate) fn start(placed: &Placed, options: &Options) -> Outcome<Self> {
        let java = java::find()?;
        for _ in 0..PORT_ATTEMPTS {
            let address = free_port().map_err(|error| format!("no free port: {error}"))?;
            let mut supervised = Supervised::spawn(placed, options, &java, address)?;
            match supervised.wait_until_serving(address)? {
                Started::Serves => return Ok(Self { connect: address.to_string(), supervised }),
                Started::PortTaken => {}
            }
        }
        Err(format!("no port stayed free in {PORT_ATTEMPTS} attempts"))
    }

    /// Where the server's log is, while it runs.
    pub(crate) fn log(&self) -> PathBuf {
        self.supervised.log()
    }
}

enum Started {
    Serves,
    PortTaken,
}

/// The supervisor's process and the directory of one server.
#[derive(Debug)]
struct Supervised {
    title: String,
    directory: PathBuf,
    child: Child,
}

impl Supervised {
    fn spawn(
        placed: &Placed,
        options: &Options,
        java: &Path,
        address: SocketAddr,
    ) -> Outcome<Self> {
        let directory = fresh_directory();
        let prepared = prepare(&directory, options, address.port());
        let log = prepared.map_err(|error| format!("{}: {error}", directory.display()))?;
        let log_again = log.try_clone().map_err(|error| error.to_string())?;
        let child = Command::new("sh")
            .args(["-c", SUPERVISOR, "sh"])
            .arg(&directory)
            .arg(java)
            .args(options.java_arguments())
            .arg("-cp")
            .arg(format!("{}:{}", directory.display(), placed.classpath))
            .arg("org.apache.zookeeper.server.quorum.QuorumPeerMain")
            .arg(directory.join("zoo.cfg"))
            .current_dir(&directory)
            .stdin(Stdio::piped())
            .stdout(log)
            .stderr(log_again)
            .spawn()
            .map_err(|error| format!("cannot start sh: {error}"))?;
        let title = format!("ZooKeeper {} on {address}", placed.version);
        Ok(Self { title, directory, child })
    }

    fn wait_until_serving(&mut self, address: SocketAddr) -> Outcome<Started> {
        let begun = Instant::now();
        while begun.elapsed() < START_LIMIT {
            if let Ok(Some(status)) = self.child.try_wait() {
                let log = self.log_text();
                if log.contains("BindException") || log.contains("Address already in use") {
                    return Ok(Started::PortTaken);
                }
                return Err(self.failed(&format!("ended ({status})")));
            }
            if four_letter::ask(address, "srvr").is_ok_and(|answer| four_letter::serves(&answer)) {
                return Ok(self.whose(address));
            }
            thread::sleep(POLL);
        }
        Err(self.failed(&format!("does not serve after {} s", START_LIMIT.as_secs())))
    }

    /// A server of someone else may have taken the port while ours was still loading.
    fn whose(&self, address: SocketAddr) -> Started {
        let conf = four_letter::ask(address, "conf").unwrap_or_default();
        let ours =
            four_letter::data_dir(&conf).map(Path::new) == Some(&self.directory.join("data"));
        if ours { Started::Serves } else { Started::PortTaken }
    }

    fn failed(&self, what: &str) -> String {
        let end = last_lines(&self.log_text(), 25);
        format!("{} {what}; the end of its log:\n{end}", self.title)
    }

    fn log(&self) -> PathBuf {
        self.directory.join("server.log")
    }

    fn log_text(&self) -> String {
        let bytes = fs::read(self.log()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        // The end of the pipe makes the shell kill Java, which it then waits for.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn free_port() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

fn fresh_directory() -> PathBuf {
    static STARTED: AtomicU32 = AtomicU32::new(0);
    let number = STARTED.fetch_add(1, Ordering::Relaxed);
    let name = format!("{}-{number}", std::process::id());
    target_dir().join("zookeeper").join("run").join(name)
}

fn prepare(directory: &Path, options: &Options, port: u16) -> std::io::Result<File> {
    // A process of the same number may have left one behind.
    if directory.exists() {
        fs::remove_dir_all(directory)?;
    }
    let data_dir = directory.join("data");
    fs::create_dir_all(&data_dir)?;
    fs::write(directory.join("zoo.cfg"), options.zoo_cfg(&data_dir, port))?;
    fs::write(directory.join("logback.xml"), LOGBACK_XML)?;
    fs::write(directory.join("log4j.properties"), LOG4J_PROPERTIES)?;
    File::create(directory.join("server.log"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    /// The supervisor over `program` in place of Java, in a directory of its own.
    fn supervise(program: &[&str]) -> (PathBuf, Child) {
        let directory = fresh_directory();
        fs::create_dir_all(directory.join("data")).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", SUPERVISOR, "sh"]).arg(&directory).args(program);
        (directory, command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap())
    }

    #[test]
    fn the_end_of_the_pipe_kills_the_server_and_removes_its_directory() {
        let (directory, mut child) = supervise(&["sleep", "600"]);
        drop(child.stdin.take());
        // The status is that of the server, which the shell has waited for: killed.
        assert_eq!(child.wait().unwrap().code(), Some(128 + 9));
        assert!(!directory.exists());
    }

    #[test]
    fn a_server_that_ends_by_itself_leaves_its_log() {
        let (directory, mut child) = supervise(&["sh", "-c", "exit 7"]);
        let pipe = child.stdin.take();
        let status = child.wait().unwrap();
        assert_eq!((status.code(), status.signal()), (Some(7), None));
        drop(pipe);
        assert!(directory.exists());
        fs::remove_dir_all(&directory).unwrap();
    }

    /// Starts `echo` in place of Java: its log is its own command line, and it ends at once.
    fn start_echo(options: &Options) -> Outcome<Started> {
        let version = "3.9.5".parse().unwrap();
        let placed = Placed { version, source: "maven", classpath: "jars".to_owned() };
        let address = free_port().unwrap();
        let mut echo = Supervised::spawn(&placed, options, Path::new("echo"), address)?;
        echo.wait_until_serving(address)
    }

    #[test]
    fn a_server_that_does_not_start_is_reported_with_the_end_of_its_log() {
        let Err(error) = start_echo(&Options::default()) else { panic!("echo does not serve") };
        assert!(error.starts_with("ZooKeeper 3.9.5 on 127.0.0.1:"), "{error}");
        assert!(error.contains("ended (exit status: 0); the end of its log:\n-Xmx160m"), "{error}");
        assert!(error.contains("QuorumPeerMain"), "{error}");
    }

    #[test]
    fn a_port_that_someone_else_took_is_no_failure() {
        let java = vec!["java.net.BindException: Address already in use".to_owned()];
        let started = start_echo(&Options { java, ..Options::default() });
        assert!(matches!(started, Ok(Started::PortTaken)));
    }

    #[test]
    fn each_server_has_a_directory_of_its_own() {
        assert_ne!(fresh_directory(), fresh_directory());
    }
}
