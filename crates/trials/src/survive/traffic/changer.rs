//! The client that changes what the others watch, one change at a time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use zookit_client::{Client, CreateMode, Error, EventType, Stat, Version, Zxid};

use super::Going;
use super::home::{EPHEMERALS, ROOT, WATCHED_DATA, WATCHED_NODE, WATCHED_TREE, make};

/// Between two changes.
const PACE: Duration = Duration::from_millis(12);

/// A change below [`WATCHED_TREE`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) event: EventType,
    pub(crate) path: String,
    pub(crate) outcome: Outcome,
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was made, by a transaction behind the first of these and up to the second.
    Made(Zxid, Zxid),
    /// It was not made.
    NotMade,
    /// Nobody knows.
    InDoubt,
}

/// The client, and what it changed.
#[derive(Debug, Clone)]
pub(crate) struct Changer {
    client: Client,
    changes: Arc<Mutex<Vec<Change>>>,
}

impl Changer {
    pub(super) fn new(client: Client) -> Self {
        Self { client, changes: Arc::default() }
    }

    pub(crate) const fn client(&self) -> &Client {
        &self.client
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Change>> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All changes so far, in their order.
    pub(crate) fn changes(&self) -> Vec<Change> {
        self.lock().clone()
    }

    pub(super) async fn make_room(&self) -> Result<(), Error> {
        for path in [ROOT, EPHEMERALS, WATCHED_DATA, WATCHED_TREE] {
            make(&self.client, path).await?;
        }
        Ok(())
    }

    /// Changes what is watched until the traffic ends.
    pub(super) async fn run(self, mut going: Going) {
        let mut number = 0_usize;
        while going.on() {
            let path = format!("{WATCHED_TREE}/{number:06}");
            self.come_and_go(&path, &mut going).await;
            // What becomes of these shows in the stats that whoever watches them reads.
            let _ = self.client.set_data(WATCHED_DATA, number.to_string(), Version::Any).await;
            going.pause(PACE).await;
            if number % 2 == 0 {
                let _ = self.client.create(WATCHED_NODE, (), CreateMode::Persistent).await;
            } else {
                let _ = self.client.delete(WATCHED_NODE, Version::Any).await;
            }
            going.pause(PACE).await;
            number += 1;
        }
    }

    /// A znode comes, changes, and goes.
    async fn come_and_go(&self, path: &str, going: &mut Going) {
        let before = self.client.zxid();
        let made = self.client.create(path, "1", CreateMode::Persistent).await;
        let zxid = |stat: Stat| stat.czxid;
        self.note(EventType::NodeCreated, path, before, made.map(|made| made.stat.map(zxid)));
        going.pause(PACE).await;
        let before = self.client.zxid();
        let set = self.client.set_data(path, "2", Version::Any).await;
        self.note(EventType::NodeDataChanged, path, before, set.map(|stat| Some(stat.mzxid)));
        going.pause(PACE).await;
        let before = self.client.zxid();
        let deleted = self.client.delete(path, Version::Any).await;
        self.note(EventType::NodeDeleted, path, before, deleted.map(|()| None));
    }

    /// `before` is the newest transaction that the client had seen when it submitted the change;
    /// the result has the change's own, if it is known.
    fn note(
        &self,
        event: EventType,
        path: &str,
        before: Zxid,
        result: Result<Option<Zxid>, Error>,
    ) {
        let outcome = match result {
            Ok(Some(zxid)) => Outcome::Made(Zxid(zxid.0 - 1), zxid),
            Ok(None) => Outcome::Made(before, self.client.zxid()),
            Err(error) if error.may_have_applied() => Outcome::InDoubt,
            Err(_) => Outcome::NotMade,
        };
        self.lock().push(Change { event, path: path.to_owned(), outcome });
    }
}
