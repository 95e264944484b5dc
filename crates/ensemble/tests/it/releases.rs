//! The releases that the tests run on, and how they connect.

use std::io::Write as _;

use zookit_client::{ConnectOptions, ServerFloor};
use zookit_ensemble::{Release, Version};

/// Every release.
pub(crate) const ALL: Version = Version::new(3, 4, 0);

/// Those that are listed, from this one on. Without any, says that the test is skipped.
pub(crate) fn since(version: Version, what: &str) -> Vec<Release> {
    let mut releases = Release::listed().unwrap_or_else(|error| panic!("{error}"));
    releases.retain(|release| release.version >= version);
    if releases.is_empty() {
        skipped(what, &format!("no ZooKeeper from {version} on"));
    }
    releases
}

/// Says that a test is skipped.
pub(crate) fn skipped(what: &str, lists: &str) {
    let line = format!(
        "skipped: {what}: ZOOKIT_REAL_CLASSPATHS lists {lists}; `cargo xtask test` sets it\n"
    );
    // Not by `eprintln!`, which the test harness keeps to itself.
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// For clients of every release.
pub(crate) fn options() -> ConnectOptions {
    ConnectOptions { server_floor: ServerFloor::V3_4, ..ConnectOptions::default() }
}
