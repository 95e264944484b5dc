//! The repository's own rules, checked by `cargo xtask tidy`.
//!
//! `sources.rs` lists the files, `blank.rs` takes comments and strings out of Rust code,
//! `sizes.rs`, `text.rs`, `paths.rs` look at one file at a time, `layers.rs` and `manifests.rs` at
//! the crates, `coming_from.rs` and `guarantees.rs` at what the documents claim, `no_run.rs` at the
//! examples in the docs, and `exceptions.rs` holds what is let pass, each with its reason.

mod api;
mod blank;
mod coming_from;
mod exceptions;
mod guarantees;
mod layers;
mod manifests;
mod no_run;
mod paths;
mod sizes;
mod sources;
mod tables;
mod text;

use crate::Outcome;
use crate::process::root;

/// Something that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The name of the rule, as in the list of exceptions.
    rule: &'static str,
    /// The path, or `path::function`; what an exception names.
    place: String,
    /// The line, when there is one.
    line: Option<usize>,
    message: String,
}

impl Finding {
    fn new(rule: &'static str, place: &str, line: Option<usize>, message: String) -> Self {
        Self { rule, place: place.to_owned(), line, message }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { rule, place, line, message } = self;
        match line {
            Some(line) => write!(f, "{place}:{line}: {message} [{rule}]"),
            None => write!(f, "{place}: {message} [{rule}]"),
        }
    }
}

/// Checks everything; each finding is one line, and any finding fails.
pub(crate) fn check() -> Outcome {
    let root = root();
    let files = sources::list(&root)?;
    let mut findings = Vec::new();
    let mut notes = Vec::new();
    for file in &files {
        findings.extend(paths::check(file, &root));
        findings.extend(text::check(file));
        if file.is_rust() {
            let sizes = sizes::check(file);
            findings.extend(sizes.findings);
            notes.extend(sizes.notes);
        }
    }
    findings.extend(manifests::check(&files));
    findings.extend(layers::check()?);
    findings.extend(guarantees::check(&files));
    findings.extend(no_run::check(&files));
    match api::Api::read() {
        Ok(api) => findings.extend(coming_from::check(&files, &api)),
        Err(why) => findings.push(Finding::new("coming-from", "crates/zookit", None, why)),
    }
    let listed = exceptions::read(&root)?;
    let mut findings = exceptions::apply(&listed, findings);
    findings.sort_by(|a, b| (&a.place, a.line).cmp(&(&b.place, b.line)));

    for note in &notes {
        println!("note: {note}");
    }
    for finding in &findings {
        println!("{finding}");
    }
    println!("tidy: {} files, {} exceptions", files.len(), listed.len());
    match findings.len() {
        0 => Ok(()),
        count => Err(format!("tidy found {count} to mend, listed above")),
    }
}
