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

use crate::guard::Guard;
use zookeeper::{Authorities, Settings, Zookeeper};

/// Where a version is.
#[derive(Debug, Clone)]
struct Release {
    version: [u32; 3],
    classpath: String,
}

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
    let list = |variable| std::env::var(variable).unwrap_or_default();
    let (listed, required) = (list("ZOOKIT_REAL_CLASSPATHS"), list("ZOOKIT_REQUIRE_REAL"));
    let entries = listed.split(';').filter(|entry| !entry.is_empty());
    let mut releases: Vec<Release> = entries.map(parse).collect();
    for wanted in required.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        let there = releases.iter().any(|release| release.version == version(wanted));
        assert!(there, "ZOOKIT_REQUIRE_REAL: {wanted} is not in ZOOKIT_REAL_CLASSPATHS");
    }
    releases.retain(|release| release.version >= [3, 5, 5]);
    if releases.is_empty() {
        skip();
    }
    releases
}

fn parse(entry: &str) -> Release {
    let (number, classpath) = entry.split_once('=').expect("VERSION=CLASSPATH");
    Release { version: version(number), classpath: classpath.to_owned() }
}

fn version(text: &str) -> [u32; 3] {
    let parts: Vec<u32> = text.split('.').map(|part| part.parse().expect(text)).collect();
    parts.try_into().expect("MAJOR.MINOR.PATCH")
}

/// Past the capturing of output, once.
fn skip() {
    static ONCE: Once = Once::new();
    let line = "skipped: TLS to a real server: ZOOKIT_REAL_CLASSPATHS names none from 3.5.5 on; \
                `cargo xtask test` sets it";
    ONCE.call_once(|| drop(writeln!(std::io::stderr(), "{line}")));
}
