//! A chroot: the znode that a client takes for its root.

use std::borrow::Cow;

use super::{PathError, ROOT, join, validate};

/// Reads the part of a connect string from its first `/` on: `None` for nothing and for the root.
///
/// # Errors
/// It is not a valid path.
pub fn validate_chroot(chroot: &str) -> Result<Option<&str>, PathError> {
    if chroot.is_empty() || chroot == ROOT {
        return Ok(None);
    }
    validate(chroot).map(|()| Some(chroot))
}

/// The server's path for a client's path.
///
/// ```
/// use zookit_proto::path::add_chroot;
/// assert_eq!(add_chroot(Some("/app"), "/a"), "/app/a");
/// assert_eq!(add_chroot(Some("/app"), "/"), "/app");
/// assert_eq!(add_chroot(None, "/a"), "/a");
/// ```
#[must_use]
pub fn add_chroot<'a>(chroot: Option<&'a str>, path: &'a str) -> Cow<'a, str> {
    match (chroot, path.strip_prefix('/')) {
        (None, _) => path.into(),
        (Some(chroot), Some("")) => chroot.into(),
        (Some(chroot), relative) => join(chroot, relative.unwrap_or(path)).into(),
    }
}

/// The client's path for a server's path; `None` for what is not below the chroot, such as
/// `/zookeeper/config`, whose events every client gets.
///
/// ```
/// use zookit_proto::path::strip_chroot;
/// assert_eq!(strip_chroot(Some("/app"), "/app/a"), Some("/a"));
/// assert_eq!(strip_chroot(Some("/app"), "/app"), Some("/"));
/// assert_eq!(strip_chroot(Some("/app"), "/apple"), None);
/// ```
#[must_use]
pub fn strip_chroot<'a>(chroot: Option<&str>, path: &'a str) -> Option<&'a str> {
    let Some(chroot) = chroot else { return Some(path) };
    match path.strip_prefix(chroot)? {
        "" => Some(ROOT),
        below if below.starts_with('/') => Some(below),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_no_chroot() {
        assert_eq!(validate_chroot(""), Ok(None));
        assert_eq!(validate_chroot("/"), Ok(None));
        assert_eq!(validate_chroot("/app/x"), Ok(Some("/app/x")));
        assert_eq!(validate_chroot("/app/"), Err(PathError::TrailingSlash));
    }

    #[test]
    fn what_is_added_can_be_stripped() {
        for chroot in [None, Some("/app"), Some("/app/x")] {
            for path in ["/", "/a", "/a/b", "/app"] {
                let server = add_chroot(chroot, path);
                assert_eq!(strip_chroot(chroot, &server), Some(path), "{chroot:?} {path}");
            }
        }
        assert_eq!(strip_chroot(Some("/app"), "/zookeeper/config"), None);
    }
}
