//! `cargo xtask loom`: what the client's callers and its driver share, in every order in which
//! threads can come to it.
//!
//! The tests are `crates/client/src/shared/interleavings.rs`. The flag they need changes every crate,
//! so that they have a build directory of their own.

use super::no_arguments;
use crate::Outcome;
use crate::process::{cargo, run as run_program, target_dir};
use crate::steps::Ended;

const TESTS: &str = "shared::interleavings::";

pub(super) fn run(arguments: &[String]) -> Outcome {
    no_arguments("loom", arguments)?;
    check().map(|_| ())
}

/// As a step of `full`.
pub(super) fn check() -> Outcome<Ended> {
    let mut tests = cargo(&["test", "--package", "zookit-client", "--lib", "--", TESTS]);
    tests.env("RUSTFLAGS", "--cfg zookit_loom");
    tests.env("CARGO_TARGET_DIR", target_dir().join("loom"));
    run_program(&mut tests).map(|()| Ended::Passed)
}
