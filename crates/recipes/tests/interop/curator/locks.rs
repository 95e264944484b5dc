//! Locks, semaphores, latches and double barriers.

use std::pin::pin;

use zookit_client::Client;
use zookit_recipes::{DoubleBarrier, Latch, Mutex, ReadWriteLock, Semaphore};

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

/// Which of the two has the lowest name, and so leaves last, is chance: there are some rounds.
#[tokio::test]
async fn a_double_barrier_is_passed_together() {
    let meeting = Meeting::new();
    let Some(curator) = meeting.curator() else { return };
    let client = meeting.client().await;
    let path = meeting.path(&client, "curator-double-barrier").await;
    for round in 0..10 {
        let path = format!("{path}/{round}");
        let barrier = DoubleBarrier::new(&client, &path, 2);
        let (enter, leave) = (format!("enter {path} 2"), format!("leave {path}"));
        let entering = async {
            if round % 2 == 0 {
                // They are there first, and wait.
                until("theirs waits", async || children(&client, &path).await == 1).await;
            }
            barrier.enter().await.unwrap()
        };
        let (theirs, inside) = curator.tell_while(&enter, entering).await;
        assert_eq!(theirs, "entered");
        // Who leaves waits for the other.
        if round % 2 == 0 {
            let mut leaving = pin!(inside.leave());
            tokio::select! {
                left = &mut leaving => panic!("ours is out, and theirs inside: {left:?}"),
                () = look_often(&client, &path) => {}
            }
            let (theirs, ours) = curator.tell_while(&leave, leaving).await;
            ours.unwrap();
            assert_eq!(theirs, "left");
        } else {
            let mut leaving = pin!(curator.tell(&leave));
            tokio::select! {
                left = &mut leaving => panic!("theirs is out, and ours inside: {left}"),
                () = look_often(&client, &path) => {}
            }
            let (theirs, ours) = tokio::join!(leaving, inside.leave());
            ours.unwrap();
            assert_eq!(theirs, "left");
        }
        assert_eq!(children(&client, &path).await, 0, "nothing is left of the round");
    }
}

/// For as long as it takes to leave where nobody is inside.
async fn look_often(client: &Client, path: &str) {
    for _ in 0..30 {
        children(client, path).await;
    }
}

async fn children(client: &Client, path: &str) -> usize {
    match client.get_child_names(path).await {
        Ok(names) => names.len(),
        Err(error) if error.is_no_node() => 0,
        Err(error) => panic!("{error}"),
    }
}
