//! Rules about the text of single files: headers, blanks, and words that code must not hold.

use super::Finding;
use super::blank::blank;
use super::sources::Source;

/// Files whose blanks matter; others, such as recorded text, may hold anything.
const PLAIN: [&str; 6] = [".rs", ".toml", ".md", ".sh", ".yml", ".ci/run"];

pub(super) fn check(file: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    if PLAIN.iter().any(|end| file.path.ends_with(end)) {
        findings.extend(blanks(file));
    }
    if file.is_rust() {
        findings.extend(header(file));
        findings.extend(words(file));
    }
    findings
}

fn header(file: &Source) -> Option<Finding> {
    let begins = file.text.strip_prefix("//!").and_then(|rest| rest.lines().next());
    if begins.is_some_and(|line| !line.trim().is_empty()) {
        return None;
    }
    let message = "begin with a `//!` line that says what the file is for";
    Some(Finding::new("header", &file.path, Some(1), message.to_owned()))
}

fn blanks(file: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        let mut add = |message: &str| {
            let message = message.to_owned();
            findings.push(Finding::new("text", &file.path, Some(index + 1), message));
        };
        if line.ends_with([' ', '\r']) {
            add("blanks at the end of the line");
        }
        if line.contains('\t') {
            add("a tab; indent with spaces");
        }
    }
    findings
}

/// A word that must not be in code, where, and what to say about it.
struct Forbidden {
    words: &'static [&'static str],
    only_in_tests: bool,
    message: &'static str,
}

const FORBIDDEN: &[Forbidden] = &[
    Forbidden {
        words: &["#[ignore", ", ignore)]"],
        only_in_tests: false,
        message: "an ignored test; make it pass or remove it",
    },
    Forbidden {
        words: &["todo!", "unimplemented!"],
        only_in_tests: false,
        message: "a stub; write it or leave it out",
    },
    Forbidden {
        words: &["unsafe"],
        only_in_tests: false,
        message: "unsafe code is forbidden here",
    },
    Forbidden {
        words: &["thread::sleep"],
        only_in_tests: true,
        message: "a sleep in a test; wait for the event itself, with a bound",
    },
];

fn words(file: &Source) -> Vec<Finding> {
    let code = blank(&file.text);
    let tests = test_lines(&code);
    let mut findings = Vec::new();
    for (index, line) in code.lines().enumerate() {
        let in_test = file.is_test() || tests.get(index).copied().unwrap_or(false);
        for forbidden in FORBIDDEN {
            let applies = in_test || !forbidden.only_in_tests;
            if applies && forbidden.words.iter().any(|word| holds(line, word)) {
                let message = forbidden.message.to_owned();
                findings.push(Finding::new("text", &file.path, Some(index + 1), message));
            }
        }
    }
    for (index, line) in file.text.lines().enumerate() {
        let comment = line.trim_start();
        let is_doc = comment.starts_with("///") || comment.starts_with("//!");
        if is_doc && comment.contains("```ignore") {
            let message = "an example that is not compiled; `no_run` is the least".to_owned();
            findings.push(Finding::new("text", &file.path, Some(index + 1), message));
        }
    }
    findings
}

/// Does the line hold the word, not as a part of a longer one?
fn holds(line: &str, word: &str) -> bool {
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let cut_before = word.starts_with(in_word) && line[..at].ends_with(in_word);
        let cut_after = word.ends_with(in_word) && line[at + word.len()..].starts_with(in_word);
        // `#[ignore_x]` is no attribute we know of, `#[ignore = "…"]` is one of those meant.
        !cut_before && !cut_after
    })
}

/// For each line, whether it is in an item under `#[cfg(test)]`.
fn test_lines(code: &str) -> Vec<bool> {
    let mut marks = Vec::new();
    let mut waiting = false;
    let mut depth = 0_usize;
    for line in code.lines() {
        if depth == 0 && line.trim_start().starts_with("#[cfg(test)]") {
            waiting = true;
        }
        marks.push(waiting || depth > 0);
        if !waiting && depth == 0 {
            continue;
        }
        for c in line.chars() {
            match c {
                '{' => {
                    depth += 1;
                    waiting = false;
                }
                '}' => depth = depth.saturating_sub(1),
                // `#[cfg(test)] mod tests;`: the file itself is found by its name.
                ';' if depth == 0 => waiting = false,
                _ => {}
            }
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<(Option<usize>, String)> {
        let file = Source { path: path.to_owned(), text: text.to_owned() };
        check(&file).into_iter().map(|finding| (finding.line, finding.message)).collect()
    }

    fn lines(text: &str) -> Vec<Option<usize>> {
        found("crates/a/src/b.rs", text).into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn a_tidy_file_passes() {
        assert_eq!(lines("//! Rooms.\n\nfn main() {}\n"), []);
    }

    #[test]
    fn a_file_needs_a_header_that_says_something() {
        assert_eq!(lines("fn main() {}\n"), [Some(1)]);
        assert_eq!(lines("//!\nfn main() {}\n"), [Some(1)]);
    }

    #[test]
    fn blanks_at_the_end_and_tabs_are_found_in_text_files_only() {
        let messages = found("docs/A.md", "a \n\tb\nc\n");
        assert_eq!(messages.len(), 2);
        assert_eq!((messages[0].0, messages[1].0), (Some(1), Some(2)));
        assert_eq!(found("crates/a/tests/mntr.txt", "zk_version\t3.9.5 \n"), []);
    }

    #[test]
    fn forbidden_words_count_in_code_only() {
        let head = "//! A header about unsafe code and todo!().\n";
        assert_eq!(lines(&format!("{head}fn f() {{ todo!() }}\n")), [Some(2)]);
        assert_eq!(lines(&format!("{head}#[ignore = \"slow\"]\n")), [Some(2)]);
        assert_eq!(lines(&format!("{head}unsafe fn f() {{}}\n")), [Some(2)]);
        assert_eq!(
            lines(&format!("{head}#![forbid(unsafe_code)]\nconst A: &str = \"unsafe\";\n")),
            []
        );
    }

    #[test]
    fn sleeping_is_found_in_tests_alone() {
        let sleep = "fn f() { std::thread::sleep(d); }\n";
        let head = "//! A.\n";
        assert_eq!(lines(&format!("{head}{sleep}")), []);
        assert_eq!(
            lines(&format!("{head}#[cfg(test)]\nmod tests {{\n{sleep}}}\n{sleep}")),
            [Some(4)]
        );
        assert_eq!(lines(&format!("{head}#[cfg(test)]\nmod tests;\n{sleep}")), []);
        assert_eq!(found("crates/a/tests/it/main.rs", &format!("{head}{sleep}")).len(), 1);
    }

    #[test]
    fn examples_are_compiled() {
        assert_eq!(lines("//! A.\n//! ```ignore\n//! f()\n//! ```\n"), [Some(2)]);
        assert_eq!(lines("//! A.\n//! ```no_run\n//! f()\n//! ```\n"), []);
    }
}
