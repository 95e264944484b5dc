//! `cargo xtask versions`: what each version of ZooKeeper does with each operation, written to
//! `docs/VERSIONS.md`.
//!
//! It starts a new server of each known version that can be put in place; a test of zookit-client
//! asks them all, and writes what they answer into the page. Commit it: whenever the tests run on
//! servers, they compare. The column of a version that cannot be had stays as it is.

use super::no_arguments;
use crate::Outcome;
use crate::process::{cargo, run as run_program, say};
use crate::zookeeper::listed::{self, Listed};
use crate::zookeeper::{Version, Wanted, place, start};

/// The test that asks the servers, and what makes it write down what they answer.
const ASKING: &str = "real::versions::each_version_does_what_the_page_says";
const WRITE: &str = "ZOOKIT_WRITE_VERSIONS";

/// The tests of what it wrote.
const CHECKING: &str = "real::versions::";

pub(super) fn run(arguments: &[String]) -> Outcome {
    no_arguments("versions", arguments)?;
    let (mut listed, mut started) = (Vec::new(), Vec::new());
    for version in Version::KNOWN {
        let release = match place(Wanted::Exactly(version)) {
            Ok(release) => release,
            Err(why) => {
                say(&format!("{version} is left as it is in the page: {why}"));
                continue;
            }
        };
        let running = start(&release)?;
        listed.push(Listed { version, connect: running.connect.clone() });
        started.push(running);
    }
    if started.is_empty() {
        return Err(String::from("no server can be had, so nothing is known of any"));
    }
    let servers = listed::format(&listed);
    let tests = |filter| {
        let arguments = ["test", "--package", "zookit-client", "--test", "it", filter];
        let mut command = cargo(&arguments);
        command.env(listed::SERVERS, &servers).env_remove(listed::REQUIRED).env_remove(WRITE);
        command
    };
    run_program(tests(ASKING).env(WRITE, "1"))?;
    run_program(&mut tests(CHECKING))
}
