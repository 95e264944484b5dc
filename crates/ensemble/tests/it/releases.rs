//! The releases that the tests run on.

use std::io::Write as _;

use zookit_ensemble::{Release, Version};

/// Those that are listed, from this one on. Without any, says that the test is skipped.
pub(crate) fn since(version: Version, what: &str) -> Vec<Release> {
    let mut releases = Release::listed().unwrap_or_else(|error| panic!("{error}"));
    releases.retain(|release| release.version >= version);
    if releases.is_empty() {
        let line = format!(
            "skipped: {what}: ZOOKIT_REAL_CLASSPATHS lists no ZooKeeper from {version} on; \
             `cargo xtask test` sets it\n"
        );
        // Not by `eprintln!`, which the test harness keeps to itself.
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
    releases
}
