//! The lock that readers hold together and writers alone.

use std::pin::pin;
use std::time::Duration;

use tokio::task::{JoinHandle, JoinSet};
use zookit_client::{Client, CreateMode, Transaction, Version};
use zookit_proto::OpCode;
use zookit_recipes::{
    ClaimOptions, Error, Mutex, Naming, ReadGuard, ReadWriteLock, Sequence, WriteGuard,
};

use crate::place::{Place, bounded, poll_once};

const PATH: &str = "/locks/rw";

fn lock(client: &Client) -> ReadWriteLock {
    ReadWriteLock::new(client, PATH)
}

/// Waits in a task of its own.
fn reading(client: &Client) -> JoinHandle<Result<ReadGuard, Error>> {
    let lock = lock(client);
    tokio::spawn(async move { lock.read().await })
}

fn writing(client: &Client) -> JoinHandle<Result<WriteGuard, Error>> {
    let lock = lock(client);
    tokio::spawn(async move { lock.write().await })
}

#[tokio::test]
async fn readers_hold_together_and_a_writer_waits_for_all_of_them() {
    let place = Place::new();
    let client = place.client().await;
    let one = bounded(lock(&client).read()).await.unwrap();
    let other = bounded(lock(&client).read()).await.unwrap();
    assert!(other.token() > one.token());
    assert!(bounded(lock(&client).try_write()).await.unwrap().is_none());
    place.until_children(PATH, 2).await;
    let writer = writing(&client);
    place.until_watched(PATH, 1).await;
    // Nobody passes a writer who waits.
    assert!(bounded(lock(&client).try_read()).await.unwrap().is_none());
    place.until_children(PATH, 3).await;
    let reader = reading(&client);
    place.until_watched(PATH, 2).await;
    bounded(other.release()).await.unwrap();
    assert!(!writer.is_finished());
    bounded(one.release()).await.unwrap();
    let writer = bounded(writer).await.unwrap().unwrap();
    assert!(!reader.is_finished());
    assert_eq!(bounded(lock(&client).writers()).await.unwrap()[0].path, writer.path());
    assert_eq!(bounded(lock(&client).readers()).await.unwrap().len(), 1);
    assert_eq!(bounded(lock(&client).participants()).await.unwrap().len(), 2);
    bounded(writer.release()).await.unwrap();
    bounded(reader).await.unwrap().unwrap().release().await.unwrap();
    assert_eq!(place.children(PATH), [""; 0]);
}

/// All who wait for one writer wait for its znode, and hold when that goes: each is told once, and
/// lists once.
#[tokio::test]
async fn a_release_of_a_writer_wakes_the_readers_behind_it_and_nobody_else() {
    let place = Place::new();
    let client = place.client().await;
    let first = bounded(lock(&client).write()).await.unwrap();
    let mut readers = JoinSet::new();
    for count in 0..5 {
        let lock = lock(&place.client().await);
        readers.spawn(async move { lock.read().await });
        place.until_children(PATH, count + 2).await;
    }
    let last = place.client().await;
    let waiting = writing(&last);
    place.until_children(PATH, 7).await;
    place.until_watched(PATH, 6).await;
    place.server.log_requests(100);
    bounded(first.release()).await.unwrap();
    let mut held = Vec::new();
    while let Some(reader) = bounded(readers.join_next()).await {
        held.push(reader.unwrap().unwrap());
    }
    let asked = [vec![OpCode::Delete], [OpCode::GetChildren].repeat(5)].concat();
    assert_eq!(place.asked(), asked);
    assert!(!waiting.is_finished());
    drop(held);
    bounded(waiting).await.unwrap().unwrap().release().await.unwrap();
}

#[tokio::test]
async fn a_downgrade_lets_readers_in_and_no_writer() {
    let place = Place::new();
    let client = place.client().await;
    let writer = bounded(lock(&client).write()).await.unwrap();
    let (token, number) = (writer.token(), Sequence::of(writer.path()));
    let reader = reading(&client);
    place.until_watched(PATH, 1).await;
    let (next, last) = (place.client().await, place.client().await);
    let next = writing(&next);
    place.until_watched(PATH, 2).await;
    let last = reading(&last);
    place.until_watched(PATH, 3).await;
    place.server.log_requests(100);
    let downgraded = bounded(writer.downgrade()).await.unwrap();
    let reader = bounded(reader).await.unwrap().unwrap();
    // One transaction, and a look by the reader that it woke.
    assert_eq!(place.asked(), [OpCode::Multi, OpCode::GetChildren]);
    assert_eq!(downgraded.token(), token);
    assert_eq!(Sequence::of(downgraded.path()), number);
    assert!(downgraded.path().contains("-__READ__"), "{}", downgraded.path());
    assert!(downgraded.is_trusted());
    let write = Transaction::new().create("/written", (), CreateMode::Persistent);
    bounded(downgraded.guarded_multi(write)).await.unwrap();
    assert!(!next.is_finished() && !last.is_finished());
    bounded(reader.release()).await.unwrap();
    assert!(!next.is_finished());
    bounded(downgraded.release()).await.unwrap();
    let next = bounded(next).await.unwrap().unwrap();
    assert!(next.token() > token);
    bounded(next.release()).await.unwrap();
    bounded(last).await.unwrap().unwrap().release().await.unwrap();
}

#[tokio::test]
async fn a_downgrade_whose_reply_was_lost_is_found() {
    let place = Place::new();
    let client = place.client().await;
    let writer = bounded(lock(&client).write()).await.unwrap();
    let token = writer.token();
    place.lose_next(OpCode::Multi);
    let reader = bounded(writer.downgrade()).await.unwrap();
    assert_eq!(reader.token(), token);
    assert_eq!(place.children(PATH).len(), 1);
    bounded(reader.release()).await.unwrap();
    assert_eq!(place.children(PATH), [""; 0]);
}

#[tokio::test]
async fn a_downgrade_that_is_dropped_releases_the_lock() {
    let place = Place::new();
    let client = place.client().await;
    let writer = bounded(lock(&client).write()).await.unwrap();
    {
        let downgrade = pin!(writer.downgrade());
        assert!(poll_once(downgrade).await.is_none());
    }
    // Created twice and deleted twice.
    place.until(|server| server.tree().stat(PATH).is_some_and(|stat| stat.cversion == 4)).await;
    assert_eq!(place.children(PATH), [""; 0]);
}

#[tokio::test]
async fn what_is_not_held_any_more_is_not_downgraded() {
    let place = Place::new();
    let client = place.client().await;
    let writer = bounded(lock(&client).write()).await.unwrap();
    client.delete(writer.path(), Version::Any).await.unwrap();
    let error = bounded(writer.downgrade()).await.unwrap_err();
    assert!(error.is_lost(), "{error}");
    assert_eq!(place.children(PATH), [""; 0]);
    let writer = bounded(lock(&client).write()).await.unwrap();
    place.expire(writer.session_id());
    let error = bounded(writer.downgrade()).await.unwrap_err();
    assert!(error.is_lost(), "{error}");
}

#[tokio::test]
async fn readers_pass_when_the_writer_before_them_gives_up() {
    let place = Place::new();
    let client = place.client().await;
    let first = bounded(lock(&client).read()).await.unwrap();
    let writer = writing(&client);
    place.until_watched(PATH, 1).await;
    let other = place.client().await;
    let reader = reading(&other);
    place.until_watched(PATH, 2).await;
    writer.abort();
    bounded(reader).await.unwrap().unwrap().release().await.unwrap();
    place.until_children(PATH, 1).await;
    bounded(first.release()).await.unwrap();
}

/// CURATOR-604: a znode of the last session must not pass for this one's.
#[tokio::test]
async fn a_reader_who_waits_over_an_expiry_asks_anew() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let writer = bounded(lock(&one).write()).await.unwrap();
    let reader = reading(&two);
    place.until_watched(PATH, 1).await;
    let old = two.session_id();
    place.expire(old);
    place.until_children(PATH, 1).await;
    place.until_watched(PATH, 1).await;
    bounded(writer.release()).await.unwrap();
    let reader = bounded(reader).await.unwrap().unwrap();
    assert_ne!(reader.session_id(), old);
}

#[tokio::test]
async fn locks_of_all_kinds_of_clients_stand_in_one_queue() {
    let place = Place::new();
    let client = place.client().await;
    for naming in [Naming::Curator, Naming::Kazoo, Naming::Go] {
        let options = ClaimOptions { naming, ..ClaimOptions::default() };
        let theirs = ReadWriteLock::with_options(&client, PATH, options);
        let reader = bounded(theirs.read()).await.unwrap();
        let beside = bounded(lock(&client).read()).await.unwrap();
        assert!(bounded(lock(&client).try_write()).await.unwrap().is_none());
        assert!(bounded(Mutex::new(&client, PATH).try_acquire()).await.unwrap().is_none());
        drop((reader, beside));
        let writer = bounded(theirs.write()).await.unwrap();
        assert!(bounded(lock(&client).try_read()).await.unwrap().is_none());
        let reader = bounded(writer.downgrade()).await.unwrap();
        let beside = bounded(lock(&client).read()).await.unwrap();
        drop((reader, beside));
    }
    // A plain lock is a writer.
    let mutex = bounded(Mutex::new(&client, PATH).acquire()).await.unwrap();
    assert!(bounded(lock(&client).try_read()).await.unwrap().is_none());
    bounded(mutex.release()).await.unwrap();
}

/// What no repetition mends is told, after few requests.
#[tokio::test]
async fn what_cannot_be_mended_is_told_and_not_repeated() {
    let place = Place::new();
    let client = place.client().await;
    place.closed(&client, "/closed").await;
    place.server.log_requests(100);
    let lock = ReadWriteLock::new(&client, "/closed");
    let error = bounded(lock.write()).await.unwrap_err();
    assert!(error.as_client().unwrap().to_string().contains("NoAuth"), "{error}");
    assert_eq!(place.asked(), [OpCode::Create2, OpCode::GetChildren]);
}

#[test]
fn the_blocking_twin_reads_writes_and_downgrades() {
    let place = Place::new();
    let address = place.server.address().to_string();
    let client = zookit_client::blocking::Client::connect(address.as_str()).unwrap();
    let lock = zookit_recipes::blocking::ReadWriteLock::new(&client, PATH);
    assert_eq!(lock.path(), PATH);
    let (one, other) = (lock.read().unwrap(), lock.try_read().unwrap().unwrap());
    assert!(lock.write_within(Duration::from_millis(1)).unwrap().is_none());
    assert!(lock.try_write().unwrap().is_none());
    one.release().unwrap();
    other.release().unwrap();
    let writer = lock.write().unwrap();
    assert!(lock.read_within(Duration::from_millis(1)).unwrap().is_none());
    assert!(place.server.wait(Duration::from_secs(30), |server| {
        server.tree().stat(PATH).is_some_and(|stat| stat.num_children == 1)
    }));
    assert_eq!(lock.writers().unwrap()[0].path, writer.path());
    let reader = writer.downgrade().unwrap();
    assert_eq!(lock.readers().unwrap()[0].path, reader.path());
    assert_eq!(lock.participants().unwrap().len(), 1);
    reader.release().unwrap();
    assert_eq!(place.children(PATH), [""; 0]);
}
