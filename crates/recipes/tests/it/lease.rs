//! Leases for a time, by a name.

use std::time::Duration;

use tokio::task::JoinSet;
use zookit_client::{Client, CreateMode, Transaction, Version};
use zookit_proto::OpCode;
use zookit_recipes::{Lost, Mutex, TimedLease, TimedLeases};

use crate::place::{Place, bounded};

const PATH: &str = "/leases/clean-up";
const HOLDER: &str = "/leases/clean-up/lease_holder";
const HOUR: Duration = Duration::from_secs(3600);
const HOUR_MS: i64 = 3_600_000;

fn lease(client: &Client, name: &str) -> TimedLease {
    TimedLease::new(client, PATH, name)
}

#[tokio::test]
async fn one_name_has_it_until_its_time_is_over() {
    let place = Place::new();
    let client = place.client().await;
    assert_eq!(bounded(lease(&client, "a").term()).await.unwrap(), None);
    let first = bounded(lease(&client, "a").try_acquire(HOUR)).await.unwrap().unwrap();
    assert!(first.is_trusted());
    assert_eq!((first.name(), first.path()), ("a", PATH));
    assert!(bounded(lease(&client, "b").try_acquire(HOUR)).await.unwrap().is_none());
    // By the same name it is the same lease.
    let again = bounded(lease(&client, "a").try_acquire(HOUR)).await.unwrap().unwrap();
    assert!(again.token() > first.token());
    assert_eq!(bounded(first.lost()).await.unwrap(), Lost::Taken);
    let write = || Transaction::new().create("/x", (), CreateMode::Persistent);
    assert!(bounded(first.guarded_multi(write())).await.unwrap_err().is_lost());
    bounded(again.guarded_multi(write())).await.unwrap();
    // An hour and a second later, by the servers' clock, and by nobody else's.
    place.server.move_date(HOUR_MS + 1000);
    let other = bounded(lease(&client, "b").try_acquire(HOUR)).await.unwrap().unwrap();
    assert!(other.token() > again.token());
    assert_eq!(bounded(lease(&client, "c").term()).await.unwrap().unwrap().holder, "b");
    let write = Transaction::new().delete("/x", Version::Any);
    let error = bounded(again.guarded_multi(write.clone())).await.unwrap_err();
    assert!(error.is_lost(), "{error}");
    assert!(bounded(again.release()).await.unwrap_err().is_lost());
    bounded(other.guarded_multi(write)).await.unwrap();
    let absent = Transaction::new().delete("/absent", Version::Any);
    assert!(!bounded(other.guarded_multi(absent)).await.unwrap_err().is_lost());
}

#[tokio::test]
async fn it_outlives_its_session_and_leaves_no_lock() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let guard = bounded(lease(&one, "a").try_acquire(HOUR)).await.unwrap().unwrap();
    place.expire(one.session_id());
    assert!(bounded(lease(&two, "b").try_acquire(HOUR)).await.unwrap().is_none());
    place.until_children(PATH, 1).await;
    assert_eq!(place.children(PATH), ["lease_holder"]);
    let write = Transaction::new().create("/x", (), CreateMode::Persistent);
    bounded(one.wait_connected()).await.unwrap();
    bounded(guard.guarded_multi(write)).await.unwrap();
    bounded(guard.release()).await.unwrap();
    place.until_children(PATH, 0).await;
    bounded(lease(&two, "b").try_acquire(HOUR)).await.unwrap().unwrap();
}

#[tokio::test]
async fn it_is_taken_again_and_given_back() {
    let place = Place::new();
    let client = place.client().await;
    let mut guard = bounded(lease(&client, "a").try_acquire(HOUR)).await.unwrap().unwrap();
    let (token, until) = (guard.token(), guard.trusted_until());
    assert!(bounded(guard.renew(2 * HOUR)).await.unwrap());
    assert!(guard.token() > token && guard.trusted_until() > until + HOUR / 2);
    place.server.move_date(2 * HOUR_MS + 1000);
    let other = bounded(lease(&client, "b").try_acquire(HOUR)).await.unwrap().unwrap();
    assert!(!bounded(guard.renew(HOUR)).await.unwrap());
    bounded(other.release()).await.unwrap();
    assert_eq!(bounded(guard.lost()).await.unwrap(), Lost::Deleted);
    let short = bounded(lease(&client, "b").try_acquire(Duration::ZERO)).await.unwrap().unwrap();
    // Its end is written in whole seconds: it may last for one.
    bounded(short.doubted()).await;
    assert!(!short.is_trusted());
}

#[tokio::test]
async fn it_takes_six_requests_in_three_round_trips() {
    let place = Place::new();
    let client = place.client().await;
    bounded(lease(&client, "a").try_acquire(HOUR)).await.unwrap().unwrap();
    place.until_children(PATH, 1).await;
    place.server.log_requests(100);
    bounded(lease(&client, "a").try_acquire(HOUR)).await.unwrap().unwrap();
    place.until_children(PATH, 1).await;
    let asked = [
        OpCode::Create2,
        OpCode::GetChildren,
        OpCode::SetData,
        OpCode::GetData,
        OpCode::Multi,
        OpCode::Delete,
    ];
    assert_eq!(place.asked(), asked);
}

#[tokio::test]
async fn of_many_who_ask_at_once_one_gets_it() {
    let place = Place::new();
    let mut asking = JoinSet::new();
    for number in 0..10 {
        let lease = lease(&place.client().await, &number.to_string());
        asking.spawn(async move { lease.try_acquire(HOUR).await.unwrap() });
    }
    let mut holders = 0;
    while let Some(guard) = bounded(asking.join_next()).await {
        holders += i32::from(guard.unwrap().is_some());
    }
    assert_eq!(holders, 1);
}

#[tokio::test]
async fn it_is_taken_once_though_a_reply_was_lost() {
    let place = Place::new();
    let client = place.client().await;
    for opcode in [OpCode::Create2, OpCode::SetData, OpCode::Multi] {
        place.lose_next(opcode);
        let guard = bounded(lease(&client, "a").try_acquire(HOUR)).await.unwrap().unwrap();
        assert!(bounded(lease(&client, "b").try_acquire(HOUR)).await.unwrap().is_none());
        place.until_children(PATH, 1).await;
        place.lose_next(OpCode::Multi);
        bounded(guard.release()).await.unwrap();
        place.until_children(PATH, 0).await;
    }
}

/// What kazoo wrote is honoured, and what is written is what kazoo writes.
#[tokio::test]
async fn a_lease_of_kazoo_is_one() {
    let place = Place::new();
    let client = place.client().await;
    let theirs = |end: &str| format!(r#"{{"version": 1, "holder": "h\u00f6st", "end": "{end}"}}"#);
    let kept = theirs("9999-12-31T23:59:59");
    client.create_with_parents(HOLDER, kept, CreateMode::Persistent).await.unwrap();
    assert!(bounded(lease(&client, "b").try_acquire(HOUR)).await.unwrap().is_none());
    let term = bounded(lease(&client, "b").term()).await.unwrap().unwrap();
    assert_eq!((term.holder.as_str(), term.end), ("höst", 253_402_300_799_000));
    let ours = bounded(lease(&client, "höst").try_acquire(HOUR)).await.unwrap().unwrap();
    let node = client.get_data(HOLDER).await.unwrap();
    let data = String::from_utf8(node.data.unwrap().to_vec()).unwrap();
    let end = data.strip_prefix(r#"{"version": 1, "holder": "höst", "end": ""#).unwrap();
    assert_eq!(end.len(), r#"2026-11-23T00:00:00"}"#.len());
    // It lasts for the hour, and less than a second longer.
    let term = bounded(lease(&client, "b").term()).await.unwrap().unwrap();
    assert!((HOUR_MS..HOUR_MS + 2000).contains(&(term.end - node.stat.mtime)), "{term:?}");
    bounded(ours.release()).await.unwrap();
    let over = theirs("2020-01-01T00:00:00");
    client.create(HOLDER, over, CreateMode::Persistent).await.unwrap();
    bounded(lease(&client, "b").try_acquire(HOUR)).await.unwrap().unwrap();
    // Who looks has kazoo's lock.
    let options = zookit_recipes::ClaimOptions {
        naming: zookit_recipes::Naming::Kazoo,
        ..Default::default()
    };
    let lock = bounded(Mutex::with_options(&client, PATH, options).acquire()).await.unwrap();
    let waiting = lease(&client, "b");
    let waiting = tokio::spawn(async move { waiting.try_acquire(HOUR).await });
    place.until_watched(PATH, 1).await;
    assert!(!waiting.is_finished());
    bounded(lock.release()).await.unwrap();
    assert!(bounded(waiting).await.unwrap().unwrap().is_some());
}

#[tokio::test]
async fn what_is_no_lease_is_told_and_left_alone() {
    let place = Place::new();
    let client = place.client().await;
    let later = r#"{"version": 2, "holder": "a", "end": "2020-01-01T00:00:00"}"#;
    client.create_with_parents(HOLDER, later, CreateMode::Persistent).await.unwrap();
    let error = bounded(lease(&client, "a").try_acquire(HOUR)).await.unwrap_err();
    assert!(error.to_string().contains(HOLDER), "{error}");
    assert!(bounded(lease(&client, "a").term()).await.is_err());
    assert_eq!(client.get_data(HOLDER).await.unwrap().data.unwrap(), later);
    place.until_children(PATH, 1).await;
    place.closed(&client, "/closed").await;
    place.server.log_requests(100);
    let error = bounded(TimedLease::new(&client, "/closed", "a").try_acquire(HOUR)).await;
    assert!(error.unwrap_err().to_string().contains("NoAuth"));
    assert_eq!(place.asked(), [OpCode::Create2, OpCode::GetChildren]);
}

#[tokio::test]
async fn of_several_a_name_has_one() {
    let place = Place::new();
    let client = place.client().await;
    let leases = |name| TimedLeases::new(&client, "/leases", 2, name);
    let mut held = Vec::new();
    for (name, path) in [("a", "/leases/0"), ("b", "/leases/1")] {
        let guard = bounded(leases(name).try_acquire(HOUR)).await.unwrap().unwrap();
        assert_eq!(guard.path(), path);
        held.push(guard);
    }
    assert!(bounded(leases("c").try_acquire(HOUR)).await.unwrap().is_none());
    bounded(held.remove(0).release()).await.unwrap();
    // One's own, though one before it is free.
    let again = bounded(leases("b").try_acquire(HOUR)).await.unwrap().unwrap();
    assert_eq!(again.path(), "/leases/1");
    let third = bounded(leases("c").try_acquire(HOUR)).await.unwrap().unwrap();
    assert_eq!(third.path(), "/leases/0");
    assert_eq!(leases("c").leases().len(), 2);
}

#[test]
fn the_blocking_twin_takes_and_gives_back() {
    use zookit_recipes::blocking::{TimedLease, TimedLeases};

    let place = Place::new();
    let address = place.server.address().to_string();
    let client = zookit_client::blocking::Client::connect(address.as_str()).unwrap();
    let lease = |name| TimedLease::new(&client, PATH, name);
    assert_eq!(lease("a").path(), PATH);
    let mut guard = lease("a").try_acquire(HOUR).unwrap().unwrap();
    assert!(lease("b").try_acquire(HOUR).unwrap().is_none());
    assert_eq!(lease("b").term().unwrap().unwrap().holder, "a");
    assert!(guard.renew(HOUR).unwrap());
    assert!(!guard.doubted_within(Duration::ZERO));
    assert_eq!(guard.lost_within(Duration::ZERO).unwrap(), None);
    let write = Transaction::new().create("/x", (), CreateMode::Persistent);
    assert_eq!(guard.guarded_multi(write).unwrap().len(), 1);
    guard.release().unwrap();
    let several = TimedLeases::new(&client, "/leases", 1, "b");
    assert!(several.try_acquire(HOUR).unwrap().is_some());
}
