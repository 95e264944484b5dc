//! The guides for those who come from other clients, `docs/coming-from/`: that they leave out
//! nothing, and that what they name is there.
//!
//! A table whose second column is headed `zookit` sets names of another client beside ours. Its
//! rows say either what the counterpart is, each a public item of the crate zookit in backticks
//! (`Client::get_data`, `ErrorCode::NoNode`, `Stat::czxid`); or `none`, and why in the third
//! column; or `comes with`, and with what. The page of the recipes sets two others beside ours, and
//! below `zookit` it has names of that module.
//!
//! What such pages name elsewhere by a path, `Client::get_data`, must be there as well; only the
//! first column of those tables has names of others.

use std::collections::BTreeMap;

use super::Finding;
use super::api::Api;
use super::sources::Source;
use super::tables::{Row, code, tables};

const RULE: &str = "coming-from";
const GUIDES: &str = "docs/coming-from/";

/// The public names of the Go package this project grew out of, one a line: facts.
const GO_NAMES: &str = "docs/coming-from/go-names.txt";
/// The guide in which each of them has one row.
const GO_GUIDE: &str = "docs/coming-from/go.md";

/// Pages that speak of our names, too.
const PAGES: [&str; 2] = ["docs/COMING-FROM.md", "docs/DESIGN.md"];

/// The page of the recipes: what its tables have below `zookit` is in that module.
const RECIPES: &str = "docs/RECIPES.md";

/// What may still be to come.
const TO_COME: [&str; 1] = ["tracer"];

/// Checks the guides; `api` is what there is.
pub(super) fn check(files: &[Source], api: &Api) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| is_guide(file)) {
        for row in counterparts(file) {
            let message = wrong(&row, api);
            findings
                .extend(message.map(|what| Finding::new(RULE, &file.path, Some(row.line), what)));
        }
    }
    let pages = files.iter().filter(|file| is_guide(file) || PAGES.contains(&file.path.as_str()));
    findings.extend(pages.flat_map(|file| mentions(file, api)));
    let recipes = files.iter().filter(|file| file.path == RECIPES);
    findings.extend(recipes.flat_map(|page| recipes_missing(page, api)));
    findings.extend(complete(files));
    findings
}

fn is_guide(file: &Source) -> bool {
    file.path.starts_with(GUIDES) && file.path.ends_with(".md")
}

/// The rows that set names beside ours.
fn counterparts(guide: &Source) -> Vec<Row> {
    let ours = |header: &[String]| header.get(1).is_some_and(|cell| cell == "zookit");
    let tables = tables(&guide.text).into_iter().filter(|table| ours(&table.header));
    tables.flat_map(|table| table.rows).collect()
}

/// What the page of the recipes names beside others' and is not there, and reasons that it owes.
fn recipes_missing(page: &Source, api: &Api) -> Vec<Finding> {
    let mut findings = Vec::new();
    for table in tables(&page.text) {
        let Some(ours) = table.header.iter().position(|cell| cell == "zookit") else { continue };
        for row in table.rows {
            let cell = |place: usize| row.cells.get(place).map_or("", String::as_str);
            let names = code(cell(ours));
            let message = match names.as_slice() {
                [] if cell(ours) != "none" => {
                    Some(String::from("neither a counterpart nor `none`"))
                }
                [] if cell(ours + 1).is_empty() => Some(String::from("`none` needs its reason")),
                names => names.iter().find_map(|name| missing(&format!("recipes::{name}"), api)),
            };
            findings
                .extend(message.map(|what| Finding::new(RULE, &page.path, Some(row.line), what)));
        }
    }
    findings
}

/// The paths in the text of a page, and in the remarks of its tables, that are not there.
fn mentions(page: &Source, api: &Api) -> Vec<Finding> {
    let rows = counterparts(page);
    let row_of = |line: usize| rows.iter().find(|row| row.line == line);
    let mut findings = Vec::new();
    let mut fenced = false;
    for (index, text) in page.text.lines().enumerate() {
        fenced ^= text.trim_start().starts_with("```");
        if fenced {
            continue;
        }
        let text =
            row_of(index + 1).map_or(text, |row| row.cells.get(2).map_or("", String::as_str));
        let is_path = |name: &&str| {
            name.starts_with(char::is_uppercase)
                && name.contains("::")
                && !name.contains(['(', ' '])
        };
        for message in code(text).into_iter().filter(is_path).filter_map(|name| missing(name, api))
        {
            findings.push(Finding::new(RULE, &page.path, Some(index + 1), message));
        }
    }
    findings
}

/// What is wrong with a row, if anything is.
fn wrong(row: &Row, api: &Api) -> Option<String> {
    let [theirs, ours, remark] = row.cells.as_slice() else {
        return Some(format!("a row of {} columns; it has three", row.cells.len()));
    };
    if code(theirs).is_empty() {
        return Some(String::from("no name in backticks in the first column"));
    }
    let names = code(ours);
    if !names.is_empty() {
        return names.iter().find_map(|name| missing(name, api));
    }
    if let Some(with) = ours.strip_prefix("comes with ") {
        let known = TO_COME.iter().any(|part| with == *part || with == format!("the {part}"));
        return (!known).then(|| format!("{with:?} is nothing that is to come"));
    }
    match ours.as_str() {
        "none" if remark.is_empty() => Some(String::from("`none` needs its reason")),
        "none" => None,
        _ => Some(format!("{ours:?}: name the counterpart in backticks, or say `none`")),
    }
}

fn missing(name: &str, api: &Api) -> Option<String> {
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_alphabetic())
            && word.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    if !name.split("::").all(is_word) {
        return Some(format!("`{name}` is no path of a public item"));
    }
    (!api.has(name)).then(|| format!("`{name}` is no public item of the crate zookit"))
}

/// Each of Go's names has exactly one row.
fn complete(files: &[Source]) -> Vec<Finding> {
    let named = |path: &str| files.iter().find(|file| file.path == path);
    let (Some(names), Some(guide)) = (named(GO_NAMES), named(GO_GUIDE)) else {
        let message = format!("there must be this list, and {GO_GUIDE}");
        return vec![Finding::new(RULE, GO_NAMES, None, message)];
    };
    let mut rows: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for row in counterparts(guide) {
        for name in row.cells.first().map(|cell| code(cell)).unwrap_or_default() {
            rows.entry(name.to_owned()).or_default().push(row.line);
        }
    }
    let mut findings = Vec::new();
    for (index, name) in names.text.lines().enumerate() {
        let message = match rows.get(name).map(Vec::as_slice) {
            Some([_]) => continue,
            Some(lines) => format!("{name} has several rows in {GO_GUIDE}: lines {lines:?}"),
            None => format!("{name} has no row in {GO_GUIDE}"),
        };
        findings.push(Finding::new(RULE, GO_NAMES, Some(index + 1), message));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    fn found(names: &str, rows: &str) -> Vec<String> {
        let guide = format!("| Go | zookit | what differs |\n|---|---|---|\n{rows}");
        let files = [source(GO_NAMES, names), source(GO_GUIDE, &guide)];
        let api = Api::of_names(&["Client", "Client::get_data", "error::Refused"]);
        check(&files, &api).into_iter().map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn a_complete_guide_passes() {
        let rows = "| `Conn` | `Client` | |\n| `Conn.Get` | `Client::get_data` | the stat too |\n\
                    | `Lock` | comes with the tracer | |\n| `ErrPtrExpected` | none | types |\n";
        assert_eq!(found("Conn\nConn.Get\nLock\nErrPtrExpected\n", rows), [""; 0]);
    }

    #[test]
    fn a_name_without_a_row_and_one_with_two_are_found() {
        let rows = "| `Conn` | `Client` | |\n| `Conn` | `Client` | |\n";
        let found = found("Conn\nConn.Get\n", rows);
        assert_eq!(found.len(), 2);
        assert!(found[0].contains("go-names.txt:1: Conn has several rows"), "{found:?}");
        assert!(found[1].contains("go-names.txt:2: Conn.Get has no row"), "{found:?}");
    }

    #[test]
    fn a_counterpart_must_be_there() {
        let found = found("A\n", "| `A` | `Client::get`, `Client` | |\n");
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("go.md:3: `Client::get` is no public item"), "{found:?}");
    }

    #[test]
    fn none_needs_a_reason_and_later_parts_are_known() {
        assert_eq!(found("A\n", "| `A` | none | |\n").len(), 1);
        assert_eq!(found("A\n", "| `A` | comes with time | |\n").len(), 1);
        assert_eq!(found("A\n", "| `A` | comes with the tracer | |\n").len(), 0);
        assert_eq!(found("A\n", "| `A` | perhaps | why |\n").len(), 1);
        assert_eq!(found("A\n", "| `A` | `Client` |\n").len(), 1);
    }

    #[test]
    fn what_the_text_and_the_remarks_name_must_be_there_too() {
        let rows = "| `A::b` | `Client` | Not `Client::get`. |\n\nSee `Client::set`, `A`, `h::x`.\n\n\
                    ```rust\n`Client::go`\n```\n";
        let found = found("A::b\n", rows);
        assert_eq!(found.len(), 2);
        assert!(found[0].contains("go.md:3: `Client::get` is no public item"), "{found:?}");
        assert!(found[1].contains("go.md:5: `Client::set` is no public item"), "{found:?}");
    }

    #[test]
    fn the_page_of_the_recipes_names_what_is_there_or_a_reason() {
        let found = |row: &str| {
            let page = format!("| A | B | zookit | but |\n|---|---|---|---|\n{row}\n");
            let api = Api::of_names(&["recipes::Mutex", "recipes::Mutex::new"]);
            recipes_missing(&source(RECIPES, &page), &api).len()
        };
        assert_eq!(found("| `A` | – | `Mutex`, `Mutex::new` | |"), 0);
        assert_eq!(found("| `A` | – | none | Deprecated there. |"), 0);
        assert_eq!(found("| `A` | – | `Mutex`, `Lock` | |"), 1);
        assert_eq!(found("| `A` | – | none | |"), 1);
        assert_eq!(found("| `A` | – | – | why |"), 1);
    }

    #[test]
    fn without_the_list_nothing_is_complete() {
        assert_eq!(check(&[], &Api::of_names(&[])).len(), 1);
    }
}
