//! Locks, semaphores, elections, leases for a time, and double barriers.

use std::time::Duration;

use zookit_client::{SessionId, Version};
use zookit_recipes::{
    ElectionOptions, Latch, LeadUntil, Mutex, ReadWriteLock, Selector, Semaphore, TimedLease,
};

use super::as_kazoo;
use crate::peer::{Meeting, add_one, number_at, until};
use crate::together;

const ROUNDS: u64 = 100;

#[tokio::test]
async fn a_lock_is_shared() {
    let meeting = Meeting::new();
    let Some(kazoo) = meeting.kazoo() else { return };
    let client = meeting.client().await;
    let (path, value) = meeting.number(&client, "kazoo-lock").await;
    let lock = Mutex::with_options(&client, &path, as_kazoo());
    together::share_a_lock(&kazoo, &client, &lock, &value).await;
    // Each sees the other in the queue.
    let guard = lock.acquire().await.unwrap();
    assert_eq!(kazoo.tell(&format!("contenders {path}")).await, "zookit");
    guard.release().await.unwrap();
    assert_eq!(kazoo.tell(&format!("lock {path}")).await, "held");
    assert_eq!(lock.participants().await.unwrap()[0].id(), "kazoo");
}

/// Why ours make parents that stay where kazoo's are: the server removes a container that is empty.
#[tokio::test]
async fn kazoo_does_not_make_a_parent_again_and_ours_do() {
    let meeting = Meeting::new();
    let Some(kazoo) = meeting.kazoo() else { return };
    let client = meeting.client().await;
    let path = meeting.path(&client, "kazoo-parent").await;
    let lock = Mutex::with_options(&client, &path, as_kazoo());
    lock.acquire().await.unwrap().release().await.unwrap();
    let again = format!("lock_again {path}");
    assert_eq!(kazoo.tell(&again).await, "held");
    client.delete(&path, Version::Any).await.unwrap();
    let answer = kazoo.tell(&again).await;
    assert!(answer.starts_with("error NoNodeError"), "{answer}");
    lock.acquire().await.unwrap().release().await.unwrap();
    let made = client.exists(&path).await.unwrap().unwrap();
    assert_eq!(made.ephemeral_owner, SessionId::NONE, "it is no container");
    assert_eq!(kazoo.tell(&again).await, "held");
}

#[tokio::test]
async fn readers_are_shared_and_writers_exclude() {
    let meeting = Meeting::new();
    let Some(kazoo) = meeting.kazoo() else { return };
    let client = meeting.client().await;
    let (path, value) = meeting.number(&client, "kazoo-read-write").await;
    let lock = ReadWriteLock::with_options(&client, &path, as_kazoo());
    together::share_reading_and_writing(&kazoo, &client, &lock, &value).await;
}

#[tokio::test]
async fn a_semaphore_is_shared() {
    let meeting = Meeting::new();
    let Some(kazoo) = meeting.kazoo() else { return };
    let client = meeting.client().await;
    let (path, value) = meeting.number(&client, "kazoo-semaphore").await;
    let one = Semaphore::with_options(&client, &format!("{path}-of-one"), 1, as_kazoo());
    together::share_one_lease(&kazoo, &client, &one, &value).await;
    let two = Semaphore::with_options(&client, &path, 2, as_kazoo());
    together::share_leases(&kazoo, &two).await;
    // Each sees the other's lease.
    let ours = two.acquire().await.unwrap();
    assert_eq!(kazoo.tell(&format!("lease {path} 2")).await, "held");
    assert_eq!(kazoo.tell(&format!("lease_holders {path}")).await, "kazoo zookit");
    let holders = two.holders().await.unwrap();
    assert!(holders.iter().any(|holder| holder.data == "kazoo"), "{holders:?}");
    ours.release().await.unwrap();
}

#[tokio::test]
async fn an_election_is_shared() {
    let meeting = Meeting::new();
    let Some(kazoo) = meeting.kazoo() else { return };
    let client = meeting.client().await;
    let (path, value) = meeting.number(&client, "kazoo-election").await;
    let options = ElectionOptions { claim: as_kazoo(), until: LeadUntil::Doubted };
    let selector = Selector::with_options(&client, &path, options.clone());
    let ours = async {
        for _ in 0..ROUNDS {
            selector.run(|_| add_one(&client, &value)).await.unwrap();
        }
    };
    let elect = format!("elect {path} {value} {ROUNDS}");
    assert_eq!(kazoo.tell_while(&elect, ours).await.0, "done");
    assert_eq!(number_at(&client, &value).await, 2 * ROUNDS, "one led at a time");
    // They lead, and we wait for it.
    assert_eq!(kazoo.tell(&format!("stand {path}")).await, "held");
    let latch = Latch::start_with(&client, &path, options);
    let contenders = format!("contenders_of_election {path}");
    until("ours stands", async || kazoo.tell(&contenders).await == "kazoo zookit").await;
    let standing: Vec<_> = latch.participants().await.unwrap();
    assert_eq!([standing[0].id(), standing[1].id()], ["kazoo", "zookit"]);
    assert!(!latch.standing().is_leading());
    assert_eq!(kazoo.tell(&format!("unlock {path}")).await, "released");
    let leadership = latch.wait_leading().await.unwrap();
    assert_eq!(leadership.path(), standing[1].path);
    // We lead, and they wait for it.
    let closing = async {
        until("theirs stands", async || latch.participants().await.unwrap().len() == 2).await;
        assert!(latch.standing().is_leading());
        latch.resign().await.unwrap();
    };
    assert_eq!(kazoo.tell_while(&format!("stand {path}"), closing).await.0, "held");
    assert_eq!(latch.participants().await.unwrap()[0].id(), "kazoo");
    latch.close().await.unwrap();
}

#[tokio::test]
async fn a_lease_for_a_time_is_shared() {
    const MINUTE: Duration = Duration::from_secs(60);
    let meeting = Meeting::new();
    let Some(kazoo) = meeting.kazoo() else { return };
    let client = meeting.client().await;
    let path = meeting.path(&client, "kazoo-timed-lease").await;
    let lease = |path: &str| TimedLease::new(&client, path, "zookit");
    // Both ask at once: one has it, and the other is told so, as often as they ask.
    for round in 0..20 {
        let path = format!("{path}/{round}");
        let lease = lease(&path);
        let ours = lease.try_acquire(MINUTE);
        let theirs = format!("timed_lease {path} 60 kazoo");
        let (theirs, ours) = kazoo.tell_while(&theirs, ours).await;
        let ours = ours.unwrap();
        assert_eq!(theirs, if ours.is_some() { "busy" } else { "held" });
        let holder = lease.term().await.unwrap().unwrap().holder;
        assert_eq!(holder, if ours.is_some() { "zookit" } else { "kazoo" });
        // Whoever has it has it again, and the other does not.
        assert_eq!(lease.try_acquire(MINUTE).await.unwrap().is_some(), ours.is_some());
        assert_eq!(kazoo.tell(&format!("timed_lease {path} 60 kazoo")).await, theirs);
    }
    // What is over, or given back, is the other's to take.
    let path = format!("{path}/short");
    assert_eq!(kazoo.tell(&format!("timed_lease {path} 2 kazoo")).await, "held");
    let lease = lease(&path);
    until("theirs is over", async || lease.try_acquire(MINUTE).await.unwrap().is_some()).await;
    let ours = lease.try_acquire(MINUTE).await.unwrap().expect("it is ours");
    assert_eq!(kazoo.tell(&format!("timed_lease {path} 60 kazoo")).await, "busy");
    ours.release().await.unwrap();
    assert_eq!(kazoo.tell(&format!("timed_lease {path} 60 kazoo")).await, "held");
}

#[tokio::test]
async fn a_double_barrier_is_passed_together() {
    let meeting = Meeting::new();
    let Some(kazoo) = meeting.kazoo() else { return };
    let client = meeting.client().await;
    let path = meeting.path(&client, "kazoo-double-barrier").await;
    together::pass_a_double_barrier(&kazoo, &client, &path).await;
}
