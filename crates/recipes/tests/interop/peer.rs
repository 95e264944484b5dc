//! A process of another client, and a server for both.

use std::future::Future;
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

const LOOK_AGAIN: Duration = Duration::from_millis(10);

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

    /// A path of this test's own, with nothing there.
    pub(crate) async fn path(&self, client: &Client, test: &str) -> String {
        let _ = client.delete_recursive(&format!("/interop/{test}")).await;
        format!("/interop/{test}/recipe")
    }

    /// The same, and a number beside it that is 0.
    pub(crate) async fn number(&self, client: &Client, test: &str) -> (String, String) {
        let (path, value) = (self.path(client, test).await, format!("/interop/{test}/value"));
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

    /// The same, while we do something too; what came of both.
    pub(crate) async fn tell_while<T>(
        &self,
        command: &str,
        ours: impl Future<Output = T>,
    ) -> (String, T) {
        tokio::join!(self.tell(command), ours)
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

/// Waits until something is so that a server tells.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let holding = async {
        while !holds().await {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    timeout(GUARD, holding).await.unwrap_or_else(|_| panic!("{what}: not within {GUARD:?}"));
}

/// Reads, adds one, and writes blindly: an update is lost if two do it at once.
pub(crate) async fn add_one(client: &Client, value: &str) {
    let node = client.get_data(value).await.unwrap();
    let number = number(node.data.as_deref());
    client.set_data(value, (number + 1).to_string(), Version::Any).await.unwrap();
}

/// The number that a znode has.
fn number(data: Option<&[u8]>) -> u64 {
    std::str::from_utf8(data.unwrap()).unwrap().parse().unwrap()
}

/// What the number at a path is.
pub(crate) async fn number_at(client: &Client, value: &str) -> u64 {
    number(client.get_data(value).await.unwrap().data.as_deref())
}
