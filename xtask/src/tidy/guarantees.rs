//! `docs/GUARANTEES.md`: each promise names the tests that check it, and those tests are there.
//!
//! A mutant that is named beside them is in the table of those.
//!
//! A trial on real ensembles is named as a test is, by its file and its name; most of them are
//! carried out by `cargo xtask survive` alone.

use super::Finding;
use super::blank::blank;
use super::sources::Source;
use super::tables::{Table, code, tables};

const RULE: &str = "guarantees";
const PAGE: &str = "docs/GUARANTEES.md";

/// What the last column of a table of promises is called.
const CHECKED_BY: &str = "checked by";

/// What the first column of the table of bugs that can be put back is called.
const MUTANT: &str = "mutant";

/// What the column is called in which a table of promises names some of those.
const MUTANTS: &str = "mutants";

/// What is said of a promise that takes a quorum, or a lost reply on a real server.
const TO_BE_PROVED: &str = "to be proved on a real ensemble";

pub(super) fn check(files: &[Source]) -> Vec<Finding> {
    let Some(page) = files.iter().find(|file| file.path == PAGE) else {
        return vec![Finding::new(RULE, PAGE, None, String::from("this page must be there"))];
    };
    let mut findings = Vec::new();
    // Other tables are written by commands, and promise nothing.
    let promises = |table: &&Table| table.header.last().is_some_and(|last| last == CHECKED_BY);
    let tables = tables(&page.text);
    let mutants = mutants(&tables);
    for table in tables.iter().filter(promises) {
        let names_mutants = table.header.iter().position(|name| name == MUTANTS);
        for row in &table.rows {
            let mut add =
                |message| findings.push(Finding::new(RULE, PAGE, Some(row.line), message));
            let checks = row.cells.last().map_or("", String::as_str);
            let named = code(checks);
            if named.is_empty() && !checks.contains(TO_BE_PROVED) {
                add(format!("a promise without a test, which is not {TO_BE_PROVED:?} either"));
            }
            named.iter().filter_map(|test| missing(test, files)).for_each(&mut add);
            let cell = names_mutants.and_then(|column| row.cells.get(column));
            let unknown = cell.map_or_else(Vec::new, |cell| code(cell)).into_iter();
            let unknown = unknown.filter(|name| !mutants.contains(name));
            unknown.for_each(|name| add(format!("there is no mutant {name}")));
        }
    }
    findings
}

/// The bugs that can be put back.
fn mutants(tables: &[Table]) -> Vec<&str> {
    let of = |table: &&Table| table.header.first().is_some_and(|first| first == MUTANT);
    let rows = tables.iter().filter(of).flat_map(|table| &table.rows);
    rows.filter_map(|row| row.cells.first()).flat_map(|cell| code(cell)).collect()
}

/// Where the trials on real ensembles are, each in a file with its name.
const TRIALS: &str = "crates/trials/src/survive/scenarios/";

/// What is wrong with `path::name` of a test, if anything is.
fn missing(test: &str, files: &[Source]) -> Option<String> {
    let Some((path, name)) = test.rsplit_once("::") else {
        return Some(format!("`{test}` is not PATH::NAME of a test"));
    };
    match files.iter().find(|file| file.path == path) {
        None => Some(format!("there is no file {path}")),
        Some(file) if has_test(&file.text, name) => None,
        Some(file) if path.starts_with(TRIALS) && is_trial(&file.text, name) => None,
        Some(_) => Some(format!("{path} has no test {name}")),
    }
}

/// Is there a function of this name with an attribute that makes it a test?
fn has_test(source: &str, name: &str) -> bool {
    let code = blank(source);
    let lines: Vec<&str> = code.lines().map(str::trim).collect();
    let start = format!("fn {name}(");
    let is_here = |line: &str| line.strip_prefix("async ").unwrap_or(line).starts_with(&start);
    lines.iter().enumerate().filter(|(_, line)| is_here(line)).any(|(at, _)| {
        let above = lines[..at].iter().rev().take_while(|line| line.starts_with("#["));
        let tests = ["#[test]", "#[tokio::test]", "#[tokio::test("];
        above.into_iter().any(|line| tests.iter().any(|test| line.starts_with(test)))
    })
}

/// Does it declare a trial of this name?
fn is_trial(source: &str, name: &str) -> bool {
    let line = format!("name: \"{name}\",");
    source.lines().any(|other| other.trim() == line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(row: &str) -> Vec<String> {
        let test = "#[test]\nfn it_holds() {}\n\n#[tokio::test(start_paused = true)]\n\
                    async fn it_waits() {}\n\nfn helper() {}\n// #[test]\nfn commented() {}\n";
        let files = [
            Source {
                path: PAGE.to_owned(),
                text: format!("| promise | checked by |\n|---|---|\n| it holds | {row} |\n"),
            },
            Source { path: "crates/a/tests/it/b.rs".to_owned(), text: test.to_owned() },
            Source {
                path: "crates/trials/src/survive/scenarios/c.rs".to_owned(),
                text: "const SCENARIO: Scenario = Scenario {\n    name: \"it-falls\",\n".to_owned(),
            },
        ];
        check(&files).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn a_test_that_is_there_passes() {
        assert_eq!(found("`crates/a/tests/it/b.rs::it_holds`"), [""; 0]);
        let both = "`crates/a/tests/it/b.rs::it_holds`, `crates/a/tests/it/b.rs::it_waits`";
        assert_eq!(found(both), [""; 0]);
        assert_eq!(found("to be proved on a real ensemble"), [""; 0]);
        assert_eq!(found("`crates/trials/src/survive/scenarios/c.rs::it-falls`"), [""; 0]);
    }

    #[test]
    fn a_test_that_is_not_there_is_found() {
        for (test, message) in [
            ("it_breaks", "crates/a/tests/it/b.rs has no test it_breaks"),
            ("helper", "crates/a/tests/it/b.rs has no test helper"),
            ("commented", "crates/a/tests/it/b.rs has no test commented"),
        ] {
            assert_eq!(found(&format!("`crates/a/tests/it/b.rs::{test}`")), [message]);
        }
        assert_eq!(
            found("`crates/a/tests/c.rs::it_holds`"),
            ["there is no file crates/a/tests/c.rs"]
        );
        assert_eq!(found("`it_holds`"), ["`it_holds` is not PATH::NAME of a test"]);
        let trials = "crates/trials/src/survive/scenarios/c.rs";
        let message = format!("{trials} has no test it-stands");
        assert_eq!(found(&format!("`{trials}::it-stands`")), [message]);
    }

    #[test]
    fn a_mutant_that_is_not_there_is_found() {
        let text = "| bug | mutants | checked by |\n|---|---|---|\n\
                    | 7 | `doubtful`, `awake` | `a.rs::it_holds` |\n| 8 | | `a.rs::it_holds` |\n\n\
                    | mutant | seeds |\n|---|---|\n| `doubtful` | 1 |\n";
        let files = [
            Source { path: PAGE.to_owned(), text: text.to_owned() },
            Source { path: "a.rs".to_owned(), text: "#[test]\nfn it_holds() {}\n".to_owned() },
        ];
        let found: Vec<_> = check(&files).into_iter().map(|finding| finding.message).collect();
        assert_eq!(found, ["there is no mutant awake"]);
    }

    #[test]
    fn a_promise_without_a_test_is_found() {
        assert_eq!(found("by thinking").len(), 1);
        assert_eq!(check(&[]).len(), 1);
    }
}
