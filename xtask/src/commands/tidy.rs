//! `cargo xtask tidy`: the repository's own rules; see `tidy/`.

use super::no_arguments;
use crate::{Outcome, tidy};

pub(super) fn run(arguments: &[String]) -> Outcome {
    no_arguments("tidy", arguments)?;
    tidy::check()
}
