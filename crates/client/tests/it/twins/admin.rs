//! Reads what asks a server about itself off the sources: the functions of `admin`, those that its
//! macro makes of the list of words, and the methods of `AdminServer`.
//!
//! As in [`source`](super::source), what is not known is not passed over: a public `async fn` that
//! stands anywhere else in `src/admin` is an error.

use std::fs;
use std::path::Path;

use super::source::{Method, method, methods_of, sources, whole_signature};

/// Where the list of words begins, and with what it ends.
const WORDS: (&str, &str) = ("macro_rules! for_each_word {", "}");

/// The function that the macro makes of each word, but for its name and its answer.
const OF_A_WORD: [&str; 3] = ["pub async fn $name(", "server: &Endpoint,", "options: &AskOptions,"];

/// The functions and the methods, each by name.
pub(super) fn admin() -> (Vec<Method>, Vec<Method>) {
    let (mut functions, mut methods) = (Vec::new(), Vec::new());
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/admin");
    for file in sources(&directory) {
        let text = fs::read_to_string(&file).unwrap();
        let (found, of_server) =
            read(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        functions.extend(found);
        methods.extend(of_server);
    }
    for method in &mut methods {
        method.conditions.push("#[cfg(feature = \"admin-http\")]".to_owned());
    }
    functions.sort_by(|a, b| a.name.cmp(&b.name));
    methods.sort_by(|a, b| a.name.cmp(&b.name));
    (functions, methods)
}

/// The functions and the methods in one file.
fn read(text: &str) -> Result<(Vec<Method>, Vec<Method>), String> {
    let methods = methods_of(text, "AdminServer")?;
    let mut functions = words(text)?;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("pub async fn ") {
            functions.push(method(&whole_signature(line, &mut lines)?, Vec::new())?);
        }
    }
    let all = text.lines().filter(|line| line.trim_start().starts_with("pub async fn ")).count();
    let of_methods = methods.iter().filter(|method| is_async(text, &method.name)).count();
    let made = usize::from(text.contains(OF_A_WORD[0]));
    let at_the_margin = text.lines().filter(|line| line.starts_with("pub async fn ")).count();
    if all != at_the_margin + of_methods + made {
        return Err("a public async fn where none is looked for".to_owned());
    }
    Ok((functions, methods))
}

fn is_async(text: &str, name: &str) -> bool {
    text.lines().any(|line| line.starts_with(&format!("    pub async fn {name}(")))
}

/// `name -> Answer;` in the list of words, as the function that the macro makes of it.
fn words(text: &str) -> Result<Vec<Method>, String> {
    let mut lines = text.lines().skip_while(|line| *line != WORDS.0);
    let list = lines.by_ref().take_while(|line| *line != WORDS.1);
    let entries = list.filter_map(|line| line.trim().strip_suffix(';')?.split_once(" -> "));
    let entries: Vec<_> = entries.collect();
    let flat: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if !entries.is_empty() && !flat.contains(&OF_A_WORD.join(" ")) {
        return Err("the macro makes something else of a word than is known here".to_owned());
    }
    let of_entry = |(name, answer): &(&str, &str)| {
        let signature = format!(
            "pub async fn {name}(server: &Endpoint, options: &AskOptions,) \
             -> Result<{answer}, AdminError> {{"
        );
        method(&signature, Vec::new())
    };
    entries.iter().map(of_entry).collect()
}

#[test]
fn what_asks_a_server_is_read_off_the_sources() {
    let (functions, methods) = admin();
    let names = |all: &[Method]| all.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
    let words = "ruok srvr stat mntr cons conf dump envi wchs wchc wchp dirs isro";
    let mut known: Vec<_> = words.split(' ').chain(["ask", "text"]).collect();
    known.sort_unstable();
    assert_eq!(names(&functions), known);
    assert_eq!(names(&methods), ["command", "endpoint", "new", "with_command_url"]);
}

#[test]
fn what_is_not_known_in_admin_is_not_passed_over() {
    assert!(read("mod inner {\n    pub async fn hidden() {\n    }\n}\n").is_err());
    let other = "macro_rules! for_each_word {\n    a -> B;\n}\npub async fn $name(of: &Other) {";
    assert!(read(other).is_err());
    let (functions, methods) = read("pub async fn one(a: A) -> B {\n}\n").unwrap();
    assert_eq!((functions.len(), methods.len()), (1, 0));
}
