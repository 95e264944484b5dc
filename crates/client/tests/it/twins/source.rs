//! Reads the public methods of `Client`, and what else has a twin, off the sources.
//!
//! It relies on rustfmt, which `cargo xtask check` keeps to: an `impl` and its closing brace stand
//! at the left margin, its methods four columns in, and a signature ends with the line that ends
//! with ` {`. What it does not know it does not pass over: an `impl` of the type in any other form
//! is an error.

use std::fs;
use std::path::{Path, PathBuf};

/// A public method, or a function, as its source has it.
#[derive(Debug)]
pub(crate) struct Method {
    pub(crate) name: String,
    /// Conditions on it, as `#[cfg(…)]`.
    pub(super) conditions: Vec<String>,
    generics: String,
    parameters: Vec<String>,
    /// From `->` on, or nothing.
    result: String,
    /// From `where` on, or nothing.
    bounds: String,
}

/// All of them, by name.
pub(crate) fn methods_of_client() -> Vec<Method> {
    let mut methods = Vec::new();
    for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = fs::read_to_string(&file).unwrap();
        let found = methods_of(&text, "Client");
        methods.extend(found.unwrap_or_else(|error| panic!("{}: {error}", file.display())));
    }
    methods.sort_by(|a, b| a.name.cmp(&b.name));
    methods
}

/// The Rust files below, without those of the twin itself.
pub(super) fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("src/blocking") {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// Those of a type, in one file.
pub(super) fn methods_of(text: &str, kind: &str) -> Result<Vec<Method>, String> {
    let mut methods = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line == format!("impl {kind} {{") {
            methods.extend(methods_of_impl(&mut lines)?);
        } else if is_an_impl_of(kind, line) {
            return Err(format!("an impl in a form that is not known here: {line}"));
        }
    }
    Ok(methods)
}

/// Inherent, of whatever form and wherever it stands.
fn is_an_impl_of(kind: &str, line: &str) -> bool {
    let line = line.trim_start();
    let Some(rest) = line.strip_prefix("impl") else { return false };
    if !rest.starts_with([' ', '<']) || rest.contains(" for ") {
        return false;
    }
    let words = rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    words.into_iter().any(|word| word == kind)
}

fn methods_of_impl<'a>(lines: &mut impl Iterator<Item = &'a str>) -> Result<Vec<Method>, String> {
    let (mut methods, mut conditions) = (Vec::new(), Vec::new());
    while let Some(line) = lines.next() {
        if line == "}" {
            return Ok(methods);
        }
        let Some(inner) = line.strip_prefix("    ") else { continue };
        if inner.starts_with("#[cfg") {
            conditions.push(inner.to_owned());
        } else if inner.starts_with("pub const ") && inner.ends_with(';') {
            // A constant is no operation.
            conditions.clear();
        } else if inner.starts_with("pub ") {
            let signature = whole_signature(inner, lines)?;
            methods.push(method(&signature, std::mem::take(&mut conditions))?);
        } else if inner.starts_with('}') {
            conditions.clear();
        } else if inner.contains('!') && inner.starts_with(|letter: char| letter.is_lowercase()) {
            return Err(format!("a macro in an impl hides what it makes: {inner}"));
        }
    }
    Err("an impl without an end".to_owned())
}

/// A signature that begins with this line, in one.
pub(super) fn whole_signature<'a>(
    first: &str,
    lines: &mut impl Iterator<Item = &'a str>,
) -> Result<String, String> {
    let mut signature = first.to_owned();
    while !signature.ends_with(['{', '}']) {
        let next = lines.next().ok_or("a signature without an end")?.trim();
        signature = signature + " " + next;
    }
    Ok(signature.strip_suffix('}').unwrap_or(&signature).to_owned())
}

/// Takes a signature apart: everything behind `pub `, in one line.
pub(super) fn method(signature: &str, conditions: Vec<String>) -> Result<Method, String> {
    let unread = || format!("a signature that is not understood: {signature}");
    let (_, rest) = signature.split_once("fn ").ok_or_else(unread)?;
    let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let rest = &rest[name.len()..];
    let generics = &rest[..rest.starts_with('<').then(|| closing(rest)).flatten().unwrap_or(0)];
    let rest = &rest[generics.len()..];
    let end = closing(rest).ok_or_else(unread)?;
    let parameters = rest[..end].strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let rest = rest[end..].strip_suffix('{').ok_or_else(unread)?.trim();
    let (result, bounds) = match rest.find("where ") {
        Some(place) => rest.split_at(place),
        None => (rest, ""),
    };
    Ok(Method {
        name,
        conditions,
        generics: generics.to_owned(),
        parameters: split(parameters.ok_or_else(unread)?),
        result: result.trim().to_owned(),
        bounds: bounds.to_owned(),
    })
}

/// Behind the bracket that closes the one at the beginning.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    let mut before = ' ';
    for (place, letter) in text.char_indices() {
        depth += depth_of(before, letter);
        if depth == 0 {
            return Some(place + letter.len_utf8());
        }
        before = letter;
    }
    None
}

fn depth_of(before: char, letter: char) -> i32 {
    match letter {
        '(' | '[' | '<' => 1,
        '>' if before == '-' => 0,
        ')' | ']' | '>' => -1,
        _ => 0,
    }
}

/// At the commas that stand in no bracket.
fn split(parameters: &str) -> Vec<String> {
    let (mut parts, mut part, mut depth, mut before) = (Vec::new(), String::new(), 0, ' ');
    for letter in parameters.chars() {
        depth += depth_of(before, letter);
        before = letter;
        if letter == ',' && depth == 0 {
            parts.push(std::mem::take(&mut part));
        } else {
            part.push(letter);
        }
    }
    parts.push(part);
    let trimmed = parts.into_iter().map(|part| part.trim().to_owned());
    trimmed.filter(|part| !part.is_empty()).collect()
}

impl Method {
    /// A function that calls the twin: a method of this type, or a function of this module.
    pub(super) fn call(&self, of: &str) -> String {
        let twin = |text: &str| text.replace("Self", of);
        let mut parameters = Vec::new();
        let mut arguments = Vec::new();
        let name = of.to_lowercase();
        let mut receiver = format!("{of}::");
        for parameter in &self.parameters {
            let parameter = parameter.strip_prefix("mut ").unwrap_or(parameter);
            match parameter {
                "&self" | "self" => {
                    receiver = format!("{name}.");
                    parameters.push(format!("{name}: {}", parameter.replace("self", of)));
                }
                other => {
                    arguments.push(other.split(':').next().unwrap_or(other).to_owned());
                    parameters.push(twin(other));
                }
            }
        }
        let conditions: String = self.conditions.iter().map(|line| format!("{line}\n")).collect();
        let Self { name, generics, .. } = self;
        let (result, bounds) = (twin(&self.result), twin(&self.bounds));
        let parameters: String = parameters.iter().map(|line| format!("    {line},\n")).collect();
        let arguments = arguments.join(", ");
        let head = format!("{conditions}pub(super) fn {name}{generics}(\n{parameters})");
        let end = if result.is_empty() { ";" } else { "" };
        let result = if result.is_empty() { "" } else { &format!(" {result}") };
        let bounds = if bounds.is_empty() { "" } else { &format!("\n{bounds}") };
        format!("{head}{result}{bounds} {{\n    {receiver}{name}({arguments}){end}\n}}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_taken_apart() {
        let text = "\
impl Client {
    /// Says.
    pub const LIMIT: u16 = 7;

    pub fn plain(&self) -> State {
        x
    }
    #[cfg(feature = \"tls\")]
    pub async fn one<T, F>(
        &self,
        mut made: impl FnMut(Attempt, u8) -> F,
        rest: Vec<(A, B)>,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        pub_fn();
    }
    pub(crate) fn hidden(&self) {}
    pub fn empty(&self) {}
    fn private(&self) {}
}
";
        let methods = methods_of(text, "Client").unwrap();
        let names: Vec<_> = methods.iter().map(|method| method.name.as_str()).collect();
        assert_eq!(names, ["plain", "one", "empty"]);
        let expected = "\
#[cfg(feature = \"tls\")]
pub(super) fn one<T, F>(
    client: &Client,
    made: impl FnMut(Attempt, u8) -> F,
    rest: Vec<(A, B)>,
) -> Result<T, Error>
where F: Future<Output = Result<T, Error>>, {
    client.one(made, rest)
}
";
        assert_eq!(methods[1].call("Client"), expected);
    }

    #[test]
    fn what_is_not_known_is_not_passed_over() {
        for text in [
            "impl crate::Client {\n}\n",
            "    impl Client {\n}\n",
            "impl<T> Client where T: X {\n}\n",
            "impl Client {\n    make! { a }\n}\n",
            "impl Client {\n    pub fn cut(&self)\n",
        ] {
            assert!(methods_of(text, "Client").is_err(), "{text}");
        }
        let others = "impl Clone for Client {\n}\nimpl ClientX {\n}\n";
        assert!(methods_of(others, "Client").unwrap().is_empty());
    }
}
