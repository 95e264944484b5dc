//! All automation of the project: `cargo xtask COMMAND`.
//!
//! One file per command in `commands/`; what several commands share lives in `zookeeper/` (real
//! Apache ZooKeeper servers), `tidy/` (the repository checks), `process.rs` and `steps.rs`.
//! It uses the standard library and the base of zookit-ensemble, so that it builds in seconds.

mod commands;
mod process;
mod steps;
mod tidy;
mod zookeeper;

use std::process::ExitCode;

use commands::Command;

/// What a command ends with: nothing, or the message that `cargo xtask` prints before it fails.
pub(crate) type Outcome<T = ()> = Result<T, String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.split_first() {
        None => {
            eprint!("{}", commands::help());
            return ExitCode::from(2);
        }
        Some((first, _)) if matches!(first.as_str(), "help" | "--help" | "-h") => {
            print!("{}", commands::help());
            return ExitCode::SUCCESS;
        }
        Some((first, rest)) => match Command::named(first) {
            Some(command) => (command.run)(rest),
            None => Err(format!("no command {first:?}\n\n{}", commands::help())),
        },
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}
