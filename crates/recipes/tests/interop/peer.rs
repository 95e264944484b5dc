//! A process of another client, and a server for both.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::timeout;
use zookit_client::{Client, CreateMode, Version};
use zookit_server::testing::Server;

/// A Java process takes seconds to come up on a busy machine.
const GUARD: Duration = Duration::from_secs(120);

/// Where both meet; embedded, unless a server is named.
pub(crate) struct Meeting {
    address: String,
    _embedded: Option<Server>,
}

impl Meeting {
    pub(crate) fn new() -> Self {
        match std::env::var("ZOOKIT_INTEROP_SERVER") {
            Ok(address) => Self { address, _embedded: None },
            Err(_) => {
                let server = Server::start();
                Self { address: server.address().to_string(), _embedded: Some(server) }
            }
        }
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(self.address.as_str()).await.unwrap()
    }

    /// A path of this test's own, and a number below it that is 0.
    pub(crate) async fn number(&self, client: &Client, test: &str) -> (String, String) {
        let (path, value) = (format!("/interop/{test}/recipe"), format!("/interop/{test}/value"));
        let _ = client.delete_recursive(&format!("/interop/{test}")).await;
        client.create_with_parents(&value, "0", CreateMode::Persistent).await.unwrap();
        (path, value)
    }

    pub(crate) fn kazoo(&self) -> Option<Peer> {
        let Ok(python) = std::env::var("ZOOKIT_KAZOO_PYTHON") else {
            eprintln!("interop: without ZOOKIT_KAZOO_PYTHON: see `cargo xtask interop`");
            return None;
        };
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/kazoo_peer.py");
        Some(Peer::start(Command::new(python).args([script, &self.address])))
    }

    pub(crate) fn curator(&self) -> Option<Peer> {
        let Ok(classpath) = std::env::var("ZOOKIT_CURATOR_CLASSPATH") else {
            eprintln!("interop: without ZOOKIT_CURATOR_CLASSPATH: see `cargo xtask interop`");
            return None;
        };
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/CuratorPeer.java");
        let mut java = Command::new("java");
        Some(Peer::start(java.args(["-cp", &classpath, source, &self.address])))
    }
}

/// A process that takes a line and answers a line. It ends with this value.
#[derive(Clone)]
pub(crate) struct Peer(Arc<Mutex<Process>>);

struct Process {
    child: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    fn start(command: &mut Command) -> Self {
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = piped.spawn().unwrap();
        let commands = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let mut process = Process { child, commands, answers };
        let ready = process.answer();
        assert!(ready.starts_with("ready"), "the other client says {ready:?}");
        Self(Arc::new(Mutex::new(process)))
    }

    /// What it answers to a command.
    pub(crate) async fn tell(&self, command: &str) -> String {
        let (process, command) = (Arc::clone(&self.0), command.to_owned());
        let told = spawn_blocking(move || {
            let mut process = process.lock().unwrap();
            writeln!(process.commands, "{command}").unwrap();
            process.answer()
        });
        timeout(GUARD, told).await.expect("the other client answers in time").unwrap()
    }
}

impl Process {
    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It is gone already, or goes now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads, adds one, and writes blindly: an update is lost if two do it at once.
pub(crate) async fn add_one(client: &Client, value: &str) {
    let node = client.get_data(value).await.unwrap();
    let number = number(node.data.as_deref());
    client.set_data(value, (number + 1).to_string(), Version::Any).await.unwrap();
}

/// The number that a znode has.
pub(crate) fn number(data: Option<&[u8]>) -> u64 {
    std::str::from_utf8(data.unwrap()).unwrap().parse().unwrap()
}
