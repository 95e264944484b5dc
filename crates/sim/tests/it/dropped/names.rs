//! Reads the names of all public async functions of the client, and of the recipes, off their
//! sources, so that none is left out: `async fn`s, and those that return one of its futures.
//!
//! It relies on rustfmt: a signature begins a line and ends with ` {`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What is a future besides what an `async fn` returns.
const FUTURES: [&str; 3] = ["Answer<", "BatchAnswer<", "GuaranteedDelete"];

/// All of the client, each with the name of the file that it stands in.
pub(super) fn of_the_client() -> BTreeSet<String> {
    all_below("../client/src", |file| file.file_stem().unwrap().to_str().unwrap().to_owned())
}

/// All of the recipes, each with the path of its module.
pub(super) fn of_the_recipes() -> BTreeSet<String> {
    all_below("../recipes/src", |file| {
        let module = file.with_extension("");
        let module = module.to_str().unwrap();
        module.strip_suffix("/mod").unwrap_or(module).to_owned()
    })
}

/// Those below a directory; a file's module follows from its path there.
fn all_below(directory: &str, module: impl Fn(&Path) -> String) -> BTreeSet<String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let mut names = BTreeSet::new();
    for file in sources(&directory) {
        let text = fs::read_to_string(&file).unwrap();
        let module = module(file.strip_prefix(&directory).unwrap());
        for name in functions(&text) {
            names.insert(format!("{module}::{name}"));
        }
    }
    names
}

/// Those in a file. A macro's function has one for each line `name -> Type;` of its list.
fn functions(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.trim_start();
        let Some(rest) = line.strip_prefix("pub ") else { continue };
        let Some((before, rest)) = rest.split_once("fn ") else { continue };
        let mut signature = rest.to_owned();
        while !signature.ends_with(['{', '}', ';']) {
            let Some(next) = lines.next() else { break };
            signature = signature + " " + next.trim();
        }
        let future = signature.split("->").nth(1).is_some_and(|answer| {
            FUTURES.iter().any(|future| answer.trim_start().starts_with(future))
        });
        if !before.contains("async") && !future {
            continue;
        }
        let name: String =
            signature.chars().take_while(|c| c.is_alphanumeric() || "_$".contains(*c)).collect();
        if name.starts_with('$') {
            let entries = text.lines().filter_map(|line| line.trim().strip_suffix(';'));
            let made = entries.filter_map(|line| line.split_once(" -> "));
            let made = made.filter(|(name, _)| name.chars().all(char::is_lowercase));
            names.extend(made.map(|(name, _)| name.to_owned()));
        } else {
            names.push(name);
        }
    }
    names
}

/// The Rust files below; the blocking twin has no futures, and `tls` and AdminServers are features.
fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let left_out = ["blocking", "tls", "http"].iter().any(|name| path.ends_with(name));
        if path.is_dir() && !left_out {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn functions_are_read_off_the_sources() {
    let text = "
impl Client {
    pub async fn one<T>(
        &self,
    ) -> Result<T, Error>
    where
        T: X,
    {
    }
    pub fn two(&self) -> Answer<Vec<u8>> {
    pub fn three(&self) -> Option<Answer<()>> {
    pub(crate) async fn four(&self) {
    fn five() -> Answer<()> {
    pub fn six(&self) -> State {
";
    assert_eq!(functions(text), ["one", "two"]);
    let made =
        "for_each {\n    ruok -> Alive;\n    srvr -> Stats;\n}\n    pub async fn $name(\n) {";
    assert_eq!(functions(made), ["ruok", "srvr"]);
}
