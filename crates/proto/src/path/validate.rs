//! Which paths a server takes.

use thiserror::Error;

/// Why a path is invalid: the first thing wrong with it. Offsets are in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PathError {
    /// There is none.
    #[error("the path is empty")]
    Empty,
    /// It begins with something else than `/`.
    #[error("the path begins with {0:?}, not with '/'")]
    NotAbsolute(char),
    /// It ends with `/` and is not the root.
    #[error("the path ends with '/'")]
    TrailingSlash,
    /// Two `/` in a row.
    #[error("the path has an empty component at byte {at}")]
    EmptyComponent {
        /// Where the component would be.
        at: usize,
    },
    /// A component `.` or `..`.
    #[error("the path has the relative component {component:?} at byte {at}")]
    RelativeComponent {
        /// Where it begins.
        at: usize,
        /// It.
        component: &'static str,
    },
    /// A character that no path may have.
    #[error("the path has the character {character:?} at byte {at}")]
    BadCharacter {
        /// Where it begins.
        at: usize,
        /// It.
        character: char,
    },
    /// Nowhere a `/`, so that it has no parent.
    #[error("the path has no '/'")]
    NoSlash,
    /// A znode that belongs to the server and cannot be deleted.
    #[error("the path is one of the server's own, which cannot be deleted")]
    System,
}

/// Whether a path may have this character.
const fn is_allowed(character: char) -> bool {
    !matches!(character,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{e000}'..='\u{f8ff}' | '\u{fff0}'..)
}

/// Whether a server takes this path.
///
/// # Errors
/// What is wrong with it; a server would answer `BadArguments`.
///
/// ```
/// use zookit_proto::path::{PathError, validate};
/// assert_eq!(validate("/a/b"), Ok(()));
/// assert_eq!(validate("/a//b"), Err(PathError::EmptyComponent { at: 3 }));
/// ```
pub fn validate(path: &str) -> Result<(), PathError> {
    check(path, false)
}

/// Whether a server takes this path in a sequential mode: whether it is valid with a number behind
/// it. `/a/` and `/a/.` are.
///
/// # Errors
/// What is wrong with it; a server would answer `BadArguments`.
pub fn validate_sequential(path: &str) -> Result<(), PathError> {
    check(path, true)
}

/// Whether a path is valid at a glance: printable ASCII, and no component empty or beginning with a
/// dot. That is nearly every path, and every request has one.
fn is_plain(path: &str) -> bool {
    let bytes = path.as_bytes();
    if bytes.first() != Some(&b'/') || bytes.last() == Some(&b'/') {
        return false;
    }
    let Some(&last) = bytes.last_chunk() else {
        let mut previous = b'a';
        return bytes.iter().all(|&byte| {
            let odd = previous == b'/' && matches!(byte, b'/' | b'.');
            previous = byte;
            !odd && matches!(byte, b' '..=b'~')
        });
    };
    let (mut odd, mut after_slash, mut rest) = (0, 0, bytes);
    while let Some((&word, behind)) = rest.split_first_chunk() {
        let (odd_here, ends_in_slash) = odd_bytes(u64::from_le_bytes(word), after_slash);
        (odd, after_slash, rest) = (odd | odd_here, ends_in_slash, behind);
    }
    // The last eight overlap those before them, so that no pair is missed.
    odd | odd_bytes(u64::from_le_bytes(last), 0).0 == 0
}

/// What is not plain in eight bytes of a path, the first in the lowest byte: not zero if anything.
/// `after_slash`: 0x80 if the byte before them is a slash; then, if their last one is.
#[inline]
const fn odd_bytes(word: u64, after_slash: u64) -> (u64, u64) {
    const ONES: u64 = u64::from_le_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    const LOW: u64 = !HIGH;
    /// Carries into the highest bit of bytes that are not below the space.
    const SPACES: u64 = u64::from_le_bytes([0x80 - b' '; 8]);
    const SLASHES: u64 = u64::from_le_bytes([b'/'; 8]);
    let low = word & LOW;
    let control = !low.wrapping_add(SPACES);
    let delete = low.wrapping_add(ONES);
    // The highest bit of each byte that is a slash; and, the character before it, a dot.
    let slashes = !(low ^ SLASHES).wrapping_add(LOW);
    let slashes_and_dots = !((low | ONES) ^ SLASHES).wrapping_add(LOW);
    let behind_slashes = (slashes & HIGH) << 8 | after_slash;
    let odd = (word | control | delete | behind_slashes & slashes_and_dots) & HIGH;
    (odd, (slashes & HIGH) >> 56)
}

#[inline]
fn check(path: &str, number_follows: bool) -> Result<(), PathError> {
    if is_plain(path) {
        return Ok(());
    }
    check_closely(path, number_follows)
}

#[cold]
fn check_closely(path: &str, number_follows: bool) -> Result<(), PathError> {
    let Some(components) = path.strip_prefix('/') else {
        return Err(path.chars().next().map_or(PathError::Empty, PathError::NotAbsolute));
    };
    if let Some((at, character)) = path.char_indices().find(|(_, c)| !is_allowed(*c)) {
        return Err(PathError::BadCharacter { at, character });
    }
    if components.is_empty() {
        return Ok(());
    }
    let mut at = 1_usize;
    let mut components = components.split('/').peekable();
    while let Some(component) = components.next() {
        let is_last = components.peek().is_none();
        let numbered = is_last && number_follows;
        match component {
            _ if numbered => {}
            "" if is_last => return Err(PathError::TrailingSlash),
            "" => return Err(PathError::EmptyComponent { at }),
            "." => return Err(PathError::RelativeComponent { at, component: "." }),
            ".." => return Err(PathError::RelativeComponent { at, component: ".." }),
            _ => {}
        }
        at = at.saturating_add(component.len()).saturating_add(1);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_paths_are_valid() {
        for path in ["/", "/a", "/a/b", "/...", "/.a", "/a.", "/..a", "/ä/ö", "/a b", "/\u{ffef}"]
        {
            assert_eq!(validate(path), Ok(()), "{path:?}");
            assert_eq!(validate_sequential(path), Ok(()), "{path:?}");
        }
    }

    #[test]
    fn a_glance_lets_nothing_pass_that_a_close_look_does_not() {
        let parts = ["", "/", "a", ".", "\u{1f}", "\u{7f}", "\u{e000}", "~", " ", "ä"];
        let mut plain = 0;
        // Across the words of eight bytes that longer ones are looked at in.
        let before = ["", "/aaaa", "/aaaaa", "/aaaaaa", "/aaaaaaaaaaaaa"];
        for n in 0..10_usize.pow(5) {
            let path: String = (0..5).map(|digit| parts[n / 10_usize.pow(digit) % 10]).collect();
            for path in before.map(|before| format!("{before}{path}")) {
                if is_plain(&path) {
                    plain += 1;
                    assert_eq!(check_closely(&path, false), Ok(()), "{path:?}");
                    assert_eq!(check_closely(&path, true), Ok(()), "{path:?}");
                }
                let ordinary = path.is_ascii() && !path.contains("/.");
                let printable = !path.contains(['\u{1f}', '\u{7f}']);
                if ordinary && printable && path.len() > 1 && check_closely(&path, false).is_ok() {
                    assert!(is_plain(&path), "{path:?} takes the long way");
                }
            }
        }
        assert!(plain > 1000, "{plain}");
    }

    #[test]
    fn each_rule_says_what_and_where() {
        for (path, error) in [
            ("", PathError::Empty),
            ("a/b", PathError::NotAbsolute('a')),
            ("/a/", PathError::TrailingSlash),
            ("//", PathError::EmptyComponent { at: 1 }),
            ("/a//b", PathError::EmptyComponent { at: 3 }),
            ("/ä//b", PathError::EmptyComponent { at: 4 }),
            ("/./a", PathError::RelativeComponent { at: 1, component: "." }),
            ("/a/..", PathError::RelativeComponent { at: 3, component: ".." }),
            ("/a/../b", PathError::RelativeComponent { at: 3, component: ".." }),
            ("/a\0", PathError::BadCharacter { at: 2, character: '\0' }),
            ("/ä\u{7f}", PathError::BadCharacter { at: 3, character: '\u{7f}' }),
        ] {
            assert_eq!(validate(path), Err(error), "{path:?}");
        }
    }

    #[test]
    fn the_ranges_of_bad_characters_have_these_ends() {
        let bad = ['\0', '\u{1}', '\u{1f}', '\u{7f}', '\u{9f}', '\u{e000}', '\u{f8ff}'];
        for character in bad.into_iter().chain(['\u{fff0}', '\u{ffff}', '\u{10000}', '😀']) {
            let error = PathError::BadCharacter { at: 1, character };
            assert_eq!(validate(&format!("/{character}")), Err(error));
        }
        for character in [' ', '~', '\u{a0}', '\u{d7ff}', '\u{f900}', '\u{ffef}'] {
            assert_eq!(validate(&format!("/{character}")), Ok(()), "{character:?}");
        }
    }

    #[test]
    fn a_number_behind_makes_some_paths_valid_and_no_others() {
        for path in ["/t/", "/t/.", "/t/..", "/", "/t/a-"] {
            assert_eq!(validate_sequential(path), Ok(()), "{path:?}");
            assert_eq!(validate(&format!("{path}1")), Ok(()), "{path:?}");
        }
        for path in ["", "t", "/t//", "/./", "//", "/a\u{1}"] {
            assert!(validate_sequential(path).is_err(), "{path:?}");
            assert!(validate(&format!("{path}1")).is_err(), "{path:?}");
        }
    }

    #[test]
    fn messages_name_the_character_and_its_place() {
        let error = validate("/a\u{1}").unwrap_err();
        assert_eq!(error.to_string(), r"the path has the character '\u{1}' at byte 2");
    }
}
