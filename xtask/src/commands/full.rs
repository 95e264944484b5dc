//! `cargo xtask full`: as `ci`, on every version of ZooKeeper that can be put in place, then `loom` and
//! `mutants`.

use super::test::Versions;
use super::{ci, loom, mutants, no_arguments};
use crate::Outcome;

pub(super) fn run(arguments: &[String]) -> Outcome {
    no_arguments("full", arguments)?;
    ci::all_steps(Versions::All)?;
    loom::check()?;
    mutants::check().map(|_| ())
}
