//! `cargo xtask tour [VERSION]`: the main job, shown on a real server.
//!
//! The tour itself is the example `tour` of the crate `zookit`; here it gets its server.

use crate::Outcome;
use crate::process::{cargo, run as run_program, say};
use crate::zookeeper::{Options, Running, Wanted, place};

pub(super) fn run(arguments: &[String]) -> Outcome {
    match arguments {
        [] => tour(None),
        [version] => tour(Some(version)),
        _ => Err(String::from("`tour` takes one VERSION at most")),
    }
}

pub(super) fn tour(version: Option<&str>) -> Outcome {
    let placed = place(Wanted::from_argument(version)?)?;
    say(&format!("tour: ZooKeeper {} is in place ({})", placed.version, placed.source));
    // Built first, so that no server waits for the compiler.
    say("tour: building the example");
    run_program(&mut cargo(&["build", "-q", "-p", "zookit", "--example", "tour"]))?;
    let server = Running::start(&placed, &Options::default())?;
    say(&format!("tour: ZooKeeper {} runs on {}", placed.version, server.connect));
    let tour = ["run", "-q", "-p", "zookit", "--example", "tour", "--", &server.connect];
    run_program(&mut cargo(&tour))?;
    drop(server);
    say("tour: the server is stopped and its data removed");
    Ok(())
}
