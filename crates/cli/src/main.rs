//! The command `zk`. All of it is in the library, where its parts are tested.

use std::process::ExitCode;

fn main() -> ExitCode {
    zookit_cli::run()
}
