//! As much JSON as a lease is written in: one object of texts and numbers.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

/// A value of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    /// A number, `true`, `false` or `null`, as it stands there.
    Word(String),
}

/// A text, with its quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            // Writing to a string does not fail.
            control if control < ' ' => drop(write!(quoted, "\\u{:04x}", u32::from(control))),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// The members of an object; `None` if it is none, or has a value that is none of these.
pub(super) fn members(text: &str) -> Option<BTreeMap<String, Value>> {
    let mut reader = Reader(text.chars().peekable());
    let mut members = BTreeMap::new();
    reader.expect('{')?;
    if !reader.passes('}') {
        loop {
            reader.expect('"')?;
            let name = reader.text()?;
            reader.expect(':')?;
            let value = reader.value()?;
            members.insert(name, value);
            if reader.passes('}') {
                break;
            }
            reader.expect(',')?;
        }
    }
    reader.space();
    reader.0.next().is_none().then_some(members)
}

struct Reader<'a>(Peekable<Chars<'a>>);

impl Reader<'_> {
    fn space(&mut self) {
        while self.0.next_if(|character| matches!(character, ' ' | '\t' | '\n' | '\r')).is_some() {}
    }

    /// Whether this comes next; it is passed then.
    fn passes(&mut self, character: char) -> bool {
        self.space();
        self.0.next_if_eq(&character).is_some()
    }

    fn expect(&mut self, character: char) -> Option<()> {
        self.passes(character).then_some(())
    }

    fn value(&mut self) -> Option<Value> {
        if self.passes('"') {
            return self.text().map(Value::Text);
        }
        let mut word = String::new();
        let of_word = |character: &char| {
            character.is_ascii_alphanumeric() || matches!(character, '+' | '-' | '.')
        };
        while let Some(character) = self.0.next_if(of_word) {
            word.push(character);
        }
        (!word.is_empty()).then_some(Value::Word(word))
    }

    /// The rest of a text whose quote was passed.
    fn text(&mut self) -> Option<String> {
        let mut text = String::new();
        loop {
            match self.0.next()? {
                '"' => return Some(text),
                '\\' => text.push(self.escaped()?),
                control if control < ' ' => return None,
                other => text.push(other),
            }
        }
    }

    fn escaped(&mut self) -> Option<char> {
        Some(match self.0.next()? {
            same @ ('"' | '\\' | '/') => same,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let unit = self.unit()?;
                if !(0xd800..0xdc00).contains(&unit) {
                    return char::from_u32(unit);
                }
                // The first of two halves.
                (self.0.next()? == '\\' && self.0.next()? == 'u').then_some(())?;
                let low = self.unit()?.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
                char::from_u32(0x1_0000 + ((unit - 0xd800) << 10) + low)?
            }
            _ => return None,
        })
    }

    fn unit(&mut self) -> Option<u32> {
        (0..4).try_fold(0, |unit, _| Some(unit << 4 | self.0.next()?.to_digit(16)?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn an_object_is_read_as_python_writes_it() {
        let read = members(
            r#"{"version": 1, "holder": "B\u00fcro \ud83d\ude00 \"2\"", "end": "2026", "x":null}"#,
        );
        let expected = [
            ("end", text("2026")),
            ("holder", text("Büro 😀 \"2\"")),
            ("version", Value::Word("1".to_owned())),
            ("x", Value::Word("null".to_owned())),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value));
        assert_eq!(read, Some(BTreeMap::from(expected)));
        assert_eq!(members(" { } "), Some(BTreeMap::new()));
    }

    #[test]
    fn what_is_no_such_object_is_not_read() {
        for text in [
            "",
            "{",
            "[]",
            "{}x",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            r#"{"a":"x}"#,
            r#"{"a":{"b":1}}"#,
            r#"{"a":"\q"}"#,
            r#"{"a":"\ud83d"}"#,
            r#"{"a":"\ud83d\u0041"}"#,
            r#"{"a":"\u12"}"#,
            "{\"a\":\"\n\"}",
        ] {
            assert_eq!(members(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_text_is_read_back(holder: String) {
            let object = format!(r#"{{"holder": {}}}"#, quoted(&holder));
            let members = members(&object).unwrap();
            prop_assert_eq!(members.get("holder"), Some(&Value::Text(holder)));
        }

        #[test]
        fn nothing_panics(text: String) {
            let _ = members(&text);
        }
    }
}
