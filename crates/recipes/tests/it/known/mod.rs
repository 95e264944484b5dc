//! Bugs that others have had, and that no test of a recipe's own file would show.
//!
//! All of them, and the tests that keep us from them, are in a table in `docs/GUARANTEES.md`.

mod caches;
mod claims;
mod leftovers;

use tokio::runtime::Handle;
use zookit_client::{Client, SessionId};

use crate::place::{Place, bounded};

/// So many tasks there are in the runtime of this test.
fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

/// Waits until there are no more tasks than that: what goes on in the background has ended.
async fn until_tasks(most: usize) {
    bounded(async {
        while tasks() > most {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// Whose znodes there are below a path.
fn owners(place: &Place, path: &str) -> Vec<SessionId> {
    let names = place.children(path);
    place.server.look(|server| {
        let stats = names.iter().filter_map(|name| server.tree().stat(&format!("{path}/{name}")));
        stats.map(|stat| stat.ephemeral_owner).collect()
    })
}

/// So many round trips of this client.
async fn round_trips(client: &Client, count: usize) {
    for _ in 0..count {
        bounded(client.exists("/")).await.unwrap();
    }
}
