//! What each version of ZooKeeper does with each operation: `docs/VERSIONS.md`.
//!
//! Each operation is asked once of each listed server, by a client of its own, and must end within
//! [`BOUND`]: with a value, or with a refusal that stands when it is asked again and that cost one
//! connection at most. What came of it is compared with the page, or written to it where
//! `ZOOKIT_WRITE_VERSIONS` is set, as `cargo xtask versions` does.
//!
//! Without servers it is still checked that the page has a row for every method of the client:
//! `rows.rs` has the rows, and the methods that ask no server.

mod page;
mod rows;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::timeout;
use zookit_client::{Client, CreateMode, Error, ErrorCode};

use super::{Place, on_each_server};
use crate::twins::source::methods_of_client;
use page::Cells;
use rows::{LOCAL, Row, rows};

/// For one operation on one server: three times the deadline that requests have by default.
const BOUND: Duration = Duration::from_secs(30);

/// See [`reconnects_of`].
const READS: usize = 200;

/// The lines of releases of which one stands in the table.
const LINES: [&str; 6] = ["3.4.", "3.5.", "3.6.", "3.7.", "3.8.", "3.9."];

/// Where an operation is tried.
#[derive(Clone)]
struct Scene {
    place: Arc<Place>,
    /// The one that tries.
    client: Client,
    /// Another, which needs only what every server has.
    other: Client,
    /// A znode for this operation alone, with the data `0`.
    node: String,
}

/// Why an operation did not do what it is for.
enum Lack {
    Error(Error),
    /// The server was not asked, since it would not have known what to do.
    NotAsked,
}

impl From<Error> for Lack {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// As a cell of the table has it.
fn cell(code: ErrorCode, closed: bool) -> String {
    match (code, closed) {
        (ErrorCode::Unimplemented, true) => page::NOT_THERE.to_owned(),
        (code, true) => format!("`{code}`, closed"),
        (code, false) => format!("`{code}`"),
    }
}

/// Asks once, and what was refused once more.
async fn outcome(row: &Row, scene: &Scene) -> String {
    let (label, version) = (row.label(), scene.place.server.version);
    let ask = || async {
        let asked = timeout(BOUND, (row.probe)(scene.clone())).await;
        asked.unwrap_or_else(|_| panic!("{label} on {version:?}: nothing within {BOUND:?}"))
    };
    let error = match ask().await {
        Ok(()) => {
            assert_eq!(scene.client.stats().reconnects, 0, "{label} on {version:?}");
            return page::WORKS.to_owned();
        }
        Err(Lack::NotAsked) => return page::NOT_THERE.to_owned(),
        Err(Lack::Error(error)) => error,
    };
    assert!(matches!(error, Error::Refused(_)), "{label} on {version:?}: {error}");
    let code = error.code().unwrap();
    let reconnects = reconnects_of(&scene.client).await;
    assert!(reconnects <= 1, "{label} on {version:?}: {reconnects} connections");

    let Err(Lack::Error(again)) = ask().await else {
        panic!("{label} on {version:?}: the second time it is not refused")
    };
    let closed = reconnects == 1;
    assert_eq!(again.code(), Some(code), "{label} on {version:?}: {again}");
    if let Error::NotSent(_) = &again {
        // The client has learnt what this server does not know.
        assert!(closed && !again.is_transient(), "{label}: {again}");
    }
    let later = reconnects_of(&scene.client).await;
    assert_eq!(later, reconnects, "{label} on {version:?}: it costs a connection each time");
    cell(code, closed)
}

/// How many connections were lost. A server that closes behind its reply may still answer a read
/// or two, but not [`READS`] one after the other.
async fn reconnects_of(client: &Client) -> u64 {
    let reads = async {
        for _ in 0..READS {
            while client.exists("/").await.is_err() {
                client.wait_connected().await.unwrap();
            }
        }
    };
    timeout(BOUND, reads).await.unwrap();
    client.stats().reconnects
}

/// A column of the table: the outcome of each row.
async fn column(place: &Arc<Place>) -> Vec<(String, String)> {
    let other = place.client().await;
    let mut column = Vec::new();
    for (index, row) in rows().iter().enumerate() {
        let node = format!("/{index}");
        other.create(&node, "0", CreateMode::Persistent).await.unwrap();
        let client = place.client_with((row.options)(&place.server)).await;
        let (place, other) = (Arc::clone(place), other.clone());
        let scene = Scene { place, client, other, node };
        column.push((row.label(), outcome(row, &scene).await));
        // Some have closed it.
        let _ = scene.client.close().await;
    }
    other.close().await.unwrap();
    column
}

#[test]
fn each_version_does_what_the_page_says() {
    let found = Arc::new(Mutex::new(Cells::default()));
    on_each_server("versions", |place| {
        let found = Arc::clone(&found);
        async move {
            let column = column(&place).await;
            found.lock().unwrap().insert(place.server.version, column.into_iter().collect());
        }
    });
    let found = std::mem::take(&mut *found.lock().unwrap());
    if std::env::var_os("ZOOKIT_WRITE_VERSIONS").is_some() {
        return page::write(found);
    }
    let written = page::cells(&page::read());
    for (version, column) in found {
        // Another patch release than those of the page is asked all the same.
        let Some(written) = written.get(&version) else { continue };
        for (label, cell) in column {
            let of_page = written.get(&label).map(String::as_str);
            assert_eq!(of_page, Some(cell.as_str()), "{label} on {version:?}; {}", page::REPEAT);
        }
    }
}

#[test]
fn the_page_has_a_row_for_every_operation() {
    let mut rows_of = BTreeMap::<&str, usize>::new();
    for row in rows() {
        *rows_of.entry(row.method).or_default() += 1;
    }
    let methods: Vec<String> = methods_of_client().into_iter().map(|method| method.name).collect();
    for method in &methods {
        let local = LOCAL.iter().any(|(names, _)| names.contains(&method.as_str()));
        let tried = rows_of.contains_key(method.as_str());
        assert!(tried != local, "{method} belongs in rows.rs, once: tried or local");
    }
    let local = LOCAL.iter().flat_map(|(names, _)| names.iter());
    for name in rows_of.keys().chain(local) {
        assert!(methods.iter().any(|method| method == name), "{name} is no method any more");
    }

    let page = page::read();
    let cells = page::cells(&page);
    assert!(page == page::render(&cells), "{}", page::REPEAT);
    for line in LINES {
        let of_line = |version: &[u32; 3]| page::number(*version).starts_with(line);
        assert!(cells.keys().any(of_line), "no column for {line}x; {}", page::REPEAT);
    }
    for (version, column) in &cells {
        for row in rows() {
            let cell = column.get(&row.label()).map(String::as_str);
            let ran = cell.is_some_and(|cell| cell != page::NOT_RUN);
            assert!(ran, "{} on {version:?}: {cell:?}; {}", row.label(), page::REPEAT);
        }
    }
}
