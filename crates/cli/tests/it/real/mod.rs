//! On real servers: every verb, as text and as JSON, and each exit code that a server can cause.
//!
//! `ZOOKIT_REAL_SERVERS` lists them as `VERSION=HOST:PORT`, apart by commas; `cargo xtask test`
//! starts them. Each test works below a path of its own and removes it.

#[cfg(unix)]
mod admin;
mod answers;
mod data;
mod deletes;
#[cfg(unix)]
mod ensemble;
mod ephemeral;
mod listing;
mod modes;
#[cfg(unix)]
mod own;
#[cfg(all(unix, feature = "tls"))]
mod secure;
mod watches;
mod words;

use std::io::Write;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::running::Running;
use crate::zk::{Ran, command, finish};

/// A server, and a place of one test on it.
pub(crate) struct Place {
    version: (u32, u32, u32),
    servers: String,
    /// It exists, and goes with this value.
    path: String,
}

/// Runs a test on each server that there is.
pub(crate) fn on_each(name: &str, test: impl Fn(&Place)) {
    let listed = std::env::var("ZOOKIT_REAL_SERVERS").unwrap_or_default();
    let entries: Vec<&str> = listed.split(',').filter(|entry| !entry.trim().is_empty()).collect();
    for required in std::env::var("ZOOKIT_REQUIRE_REAL").unwrap_or_default().split(',') {
        let wanted = format!("{}=", required.trim());
        let is_listed = entries.iter().any(|entry| entry.trim().starts_with(&wanted));
        assert!(is_listed || wanted == "=", "ZOOKIT_REQUIRE_REAL: {required} is not listed");
    }
    if entries.is_empty() {
        say_skipped();
    }
    for entry in entries {
        let (version, servers) = entry.trim().split_once('=').expect("VERSION=HOST:PORT");
        test(&Place::make(version, servers, name));
    }
}

/// Past the capture of the test harness, once for all tests.
fn say_skipped() {
    static ONCE: Once = Once::new();
    let line =
        "skipped: zk on a real server: ZOOKIT_REAL_SERVERS is not set; run `cargo xtask test`";
    ONCE.call_once(|| drop(writeln!(std::io::stderr(), "{line}")));
}

impl Place {
    fn make(version: &str, servers: &str, name: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = format!("/zk-cli-{name}-{}-{number}", std::process::id());
        let mut parts = version.split('.').map(|part| part.parse().expect("a version"));
        let mut part = || parts.next().unwrap_or(0);
        let version = (part(), part(), part());
        let place = Self { version, servers: servers.to_owned(), path };
        place.zk(&["create", &place.path]).exits(0);
        place
    }

    /// Whether the server is of this release or a later one.
    fn is_from(&self, major: u32, minor: u32, patch: u32) -> bool {
        self.version >= (major, minor, patch)
    }

    /// A path below the test's own.
    fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.path)
    }

    /// Runs `zk` on the server, with an empty standard input.
    fn zk(&self, arguments: &[&str]) -> Ran {
        self.zk_with(arguments, b"")
    }

    /// Runs `zk` on the server, with this standard input.
    fn zk_with(&self, arguments: &[&str], input: &[u8]) -> Ran {
        finish(&mut self.command(arguments), input)
    }

    /// Starts a `zk` that goes on.
    fn start(&self, arguments: &[&str]) -> Running {
        Running::start(&mut self.command(arguments))
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = command(arguments);
        command.env("ZK_SERVERS", &self.servers);
        command
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let ran = self.zk(&["rm", "--recursive", &self.path]);
        if !std::thread::panicking() {
            ran.exits(0);
        }
    }
}
