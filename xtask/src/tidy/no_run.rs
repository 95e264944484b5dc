//! Examples in the docs of the client and of the front door run, but for those listed here.
//!
//! They run on the embedded server, with `crates/doctest`. The guides of `docs/coming-from` are not
//! asked: a page cannot hide the lines that would run theirs, so they run in
//! `crates/zookit/tests/guides`.

use super::Finding;
use super::sources::Source;

const RULE: &str = "no-run";
const ROOMS: [&str; 2] = ["crates/client/src/", "crates/zookit/src/"];

/// What rustdoc does not run, though it is Rust.
const NOT_RUN: [&str; 2] = ["no_run", "ignore"];

/// An example that cannot run.
struct Kept {
    path: &'static str,
    /// A call in it, by which it is known.
    shows: &'static str,
    #[expect(dead_code, reason = "it is for whoever reads the list")]
    why: &'static str,
}

const KEPT: &[Kept] = &[
    Kept {
        path: "crates/client/src/admin/http/mod.rs",
        shows: ".command(\"monitor\")",
        why: "the embedded server has no AdminServer",
    },
    Kept {
        path: "crates/client/src/blocking/admin/http.rs",
        shows: ".command(\"monitor\")",
        why: "the embedded server has no AdminServer",
    },
    Kept {
        path: "crates/client/src/blocking/operations.rs",
        shows: "client.reconfig(",
        why: "only an ensemble is reconfigured",
    },
    Kept {
        path: "crates/client/src/ops/ensemble.rs",
        shows: "client.reconfig(",
        why: "only an ensemble is reconfigured",
    },
    Kept {
        path: "crates/client/src/tls/mod.rs",
        shows: "/etc/zookeeper/ca.pem",
        why: "the certificates are the reader's own",
    },
];

pub(super) fn check(files: &[Source]) -> Vec<Finding> {
    check_against(files, KEPT)
}

fn check_against(files: &[Source], kept: &[Kept]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut found = vec![0; kept.len()];
    for file in files.iter().filter(|file| ROOMS.iter().any(|room| file.path.starts_with(room))) {
        for (line, example) in not_run(&file.text) {
            let is_it = |kept: &Kept| kept.path == file.path && example.contains(kept.shows);
            if let Some(at) = kept.iter().position(is_it) {
                found[at] += 1;
            } else {
                let message = "let it run with zookit-doctest, or list it in \
                               xtask/src/tidy/no_run.rs with the reason";
                findings.push(Finding::new(RULE, &file.path, Some(line), message.to_owned()));
            }
        }
    }
    for (kept, found) in kept.iter().zip(found).filter(|(_, found)| *found != 1) {
        let message = format!("{found} examples here are the one with `{}`", kept.shows);
        findings.push(Finding::new(RULE, kept.path, None, message));
    }
    findings
}

/// The examples that do not run: the line of each, and its text.
fn not_run(source: &str) -> Vec<(usize, String)> {
    let mut examples = Vec::new();
    let mut lines = source.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let Some(fence) = doc(line).and_then(|text| text.strip_prefix("```")) else { continue };
        let inside = lines.by_ref().map_while(|(_, line)| doc(line));
        let inside: Vec<&str> = inside.take_while(|text| !text.starts_with("```")).collect();
        let mut words = fence.split([',', ' ', '\t']);
        if words.any(|word| NOT_RUN.iter().any(|not_run| word.starts_with(not_run))) {
            examples.push((index + 1, inside.join("\n")));
        }
    }
    examples
}

/// What a line of a doc comment says.
fn doc(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let text = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"))?;
    Some(text.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TLS: &[Kept] =
        &[Kept { path: "crates/client/src/tls.rs", shows: "ca.pem", why: "no certificates" }];

    fn found(path: &str, text: &str) -> Vec<(String, Option<usize>)> {
        let files = [
            Source { path: path.to_owned(), text: text.to_owned() },
            Source {
                path: TLS[0].path.to_owned(),
                text: "//! ```no_run\n//! f(\"ca.pem\");\n//! ```\n".to_owned(),
            },
        ];
        let findings = check_against(&files, TLS);
        findings.into_iter().map(|finding| (finding.place, finding.line)).collect()
    }

    #[test]
    fn an_example_that_runs_passes() {
        let runs = "/// ```\n/// f();\n/// ```\n/// no_run\n//! ```text\n//! no_run\n//! ```\n";
        assert_eq!(found("crates/client/src/a.rs", runs), []);
    }

    #[test]
    fn an_example_that_does_not_run_is_found_in_every_form() {
        for fence in ["no_run", "rust,no_run", "ignore", "ignore-windows", "should_panic, no_run"] {
            let text = format!("/// ```\n/// f();\n/// ```\n    //! ```{fence}\n    //! g();\n");
            let path = "crates/zookit/src/a.rs";
            assert_eq!(found(path, &text), [(path.to_owned(), Some(4))], "{fence}");
            assert_eq!(found("crates/server/src/a.rs", &text), []);
        }
    }

    #[test]
    fn what_is_listed_passes_once_and_is_needed() {
        let other = "/// ```no_run\n/// f();\n/// ```\n";
        assert_eq!(found(TLS[0].path, other).len(), 1);
        let twice = "/// ```no_run\n/// f(\"ca.pem\");\n/// ```\n";
        assert_eq!(found(TLS[0].path, twice), [(TLS[0].path.to_owned(), None)]);
        assert_eq!(check_against(&[], TLS).len(), 1);
    }
}
