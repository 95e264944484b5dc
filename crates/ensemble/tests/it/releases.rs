//! The releases that the tests run on, and how they connect.

use std::io::Write as _;

use zookit_client::{ConnectOptions, ServerFloor};
use zookit_ensemble::{Release, Version};

/// Every release.
pub(crate) const ALL: Version = Version::new(3, 4, 0);

/// Those that are listed, from this one on. Without any, says that the test is skipped; but if
/// `ZOOKIT_REQUIRE_REAL` names one that is not listed, that is an error.
pub(crate) fn since(version: Version, what: &str) -> Vec<Release> {
    let mut releases = Release::listed().unwrap_or_else(|error| panic!("{error}"));
    let required = std::env::var("ZOOKIT_REQUIRE_REAL").unwrap_or_default();
    for wanted in required.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        let version: Version = wanted.parse().unwrap();
        let there = releases.iter().any(|release| release.version == version);
        assert!(there, "ZOOKIT_REQUIRE_REAL: {wanted} is not in ZOOKIT_REAL_CLASSPATHS");
    }
    releases.retain(|release| release.version >= version);
    if releases.is_empty() {
        skipped(what, &format!("no ZooKeeper from {version} on"));
    }
    releases
}

/// The newest that is listed, for what is the same with every release.
pub(crate) fn newest(what: &str) -> Option<Release> {
    since(ALL, what).into_iter().max_by_key(|release| release.version)
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
