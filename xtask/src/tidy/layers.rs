//! Which crate may depend on which: arrows go down only. And how much the default client drags in.
//!
//! Asked of `cargo tree`, for ordinary and build dependencies with all features; what a crate needs
//! for its tests alone may come from anywhere.

use std::collections::BTreeSet;

use super::Finding;
use crate::Outcome;
use crate::process::{cargo, output};

/// The crates of the workspace, lowest first, each with the crates it may name.
const LAYERS: &[(&str, &[&str])] = &[
    ("zookit-proto", &[]),
    ("zookit-session", &["zookit-proto"]),
    ("zookit-client", &["zookit-proto", "zookit-session"]),
    ("zookit-recipes", &["zookit-proto", "zookit-client"]),
    ("zookit-server", &["zookit-proto"]),
    ("zookit-proxy", &["zookit-proto"]),
    ("zookit-ensemble", &["zookit-proxy", "zookit-client"]),
    ("zookit-trace", &["zookit-proto", "zookit-proxy"]),
    ("zookit-sim", ALL_LIBRARIES),
    ("zookit", ALL_LIBRARIES),
    ("zookit-cli", ALL_LIBRARIES),
    ("zookit-conformance", ALL_LIBRARIES),
    ("zookit-doctest", ALL_LIBRARIES),
    ("zookit-trials", ALL_LIBRARIES),
    ("xtask", &["zookit-proto", "zookit-ensemble"]),
];

/// For those at the top: any library below, though not each other.
const ALL_LIBRARIES: &[&str] = &[
    "zookit-proto",
    "zookit-session",
    "zookit-client",
    "zookit-recipes",
    "zookit-server",
    "zookit-proxy",
    "zookit-ensemble",
    "zookit-trace",
];

/// Arrows among those at the top: the front door's `testing` is the simulator's, the command uses
/// the front door, and trials on real ensembles are checked as simulated runs are.
const AT_THE_TOP: [(&str, &str); 4] = [
    ("zookit", "zookit-sim"),
    ("zookit-cli", "zookit"),
    ("zookit-conformance", "zookit"),
    ("zookit-trials", "zookit-sim"),
];

/// The crates without I/O, clock or randomness, and what would bring those in, however deep.
const PURE: [&str; 2] = ["zookit-proto", "zookit-session"];
const IMPURE: [&str; 8] =
    ["tokio", "mio", "socket2", "async-std", "smol", "rand", "getrandom", "chrono"];

/// The front door's default features bring fewer third-party crates than this.
const CLIENT: &str = "zookit";
const MOST_CRATES: usize = 25;

pub(super) fn check() -> Outcome<Vec<Finding>> {
    let direct = "tree --workspace --all-features -e normal,build --depth 1 --prefix depth";
    let mut findings = edges(&tree(direct)?);
    for pure in PURE {
        let all = tree(&format!("tree -p {pure} --all-features -e normal --prefix none"))?;
        findings.extend(impure(pure, &all));
    }
    let client = tree(&format!("tree -p {CLIENT} -e normal --prefix none"))?;
    findings.extend(too_many(&third_party(&client)));
    Ok(findings)
}

fn tree(arguments: &str) -> Outcome<String> {
    output(&mut cargo(&arguments.split(' ').collect::<Vec<_>>()))
}

/// Checks the lines of a tree of depth 1, each a depth, a name and a version.
fn edges(tree: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut from = "";
    for line in tree.lines() {
        let name = |rest: &'static str| line.strip_prefix(rest)?.split(' ').next();
        if let Some(member) = name("0") {
            from = member;
            if !LAYERS.iter().any(|(layer, _)| *layer == member) {
                let message = "a crate without a place; add it to xtask/src/tidy/layers.rs";
                findings.push(Finding::new("layers", member, None, message.to_owned()));
            }
        } else if let Some(to) = name("1") {
            let ours = LAYERS.iter().any(|(layer, _)| *layer == to);
            if ours && !allowed(from, to) {
                let message = format!("must not depend on {to}: arrows go down only");
                findings.push(Finding::new("layers", from, None, message));
            }
        }
    }
    findings
}

fn allowed(from: &str, to: &str) -> bool {
    let below = LAYERS.iter().find(|(layer, _)| *layer == from).map_or(&[][..], |(_, below)| below);
    below.contains(&to) || AT_THE_TOP.contains(&(from, to))
}

fn impure(name: &str, tree: &str) -> Vec<Finding> {
    let found = third_party(tree).into_iter().filter(|dependency| IMPURE.contains(dependency));
    let message = |dependency| format!("brings in {dependency}; it has no I/O, clock or chance");
    found.map(|dependency| Finding::new("layers", name, None, message(dependency))).collect()
}

/// The names in a tree that are not of this workspace, which `cargo tree` shows by their path.
fn third_party(tree: &str) -> BTreeSet<&str> {
    let ours = |line: &str| line.contains(" (/") || line.contains(" (file:");
    let names = tree.lines().filter(|line| !ours(line)).filter_map(|line| line.split(' ').next());
    names.filter(|name| !name.is_empty()).collect()
}

fn too_many(names: &BTreeSet<&str>) -> Option<Finding> {
    println!("the default client has {} third-party crates", names.len());
    if names.len() < MOST_CRATES {
        return None;
    }
    let list: Vec<&str> = names.iter().copied().collect();
    let message = format!(
        "{} third-party crates, and there must be fewer than {MOST_CRATES}: {}",
        names.len(),
        list.join(" ")
    );
    Some(Finding::new("layers", CLIENT, None, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_arrow_of_the_table_goes_down() {
        let place = |name: &str| LAYERS.iter().position(|(layer, _)| *layer == name);
        for (layer, below) in LAYERS {
            assert!(below.iter().all(|name| place(name) < place(layer)), "{layer}");
        }
    }

    #[test]
    fn an_arrow_that_goes_up_is_found() {
        let tree = "0zookit-proto v0.1.0 (/x)\n1bytes v1.11.1\n\n\
                    0zookit-server v0.1.0 (/x)\n1zookit-proto v0.1.0 (/x)\n\
                    1zookit-client v0.1.0 (/x)\n";
        let findings = edges(tree);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].place, "zookit-server");
        assert!(findings[0].message.contains("zookit-client"));
    }

    #[test]
    fn the_command_uses_the_front_door_and_not_the_other_way() {
        assert!(allowed("zookit-cli", "zookit"));
        assert!(!allowed("zookit", "zookit-cli"));
    }

    #[test]
    fn a_crate_without_a_place_is_found() {
        assert_eq!(edges("0zookit-misc v0.1.0 (/x)\n")[0].place, "zookit-misc");
    }

    #[test]
    fn third_party_crates_are_counted_once_and_ours_not() {
        let tree = "zookit v0.1.0 (/x/crates/zookit)\nbytes v1.11.1\n\ntokio-macros v2 (proc-macro)\n\
                    bytes v1.11.1 (*)\n";
        assert_eq!(third_party(tree).into_iter().collect::<Vec<_>>(), ["bytes", "tokio-macros"]);
        assert!(too_many(&third_party(tree)).is_none());
    }

    #[test]
    fn twenty_five_crates_are_too_many() {
        let names: Vec<String> = (0..25).map(|number| format!("crate-{number:02}")).collect();
        let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        assert!(too_many(&names).is_some());
    }

    #[test]
    fn a_clock_in_a_pure_crate_is_found() {
        assert_eq!(impure("zookit-proto", "bytes v1.11.1\ntokio v1.44.2\n").len(), 1);
    }
}
