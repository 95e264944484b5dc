//! `cargo xtask tour [real|VERSION]`: the main job, shown.
//!
//! The tour itself is the example `tour` of the crate `zookit`. It runs on the embedded server, for
//! which nothing but Rust must be there, or on a real one, which it gets here.

use crate::Outcome;
use crate::process::{cargo, run as run_program, say};
use crate::zookeeper::{place, start, wanted};

/// What the example needs, behind `build` or `run`.
const EXAMPLE: [&str; 7] = ["-q", "-p", "zookit", "--features", "testing", "--example", "tour"];

pub(super) fn run(arguments: &[String]) -> Outcome {
    match arguments {
        [] => embedded(),
        [real] if real == "real" => on_real(None),
        [version] => on_real(Some(version)),
        _ => Err(String::from("`tour` takes `real` or one VERSION at most")),
    }
}

/// On the embedded server, in the tour's own process.
pub(super) fn embedded() -> Outcome {
    run_program(cargo(&["run"]).args(EXAMPLE))
}

/// On a real server, of this version or the newest at hand.
pub(super) fn on_real(version: Option<&str>) -> Outcome {
    let release = place(wanted(version)?)?;
    say(&format!("tour: ZooKeeper {} is in place ({})", release.version, release.source));
    // Built first, so that no server waits for the compiler.
    say("tour: building the example");
    run_program(cargo(&["build"]).args(EXAMPLE))?;
    let server = start(&release)?;
    say(&format!("tour: ZooKeeper {} runs on {}", release.version, server.connect));
    run_program(cargo(&["run"]).args(EXAMPLE).args(["--", &server.connect]))?;
    drop(server);
    say("tour: the server is stopped and its data removed");
    Ok(())
}
