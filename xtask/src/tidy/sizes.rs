//! The sizes of files and functions.

use super::Finding;
use super::blank::blank;
use super::sources::Source;

/// A file over this is listed: look twice.
const NOTED: usize = 400;
/// A file over this is to be split.
const FILE: usize = 600;
/// A function over this is to be split.
const FUNCTION: usize = 70;

/// What the sizes of one file give rise to.
#[derive(Default)]
pub(super) struct Sizes {
    pub(super) findings: Vec<Finding>,
    pub(super) notes: Vec<String>,
}

pub(super) fn check(file: &Source) -> Sizes {
    let mut sizes = Sizes::default();
    let lines = file.text.lines().count();
    if lines > FILE {
        let message = format!("{lines} lines; split it before {FILE}");
        sizes.findings.push(Finding::new("long-file", &file.path, None, message));
    } else if lines > NOTED {
        sizes.notes.push(format!("{}: {lines} lines, look twice", file.path));
    }
    for function in functions(&blank(&file.text)) {
        if function.lines > FUNCTION {
            let place = format!("{}::{}", file.path, function.name);
            let message = format!("{} lines; keep functions under {FUNCTION}", function.lines);
            sizes.findings.push(Finding::new("long-function", &place, Some(function.at), message));
        }
    }
    sizes
}

#[derive(Debug, PartialEq, Eq)]
struct Function {
    name: String,
    /// The line of `fn`, from 1.
    at: usize,
    /// From the line of `fn` to that of the closing brace.
    lines: usize,
}

/// The functions with a body in code that `blank` has been over; nested ones count for themselves
/// and within their outer one.
fn functions(code: &str) -> Vec<Function> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let begins_word = !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let rest = &code[at + 3..];
        let name: String =
            rest.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '#')).collect();
        if !begins_word || name.is_empty() {
            continue;
        }
        if let Some(length) = body_end(rest) {
            let line = |upto: &str| upto.matches('\n').count() + 1;
            let lines = line(&rest[..length]);
            found.push(Function { name, at: line(&code[..at]), lines });
        }
    }
    found
}

/// Where the body that begins in `rest` ends; `None` for a declaration without a body.
fn body_end(rest: &str) -> Option<usize> {
    // A `;` within brackets belongs to an array type such as `[u8; 16]`.
    let mut brackets = 0_usize;
    let mut braces = 0_usize;
    for (at, c) in rest.char_indices() {
        match c {
            '[' | '(' => brackets += 1,
            ']' | ')' => brackets = brackets.saturating_sub(1),
            ';' if brackets == 0 && braces == 0 => return None,
            '{' => braces += 1,
            '}' if braces == 1 => return Some(at),
            '}' => braces = braces.checked_sub(1)?,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long(name: &str, lines: usize) -> String {
        format!("fn {name}(key: [u8; 16]) {{\n{}}}\n", "    step();\n".repeat(lines - 2))
    }

    fn file(text: String) -> Source {
        Source { path: "crates/a/src/b.rs".to_owned(), text }
    }

    #[test]
    fn functions_are_measured_with_their_first_and_last_line() {
        let code = format!("trait T {{\n    fn none(&self);\n}}\n{}", long("five", 5));
        assert_eq!(functions(&code), [Function { name: "five".to_owned(), at: 4, lines: 5 }]);
    }

    #[test]
    fn a_function_of_seventy_lines_passes_and_of_one_more_does_not() {
        assert_eq!(check(&file(long("f", 70))).findings, []);
        let findings = check(&file(long("f", 71))).findings;
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].place, "crates/a/src/b.rs::f");
        assert_eq!(findings[0].line, Some(1));
    }

    #[test]
    fn a_file_is_noted_past_400_lines_and_refused_past_600() {
        let sized = |lines| check(&file("//! x\n".repeat(lines)));
        assert!(sized(400).notes.is_empty());
        assert_eq!(sized(401).notes.len(), 1);
        assert!(sized(600).findings.is_empty());
        assert_eq!(sized(601).findings[0].rule, "long-file");
    }
}
