//! Calls of the recipes' public async functions, a file a family; those of the lock, of discovery
//! and of typed znodes are in `recipes.rs`.

mod background;
mod counters;
mod locks;
mod queues;

use std::time::Duration;

use tokio::time::timeout;
use zookit_client::Client;

use super::calls::Call;
use super::recipes::both;

/// Longer than a session lasts.
const MOMENT: Duration = Duration::from_secs(4);

pub(super) fn calls() -> impl Iterator<Item = (&'static str, Call)> {
    let families = [background::CALLS, counters::CALLS, locks::CALLS, queues::CALLS];
    families.into_iter().flatten().copied()
}

/// What may wait for something that trouble has prevented.
async fn for_a_moment(call: impl Future) {
    drop(timeout(MOMENT, call).await);
}

/// The same, while somebody does something about it.
async fn meanwhile(waiting: impl Future, doing: impl Future) {
    let doing = async { drop(doing.await) };
    both(for_a_moment(waiting), doing).await;
}

/// Somebody's else doing: a znode goes.
async fn delete(client: &Client, path: &str) {
    let _deleted = client.delete(path, zookit_client::Version::Any).await;
}
