//! `cargo xtask embedded`: the tests of a crate outside the workspace, which tests with the embedded
//! server as a user's would, and whose first test stands in the README word for word.

use super::no_arguments;
use crate::Outcome;
use crate::process::{cargo, root, run as run_program};

/// The crate: a workspace of its own.
pub(super) const MANIFEST: &str = "examples/embedded/Cargo.toml";

const SHOWN: &str = "examples/embedded/tests/accidents.rs";

pub(super) fn run(arguments: &[String]) -> Outcome {
    no_arguments("embedded", arguments)?;
    check()
}

/// Compares the README with the test, and runs the tests.
pub(super) fn check() -> Outcome {
    let read = |path: &str| {
        std::fs::read_to_string(root().join(path)).map_err(|error| format!("{path}: {error}"))
    };
    let (readme, tests) = (read("README.md")?, read(SHOWN)?);
    let shown = first_test(&tests).ok_or_else(|| format!("{SHOWN} has no test"))?;
    if !readme.contains(shown) {
        return Err(format!("README.md does not show the first test of {SHOWN} as it is"));
    }
    run_program(&mut cargo(&["test", "--manifest-path", MANIFEST]))
}

/// The first test, from its attribute to its closing brace.
fn first_test(text: &str) -> Option<&str> {
    let from = &text[text.find("#[tokio::test]")?..];
    let end = from.find("\n}\n")?;
    Some(&from[..end + 3])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_ends_with_its_own_brace() {
        let text =
            "use x;\n\n#[tokio::test]\nasync fn a() {\n    if b {\n    }\n}\n\nfn c() {\n}\n";
        let shown = "#[tokio::test]\nasync fn a() {\n    if b {\n    }\n}\n";
        assert_eq!(first_test(text), Some(shown));
        assert_eq!(first_test("fn a() {\n}\n"), None);
    }
}
