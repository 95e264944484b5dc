//! Against real servers: every one listed in `ZOOKIT_REAL_SERVERS`, as
//! `VERSION=HOST:PORT,VERSION=HOST:PORT`. `cargo xtask test` starts servers and lists them.
//!
//! Without the variable nothing runs here, and one line says so. `ZOOKIT_REQUIRE_REAL`, a list of
//! versions, turns the absence of one of them into an error.
//!
//! Each test lives in a chroot of its own, which it makes and removes.

mod blocking;
mod connections;
mod handles;
mod lossy;
mod operations;
mod rarer;
mod settle;
mod trees;
mod versions;
mod watches;

use std::future::Future;
use std::io::Write as _;
use std::sync::Once;
use std::time::Duration;

use zookit_client::{Client, ConnectOptions, CreateMode, ServerFloor};

use crate::guard::Guard;

/// No test on one server takes longer: ten times what the slowest is expected to take.
const PATIENCE: Duration = Duration::from_secs(120);

/// A listed server.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    /// Major, minor, patch.
    pub(crate) version: [u32; 3],
    pub(crate) connect: String,
}

impl Server {
    fn is_at_least(&self, version: [u32; 3]) -> bool {
        self.version >= version
    }

    /// The defaults, except that a server before 3.5 is not asked for what it does not know.
    pub(crate) fn options(&self) -> ConnectOptions {
        let old = !self.is_at_least([3, 5, 0]);
        let server_floor = if old { ServerFloor::V3_4 } else { ServerFloor::V3_5 };
        ConnectOptions { server_floor, ..ConnectOptions::default() }
    }
}

/// A place of a test's own on a server.
pub(crate) struct Place {
    pub(crate) server: Server,
    chroot: String,
}

impl Place {
    /// Connect string of a client that lives in this place.
    pub(crate) fn connect_string(&self) -> String {
        format!("{}{}", self.server.connect, self.chroot)
    }

    pub(crate) async fn client(&self) -> Client {
        self.client_with(self.server.options()).await
    }

    pub(crate) async fn client_with(&self, options: ConnectOptions) -> Client {
        Client::connect_with(self.connect_string(), options).await.unwrap()
    }

    pub(crate) fn is_at_least(&self, version: [u32; 3]) -> bool {
        self.server.is_at_least(version)
    }

    /// Whether creates answer a stat.
    pub(crate) fn tells_stats(&self) -> bool {
        self.is_at_least([3, 5, 0])
    }

    /// Whether there are persistent watches.
    pub(crate) fn has_persistent_watches(&self) -> bool {
        self.is_at_least([3, 6, 0])
    }
}

/// Runs the test on every listed server.
pub(crate) fn on_each_server<F, T>(name: &str, test: F)
where
    F: Fn(std::sync::Arc<Place>) -> T,
    T: Future<Output = ()>,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for server in servers() {
        let _guard = Guard::new();
        runtime.block_on(async {
            let connect = server.connect.as_str();
            let outside = Client::connect_with(connect, server.options()).await.unwrap();
            let prefix = format!("/zookit-test-{name}-");
            let mode = CreateMode::PersistentSequential;
            let chroot = outside.create(&prefix, (), mode).await.unwrap().path;
            let place = std::sync::Arc::new(Place { server: server.clone(), chroot });
            let ran = tokio::time::timeout(PATIENCE, test(std::sync::Arc::clone(&place))).await;
            ran.unwrap_or_else(|_| panic!("{name} takes too long on {server:?}"));
            outside.delete_recursive(&place.chroot).await.unwrap();
            outside.close().await.unwrap();
        });
    }
}

fn servers() -> Vec<Server> {
    let list = |variable| std::env::var(variable).unwrap_or_default();
    let (listed, required) = (list("ZOOKIT_REAL_SERVERS"), list("ZOOKIT_REQUIRE_REAL"));
    let parts = |list: &str| {
        let parts = list.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect::<Vec<_>>()
    };
    let servers: Vec<Server> = parts(&listed).iter().map(|entry| parse(entry)).collect();
    for version in parts(&required) {
        let there = servers.iter().any(|server| server.version == parse_version(&version));
        assert!(there, "ZOOKIT_REQUIRE_REAL wants {version}, and ZOOKIT_REAL_SERVERS lacks it");
    }
    if servers.is_empty() {
        skip();
    }
    servers
}

fn parse(entry: &str) -> Server {
    let (version, connect) = entry.split_once('=').expect("VERSION=HOST:PORT");
    Server { version: parse_version(version), connect: connect.to_owned() }
}

fn parse_version(version: &str) -> [u32; 3] {
    let parts: Vec<u32> = version.split('.').map(|part| part.parse().expect(version)).collect();
    parts.try_into().expect("MAJOR.MINOR.PATCH")
}

/// One line for the whole binary, past the capturing of output that passed tests are subject to.
fn skip() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = writeln!(
            std::io::stderr(),
            "skipped: the tests of zookit-client on a real server; `cargo xtask test` runs them"
        );
    });
}
