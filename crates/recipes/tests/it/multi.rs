//! Several locks as one.

use std::time::Duration;

use zookit_client::{Client, CreateMode, Transaction, Version};
use zookit_recipes::lock::multi::Part;
use zookit_recipes::{Claim, Lost, MultiLock, Mutex, ReadWriteLock, Semaphore, revoke};

use crate::place::{Place, bounded};

const PATHS: [&str; 3] = ["/locks/a", "/locks/b", "/locks/c"];

fn all(client: &Client) -> MultiLock {
    MultiLock::new(client, PATHS)
}

async fn until_free(place: &Place) {
    for path in PATHS {
        place.until_children(path, 0).await;
    }
}

#[tokio::test]
async fn all_are_held_in_their_order_and_released() {
    let place = Place::new();
    let client = place.client().await;
    let guard = bounded(all(&client).acquire()).await.unwrap();
    let paths: Vec<_> = guard.claims().map(|claim| claim.path().to_owned()).collect();
    for (path, lock) in paths.iter().zip(PATHS) {
        assert!(path.starts_with(lock), "{path} {lock}");
    }
    let tokens: Vec<_> = guard.claims().map(Claim::token).collect();
    assert!(tokens.is_sorted());
    assert!(guard.is_trusted());
    assert!(bounded(all(&client).try_acquire()).await.unwrap().is_none());
    bounded(guard.release()).await.unwrap();
    let guard = bounded(all(&client).try_acquire()).await.unwrap().unwrap();
    drop(guard);
    until_free(&place).await;
}

#[tokio::test]
async fn what_was_taken_is_released_when_one_cannot_be_had() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let last = bounded(Mutex::new(&one, PATHS[2]).acquire()).await.unwrap();
    assert!(bounded(all(&two).try_acquire()).await.unwrap().is_none());
    place.until_children(PATHS[0], 0).await;
    let time = Duration::from_millis(50);
    assert!(bounded(all(&two).acquire_within(time)).await.unwrap().is_none());
    place.until_children(PATHS[0], 0).await;
    place.until_children(PATHS[1], 0).await;
    place.until_children(PATHS[2], 1).await;
    // Refused for good: the same.
    place.closed(&one, "/closed").await;
    let lock = MultiLock::new(&two, [PATHS[0], "/closed", PATHS[1]]);
    place.server.log_requests(100);
    let error = bounded(lock.acquire()).await.unwrap_err();
    assert!(error.to_string().contains("NoAuth"), "{error}");
    place.until_children(PATHS[0], 0).await;
    // Those behind it were not asked for. (Curator's goes on through the rest of them.)
    let about = place.server.request_log().into_iter().filter_map(|entry| entry.path);
    let paths: Vec<_> = about.map(|path| path.to_string()).collect();
    assert!(paths.iter().any(|path| path.starts_with("/closed/")), "{paths:?}");
    assert!(!paths.iter().any(|path| path.starts_with(PATHS[1])), "{paths:?}");
    bounded(last.release()).await.unwrap();
}

#[tokio::test]
async fn who_would_wait_for_itself_is_told_so() {
    let place = Place::new();
    let client = place.client().await;
    let lock = MultiLock::new(&client, [PATHS[0], PATHS[1], PATHS[0]]);
    let error = bounded(lock.acquire()).await.unwrap_err();
    assert_eq!(error.to_string(), "/locks/a is asked for twice at once, and would wait for itself");
    assert!(bounded(lock.try_acquire()).await.is_err());
    let readers = ReadWriteLock::new(&client, PATHS[0]);
    let lock = MultiLock::of(&client, [Part::Read(readers.clone()), Part::Read(readers)]);
    bounded(lock.acquire()).await.unwrap().release().await.unwrap();
    // Of none there is nothing to wait for.
    let none = bounded(MultiLock::of(&client, []).acquire()).await.unwrap();
    assert!(!none.is_trusted());
    assert!(bounded(none.guarded_multi(Transaction::new())).await.unwrap_err().is_lost());
    bounded(none.release()).await.unwrap();
}

/// One guard never has locks of two sessions, of which one is over.
#[tokio::test]
async fn an_expiry_on_the_way_begins_all_anew() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let last = bounded(Mutex::new(&one, PATHS[2]).acquire()).await.unwrap();
    let lock = all(&two);
    let waiting = tokio::spawn(async move { lock.acquire().await });
    place.until_watched("/locks", 1).await;
    let old = two.session_id();
    place.expire(old);
    place.until_watched("/locks", 0).await;
    place.until_watched("/locks", 1).await;
    bounded(last.release()).await.unwrap();
    let guard = bounded(waiting).await.unwrap().unwrap();
    assert_ne!(two.session_id(), old);
    assert!(guard.claims().all(|claim| claim.session_id() == two.session_id()));
    assert!(guard.claims().all(Claim::is_trusted));
    bounded(guard.release()).await.unwrap();
    until_free(&place).await;
}

#[tokio::test]
async fn locks_of_all_kinds_are_held_as_one() {
    let place = Place::new();
    let client = place.client().await;
    let catalogue = ReadWriteLock::new(&client, PATHS[0]);
    let printers = Semaphore::new(&client, PATHS[1], 1);
    let parts = [
        Part::Read(catalogue.clone()),
        Part::from(printers.clone()),
        Part::from(Mutex::new(&client, PATHS[2])),
        Part::Write(ReadWriteLock::new(&client, "/other")),
    ];
    let lock = MultiLock::of(&client, parts);
    let guard = bounded(lock.acquire()).await.unwrap();
    assert_eq!(guard.claims().len(), 4);
    assert!(bounded(catalogue.try_write()).await.unwrap().is_none());
    bounded(catalogue.read()).await.unwrap().release().await.unwrap();
    assert!(bounded(printers.try_acquire()).await.unwrap().is_none());
    bounded(guard.release()).await.unwrap();
    place.until_children("/locks/b/locks", 0).await;
    let guard = bounded(lock.try_acquire()).await.unwrap().unwrap();
    assert_eq!(guard.claims().len(), 4);
}

#[tokio::test]
async fn a_write_is_guarded_by_all_and_the_loss_of_one_is_told() {
    let place = Place::new();
    let client = place.client().await;
    client.create("/x", "0", CreateMode::Persistent).await.unwrap();
    let write = || Transaction::new().set_data("/x", "1", Version::Any);
    for lost in 0..3 {
        let guard = bounded(all(&client).acquire()).await.unwrap();
        let outcomes = bounded(guard.guarded_multi(write())).await.unwrap();
        assert_eq!(outcomes.len(), 1, "the checks are ours, and not told");
        let path = guard.claims().nth(lost).unwrap().path().to_owned();
        client.delete(&path, Version::Any).await.unwrap();
        assert_eq!(bounded(guard.lost()).await, (lost, Lost::Deleted));
        let error = bounded(guard.guarded_multi(write())).await.unwrap_err();
        assert!(error.is_lost() && error.to_string().contains(&path), "{error}");
        assert!(bounded(guard.release()).await.unwrap_err().is_lost());
        until_free(&place).await;
    }
    assert_eq!(client.get_data("/x").await.unwrap().stat.version, 3);
    // A znode of the caller's own that is missing is no loss of a lock.
    let guard = bounded(all(&client).acquire()).await.unwrap();
    let absent = Transaction::new().delete("/absent", Version::Any);
    assert!(!bounded(guard.guarded_multi(absent)).await.unwrap_err().is_lost());
    let path = guard.claims().nth(1).unwrap().path().to_owned();
    assert!(bounded(revoke(&client, &path)).await.unwrap());
    assert_eq!(bounded(guard.revocation()).await.unwrap(), 1);
    place.expire(client.session_id());
    bounded(guard.doubted()).await;
    assert!(!guard.is_trusted());
}

#[test]
fn the_blocking_twin_holds_all() {
    use zookit_recipes::blocking::{MultiLock, Mutex, ReadWriteLock, Semaphore};

    let place = Place::new();
    let address = place.server.address().to_string();
    let client = zookit_client::blocking::Client::connect(address.as_str()).unwrap();
    let rw = ReadWriteLock::new(&client, "/rw");
    let parts = [
        Mutex::new(&client, PATHS[0]).into(),
        Semaphore::new(&client, PATHS[1], 1).into(),
        rw.for_reading(),
    ];
    let lock = MultiLock::of(&client, parts);
    let guard = lock.acquire().unwrap();
    assert!(lock.try_acquire().unwrap().is_none());
    assert!(lock.acquire_within(Duration::from_millis(1)).unwrap().is_none());
    let write = Transaction::new().create("/x", (), CreateMode::Persistent);
    assert_eq!(guard.guarded_multi(write).unwrap().len(), 1);
    assert!(!guard.doubted_within(Duration::ZERO));
    assert!(guard.revocation_within(Duration::ZERO).unwrap().is_none());
    assert!(guard.lost_within(Duration::ZERO).is_none());
    guard.release().unwrap();
    let writer = MultiLock::of(&client, [rw.for_writing()]).acquire().unwrap();
    let path = writer.claims().next().unwrap().path().to_owned();
    zookit_recipes::blocking::revoke(&client, &path).unwrap();
    assert_eq!(writer.revocation_within(Duration::from_secs(30)).unwrap(), Some(0));
    client.delete(&path, Version::Any).unwrap();
    assert_eq!(writer.lost_within(Duration::from_secs(30)), Some((0, Lost::Deleted)));
    assert!(writer.release().unwrap_err().is_lost());
}
