//! The syntax of `zoo.cfg`, which is that of Java's `Properties`: `KEY=VALUE` a line, with
//! backslashes.
//!
//! A server trims keys and values; so does this.

use std::fmt::Write as _;

/// A key and its value, and the line on which it stands, counted from 1.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) line: usize,
    pub(super) key: String,
    pub(super) value: String,
}

/// Everything that is set in a text, in its order. No text is wrong, as with Java, but for a
/// `\u` without its four digits.
pub(super) fn read(text: &str) -> Result<Vec<Entry>, usize> {
    let mut entries = Vec::new();
    for (line, logical) in logical_lines(text) {
        let (key, value) = split(&logical);
        let (key, value) = (unescape(key).ok_or(line)?, unescape(value).ok_or(line)?);
        let (key, value) = (key.trim().to_owned(), value.trim().to_owned());
        entries.push(Entry { line, key, value });
    }
    Ok(entries)
}

/// A line, as it is read back.
pub(super) fn line(key: &str, value: &str) -> String {
    format!("{}={}\n", escape(key, true), escape(value, false))
}

/// Lines without comments and blank ones; one that ends with a backslash goes on in the next.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut goes_on = false;
    // Java ends a line at \n, \r or both; `lines` leaves a \r that stands alone.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    for (at, line) in text.lines().enumerate() {
        let line = line.trim_start_matches(BLANKS);
        if !goes_on && (line.is_empty() || line.starts_with(['#', '!'])) {
            continue;
        }
        let ends = line.len() - line.trim_end_matches('\\').len();
        let more = ends % 2 == 1;
        let line = if more { &line[..line.len() - 1] } else { line };
        match lines.last_mut() {
            Some((_, last)) if goes_on => last.push_str(line),
            _ => lines.push((at + 1, line.to_owned())),
        }
        goes_on = more;
    }
    lines
}

const BLANKS: [char; 3] = [' ', '\t', '\u{c}'];

/// The key ends before the first blank, `=` or `:` that no backslash stands before.
fn split(line: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = line.find(|c: char| {
        let ends = !escaped && (BLANKS.contains(&c) || matches!(c, '=' | ':'));
        escaped = c == '\\' && !escaped;
        ends
    });
    let (key, rest) = line.split_at(end.unwrap_or(line.len()));
    let rest = rest.trim_start_matches(BLANKS);
    let rest = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    (key, rest.trim_start_matches(BLANKS))
}

fn unescape(text: &str) -> Option<String> {
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let c = match c {
            '\\' => match chars.next() {
                Some('t') => '\t',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('f') => '\u{c}',
                Some('u') => {
                    let digits: String = chars.by_ref().take(4).collect();
                    let whole = digits.len() == 4 && digits.chars().all(|c| c.is_ascii_hexdigit());
                    units.push(u16::from_str_radix(&digits, 16).ok().filter(|_| whole)?);
                    continue;
                }
                Some(other) => other,
                None => break,
            },
            c => c,
        };
        units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
    }
    Some(String::from_utf16_lossy(&units))
}

/// Java reads the file as Latin-1: whatever else there is goes as `\uXXXX`.
fn escape(text: &str, is_key: bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (at, c) in text.chars().enumerate() {
        match c {
            '\\' => escaped.push_str("\\\\"),
            '\t' => escaped.push_str("\\t"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\u{c}' => escaped.push_str("\\f"),
            ' ' | '=' | ':' if is_key => escaped.extend(['\\', c]),
            '#' | '!' if is_key && at == 0 => escaped.extend(['\\', c]),
            ' ' if at == 0 => escaped.push_str("\\ "),
            ' '..='~' => escaped.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(escaped, "\\u{unit:04x}");
                }
            }
        }
    }
    escaped
}
