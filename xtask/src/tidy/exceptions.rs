//! `xtask/tidy-exceptions.txt`: what is let pass, each with its reason. It may only shrink.

use std::path::Path;

use super::Finding;
use crate::Outcome;

const LIST: &str = "xtask/tidy-exceptions.txt";

/// The rules that allow exceptions.
const RULES: [&str; 4] = ["header", "long-file", "long-function", "text"];

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Exception {
    rule: String,
    place: String,
    line: usize,
}

pub(super) fn read(root: &Path) -> Outcome<Vec<Exception>> {
    let text = std::fs::read_to_string(root.join(LIST)).map_err(|e| format!("{LIST}: {e}"))?;
    parse(&text)
}

fn parse(text: &str) -> Outcome<Vec<Exception>> {
    let mut exceptions = Vec::new();
    for (index, entry) in text.lines().enumerate() {
        if entry.trim().is_empty() || entry.starts_with('#') {
            continue;
        }
        let line = index + 1;
        let mut words = entry.split_whitespace();
        let (Some(rule), Some(place), Some(_reason)) = (words.next(), words.next(), words.next())
        else {
            return Err(format!("{LIST}:{line}: an entry is RULE WHERE REASON"));
        };
        if !RULES.contains(&rule) {
            return Err(format!("{LIST}:{line}: {rule:?} allows no exceptions"));
        }
        exceptions.push(Exception { rule: rule.to_owned(), place: place.to_owned(), line });
    }
    Ok(exceptions)
}

/// Takes out the findings that the list lets pass, and adds one for each entry without any.
pub(super) fn apply(exceptions: &[Exception], findings: Vec<Finding>) -> Vec<Finding> {
    let covers = |exception: &Exception, finding: &Finding| {
        exception.rule == finding.rule && exception.place == finding.place
    };
    let needless = exceptions
        .iter()
        .filter(|&exception| !findings.iter().any(|finding| covers(exception, finding)));
    let mut left: Vec<Finding> = needless
        .map(|exception| {
            let message = format!("{} needs no exception any more; remove it", exception.place);
            Finding::new("exceptions", LIST, Some(exception.line), message)
        })
        .collect();
    let allowed = |finding: &Finding| exceptions.iter().any(|exception| covers(exception, finding));
    left.extend(findings.into_iter().filter(|finding| !allowed(finding)));
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long_file(place: &str) -> Finding {
        Finding::new("long-file", place, None, "long".to_owned())
    }

    #[test]
    fn an_entry_lets_its_finding_pass_and_no_other() {
        let list = parse("# comment\n\nlong-file a.rs one table\n").unwrap();
        let left = apply(&list, vec![long_file("a.rs"), long_file("b.rs")]);
        assert_eq!(left, [long_file("b.rs")]);
    }

    #[test]
    fn an_entry_that_is_not_needed_is_a_finding() {
        let list = parse("long-file a.rs one table\n").unwrap();
        let left = apply(&list, Vec::new());
        assert_eq!(left[0].message, "a.rs needs no exception any more; remove it");
    }

    #[test]
    fn an_entry_needs_a_known_rule_and_a_reason() {
        assert!(parse("long-file a.rs\n").unwrap_err().contains(":1: an entry is"));
        assert!(parse("path a.rs because\n").unwrap_err().contains("allows no exceptions"));
    }
}
