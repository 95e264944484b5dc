//! What a server checks where it does not check all.
//!
//! Apache's servers validate in full at create (the path with its number), setData, setACL and
//! check; at delete and exists a little; at all other operations nothing, and what does not exist
//! is `NoNode`.

use super::PathError;

/// The znodes that a server makes itself and that cannot be deleted.
pub const SYSTEM_PATHS: [&str; 4] = ["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"];

/// Whether it is one of [`SYSTEM_PATHS`].
#[must_use]
pub fn is_system(path: &str) -> bool {
    SYSTEM_PATHS.contains(&path)
}

/// What a server demands of a path that is to be deleted.
///
/// # Errors
/// It has NUL or no `/`, or it is one of the server's own.
pub fn validate_for_delete(path: &str) -> Result<(), PathError> {
    validate_for_exists(path)?;
    match path {
        path if !path.contains('/') => Err(PathError::NoSlash),
        path if is_system(path) => Err(PathError::System),
        _ => Ok(()),
    }
}

/// What a server demands of a path that is asked for with exists.
///
/// # Errors
/// It has NUL.
pub fn validate_for_exists(path: &str) -> Result<(), PathError> {
    match path.find('\0') {
        Some(at) => Err(PathError::BadCharacter { at, character: '\0' }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_own_znodes_cannot_be_deleted() {
        for path in SYSTEM_PATHS {
            assert_eq!(validate_for_delete(path), Err(PathError::System));
            assert_eq!(validate_for_exists(path), Ok(()));
        }
        assert_eq!(validate_for_delete("/zookeeper/other"), Ok(()));
        assert_eq!(validate_for_delete("a"), Err(PathError::NoSlash));
    }

    #[test]
    fn nul_is_refused_everywhere() {
        let nul = PathError::BadCharacter { at: 2, character: '\0' };
        assert_eq!(validate_for_delete("/a\0"), Err(nul));
        assert_eq!(validate_for_exists("/a\0"), Err(nul));
        assert_eq!(validate_for_exists("no path"), Ok(()));
    }
}
