//! The set that members share.

use std::time::Duration;

use zookit_client::{Client, CreateMode, Transaction, Version, blocking};
use zookit_proto::ErrorCode;
use zookit_recipes::{Partition, PartitionOptions, PartitionState, SetPartitioner};
use zookit_server::core::{Effect, Fault};

use crate::place::{Place, bounded};

const PATH: &str = "/shared/a";
const PARTY: &str = "/shared/a/party";
const ITEMS: [&str; 5] = ["a", "b", "c", "d", "e"];

fn options() -> PartitionOptions {
    PartitionOptions { settle: Duration::ZERO, ..PartitionOptions::default() }
}

async fn join(client: &Client) -> Partition {
    let set = SetPartitioner::with_options(client, PATH, ITEMS, options());
    bounded(set.join()).await.unwrap()
}

fn sorted<'a>(partitions: impl IntoIterator<Item = &'a Partition>) -> Vec<&'a str> {
    let items = partitions.into_iter().flat_map(Partition::items);
    let mut items: Vec<&str> = items.map(String::as_str).collect();
    items.sort_unstable();
    items
}

/// How many locks are held or waited for.
fn locks(place: &Place) -> usize {
    ITEMS.iter().map(|item| place.children(&format!("{PATH}/locks/{item}")).len()).sum()
}

#[tokio::test]
async fn every_item_is_one_members_and_the_set_is_split_anew() {
    let place = Place::new();
    let mut one = join(&place.client().await).await;
    assert_eq!(one.state(), PartitionState::Allocating);
    assert_eq!(bounded(one.acquire()).await.unwrap(), ITEMS);
    assert_eq!(one.state(), PartitionState::Acquired);
    let mut two = join(&place.client().await).await;
    assert_eq!(bounded(one.changed()).await, PartitionState::Release);
    assert_eq!(one.items(), ITEMS, "it is still working");
    bounded(one.release()).await.unwrap();
    assert_eq!((one.state(), one.items().len()), (PartitionState::Allocating, 0));
    let (first, second) = tokio::join!(bounded(one.acquire()), bounded(two.acquire()));
    let lengths = (first.unwrap().len(), second.unwrap().len());
    assert!(matches!(lengths, (2, 3) | (3, 2)), "{lengths:?}");
    assert_eq!(sorted([&one, &two]), ITEMS);
    bounded(two.leave()).await.unwrap();
    assert_eq!(bounded(one.changed()).await, PartitionState::Release);
    // What it had is released first.
    assert_eq!(bounded(one.acquire()).await.unwrap(), ITEMS);
    drop(one);
    place.until_children(PARTY, 0).await;
    assert_eq!(locks(&place), 0);
}

#[tokio::test]
async fn nobody_works_on_what_another_one_still_has() {
    let place = Place::new();
    let (first, second) = (place.client().await, place.client().await);
    let mut one = join(&first).await;
    bounded(one.acquire()).await.unwrap();
    let mut two = join(&second).await;
    bounded(one.changed()).await;
    // It is to release, and does not.
    assert!(!bounded(two.acquire_within(Duration::from_millis(50))).await.unwrap());
    assert_eq!((two.state(), two.items().len()), (PartitionState::Allocating, 0));
    assert!(ITEMS.iter().all(|item| one.lock(item).unwrap().is_trusted()));
    bounded(one.release()).await.unwrap();
    let acquired = bounded(two.acquire()).await.unwrap().to_vec();
    assert!(matches!(acquired.len(), 2 | 3));
    // A guarded write of an item that is held.
    first.create("/x", (), CreateMode::Persistent).await.unwrap();
    let write = Transaction::new().set_data("/x", "1", Version::Any);
    bounded(two.lock(&acquired[0]).unwrap().guarded_multi(write)).await.unwrap();
    assert!(two.lock("z").is_none() && two.claim().is_trusted());
}

#[tokio::test]
async fn an_expired_session_is_failure_and_others_take_over() {
    let place = Place::new();
    let (first, second) = (place.client().await, place.client().await);
    let mut one = join(&first).await;
    bounded(one.acquire()).await.unwrap();
    let mut two = join(&second).await;
    let taking = tokio::spawn(async move {
        two.acquire().await.unwrap();
        while two.items().len() < ITEMS.len() {
            two.changed().await;
            two.acquire().await.unwrap();
        }
        two
    });
    place.expire(one.claim().session_id());
    let mut two = bounded(taking).await.unwrap();
    assert_eq!(sorted([&two]), ITEMS);
    assert_eq!(bounded(one.changed()).await, PartitionState::Failure);
    assert!(bounded(one.release()).await.unwrap_err().is_lost());
    assert!(bounded(one.acquire()).await.unwrap_err().is_lost());
    assert_eq!(one.state(), PartitionState::Failure);
    // It joins again.
    let mut one = join(&first).await;
    assert_eq!(bounded(two.changed()).await, PartitionState::Release);
    bounded(two.release()).await.unwrap();
    let (first, second) = tokio::join!(bounded(one.acquire()), bounded(two.acquire()));
    assert_eq!(first.unwrap().len() + second.unwrap().len(), ITEMS.len());
}

#[tokio::test]
async fn a_member_that_is_removed_is_failure() {
    let place = Place::new();
    let client = place.client().await;
    let mut one = join(&client).await;
    client.delete(one.claim().path(), Version::Any).await.unwrap();
    let error = bounded(one.acquire()).await.unwrap_err();
    assert!(error.is_lost(), "{error}");
    assert_eq!(one.state(), PartitionState::Failure);
}

#[tokio::test]
async fn who_gives_up_acquiring_keeps_nothing() {
    let place = Place::new();
    let (first, second) = (place.client().await, place.client().await);
    let mut one = join(&first).await;
    bounded(one.acquire()).await.unwrap();
    let mut two = join(&second).await;
    let waiting = tokio::spawn(async move {
        let acquired = two.acquire().await.map(<[String]>::len);
        (acquired, two)
    });
    place
        .until(|server| {
            let waits = |item: &str| {
                let path = format!("{PATH}/locks/{item}");
                server.tree().children(&path).is_some_and(|names| names.len() == 2)
            };
            ITEMS.iter().any(|item| waits(item))
        })
        .await;
    waiting.abort();
    place.until_children(PARTY, 1).await;
    place
        .until(|server| server.watches().iter().all(|w| !w.path.to_string().contains("locks")))
        .await;
    bounded(one.leave()).await.unwrap();
    place.until_children(PARTY, 0).await;
    assert_eq!(locks(&place), 0);
}

/// kazoo's members are counted, and its locks waited for.
#[tokio::test]
async fn a_member_of_kazoos_has_its_share() {
    let place = Place::new();
    let (ours, theirs) = (place.client().await, place.client().await);
    let mut one = join(&ours).await;
    bounded(one.acquire()).await.unwrap();
    let member = format!("{PARTY}/0f0e9aa28d244a9f8f2c4f5c2d6e7b10-~host-7");
    theirs.create(&member, "~host-7", CreateMode::Ephemeral).await.unwrap();
    assert_eq!(bounded(one.changed()).await, PartitionState::Release);
    // The last by its name, so it has every second item from the second on.
    let share = bounded(one.acquire()).await.unwrap();
    assert_eq!(share, ["a", "c", "e"]);
    let lock = place.children(&format!("{PATH}/locks/a")).pop().unwrap();
    assert!(lock.contains("__lock__"), "{lock}");
    theirs.delete(&member, Version::Any).await.unwrap();
    bounded(one.changed()).await;
    let options = CreateMode::EphemeralSequential;
    let their_lock = format!("{PATH}/locks/b/0f0e9aa28d244a9f8f2c4f5c2d6e7b10__lock__");
    let held = theirs.create_with_parents(&their_lock, (), options).await.unwrap();
    assert!(!bounded(one.acquire_within(Duration::from_millis(20))).await.unwrap());
    theirs.delete(&held.path, Version::Any).await.unwrap();
    assert_eq!(bounded(one.acquire()).await.unwrap(), ITEMS);
}

#[tokio::test]
async fn what_cannot_be_mended_is_told_at_once() {
    let place = Place::new();
    let client = place.client().await;
    let mut one = join(&client).await;
    let refused = Fault::new(Effect::Fail(ErrorCode::NoAuth), |asked| {
        asked.path().is_some_and(|path| path.to_string().starts_with("/shared/a/locks/"))
    });
    let fault = place.server.add_fault(refused);
    let error = bounded(one.acquire()).await.unwrap_err();
    assert!(error.as_client().unwrap().is_no_auth(), "{error}");
    assert!(place.server.remove_fault(fault).unwrap() <= 2, "a create, and its listing");
    assert_eq!(one.state(), PartitionState::Allocating);
}

#[test]
fn the_blocking_twin_shares() {
    let place = Place::new();
    let client = blocking::Client::connect(place.server.address().to_string().as_str()).unwrap();
    let set =
        zookit_recipes::blocking::SetPartitioner::with_options(&client, PATH, ITEMS, options());
    assert_eq!(set.path(), PATH);
    let mut one = set.join().unwrap();
    assert_eq!(one.acquire().unwrap(), ITEMS);
    assert_eq!(one.changed_within(Duration::from_millis(1)), PartitionState::Acquired);
    let mut two = set.join().unwrap();
    assert_eq!(one.changed_within(Duration::from_secs(30)), PartitionState::Release);
    assert!(!two.acquire_within(Duration::from_millis(1)).unwrap());
    one.release().unwrap();
    assert_eq!(one.state(), PartitionState::Allocating);
    one.leave().unwrap();
    assert_eq!(two.acquire().unwrap(), ITEMS);
    drop((client, set));
    drop(two);
    assert!(place.server.wait(Duration::from_secs(30), |server| server.sessions().is_empty()));
    assert_eq!((place.children(PARTY).len(), locks(&place)), (0, 0));
}
