//! `cargo xtask mutants`: bugs that clients have had, put back one at a time, and what finds each.
//!
//! The list is `crates/proto/src/mutant.rs`. The flag they need changes every crate, so that they have
//! a build directory of their own.

use std::fs;

use crate::Outcome;
use crate::process::{cargo, output, root, say, target_dir};
use crate::steps::Ended;

/// How many seeds are tried for each.
const SEEDS: &str = "250";

const PAGE: &str = "docs/GUARANTEES.md";
const BEGIN: &str = "<!-- written by `cargo xtask mutants --update`: begin -->\n";
const END: &str = "<!-- written by `cargo xtask mutants --update`: end -->\n";

pub(super) fn run(arguments: &[String]) -> Outcome {
    match arguments {
        [option] if option == "--update" => update(),
        [option, ..] if option.starts_with('-') => {
            Err(String::from("`mutants` takes `--update`, names, or nothing"))
        }
        names => {
            print!("{}", table(names)?);
            Ok(())
        }
    }
}

/// As a step of `full`: fails if one of them is not found.
pub(super) fn check() -> Outcome<Ended> {
    table(&[]).map(|_| Ended::Passed)
}

/// The table of these mutants, or of all.
fn table(names: &[String]) -> Outcome<String> {
    let simulator = ["run", "--release", "--package", "zookit-sim", "--", "--seeds", SEEDS];
    let mut hunt = cargo(&simulator);
    hunt.arg("--mutant-table").args(names).env("RUSTFLAGS", "--cfg zookit_mutants");
    hunt.env("CARGO_TARGET_DIR", target_dir().join("mutants"));
    output(&mut hunt)
}

fn update() -> Outcome {
    let path = root().join(PAGE);
    let failed = |error| format!("{PAGE}: {error}");
    let page = fs::read_to_string(&path).map_err(failed)?;
    let page = with_table(&page, &table(&[])?)?;
    fs::write(&path, page).map_err(failed)?;
    say(&format!("{PAGE} has the table"));
    Ok(())
}

/// The page with this table in the place of the one it has.
fn with_table(page: &str, table: &str) -> Outcome<String> {
    let parts = page.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, behind) = rest.split_once(END)?;
        Some((before, behind))
    });
    let (before, behind) = parts.ok_or_else(|| format!("{PAGE} has no place for the table"))?;
    Ok(format!("{before}{BEGIN}\n{table}\n{END}{behind}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_takes_the_place_of_the_one_before() {
        let page = format!("# A\n\n{BEGIN}\nold\n{END}\nrest\n");
        let written = with_table(&page, "new").unwrap();
        assert_eq!(written, format!("# A\n\n{BEGIN}\nnew\n{END}\nrest\n"));
        assert!(with_table("# A\n", "new").is_err());
    }
}
