//! Locks, semaphores, latches and double barriers.

use zookit_recipes::{Latch, Mutex, ReadWriteLock, Semaphore};

use crate::peer::{Meeting, until};
use crate::together;

#[tokio::test]
async fn a_lock_is_shared() {
    let meeting = Meeting::new();
    let Some(curator) = meeting.curator() else { return };
    let client = meeting.client().await;
    let (path, value) = meeting.number(&client, "curator-lock").await;
    let lock = Mutex::new(&client, &path);
    together::share_a_lock(&curator, &client, &lock, &value).await;
}

#[tokio::test]
async fn readers_are_shared_and_writers_exclude() {
    let meeting = Meeting::new();
    let Some(curator) = meeting.curator() else { return };
    let client = meeting.client().await;
    let (path, value) = meeting.number(&client, "curator-read-write").await;
    let lock = ReadWriteLock::new(&client, &path);
    together::share_reading_and_writing(&curator, &client, &lock, &value).await;
}

#[tokio::test]
async fn a_semaphore_is_shared() {
    let meeting = Meeting::new();
    let Some(curator) = meeting.curator() else { return };
    let client = meeting.client().await;
    let (path, value) = meeting.number(&client, "curator-semaphore").await;
    let one = Semaphore::new(&client, &format!("{path}-of-one"), 1);
    together::share_one_lease(&curator, &client, &one, &value).await;
    together::share_leases(&curator, &Semaphore::new(&client, &path, 2)).await;
}

#[tokio::test]
async fn a_latch_is_shared() {
    let meeting = Meeting::new();
    let Some(curator) = meeting.curator() else { return };
    let client = meeting.client().await;
    let path = meeting.path(&client, "curator-latch").await;
    let tell = async |command: &str| curator.tell(&format!("{command} {path}")).await;
    // They lead, and we wait for it.
    assert_eq!(curator.tell(&format!("latch {path} curator")).await, "started");
    assert_eq!(tell("await_latch").await, "leads");
    let latch = Latch::start(&client, &path, "zookit");
    until("ours stands", async || tell("participants").await == "curator zookit").await;
    let standing = latch.participants().await.unwrap();
    assert_eq!([standing[0].id(), standing[1].id()], ["curator", "zookit"]);
    assert!(!latch.standing().is_leading());
    assert_eq!(tell("close_latch").await, "closed");
    let leadership = latch.wait_leading().await.unwrap();
    assert_eq!(leadership.path(), standing[1].path);
    // We lead, and they wait for it.
    assert_eq!(curator.tell(&format!("latch {path} curator")).await, "started");
    until("theirs stands", async || latch.participants().await.unwrap().len() == 2).await;
    assert_eq!(tell("leader").await, "zookit");
    assert_eq!(tell("leads").await, "waits");
    latch.resign().await.unwrap();
    assert_eq!(tell("await_latch").await, "leads");
    assert_eq!(tell("leader").await, "curator");
    assert!(!latch.standing().is_leading());
    latch.close().await.unwrap();
}

#[tokio::test]
async fn a_double_barrier_is_passed_together() {
    let meeting = Meeting::new();
    let Some(curator) = meeting.curator() else { return };
    let client = meeting.client().await;
    let path = meeting.path(&client, "curator-double-barrier").await;
    together::pass_a_double_barrier(&curator, &client, &path).await;
}
