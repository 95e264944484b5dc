//! The public items of the crate zookit, as rustdoc shows them.
//!
//! What is private is not in rustdoc's pages, so a name found there is one that users can use. The
//! pages are read for two things: the list of all items, and the anchors of an item's members.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::Path;

use crate::Outcome;
use crate::process::{cargo, run, target_dir};

/// The features that add to what there is.
const FEATURES: &str = "tls,ensemble,discovery";

/// What a page calls its members.
const MEMBERS: [&str; 6] =
    ["method", "tymethod", "structfield", "variant", "associatedconstant", "associatedtype"];

/// The public items, each with the names of its members.
#[derive(Debug, Default)]
pub(super) struct Api {
    items: BTreeMap<String, BTreeSet<String>>,
}

impl Api {
    /// Has rustdoc write its pages, and reads them.
    pub(super) fn read() -> Outcome<Self> {
        let pages = target_dir().join("doc/zookit");
        // Cargo does not see that pages are of other features; it sees that there are none.
        match std::fs::remove_dir_all(&pages) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(format!("{}: {error}", pages.display()));
            }
            _ => {}
        }
        let command = ["rustdoc", "--quiet", "--package", "zookit", "--lib", "--features"];
        run(cargo(&command).arg(FEATURES))?;
        let mut items = BTreeMap::new();
        for page in item_pages(&read(&pages.join("all.html"))?) {
            let members = members(&read(&pages.join(page))?);
            items.insert(item_name(page), members);
        }
        match items.len() {
            0 => Err(format!("rustdoc lists no item in {}", pages.display())),
            _ => Ok(Self { items }),
        }
    }

    /// Is there an item, a member of one, or a module with this path? (`zookit::` goes without
    /// saying.)
    pub(super) fn has(&self, path: &str) -> bool {
        let path = path.strip_prefix("zookit::").unwrap_or(path);
        let member = path.rsplit_once("::").is_some_and(|(item, member)| {
            self.items.get(item).is_some_and(|members| members.contains(member))
        });
        let module = format!("{path}::");
        member
            || self.items.contains_key(path)
            || self.items.keys().any(|item| item.starts_with(&module))
    }

    #[cfg(test)]
    pub(super) fn of_names(names: &[&str]) -> Self {
        let mut api = Self::default();
        for name in names {
            match name.rsplit_once("::") {
                Some((item, member)) if item.starts_with(char::is_uppercase) => {
                    api.items.entry(item.to_owned()).or_default().insert(member.to_owned());
                }
                _ => drop(api.items.entry((*name).to_owned()).or_default()),
            }
        }
        api
    }
}

fn read(page: &Path) -> Outcome<String> {
    std::fs::read_to_string(page).map_err(|error| format!("{}: {error}", page.display()))
}

/// The pages of items that the list of all items links to: `error/struct.Refused.html`.
fn item_pages(list: &str) -> BTreeSet<&str> {
    let links = list.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    links.filter(|link| !link.starts_with(['.', '#']) && link.contains(".html")).collect()
}

/// `error/struct.Refused.html` is `error::Refused`.
fn item_name(page: &str) -> String {
    let (modules, file) = page.rsplit_once('/').unwrap_or(("", page));
    let name = file.trim_end_matches(".html").split('.').next_back().unwrap_or(file);
    match modules {
        "" => name.to_owned(),
        _ => format!("{}::{name}", modules.replace('/', "::")),
    }
}

/// The members an item's page has anchors for: `id="method.get_data"`.
fn members(page: &str) -> BTreeSet<String> {
    let ids = page.split("id=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let member = |id: &str| {
        let (kind, name) = id.split_once('.')?;
        (MEMBERS.contains(&kind) && !name.contains('.')).then(|| name.to_owned())
    };
    ids.filter_map(member).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_items_is_read() {
        let list = r##"<a href="../static/x.css"><a href="#structs"><a href="struct.Client.html">
                       <a href="error/enum.NotSentReason.html">"##;
        let names: Vec<String> = item_pages(list).into_iter().map(item_name).collect();
        assert_eq!(names, ["error::NotSentReason", "Client"]);
    }

    #[test]
    fn anchors_are_members_and_those_of_traits_with_arguments_are_not() {
        let page = r#"<section id="method.get_data"><section id="impl-Debug-for-Client">
                      <span id="structfield.czxid"><section id="variant.Gap">
                      <span id="variant.Gap.field.after">"#;
        assert_eq!(members(page).into_iter().collect::<Vec<_>>(), ["Gap", "czxid", "get_data"]);
    }

    #[test]
    fn items_members_and_modules_are_found_and_nothing_else() {
        let api = Api::of_names(&["Client::get_data", "blocking::Client", "Perms"]);
        for there in ["Client", "Client::get_data", "blocking", "zookit::Perms"] {
            assert!(api.has(there), "{there}");
        }
        for not_there in ["Client::get", "get_data", "block", "Client::get_data::x", "zookit"] {
            assert!(!api.has(not_there), "{not_there}");
        }
    }
}
