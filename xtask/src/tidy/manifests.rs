//! What each crate must say of itself: the workspace's lints, and in the cores the stricter ones.

use super::Finding;
use super::sources::Source;

/// Where no input may end in a panic, and the lints that see to it.
const CORES: [&str; 3] =
    ["crates/proto/src/lib.rs", "crates/session/src/lib.rs", "crates/server/src/core/mod.rs"];
const CORE_LINTS: [&str; 5] = [
    "clippy::unwrap_used",
    "clippy::expect_used",
    "clippy::panic",
    "clippy::indexing_slicing",
    "clippy::arithmetic_side_effects",
];

pub(super) fn check(files: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        let manifest = file.path.strip_suffix("/Cargo.toml");
        let member = manifest.is_some_and(|dir| dir.starts_with("crates/") || dir == "xtask");
        if member && !file.text.contains("[lints]\nworkspace = true") {
            let message = "add `[lints] workspace = true`".to_owned();
            findings.push(Finding::new("manifest", &file.path, None, message));
        }
    }
    for core in CORES {
        findings.extend(core_lints(core, files));
    }
    findings
}

fn core_lints(path: &str, files: &[Source]) -> Vec<Finding> {
    let text = files.iter().find(|file| file.path == path).map_or("", |file| &file.text);
    let missing = CORE_LINTS.iter().filter(|lint| !text.contains(*lint));
    let finding = |lint| {
        let message = format!("deny `{lint}` here (outside tests): no input may cause a panic");
        Finding::new("manifest", path, None, message)
    };
    missing.map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn each_member_takes_the_lints_of_the_workspace() {
        let denied = CORE_LINTS.join(", ");
        let mut files: Vec<_> = CORES.iter().map(|core| file(core, &denied)).collect();
        files.extend([
            file("crates/proto/Cargo.toml", "[lints]\nworkspace = true\n"),
            file("fuzz/Cargo.toml", "[package]\n"),
        ]);
        assert_eq!(check(&files), []);
        files.push(file("crates/cli/Cargo.toml", "[package]\n"));
        assert_eq!(check(&files).len(), 1);
    }

    #[test]
    fn a_core_without_its_lints_is_found_once_for_each() {
        assert_eq!(check(&[]).len(), CORES.len() * CORE_LINTS.len());
    }
}
