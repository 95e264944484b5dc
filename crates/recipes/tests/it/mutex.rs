//! The lock with one holder.

use std::pin::pin;
use std::time::Duration;

use tokio::task::JoinSet;
use zookit_client::{CreateMode, Transaction, Version};
use zookit_proto::OpCode;
use zookit_recipes::{ClaimOptions, Lost, Mutex, Naming};

use crate::place::{Place, bounded, poll_once};

const PATH: &str = "/locks/a";

#[tokio::test]
async fn one_holds_and_the_next_when_that_one_releases() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let first = bounded(Mutex::new(&one, PATH).acquire()).await.unwrap();
    let lock = Mutex::new(&two, PATH);
    assert!(bounded(lock.try_acquire()).await.unwrap().is_none());
    let waiting = tokio::spawn(async move { lock.acquire().await });
    // What was tried has gone, and the other waits.
    place.until_children(PATH, 2).await;
    place.until_watched(PATH, 1).await;
    let token = first.token();
    bounded(first.release()).await.unwrap();
    let second = bounded(waiting).await.unwrap().unwrap();
    assert!(second.token() > token);
    assert_eq!(second.session_id(), two.session_id());
    assert!(second.is_trusted());
}

#[tokio::test]
async fn a_lock_that_is_free_takes_two_requests_at_once() {
    let place = Place::new();
    let client = place.client().await;
    client.create_with_parents(PATH, (), CreateMode::Persistent).await.unwrap();
    place.server.log_requests(100);
    let guard = bounded(Mutex::new(&client, PATH).acquire()).await.unwrap();
    assert_eq!(place.asked(), [OpCode::Create2, OpCode::GetChildren]);
    bounded(guard.release()).await.unwrap();
    assert_eq!(place.asked(), [OpCode::Create2, OpCode::GetChildren, OpCode::Delete]);
}

/// From one holder to the next: a delete, one event, a listing.
#[tokio::test]
async fn a_release_wakes_one_who_lists() {
    let place = Place::new();
    let client = place.client().await;
    let first = bounded(Mutex::new(&client, PATH).acquire()).await.unwrap();
    let mut waiting = JoinSet::new();
    for number in 0..20 {
        let lock = Mutex::new(&place.client().await, PATH);
        waiting.spawn(async move { (number, lock.acquire().await.unwrap()) });
        place.until_children(PATH, number + 2).await;
        place.until_watched(PATH, number + 1).await;
    }
    place.server.log_requests(1000);
    bounded(first.release()).await.unwrap();
    for number in 0..20 {
        let (next, guard) = bounded(waiting.join_next()).await.unwrap().unwrap();
        assert_eq!(next, number, "who asked first holds first");
        bounded(guard.release()).await.unwrap();
    }
    let handed_over = [OpCode::Delete, OpCode::GetChildren].repeat(20);
    assert_eq!(place.asked(), [handed_over, vec![OpCode::Delete]].concat());
}

#[tokio::test]
async fn who_gives_up_leaves_nothing_and_the_next_waits_for_the_one_before() {
    let place = Place::new();
    let (one, two, three) = (place.client().await, place.client().await, place.client().await);
    let first = bounded(Mutex::new(&one, PATH).acquire()).await.unwrap();
    let impatient = Mutex::new(&two, PATH);
    let mut gives_up = Box::pin(impatient.acquire());
    tokio::select! {
        held = &mut gives_up => panic!("held by two: {held:?}"),
        () = place.until_watched(PATH, 1) => {}
    }
    let third = Mutex::new(&three, PATH);
    let waiting = tokio::spawn(async move { third.acquire().await });
    place.until_watched(PATH, 2).await;
    drop(gives_up);
    place.until_children(PATH, 2).await;
    bounded(first.release()).await.unwrap();
    let guard = bounded(waiting).await.unwrap().unwrap();
    assert_eq!(place.children(PATH).len(), 1);
    bounded(guard.release()).await.unwrap();
}

#[tokio::test]
async fn when_its_time_is_over_nothing_is_held_or_left() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let first = bounded(Mutex::new(&one, PATH).acquire()).await.unwrap();
    let lock = Mutex::new(&two, PATH);
    assert!(bounded(lock.acquire_within(Duration::from_millis(1))).await.unwrap().is_none());
    place.until_children(PATH, 1).await;
    bounded(first.release()).await.unwrap();
}

#[tokio::test]
async fn a_future_that_is_dropped_before_the_reply_leaves_nothing() {
    let place = Place::new();
    let client = place.client().await;
    client.create_with_parents(PATH, (), CreateMode::Persistent).await.unwrap();
    let lock = Mutex::new(&client, PATH);
    {
        // Polled once: the create is on its way.
        let acquire = pin!(lock.acquire());
        let polled = poll_once(acquire).await;
        assert!(polled.is_none());
    }
    place.until(|server| server.tree().stat(PATH).is_some_and(|stat| stat.cversion == 2)).await;
    assert_eq!(place.children(PATH), [""; 0]);
}

#[tokio::test]
async fn a_create_whose_reply_was_lost_is_found_and_not_made_twice() {
    let place = Place::new();
    let client = place.client().await;
    client.create_with_parents(PATH, (), CreateMode::Persistent).await.unwrap();
    place.lose_next_create_below(PATH);
    let guard = bounded(Mutex::new(&client, PATH).acquire()).await.unwrap();
    assert_eq!(place.children(PATH).len(), 1);
    bounded(guard.release()).await.unwrap();
    assert_eq!(place.children(PATH), [""; 0]);
}

/// CURATOR-604: a znode of the last session must not pass for this one's.
#[tokio::test]
async fn who_waits_over_an_expiry_asks_anew_in_the_next_session() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let first = bounded(Mutex::new(&one, PATH).acquire()).await.unwrap();
    let lock = Mutex::new(&two, PATH);
    let waiting = tokio::spawn(async move { lock.acquire().await });
    place.until_watched(PATH, 1).await;
    let old = two.session_id();
    place.expire(old);
    place.until_children(PATH, 1).await;
    place.until_watched(PATH, 1).await;
    bounded(first.release()).await.unwrap();
    let second = bounded(waiting).await.unwrap().unwrap();
    assert_ne!(second.session_id(), old);
    assert_eq!(second.session_id(), two.session_id());
}

#[tokio::test]
async fn who_waits_keeps_its_place_over_lost_connections() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let first = bounded(Mutex::new(&one, PATH).acquire()).await.unwrap();
    let lock = Mutex::new(&two, PATH);
    let waiting = tokio::spawn(async move { lock.acquire().await });
    place.until_watched(PATH, 1).await;
    let queue = bounded(Mutex::new(&one, PATH).participants()).await.unwrap();
    place.server.refuse_connections(true);
    place.server.drop_connections();
    let released = tokio::spawn(first.release());
    place.server.refuse_connections(false);
    bounded(released).await.unwrap().unwrap();
    let second = bounded(waiting).await.unwrap().unwrap();
    assert_eq!(second.path(), queue[1].path);
}

#[tokio::test]
async fn a_guard_tells_of_the_end_of_its_session() {
    let place = Place::new();
    let client = place.client().await;
    let guard = bounded(Mutex::new(&client, PATH).acquire()).await.unwrap();
    let mut lost = Box::pin(guard.lost());
    assert!(poll_once(lost.as_mut()).await.is_none());
    place.expire(guard.session_id());
    assert_eq!(bounded(lost.as_mut()).await, Lost::SessionOver);
    drop(lost);
    bounded(guard.doubted()).await;
    assert!(!guard.is_trusted());
    // The client lives on in the next session, and the guard's handle does not.
    let write = Transaction::new().create("/x", (), CreateMode::Persistent);
    assert!(bounded(guard.guarded_multi(write)).await.unwrap_err().is_lost());
    bounded(client.create("/x", (), CreateMode::Persistent)).await.unwrap();
    let error = bounded(guard.release()).await.unwrap_err();
    assert!(error.is_lost(), "{error}");
}

#[tokio::test]
async fn a_guard_whose_znode_was_deleted_guards_no_write() {
    let place = Place::new();
    let client = place.client().await;
    client.create("/x", "0", CreateMode::Persistent).await.unwrap();
    let guard = bounded(Mutex::new(&client, PATH).acquire()).await.unwrap();
    let write = || Transaction::new().set_data("/x", "1", Version::Any);
    let outcomes = bounded(guard.guarded_multi(write())).await.unwrap();
    assert_eq!(outcomes.len(), 1, "the check is ours, and not told");
    client.delete(guard.path(), Version::Any).await.unwrap();
    assert!(guard.is_trusted(), "nobody has looked");
    assert_eq!(bounded(guard.lost()).await, Lost::Deleted);
    assert!(!guard.is_trusted());
    let error = bounded(guard.guarded_multi(write())).await.unwrap_err();
    assert!(error.is_lost(), "{error}");
    assert_eq!(client.get_data("/x").await.unwrap().stat.version, 1);
    // A missing znode of the caller's own is no loss of the lock.
    let guard = bounded(Mutex::new(&client, PATH).acquire()).await.unwrap();
    let absent = Transaction::new().delete("/absent", Version::Any);
    let error = bounded(guard.guarded_multi(absent)).await.unwrap_err();
    assert!(!error.is_lost(), "{error}");
}

#[tokio::test]
async fn locks_of_all_kinds_of_clients_exclude_each_other() {
    let place = Place::new();
    let client = place.client().await;
    let mut holder = None;
    for naming in [Naming::Curator, Naming::Kazoo, Naming::Go, Naming::Curator] {
        let options = ClaimOptions { naming, data: "me".into(), ..ClaimOptions::default() };
        let lock = Mutex::with_options(&client, PATH, options);
        // Nobody has asked for it yet.
        let nobody = bounded(lock.participants()).await.unwrap().is_empty();
        assert_eq!(nobody, holder.is_none());
        if let Some(holder) = holder.take() {
            assert!(bounded(lock.try_acquire()).await.unwrap().is_none());
            drop(holder);
        }
        holder = Some(bounded(lock.acquire()).await.unwrap());
        let participants = bounded(lock.participants()).await.unwrap();
        assert_eq!(participants[0].data, "me");
        assert_eq!(participants[0].path, holder.as_ref().unwrap().path());
    }
    // Nobody's that we know of.
    client.create(&format!("{PATH}/config"), (), CreateMode::Persistent).await.unwrap();
    client.create(&format!("{PATH}/job-"), (), CreateMode::PersistentSequential).await.unwrap();
    drop(holder);
    bounded(Mutex::new(&client, PATH).acquire()).await.unwrap().release().await.unwrap();
}

/// A container goes with the last who stood in it: that is no error of who looks.
#[tokio::test]
async fn nobody_stands_in_a_queue_that_is_not_there() {
    use zookit_recipes::{ReadWriteLock, Selector, Semaphore};
    let place = Place::new();
    let client = place.client().await;
    let (read_write, semaphore) =
        (ReadWriteLock::new(&client, PATH), Semaphore::new(&client, PATH, 1));
    assert_eq!(bounded(Mutex::new(&client, PATH).participants()).await.unwrap(), []);
    assert_eq!(bounded(Selector::new(&client, PATH, "").participants()).await.unwrap(), []);
    assert_eq!(bounded(read_write.participants()).await.unwrap(), []);
    assert_eq!(bounded(read_write.readers()).await.unwrap(), []);
    assert_eq!(bounded(read_write.writers()).await.unwrap(), []);
    assert_eq!(bounded(semaphore.waiting()).await.unwrap(), []);
    assert_eq!(bounded(semaphore.holders()).await.unwrap(), []);
}

#[tokio::test]
async fn what_cannot_be_mended_is_told_at_once() {
    let place = Place::new();
    let client = place.client().await;
    let error = bounded(Mutex::new(&client, "no path").acquire()).await.unwrap_err();
    assert!(error.to_string().contains("no path"), "{error}");
    let expected =
        ClaimOptions { parents: zookit_recipes::Parents::Expected, ..ClaimOptions::default() };
    let lock = Mutex::with_options(&client, "/absent", expected);
    let error = bounded(lock.acquire()).await.unwrap_err();
    assert!(error.as_client().unwrap().is_no_node(), "{error}");
    let pinned = client.session();
    place.expire(client.session_id());
    let error = bounded(Mutex::new(&pinned, PATH).acquire()).await.unwrap_err();
    assert!(error.is_lost(), "{error}");
}

#[test]
fn the_blocking_twin_holds_and_releases() {
    let place = Place::new();
    let address = place.server.address().to_string();
    let client = zookit_client::blocking::Client::connect(address.as_str()).unwrap();
    let lock = zookit_recipes::blocking::Mutex::new(&client, PATH);
    let guard = lock.acquire().unwrap();
    assert!(lock.acquire_within(Duration::from_millis(1)).unwrap().is_none());
    assert!(lock.try_acquire().unwrap().is_none());
    assert!(!guard.doubted_within(Duration::ZERO));
    guard.release().unwrap();
    let guard = lock.try_acquire().unwrap().unwrap();
    client.delete(guard.path(), Version::Any).unwrap();
    assert_eq!(guard.lost_within(Duration::from_secs(30)), Some(Lost::Deleted));
    assert!(guard.release().unwrap_err().is_lost());
    // What is dropped with the last handle of its client is cleaned up all the same.
    let guard = lock.acquire().unwrap();
    drop((client, lock));
    drop(guard);
    assert!(place.server.wait(Duration::from_secs(30), |server| server.sessions().is_empty()));
    assert_eq!(place.children(PATH), [""; 0]);
}
