//! Futures that are dropped at whichever poll: nothing is left on the server.

use std::future::Future;
use std::time::Duration;

use zookit_client::{Client, SessionId};
use zookit_recipes::lock::multi::Part;
use zookit_recipes::{Error, MultiLock, Mutex, ReadWriteLock, Semaphore, TimedLease};

use crate::place::{Place, bounded, poll_once};

/// More than any of them takes without contention.
const POLLS: usize = 24;

/// Makes a future, polls it so often, with a round trip behind each poll, and drops it; for every
/// number of polls. Then its session has no znode and no watch.
async fn leaves_nothing<T, F>(place: &Place, make: impl Fn(Client) -> F)
where
    F: Future<Output = Result<T, Error>>,
{
    let client = place.client().await;
    let session = client.session_id();
    for polls in 1..=POLLS {
        let mut future = Box::pin(make(client.clone()));
        for _ in 0..polls {
            if let Some(done) = poll_once(future.as_mut()).await {
                drop(done.unwrap());
                break;
            }
            bounded(client.exists("/")).await.unwrap();
        }
        drop(future);
        // What was sent before it was dropped has been carried out by then.
        bounded(client.fence()).await.unwrap();
        until_nothing_is_left(place, session).await;
    }
    assert_eq!(client.session_id(), session);
}

async fn until_nothing_is_left(place: &Place, session: SessionId) {
    place
        .until(|server| {
            let sessions = server.sessions();
            let own = sessions.iter().find(|one| one.id == session).unwrap();
            let watches = server.watches();
            own.ephemerals.is_empty() && !watches.iter().any(|watch| watch.session == session)
        })
        .await;
}

fn several(client: &Client) -> MultiLock {
    let parts = [
        Part::Mutex(Mutex::new(client, "/locks/1")),
        Part::Write(ReadWriteLock::new(client, "/locks/2")),
        Part::Lease(Semaphore::new(client, "/locks/3", 2)),
    ];
    MultiLock::of(client, parts)
}

#[tokio::test]
async fn nothing_is_left_of_what_was_free() {
    let place = Place::new();
    leaves_nothing(&place, async |client: Client| {
        Mutex::new(&client, "/locks/a").acquire().await?.release().await
    })
    .await;
    leaves_nothing(&place, async |client: Client| {
        ReadWriteLock::new(&client, "/locks/b").write().await?.downgrade().await?.release().await
    })
    .await;
    leaves_nothing(&place, async |client: Client| {
        Semaphore::new(&client, "/locks/c", 3).acquire_many(3).await
    })
    .await;
    leaves_nothing(&place, async |client: Client| {
        several(&client).acquire().await?.release().await
    })
    .await;
    leaves_nothing(&place, async |client: Client| {
        let lease = TimedLease::new(&client, "/locks/d", "me");
        let guard = lease.try_acquire(Duration::from_secs(60)).await?.unwrap();
        guard.release().await
    })
    .await;
}

#[tokio::test]
async fn nothing_is_left_of_what_somebody_else_has() {
    let place = Place::new();
    let holder = place.client().await;
    let held = bounded(several(&holder).acquire()).await.unwrap();
    let more = bounded(Semaphore::new(&holder, "/locks/3", 2).acquire()).await.unwrap();
    leaves_nothing(&place, async |client: Client| Mutex::new(&client, "/locks/1").acquire().await)
        .await;
    leaves_nothing(&place, async |client: Client| {
        ReadWriteLock::new(&client, "/locks/2").read().await
    })
    .await;
    leaves_nothing(&place, async |client: Client| {
        Semaphore::new(&client, "/locks/3", 2).acquire_many(2).await
    })
    .await;
    leaves_nothing(&place, async |client: Client| several(&client).try_acquire().await).await;
    leaves_nothing(&place, async |client: Client| {
        let first = Mutex::new(&client, "/locks/0").acquire().await?;
        several(&client).acquire().await.map(|guard| (first, guard))
    })
    .await;
    assert!(held.is_trusted() && more.is_trusted());
}
