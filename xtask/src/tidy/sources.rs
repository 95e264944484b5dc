//! The text files of the repository: what git tracks, or would after `git add`.

use std::path::Path;
use std::process::Command;

use crate::Outcome;
use crate::process::output;

/// One text file.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// Relative to the root, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

impl Source {
    pub(super) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Is the whole file test code?
    pub(super) fn is_test(&self) -> bool {
        let mut parts = self.path.split('/');
        parts.any(|part| matches!(part, "tests" | "tests.rs") || part.ends_with("_tests.rs"))
    }
}

/// Every text file; what is not UTF-8, such as a recording, is left out.
pub(super) fn list(root: &Path) -> Outcome<Vec<Source>> {
    let mut git = Command::new("git");
    git.arg("-C").arg(root).args(["ls-files", "-z", "-c", "-o", "--exclude-standard"]);
    let mut files = Vec::new();
    for path in output(&mut git)?.split('\0').filter(|path| !path.is_empty()) {
        // What is deleted but not yet committed is still listed.
        let Ok(bytes) = std::fs::read(root.join(path)) else { continue };
        if let Ok(text) = String::from_utf8(bytes) {
            files.push(Source { path: path.to_owned(), text });
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.dedup_by(|a, b| a.path == b.path);
    if files.is_empty() { Err(String::from("git lists no files")) } else { Ok(files) }
}
