//! A persistent recursive watch.

use tokio::time::Instant;
use zookit_client::{AddWatchMode, Error, PersistentWatch};

use super::home::WATCHED_TREE;
use super::{Going, Subject, while_going};

/// Arms it.
pub(super) async fn arm(subject: &Subject) -> Result<PersistentWatch, Error> {
    subject.client.add_watch(WATCHED_TREE, AddWatchMode::PersistentRecursive).await
}

/// Notes all that it tells, until all has been told.
pub(super) async fn follow(subject: Subject, mut stream: PersistentWatch, mut watching: Going) {
    while let Some(Some(notice)) = while_going(&mut watching, stream.next()).await {
        subject.notes.lock().stream.push((Instant::now(), notice));
    }
}
