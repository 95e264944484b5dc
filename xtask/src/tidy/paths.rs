//! No path of one person's machine in the repository: it speaks of itself alone.

use std::path::Path;

use super::Finding;
use super::sources::Source;

/// Where machines keep homes and temporary files. Put together, so as not to find themselves.
const PREFIXES: [&str; 6] = [
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
    concat!("/t", "mp/"),
    concat!("/var/fol", "ders/"),
    concat!("C:\\Us", "ers\\"),
];

pub(super) fn check(file: &Source, root: &Path) -> Vec<Finding> {
    let mut prefixes: Vec<String> = PREFIXES.iter().map(|&prefix| prefix.to_owned()).collect();
    // The place of this very checkout; the root of a container, such as `/src`, says nothing.
    if root.components().count() > 2 {
        prefixes.push(format!("{}/", root.display()));
    }
    let mut findings = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        if let Some(prefix) = prefixes.iter().find(|prefix| is_path(line, prefix)) {
            let message = format!("a path of one machine: {prefix}");
            findings.push(Finding::new("path", &file.path, Some(index + 1), message));
        }
    }
    findings
}

/// Does an absolute path with this prefix stand in the line? (`crates/home/x` is not one.)
fn is_path(line: &str, prefix: &str) -> bool {
    let in_path = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '}');
    line.match_indices(prefix).any(|(at, _)| {
        let followed = line[at + prefix.len()..].starts_with(|c: char| c.is_alphanumeric());
        !line[..at].ends_with(in_path) && followed
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        let file = Source { path: "docs/A.md".to_owned(), text: text.to_owned() };
        check(&file, Path::new("/build/zookit")).len()
    }

    #[test]
    fn homes_temporary_directories_and_this_checkout_are_found() {
        for prefix in PREFIXES {
            assert_eq!(found(&format!("see `{prefix}me/x`\n")), 1, "{prefix}");
        }
        assert_eq!(found("cd /build/zookit/crates"), 1);
    }

    #[test]
    fn relative_paths_and_znodes_are_not() {
        assert_eq!(found("crates/home/x target/tmp/y src/root/z"), 0);
        assert_eq!(found("create /roots/a; get /app/config; /build/other/x"), 0);
    }
}
