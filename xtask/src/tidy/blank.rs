//! Rust code with its comments, strings and character literals blanked out.
//!
//! Every character that is taken out becomes a space and line ends stay, so that lines and columns
//! are those of the original. What remains can be searched for words and counted for braces.

/// Blanks out what is not code.
pub(super) fn blank(source: &str) -> String {
    let mut scan = Scan { rest: source, code: String::with_capacity(source.len()) };
    while let Some(next) = scan.rest.chars().next() {
        if scan.rest.starts_with("//") {
            scan.take_out(scan.rest.find('\n').unwrap_or(scan.rest.len()));
        } else if scan.rest.starts_with("/*") {
            scan.take_out(block_comment(scan.rest));
        } else if let Some(length) = scan.raw_string() {
            scan.take_out(length);
        } else if next == '"' {
            scan.take_out(string(scan.rest));
        } else if next == '\'' {
            match character(scan.rest) {
                Some(length) => scan.take_out(length),
                None => scan.keep(1),
            }
        } else {
            scan.keep(next.len_utf8());
        }
    }
    scan.code
}

struct Scan<'a> {
    rest: &'a str,
    code: String,
}

impl Scan<'_> {
    fn keep(&mut self, length: usize) {
        let (head, rest) = self.rest.split_at(length);
        self.code.push_str(head);
        self.rest = rest;
    }

    fn take_out(&mut self, length: usize) {
        let (head, rest) = self.rest.split_at(length);
        self.code.extend(head.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        self.rest = rest;
    }

    /// The length of a raw string here (`r"…"`, `br##"…"##`), if one begins.
    fn raw_string(&self) -> Option<usize> {
        if self.code.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            return None;
        }
        let prefix = ["br", "cr", "r"].into_iter().find(|p| self.rest.starts_with(p))?;
        let after = &self.rest[prefix.len()..];
        let hashes = after.len() - after.trim_start_matches('#').len();
        let body = after[hashes..].strip_prefix('"')?;
        let end = format!("\"{}", &after[..hashes]);
        let length = body.find(&end).map_or(body.len(), |at| at + end.len());
        Some(prefix.len() + hashes + 1 + length)
    }
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of a character literal; `None` for a lifetime.
fn character(text: &str) -> Option<usize> {
    let body = &text[1..];
    let first = body.chars().next()?;
    if first == '\\' {
        let escape = body.chars().nth(1)?;
        let from = 1 + 1 + escape.len_utf8();
        return text[from..].find('\'').map(|at| from + at + 1);
    }
    let end = 1 + first.len_utf8();
    text[end..].starts_with('\'').then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_go_and_code_stays() {
        let source = "let a = \"{ // \\\" }\"; // unsafe {\nlet b = 1; /* { /* } */ */ b";
        let code = blank(source);
        assert_eq!(code.len(), source.len());
        assert_eq!(code.split_whitespace().collect::<String>(), "leta=;letb=1;b");
        assert_eq!(code.lines().count(), 2);
    }

    #[test]
    fn lifetimes_are_code_and_characters_are_not() {
        let code = blank(r"fn f<'a>(x: &'a str) { x.find('{'); x.find('\''); x.find('\u{7d}') }");
        assert!(code.starts_with("fn f<'a>(x: &'a str) {"));
        assert_eq!(code.matches('{').count(), 1);
        assert_eq!(code.matches('}').count(), 1);
    }

    #[test]
    fn raw_strings_end_with_their_own_hashes() {
        let code = blank("f(r#\"a\"{\"#, br\"{\\\", r\"\"); writer\"x\"");
        assert!(!code.contains('{'), "{code}");
        assert!(code.ends_with("); writer   "), "{code}");
    }
}
