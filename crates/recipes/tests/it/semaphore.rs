//! Leases, of which so many are held at once.

use std::pin::pin;
use std::time::Duration;

use tokio::task::{JoinHandle, JoinSet};
use zookit_client::{Client, CreateMode, Version};
use zookit_proto::OpCode;
use zookit_recipes::{ClaimOptions, Error, Lease, Limit, Lost, Mutex, Naming, Semaphore};

use crate::place::{Place, bounded, poll_once};

const PATH: &str = "/printers";
const LOCKS: &str = "/printers/locks";
const LEASES: &str = "/printers/leases";

fn semaphore(client: &Client, limit: u32) -> Semaphore {
    Semaphore::new(client, PATH, limit)
}

/// Waits in a task of its own.
fn taking(semaphore: Semaphore, count: u32) -> JoinHandle<Result<Vec<Lease>, Error>> {
    tokio::spawn(async move { semaphore.acquire_many(count).await })
}

async fn set_count(client: &Client, path: &str, count: i32) {
    client.set_data(path, count.to_be_bytes().to_vec(), Version::Any).await.unwrap();
}

#[tokio::test]
async fn so_many_hold_and_a_release_lets_one_in() {
    let place = Place::new();
    let client = place.client().await;
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(bounded(semaphore(&client, 3).acquire()).await.unwrap());
    }
    assert!(bounded(semaphore(&client, 3).try_acquire()).await.unwrap().is_none());
    let time = Duration::from_millis(1);
    assert!(bounded(semaphore(&client, 3).acquire_within(time)).await.unwrap().is_none());
    place.until_children(LOCKS, 0).await;
    // Its watch goes a request later, and is not to pass for that of the next.
    place.until_watched(PATH, 0).await;
    let waiting = taking(semaphore(&client, 3), 1);
    place.until_watched(PATH, 1).await;
    assert_eq!(bounded(semaphore(&client, 3).waiting()).await.unwrap().len(), 1);
    let holders = bounded(semaphore(&client, 3).holders()).await.unwrap();
    let paths: Vec<_> = holders.iter().map(|holder| holder.path.as_str()).collect();
    assert_eq!(paths, held.iter().map(|lease| lease.path()).collect::<Vec<_>>());
    bounded(held.remove(1).release()).await.unwrap();
    let next = bounded(waiting).await.unwrap().unwrap();
    assert!(next[0].token() > held[1].token());
    assert_eq!(place.children(LEASES).len(), 3);
    drop((held, next));
    place.until_children(LEASES, 0).await;
    assert_eq!(place.children(LOCKS), [""; 0]);
    assert!(bounded(semaphore(&client, 3).holders()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_lease_that_is_free_takes_four_requests() {
    let place = Place::new();
    let client = place.client().await;
    drop(bounded(semaphore(&client, 1).acquire()).await.unwrap());
    place.until_children(LEASES, 0).await;
    place.server.log_requests(100);
    let lease = bounded(semaphore(&client, 1).acquire()).await.unwrap();
    let asked = [OpCode::Create2, OpCode::GetChildren, OpCode::GetChildren, OpCode::Multi];
    assert_eq!(place.asked(), asked);
    bounded(lease.release()).await.unwrap();
}

/// A release wakes the one whose turn it is, and nobody who waits behind.
#[tokio::test]
async fn a_release_wakes_one() {
    let place = Place::new();
    let client = place.client().await;
    let first = bounded(semaphore(&client, 1).acquire()).await.unwrap();
    let mut waiting = JoinSet::new();
    for number in 0..10 {
        let semaphore = semaphore(&place.client().await, 1);
        waiting.spawn(async move { (number, semaphore.acquire().await.unwrap()) });
        place.until_children(LOCKS, number + 1).await;
        place.until_watched(PATH, number + 1).await;
    }
    place.server.log_requests(1000);
    bounded(first.release()).await.unwrap();
    for number in 0..10 {
        let (next, lease) = bounded(waiting.join_next()).await.unwrap().unwrap();
        assert_eq!(next, number, "who asked first is served first");
        // The next has its turn, and waits for this lease.
        place.until_watched(PATH, 9 - number).await;
        bounded(lease.release()).await.unwrap();
    }
    // Each lists the turns, the leases, and then the leases with a watch; then after the release
    // the leases again. The first did the first part before.
    let count = |code| place.asked().into_iter().filter(|asked| *asked == code).count();
    assert_eq!(count(OpCode::Multi), 10);
    assert_eq!(count(OpCode::Delete), 11);
    assert_eq!(count(OpCode::GetChildren), 10 + 2 * 9);
    assert_eq!(count(OpCode::GetChildren2), 9);
    assert_eq!(place.asked().len(), 10 + 11 + 28 + 9);
}

/// Curator takes them one by one: two clients then wait for each other, each with a part.
#[tokio::test]
async fn two_who_want_several_do_not_starve_each_other() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let mut tasks = JoinSet::new();
    for client in [&one, &two] {
        let semaphore = semaphore(client, 4);
        tasks.spawn(async move {
            for _ in 0..20 {
                let leases = semaphore.acquire_many(3).await.unwrap();
                assert_eq!(leases.len(), 3);
                assert!(semaphore.holders().await.unwrap().len() <= 4);
                for lease in leases {
                    lease.release().await.unwrap();
                }
            }
        });
    }
    while let Some(done) = bounded(tasks.join_next()).await {
        done.unwrap();
    }
    assert_eq!(place.children(LEASES), [""; 0]);
}

#[tokio::test]
async fn nothing_is_held_before_all_can_be_and_who_wants_many_is_not_passed() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let mut held = bounded(semaphore(&one, 3).acquire_many(2)).await.unwrap();
    assert_eq!(held[0].token(), held[1].token());
    assert_ne!(held[0].path(), held[1].path());
    let many = taking(semaphore(&two, 3), 3);
    place.until_watched(PATH, 1).await;
    assert_eq!(place.children(LEASES).len(), 2);
    // One is free, and the one who asked before wants it.
    assert!(bounded(semaphore(&one, 3).try_acquire()).await.unwrap().is_none());
    bounded(held.remove(0).release()).await.unwrap();
    place.until_children(LOCKS, 1).await;
    assert!(!many.is_finished());
    bounded(held.remove(0).release()).await.unwrap();
    assert_eq!(bounded(many).await.unwrap().unwrap().len(), 3);
}

#[tokio::test]
async fn what_can_never_be_had_is_told_at_once() {
    let place = Place::new();
    let client = place.client().await;
    place.server.log_requests(100);
    let error = bounded(semaphore(&client, 2).acquire_many(3)).await.unwrap_err();
    assert_eq!(error.to_string(), "3 leases of /printers are asked for, and there are 2");
    assert!(bounded(semaphore(&client, 0).acquire()).await.is_err());
    assert!(bounded(semaphore(&client, 2).try_acquire_many(3)).await.is_err());
    assert!(bounded(semaphore(&client, 0).acquire_many(0)).await.unwrap().is_empty());
    assert!(bounded(semaphore(&client, 0).try_acquire_many(0)).await.unwrap().is_some());
    assert!(place.asked().is_empty());
    place.closed(&client, "/closed").await;
    place.server.log_requests(100);
    let closed = Semaphore::new(&client, "/closed", 1);
    let error = bounded(closed.acquire()).await.unwrap_err();
    assert!(error.to_string().contains("NoAuth"), "{error}");
    // The turn, its parent that cannot be made, and that is all.
    assert!(place.asked().len() <= 4, "{:?}", place.asked());
}

#[tokio::test]
async fn a_limit_follows_a_shared_count() {
    let place = Place::new();
    let client = place.client().await;
    let shared = || Semaphore::new(&client, PATH, Limit::Shared("/count".to_owned()));
    let error = bounded(shared().acquire()).await.unwrap_err();
    assert!(error.as_client().unwrap().is_no_node(), "{error}");
    client.create("/count", "many", CreateMode::Persistent).await.unwrap();
    set_count(&client, "/count", 0).await;
    let waiting = taking(shared(), 1);
    // For the limit alone: there never was a lease.
    place.until(|server| server.watches().iter().any(|watch| watch.path == "/count")).await;
    set_count(&client, "/count", 1).await;
    let one = bounded(waiting).await.unwrap().unwrap();
    let waiting = taking(shared(), 2);
    place.until_watched(PATH, 1).await;
    set_count(&client, "/count", 3).await;
    let two = bounded(waiting).await.unwrap().unwrap();
    // Below what is held: nobody loses any.
    set_count(&client, "/count", 1).await;
    assert!(bounded(shared().try_acquire()).await.unwrap().is_none());
    drop(two);
    place.until_children(LEASES, 1).await;
    assert!(bounded(shared().try_acquire()).await.unwrap().is_none());
    drop(one);
    place.until_children(LEASES, 0).await;
    let last = bounded(shared().acquire()).await.unwrap();
    client.set_data("/count", "many!", Version::Any).await.unwrap();
    let error = bounded(shared().acquire()).await.unwrap_err();
    let expected = "the data of /count is no number of four bytes: 5 bytes";
    assert_eq!(error.to_string(), expected);
    bounded(last.release()).await.unwrap();
    place.until_children(LOCKS, 0).await;
}

#[tokio::test]
async fn leases_whose_reply_was_lost_are_found() {
    let place = Place::new();
    let client = place.client().await;
    for count in [1, 3] {
        place.lose_next(OpCode::Multi);
        let leases = bounded(semaphore(&client, 3).acquire_many(count)).await.unwrap();
        assert_eq!(leases.len(), usize::try_from(count).unwrap());
        assert_eq!(place.children(LEASES).len(), leases.len());
        for lease in leases {
            assert!(lease.token() > zookit_client::Zxid(0));
            bounded(lease.release()).await.unwrap();
        }
        assert_eq!((place.children(LEASES).len(), place.children(LOCKS).len()), (0, 0));
    }
}

#[tokio::test]
async fn a_future_that_is_dropped_leaves_neither_turn_nor_lease() {
    let place = Place::new();
    let client = place.client().await;
    let held = bounded(semaphore(&client, 2).acquire()).await.unwrap();
    // While it waits.
    let waiting = taking(semaphore(&client, 2), 2);
    place.until_watched(PATH, 1).await;
    waiting.abort();
    place.until_children(LOCKS, 0).await;
    // At whichever poll.
    for polls in 1..12 {
        let semaphore = semaphore(&client, 2);
        let mut future = pin!(semaphore.acquire());
        for _ in 0..polls {
            if let Some(done) = poll_once(future.as_mut()).await {
                drop(done.unwrap());
                break;
            }
            // What it waits for comes about meanwhile.
            client.exists("/").await.unwrap();
        }
    }
    place.until_children(LOCKS, 0).await;
    place.until_children(LEASES, 1).await;
    bounded(held.release()).await.unwrap();
}

/// As one that stood still, and had its turn taken from it.
#[tokio::test]
async fn who_has_lost_its_turn_takes_no_lease() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let held = bounded(semaphore(&one, 1).acquire()).await.unwrap();
    let late = taking(semaphore(&two, 1), 1);
    place.until_watched(PATH, 1).await;
    let turn = bounded(semaphore(&one, 1).waiting()).await.unwrap().remove(0);
    one.delete(&turn.path, Version::Any).await.unwrap();
    let other = taking(semaphore(&one, 1), 1);
    place.until_watched(PATH, 2).await;
    bounded(held.release()).await.unwrap();
    let other = bounded(other).await.unwrap().unwrap();
    assert_eq!(place.children(LEASES).len(), 1);
    // It asks anew, at the end of the queue.
    place.until_watched(PATH, 1).await;
    assert!(!late.is_finished());
    drop(other);
    bounded(late).await.unwrap().unwrap();
}

#[tokio::test]
async fn an_expiry_frees_leases_and_who_waits_over_one_asks_anew() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let held = bounded(semaphore(&one, 1).acquire()).await.unwrap();
    let waiting = taking(semaphore(&two, 1), 1);
    place.until_watched(PATH, 1).await;
    let old = two.session_id();
    place.expire(old);
    place.until_children(LOCKS, 1).await;
    place.until_watched(PATH, 1).await;
    place.expire(held.session_id());
    assert_eq!(bounded(held.lost()).await, Lost::SessionOver);
    let leases = bounded(waiting).await.unwrap().unwrap();
    assert_ne!(leases[0].session_id(), old);
    assert!(bounded(held.release()).await.unwrap_err().is_lost());
}

/// Its parts on disk are Curator's: who has the lock there has the turn.
#[tokio::test]
async fn the_turn_is_the_lock_of_curator() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    // As a client of Curator's that is just taking one: it has the lock, then makes the lease.
    let turn = bounded(Mutex::new(&one, LOCKS).acquire()).await.unwrap();
    let waiting = taking(semaphore(&two, 1), 1);
    place.until_watched(PATH, 1).await;
    let lease = format!("{LEASES}/_c_{}-lease-", one.unique_id());
    let mode = CreateMode::EphemeralSequential;
    one.create_with_parents(LEASES, (), CreateMode::Persistent).await.unwrap();
    let lease = one.create(&lease, (), mode).await.unwrap();
    bounded(turn.release()).await.unwrap();
    place.until(|server| server.watches().iter().any(|watch| watch.path == LEASES)).await;
    assert!(!waiting.is_finished());
    // What is no lease takes no room.
    one.create(&format!("{LEASES}/config"), (), CreateMode::Persistent).await.unwrap();
    one.delete(&lease.path, Version::Any).await.unwrap();
    let ours = bounded(waiting).await.unwrap().unwrap().remove(0);
    let name = ours.path().strip_prefix("/printers/leases/_c_").unwrap();
    assert_eq!(name.len(), 36 + "-lease-0000000001".len());
    assert!(name.contains("-lease-"), "{name}");
}

#[tokio::test]
async fn the_znodes_of_kazoo_are_used_by_its_naming() {
    let place = Place::new();
    let client = place.client().await;
    let options =
        ClaimOptions { naming: Naming::Kazoo, data: "me".into(), ..ClaimOptions::default() };
    let semaphore = Semaphore::with_options(&client, "/pool", 2, options);
    let leases = bounded(semaphore.acquire_many(2)).await.unwrap();
    assert!(bounded(semaphore.try_acquire()).await.unwrap().is_none());
    let names = place.children("/pool");
    assert!(names.iter().all(|name| name.len() == 32), "{names:?}");
    place.until_children("/pool-__lock__", 0).await;
    assert_eq!(bounded(semaphore.holders()).await.unwrap()[1].data, "me");
    place.lose_next(OpCode::Multi);
    drop(leases);
    let one = bounded(semaphore.acquire()).await.unwrap();
    place.until_children("/pool", 1).await;
    bounded(one.release()).await.unwrap();
}

#[test]
fn the_blocking_twin_takes_and_gives_back() {
    let place = Place::new();
    let address = place.server.address().to_string();
    let client = zookit_client::blocking::Client::connect(address.as_str()).unwrap();
    let semaphore = zookit_recipes::blocking::Semaphore::new(&client, PATH, 2);
    assert_eq!(semaphore.path(), PATH);
    let mut two = semaphore.acquire_many(2).unwrap();
    let time = Duration::from_millis(1);
    assert!(semaphore.try_acquire().unwrap().is_none());
    assert!(semaphore.acquire_within(time).unwrap().is_none());
    assert!(semaphore.acquire_many_within(2, time).unwrap().is_none());
    assert!(semaphore.try_acquire_many(2).unwrap().is_none());
    assert_eq!(semaphore.holders().unwrap().len(), 2);
    two.pop().unwrap().release().unwrap();
    let one = semaphore.acquire().unwrap();
    assert!(one.lost_within(Duration::ZERO).is_none());
    drop(two);
    one.release().unwrap();
    // What was not had in time left its turn, in the background.
    assert!(place.server.wait(Duration::from_secs(30), |server| {
        server.tree().stat(LOCKS).is_some_and(|stat| stat.num_children == 0)
    }));
    assert!(semaphore.waiting().unwrap().is_empty());
}
