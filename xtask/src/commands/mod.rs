//! The table of commands: one line each here, one file each beside this one.

mod callgrind;
mod chaos;
mod check;
mod ci;
mod conformance;
mod embedded;
mod full;
mod fuzzing;
mod golden;
mod interop;
mod loom;
mod mutants;
mod sim;
mod survive;
mod test;
mod tidy;
mod tour;
mod versions;
mod zookeeper;

use crate::Outcome;

/// One command of `cargo xtask`.
pub(crate) struct Command {
    name: &'static str,
    arguments: &'static str,
    about: &'static str,
    pub(crate) run: fn(&[String]) -> Outcome,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "tour",
        arguments: "[real|VERSION]",
        about: "the main job, shown on the embedded server, or on a real one that it starts",
        run: tour::run,
    },
    Command {
        name: "embedded",
        arguments: "",
        about: "the tests of a crate outside the workspace, with the embedded server",
        run: embedded::run,
    },
    Command {
        name: "test",
        arguments: "[--all-versions] [-- ARGUMENTS OF CARGO TEST]",
        about: "every test, with a real server per version (the newest alone by default)",
        run: test::run,
    },
    Command {
        name: "zookeeper",
        arguments: "[VERSION] | start [VERSION]",
        about: "puts a real Apache ZooKeeper in place and prints where; start: runs it until ^C",
        run: zookeeper::run,
    },
    Command {
        name: "golden",
        arguments: "[VERSION...]",
        about: "records what real servers say, for the replay tests of zookit-proto",
        run: golden::run,
    },
    Command {
        name: "conformance",
        arguments: "suite [VERSION...] | differential [--seed N] [OPERATIONS [VERSION...]] | compare A B [OPERATIONS] | record [VERSION...]",
        about: "the embedded server and real ones, compared; record: the transcripts of the tests",
        run: conformance::run,
    },
    Command {
        name: "versions",
        arguments: "",
        about: "asks each version of ZooKeeper for each operation, and writes docs/VERSIONS.md",
        run: versions::run,
    },
    Command {
        name: "tidy",
        arguments: "",
        about: "the repository's own rules: layers, sizes, headers, tests without sleeps, ...",
        run: tidy::run,
    },
    Command {
        name: "callgrind",
        arguments: "[--update]",
        about: "instructions of one getData, against bench/callgrind.baseline; needs valgrind",
        run: callgrind::run,
    },
    Command {
        name: "loom",
        arguments: "",
        about: "what callers and the driver share, in every order of their threads",
        run: loom::run,
    },
    Command {
        name: "mutants",
        arguments: "[NAME... | --update]",
        about: "bugs that clients have had, put back, and what finds them; --update: in GUARANTEES.md",
        run: mutants::run,
    },
    Command {
        name: "sim",
        arguments: "[SECONDS]",
        about: "seeds of the simulator, for a minute unless told otherwise",
        run: sim::run,
    },
    Command {
        name: "survive",
        arguments: "[ARGUMENTS OF zookit-trials survive]",
        about: "the client on real ensembles under accidents; by default all of it on every version",
        run: survive::run,
    },
    Command {
        name: "chaos",
        arguments: "[--minutes M] [--release VERSION] [--seed S] [--out DIRECTORY] | check FILE",
        about: "workloads on real servers that are killed, paused and cut off, and what came of them",
        run: chaos::run,
    },
    Command {
        name: "interop",
        arguments: "[VERSION]",
        about: "the recipes beside kazoo and Curator, at the same znodes at the same time",
        run: interop::run,
    },
    Command {
        name: "check",
        arguments: "",
        about: "before each commit: format, clippy, unit tests, tidy",
        run: check::run,
    },
    Command {
        name: "ci",
        arguments: "",
        about: "what a clean clone must pass; ends with a table of versions and times",
        run: ci::run,
    },
    Command {
        name: "full",
        arguments: "",
        about: "as ci, with every version of ZooKeeper that can be put in place, survive, loom and mutants",
        run: full::run,
    },
];

const ENVIRONMENT: &str = "\
Environment:
  ZOOKEEPER_HOME        a ZooKeeper to use: an unpacked release, or a directory of jars
  ZOOKIT_REAL_SERVERS   servers that already run: 3.9.5=127.0.0.1:2181,3.8.6=127.0.0.1:2182;
                        `test` sets it for the tests, and starts none for a version listed in it
  ZOOKIT_REAL_CLASSPATHS  where releases are: 3.9.5=CLASSPATH;3.8.6=CLASSPATH; `test` sets it for
                        tests that start servers of their own, as those of TLS and of ensembles do
  ZOOKIT_REQUIRE_REAL   versions that must run, 3.8.0,3.9.5: a skip becomes an error
";

impl Command {
    /// The command called `name`.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        COMMANDS.iter().find(|command| command.name == name)
    }
}

/// The text of `cargo xtask help`.
pub(crate) fn help() -> String {
    let mut text = String::from("Usage: cargo xtask COMMAND\n\nCommands:\n");
    for command in COMMANDS {
        let call = format!("{} {}", command.name, command.arguments);
        text.push_str(&format!("  {}\n      {}\n", call.trim_end(), command.about));
    }
    text.push('\n');
    text.push_str(ENVIRONMENT);
    text
}

/// For the commands that take no arguments.
fn no_arguments(command: &str, arguments: &[String]) -> Outcome {
    match arguments.first() {
        None => Ok(()),
        Some(extra) => Err(format!("`{command}` takes no arguments, but got {extra:?}")),
    }
}
