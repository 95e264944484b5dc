//! `cargo xtask golden [VERSION…]`: records what real servers say, for zookit-proto's tests.
//!
//! Each version gets a new server, through which the example `golden` of zookit-proto goes; what
//! it prints becomes `crates/proto/tests/recordings/apache-VERSION.frames`. Commit it: the replay
//! tests need no server.

use std::fs;

use crate::Outcome;
use crate::process::{cargo, output, root, say};
use crate::zookeeper::{place, start, wanted};

/// The newest release of each line that is supported in full.
const USUAL: [&str; 2] = ["3.8", "3.9"];

pub(super) fn run(arguments: &[String]) -> Outcome {
    let named: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let versions = if named.is_empty() { &USUAL[..] } else { &named };
    versions.iter().try_for_each(|version| record(version))
}

fn record(version: &str) -> Outcome {
    let release = place(wanted(Some(version))?)?;
    let running = start(&release)?;
    let example = ["run", "--quiet", "--package", "zookit-proto", "--example", "golden", "--"];
    let recording = output(cargo(&example).arg(&running.connect))?;
    let name = format!("apache-{}.frames", release.version);
    let path = root().join("crates/proto/tests/recordings").join(&name);
    fs::write(&path, &recording).map_err(|error| format!("{}: {error}", path.display()))?;
    say(&format!("{name}: {} lines", recording.lines().count()));
    Ok(())
}
