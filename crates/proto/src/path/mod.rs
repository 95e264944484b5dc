//! The rules of znode paths, and the names within them.
//!
//! Facts: `PathUtils.validatePath` of Apache ZooKeeper, which counts in UTF-16: it refuses
//! surrogates, so every character above U+FFFF is invalid.
//! Text that is not UTF-8 becomes U+FFFD at a server, which is invalid too: a server validates
//! [`Text::to_str`](crate::Text::to_str).
//!
//! A path has no greatest length of its own; the frame limits it.

mod chroot;
mod sequence;
mod server;
mod validate;

pub use chroot::{add_chroot, strip_chroot, validate_chroot};
pub use sequence::{format_sequence, parse_sequence, split_sequence};
pub use server::{SYSTEM_PATHS, is_system, validate_for_delete, validate_for_exists};
pub use validate::{PathError, validate, validate_sequential};

/// The root.
pub const ROOT: &str = "/";

/// The path of the parent; `None` of the root, and of what has no `/`.
///
/// ```
/// use zookit_proto::path::parent;
/// assert_eq!(parent("/a/b"), Some("/a"));
/// assert_eq!(parent("/a"), Some("/"));
/// assert_eq!(parent("/"), None);
/// ```
#[must_use]
pub fn parent(path: &str) -> Option<&str> {
    match path.rsplit_once('/')? {
        ("", "") => None,
        ("", _) => Some(ROOT),
        (parent, _) => Some(parent),
    }
}

/// The last component: `b` of `/a/b`, and nothing of the root.
#[must_use]
pub fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// The path of a child.
///
/// ```
/// use zookit_proto::path::join;
/// assert_eq!(join("/a", "b"), "/a/b");
/// assert_eq!(join("/", "b"), "/b");
/// ```
#[must_use]
pub fn join(parent: &str, child: &str) -> String {
    if parent == ROOT { format!("/{child}") } else { format!("{parent}/{child}") }
}

/// The path itself, its parent, and so on up to the root: whose recursive watches hear of it.
///
/// ```
/// let up: Vec<_> = zookit_proto::path::ancestors("/a/b").collect();
/// assert_eq!(up, ["/a/b", "/a", "/"]);
/// ```
pub fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| parent(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parent_and_name_make_the_path_again() {
        for path in ["/a", "/a/b", "/zookeeper/config", "/ä/ö"] {
            assert_eq!(join(parent(path).unwrap(), name(path)), path);
        }
        assert_eq!(name("/"), "");
        assert_eq!(parent("a"), None);
        assert_eq!(name("a"), "a");
    }

    #[test]
    fn ancestors_end_at_the_root() {
        assert_eq!(ancestors("/").collect::<Vec<_>>(), ["/"]);
        assert_eq!(ancestors("").collect::<Vec<_>>(), [""]);
    }
}
