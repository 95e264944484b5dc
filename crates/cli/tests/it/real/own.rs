//! Servers of Apache ZooKeeper that a test starts for itself, since those in `ZOOKIT_REAL_SERVERS`
//! are not set up for it: of every version in `ZOOKIT_REAL_CLASSPATHS`, which `cargo xtask test`
//! sets.

use std::io::Write as _;

use zookit_ensemble::blocking::Server;
use zookit_ensemble::{Release, ServerConfig, Version};

/// Starts a server of each version from this one on, with this change to what is made for tests,
/// and runs the test on it.
pub(super) fn on_each_own(
    what: &str,
    since: Version,
    change: impl Fn(&mut ServerConfig) + Clone + Send + Sync + 'static,
    test: impl Fn(&str, &Server),
) {
    let mut releases = Release::listed().unwrap_or_else(|error| panic!("{error}"));
    releases.retain(|release| release.version >= since);
    if releases.is_empty() {
        let line = format!(
            "skipped: {what}: ZOOKIT_REAL_CLASSPATHS names no ZooKeeper from {since} on; \
             `cargo xtask test` sets it"
        );
        let _ = writeln!(std::io::stderr(), "{line}");
    }
    for release in releases {
        let builder = Server::builder().release(&release).config(change.clone());
        let server = builder.start_blocking().unwrap_or_else(|error| panic!("{error}"));
        test(&release.version.to_string(), &server);
    }
}
