//! Against the `secureClientPort` of Apache ZooKeeper: every version from 3.5.5, which is the first
//! that reads PEM, in `ZOOKIT_REAL_CLASSPATHS` (`VERSION=CLASSPATH`, apart by semicolons).
//! `cargo xtask test` sets it.
//!
//! The tests start servers of their own, with certificates of their own. Without the variable
//! nothing runs here, and one line says so; `ZOOKIT_REQUIRE_REAL` makes an error of it.

mod sessions;
mod zookeeper;

use std::io::Write as _;
use std::sync::Once;

use zookit_ensemble::{Release, Version};

use crate::guard::Guard;
use zookeeper::{Authorities, Settings, Zookeeper};

/// Starts a server of each version and runs the test on it.
fn on_each_server<F>(settings: Settings, test: impl Fn(Zookeeper) -> F)
where
    F: Future<Output = ()>,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for release in releases() {
        let _guard = Guard::new();
        runtime.block_on(async {
            let server = Zookeeper::start(&release, settings, Authorities::new()).await;
            test(server).await;
        });
    }
}

fn releases() -> Vec<Release> {
    let mut releases = Release::listed().unwrap_or_else(|error| panic!("{error}"));
    let required = std::env::var("ZOOKIT_REQUIRE_REAL").unwrap_or_default();
    for wanted in required.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        let version: Version = wanted.parse().unwrap();
        let there = releases.iter().any(|release| release.version == version);
        assert!(there, "ZOOKIT_REQUIRE_REAL: {wanted} is not in ZOOKIT_REAL_CLASSPATHS");
    }
    releases.retain(|release| release.version >= Version::new(3, 5, 5));
    if releases.is_empty() {
        skip();
    }
    releases
}

/// Past the capturing of output, once.
fn skip() {
    static ONCE: Once = Once::new();
    let line = "skipped: TLS to a real server: ZOOKIT_REAL_CLASSPATHS names none from 3.5.5 on; \
                `cargo xtask test` sets it";
    ONCE.call_once(|| drop(writeln!(std::io::stderr(), "{line}")));
}
