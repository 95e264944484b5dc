//! `cargo xtask full`: as `ci`, on every version of ZooKeeper that can be put in place, then `survive`,
//! `interop`, `loom` and `mutants`.

use super::test::Versions;
use super::{ci, interop, loom, mutants, no_arguments, survive};
use crate::Outcome;

pub(super) fn run(arguments: &[String]) -> Outcome {
    no_arguments("full", arguments)?;
    ci::all_steps(Versions::All)?;
    survive::run(&[])?;
    interop::run(&[])?;
    loom::check()?;
    mutants::check().map(|_| ())
}
