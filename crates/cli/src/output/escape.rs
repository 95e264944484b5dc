//! Text that a terminal shows and does not obey.
//!
//! Names and data come from a server, and whoever may write there chooses them: an escape sequence
//! in a name could recolour, retitle or overwrite the screen, and a character that turns the writing
//! direction could make one path look like another. So whatever is printed as text goes through
//! here. Exact bytes are to be had with `-o json`, or from `get` to a pipe.

use std::fmt::Write;

/// A name or a message in one line: every control character becomes visible.
///
/// A backslash stays as it is, so that what `ls` prints can be used as a path again; the price is
/// that a name with a literal `\u{1b}` looks like one with an escape character.
pub(crate) fn line(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        push(&mut escaped, c);
    }
    escaped
}

/// Data for a terminal: as [`line`], but line breaks and tabs stay, and bytes that are not UTF-8
/// are shown as `\xNN`.
pub(crate) fn data(bytes: &[u8]) -> String {
    let mut escaped = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if matches!(c, '\n' | '\t') {
                escaped.push(c);
            } else {
                push(&mut escaped, c);
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(escaped, "\\x{byte:02x}");
        }
    }
    escaped
}

fn push(escaped: &mut String, c: char) {
    if is_harmful(c) {
        escaped.extend(c.escape_default());
    } else {
        escaped.push(c);
    }
}

fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            // Marks, embeddings, overrides and isolates of the writing direction.
            '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            // Breaks of lines and paragraphs, which some terminals and many programs follow.
            | '\u{2028}' | '\u{2029}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_become_visible() {
        assert_eq!(line("/a\u{1b}[31m\n\t\u{7f}\u{9b}0m"), "/a\\u{1b}[31m\\n\\t\\u{7f}\\u{9b}0m");
        assert_eq!(line("/a\u{202e}b\u{2028}"), "/a\\u{202e}b\\u{2028}");
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        assert_eq!(line("/größe/日本 a\\b"), "/größe/日本 a\\b");
    }

    #[test]
    fn data_keeps_its_lines_and_shows_what_is_not_utf_8() {
        assert_eq!(data(b"a\n\tb\x1b]0;x\x07\xff\xfe"), "a\n\tb\\u{1b}]0;x\\u{7}\\xff\\xfe");
        assert_eq!(data("grün\r\n".as_bytes()), "grün\\r\n");
    }
}
