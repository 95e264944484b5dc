//! The page itself: read, written, and taken apart.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use super::rows::{LOCAL, rows};

pub(super) const WORKS: &str = "works";
pub(super) const NOT_THERE: &str = "not there";
/// Of a version that was not at hand when the row was new.
pub(super) const NOT_RUN: &str = "not run";

pub(super) const REPEAT: &str = "`cargo xtask versions` writes docs/VERSIONS.md again";

/// By version and label.
pub(super) type Cells = BTreeMap<[u32; 3], BTreeMap<String, String>>;

const INTRODUCTION: &str = "\
# Versions of ZooKeeper

What each version does with each operation of the client. `cargo xtask versions` fills this page: it
starts one standalone server of each version, on which each operation is asked once by a client of its
own. `cargo xtask test` asks again, of the servers it has, and fails where a server does not do what
stands here; without a server it still fails if an operation has no row.

* **works**: it did what it is for.
* **`Code`**: refused with this code, in ZooKeeper's name for it; the connection stays.
* **`Code`, closed**: the same, and the server closed the connection behind it.
* **not there**: the server does not know the request. It answers `Unimplemented` and closes the
  connection; the session goes on with the next one. The client remembers for a while what a server
  does not know, and answers itself when it is asked again: *not sent*, and no further connection is
  lost.

Each answer came within a bound, whatever it was. What was refused was asked twice, and refused again.

The servers have `extendedTypesEnabled=true`, without which times to live are refused with
`Unimplemented` on a connection that stays, and leave `reconfigEnabled` alone: it is off, and a
standalone server could not change its members anyway.

The client serves 3.5 and newer by default. For 3.4 it has to be told so, with
`server_floor: ServerFloor::V3_4` in `ConnectOptions`: creates are then sent in their old form, which
answers no stat, and dropped watches are not removed. Everything in the column of 3.4 is with this
option set, but for the row that says otherwise.

";

const LOCALLY: &str = "
## What asks no server

The other methods of the client work the same with every version:

";

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/VERSIONS.md")
}

pub(super) fn read() -> String {
    fs::read_to_string(path()).unwrap()
}

/// Puts what was found into the page; columns of versions that did not run stay as they are.
pub(super) fn write(found: Cells) {
    let mut cells = fs::read_to_string(path()).map_or_else(|_| Cells::new(), |page| cells(&page));
    cells.extend(found);
    fs::write(path(), render(&cells)).unwrap();
}

pub(super) fn number(version: [u32; 3]) -> String {
    version.map(|part| part.to_string()).join(".")
}

fn line<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    cells.fold(String::from("|"), |line, cell| line + " " + cell + " |") + "\n"
}

pub(super) fn render(cells: &Cells) -> String {
    let versions: Vec<String> = cells.keys().map(|version| number(*version)).collect();
    let mut page = INTRODUCTION.to_owned();
    page += &line(["operation"].into_iter().chain(versions.iter().map(String::as_str)));
    page += &("|".to_owned() + &"---|".repeat(1 + versions.len()) + "\n");
    for row in rows() {
        let label = row.label();
        let outcomes = cells.values().map(|column| column.get(&label).map_or(NOT_RUN, |cell| cell));
        page += &line([label.as_str()].into_iter().chain(outcomes));
    }
    page += LOCALLY;
    for (names, what) in LOCAL {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        page += &format!("* {}: {what}\n", names.join(", "));
    }
    page
}

/// The cells of the table in a page.
pub(super) fn cells(page: &str) -> Cells {
    let split = |line: &str| {
        let inner = line.strip_prefix("| ")?.strip_suffix(" |")?;
        Some(inner.split(" | ").map(str::to_owned).collect::<Vec<_>>())
    };
    let mut lines = page.lines().filter_map(split);
    let mut cells = Cells::new();
    let Some(header) = lines.next() else { return cells };
    let versions: Vec<_> =
        header[1..].iter().map(|text| super::super::parse_version(text)).collect();
    for row in lines {
        assert_eq!(row.len(), header.len(), "{row:?}");
        for (version, cell) in versions.iter().zip(&row[1..]) {
            cells.entry(*version).or_default().insert(row[0].clone(), cell.clone());
        }
    }
    cells
}
