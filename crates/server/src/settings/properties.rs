//! The files that Java calls properties: a key and a value a line, with comments and escapes.
//!
//! As `java.util.Properties` reads them: a key ends at the first `=`, `:` or blank that no `\` is
//! before; `#` and `!` begin a comment at the beginning of a line alone; `\` at the end of a line
//! joins the next one to it; `\t`, `\n`, `\r`, `\f` and `\uXXXX` are characters, and any other
//! escaped character is itself. Unlike it, what is not an escape at all is an error, with its line.

/// One entry, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// The number of its (first) line, from one.
    pub(super) line: usize,
    pub(super) key: String,
    pub(super) value: String,
}

/// A line that is not what it should be: its number, and why.
pub(super) type Wrong = (usize, String);

/// The entries of a file, in their order.
pub(super) fn parse(text: &str) -> Result<Vec<Entry>, Wrong> {
    let mut entries = Vec::new();
    let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim_start()));
    while let Some((line, first)) = lines.next() {
        if first.is_empty() || first.starts_with(['#', '!']) {
            continue;
        }
        let mut logical = first.to_owned();
        while continues(&logical) {
            logical.pop();
            let Some((_, next)) = lines.next() else { break };
            logical.push_str(next);
        }
        let (key, value) = split(&logical);
        let unescape = |text: &str| unescape(text).map_err(|why| (line, why));
        let (key, value) = (unescape(key)?.trim().to_owned(), unescape(value)?.trim().to_owned());
        if key.is_empty() {
            return Err((line, format!("there is no key before {:?}", value)));
        }
        entries.push(Entry { line, key, value });
    }
    Ok(entries)
}

/// Does the line end with a `\` that is not escaped itself?
fn continues(line: &str) -> bool {
    line.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

/// The key and the value, both with their escapes.
fn split(line: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = line.find(|c: char| {
        let ends = !escaped && (matches!(c, '=' | ':') || is_blank(c));
        escaped = c == '\\' && !escaped;
        ends
    });
    let (key, rest) = line.split_at(end.unwrap_or(line.len()));
    let rest = rest.trim_start_matches(is_blank);
    (key, rest.strip_prefix(['=', ':']).unwrap_or(rest).trim_start_matches(is_blank))
}

const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{c}')
}

fn unescape(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match rest.next() {
            Some('t') => out.push('\t'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('f') => out.push('\u{c}'),
            Some('u') => {
                let digits: String = rest.by_ref().take(4).collect();
                let code = u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 4);
                let c = code.and_then(char::from_u32);
                out.push(c.ok_or_else(|| format!("\\u{digits} is no character"))?);
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Vec<(usize, String, String)> {
        let entries = parse(text).unwrap().into_iter();
        entries.map(|entry| (entry.line, entry.key, entry.value)).collect()
    }

    fn one(text: &str) -> (String, String) {
        let [(_, key, value)] = &parsed(text)[..] else { panic!("one entry in {text:?}") };
        (key.clone(), value.clone())
    }

    #[test]
    fn keys_end_where_java_ends_them() {
        for text in ["a=b", "a = b", "a:b", "a b", "  a\t=  b  ", "a=b\r\n"] {
            assert_eq!(one(text), ("a".to_owned(), "b".to_owned()), "{text:?}");
        }
        assert_eq!(one("a=b=c"), ("a".to_owned(), "b=c".to_owned()));
        assert_eq!(one("a"), ("a".to_owned(), String::new()));
        assert_eq!(one(r"a\=b\:c=d"), ("a=b:c".to_owned(), "d".to_owned()));
    }

    #[test]
    fn comments_and_empty_lines_count_as_lines_alone() {
        let text = "# one\n\n! three\na=1\n  # five\nb=2 # not a comment\n";
        let entries = [
            (4, "a".to_owned(), "1".to_owned()),
            (6, "b".to_owned(), "2 # not a comment".to_owned()),
        ];
        assert_eq!(parsed(text), entries);
    }

    #[test]
    fn a_line_goes_on_behind_a_backslash() {
        assert_eq!(one("a=b,\\\n   c"), ("a".to_owned(), "b,c".to_owned()));
        assert_eq!(parsed("a=b\\\\\nc=d").len(), 2);
        assert_eq!(one("a=b\\"), ("a".to_owned(), "b".to_owned()));
    }

    #[test]
    fn escapes_are_characters_and_wrong_ones_are_told_with_their_line() {
        assert_eq!(one(r"dataDir=C\:\\zk\u00e9"), ("dataDir".to_owned(), r"C:\zké".to_owned()));
        assert_eq!(parse("a=1\nb=\\u12").unwrap_err(), (2, r"\u12 is no character".to_owned()));
        assert_eq!(parse("\n=x").unwrap_err().0, 2);
    }
}
