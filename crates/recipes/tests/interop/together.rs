//! Locks, leases and barriers beside another client's: what is the same with both, by the same commands.

use std::pin::pin;

use zookit_client::Client;
use zookit_recipes::{DoubleBarrier, Mutex, ReadWriteLock, Semaphore};

use crate::peer::{Peer, add_one, number_at, until};

/// So often each has it.
const ROUNDS: u64 = 100;

/// One at a time, whoever it is; and each finds it taken by the other.
pub(crate) async fn share_a_lock(peer: &Peer, client: &Client, lock: &Mutex, value: &str) {
    let path = lock.path();
    let ours = async {
        for _ in 0..ROUNDS {
            let guard = lock.acquire().await.unwrap();
            add_one(client, value).await;
            guard.release().await.unwrap();
        }
    };
    let (theirs, ()) = peer.tell_while(&format!("bump {path} {value} {ROUNDS}"), ours).await;
    assert_eq!(theirs, "done");
    assert_eq!(number_at(client, value).await, 2 * ROUNDS, "no update was lost");
    let guard = lock.acquire().await.unwrap();
    assert_eq!(peer.tell(&format!("try_lock {path}")).await, "busy");
    guard.release().await.unwrap();
    assert_eq!(peer.tell(&format!("try_lock {path}")).await, "held");
    assert!(lock.try_acquire().await.unwrap().is_none());
    // Who waits has it when the other lets go.
    let ours = async {
        let guard = lock.acquire().await.unwrap();
        assert_eq!(lock.participants().await.unwrap()[0].path, guard.path());
        guard
    };
    let theirs = async {
        until("ours waits", async || lock.participants().await.unwrap().len() == 2).await;
        peer.tell(&format!("unlock {path}")).await
    };
    let (guard, released) = tokio::join!(ours, theirs);
    assert_eq!(released, "released");
    let ours = async {
        until("theirs waits", async || lock.participants().await.unwrap().len() == 2).await;
        guard.release().await.unwrap();
    };
    assert_eq!(peer.tell_while(&format!("lock {path}"), ours).await.0, "held");
    assert_eq!(peer.tell(&format!("unlock {path}")).await, "released");
}

/// Readers of both hold together, and a writer of either alone.
pub(crate) async fn share_reading_and_writing(
    peer: &Peer,
    client: &Client,
    lock: &ReadWriteLock,
    value: &str,
) {
    let path = lock.path();
    let tell = async |command: &str| peer.tell(&format!("{command} {path}")).await;
    // They read: we read too, and do not write.
    assert_eq!(tell("read_lock").await, "held");
    let reading = lock.try_read().await.unwrap().expect("readers hold together");
    assert!(lock.try_write().await.unwrap().is_none());
    assert_eq!(tell("unlock").await, "released");
    // We read: they read too, and do not write.
    assert_eq!(tell("try_write_lock").await, "busy");
    assert_eq!(tell("try_read_lock").await, "held");
    assert_eq!(tell("unlock").await, "released");
    reading.release().await.unwrap();
    // They write: we do neither.
    assert_eq!(tell("try_write_lock").await, "held");
    assert!(lock.try_read().await.unwrap().is_none());
    assert!(lock.try_write().await.unwrap().is_none());
    // And do, when they let go.
    let waiting = async { lock.read().await.unwrap() };
    let letting_go = async {
        until("ours waits", async || lock.readers().await.unwrap().len() == 1).await;
        tell("unlock").await
    };
    let (reading, released) = tokio::join!(waiting, letting_go);
    assert_eq!(released, "released");
    // A writer of theirs waits for a reader of ours, and a reader of ours passes by neither.
    let ours = async {
        until("theirs waits", async || lock.writers().await.unwrap().len() == 1).await;
        assert!(lock.try_read().await.unwrap().is_none());
        reading.release().await.unwrap();
    };
    assert_eq!(peer.tell_while(&format!("write_lock {path}"), ours).await.0, "held");
    assert_eq!(tell("unlock").await, "released");
    // We write: they do neither.
    let writing = lock.write().await.unwrap();
    assert_eq!(tell("try_read_lock").await, "busy");
    assert_eq!(tell("try_write_lock").await, "busy");
    // A downgrade lets their readers in, and not their writers.
    let reading = writing.downgrade().await.unwrap();
    assert_eq!(tell("try_write_lock").await, "busy");
    assert_eq!(tell("try_read_lock").await, "held");
    assert_eq!(tell("unlock").await, "released");
    reading.release().await.unwrap();
    let ours = async {
        for _ in 0..ROUNDS {
            let guard = lock.write().await.unwrap();
            add_one(client, value).await;
            guard.release().await.unwrap();
        }
    };
    let bump = format!("bump_writing {path} {value} {ROUNDS}");
    assert_eq!(peer.tell_while(&bump, ours).await.0, "done");
    assert_eq!(number_at(client, value).await, 2 * ROUNDS, "no update was lost");
}

/// Two leases, whoever has them; each waits for the other's.
pub(crate) async fn share_leases(peer: &Peer, two: &Semaphore) {
    let path = two.path();
    let tell = async |command: &str| peer.tell(&format!("{command} {path}")).await;
    let ours = two.acquire().await.unwrap();
    assert_eq!(tell_of(peer, "try_lease", path).await, "held");
    assert_eq!(two.holders().await.unwrap().len(), 2);
    assert!(two.try_acquire().await.unwrap().is_none());
    // Ours waits for theirs.
    let waiting = async { two.acquire().await.unwrap() };
    let letting_go = async {
        until("ours waits", async || two.waiting().await.unwrap().len() == 1).await;
        tell("unlock").await
    };
    let (second, released) = tokio::join!(waiting, letting_go);
    assert_eq!(released, "released");
    // Theirs waits for ours.
    assert_eq!(tell_of(peer, "try_lease", path).await, "busy");
    let letting_go = async {
        until("theirs waits", async || two.waiting().await.unwrap().len() == 1).await;
        second.release().await.unwrap();
    };
    assert_eq!(peer.tell_while(&format!("lease {path} 2"), letting_go).await.0, "held");
    assert!(two.try_acquire().await.unwrap().is_none());
    ours.release().await.unwrap();
    assert_eq!(tell("unlock").await, "released");
    let both = two.try_acquire_many(2).await.unwrap().expect("all are back");
    assert_eq!(tell_of(peer, "try_lease", path).await, "busy");
    for lease in both {
        lease.release().await.unwrap();
    }
}

async fn tell_of(peer: &Peer, command: &str, path: &str) -> String {
    peer.tell(&format!("{command} {path} 2")).await
}

/// With one lease it is a lock.
pub(crate) async fn share_one_lease(peer: &Peer, client: &Client, one: &Semaphore, value: &str) {
    let ours = async {
        for _ in 0..ROUNDS {
            let lease = one.acquire().await.unwrap();
            add_one(client, value).await;
            lease.release().await.unwrap();
        }
    };
    let bump = format!("bump_leased {} {value} {ROUNDS}", one.path());
    assert_eq!(peer.tell_while(&bump, ours).await.0, "done");
    assert_eq!(number_at(client, value).await, 2 * ROUNDS, "no update was lost");
}

/// A round is passed together: who is there first waits, at the beginning and at the end.
///
/// Which of the two has the lowest name, and so is out last, is chance: there are some rounds, each
/// with a barrier of its own.
pub(crate) async fn pass_a_double_barrier(peer: &Peer, client: &Client, path: &str) {
    for round in 0..10 {
        let path = format!("{path}/{round}");
        let barrier = DoubleBarrier::new(client, &path, 2);
        let (enter, leave) = (format!("enter {path} 2"), format!("leave_barrier {path}"));
        let entering = async {
            if round % 2 == 0 {
                // They are there first, and wait.
                until("theirs waits", async || children(client, &path).await == 1).await;
            }
            barrier.enter().await.unwrap()
        };
        let (theirs, inside) = peer.tell_while(&enter, entering).await;
        assert_eq!(theirs, "entered");
        // Who leaves waits for the other.
        if round % 2 == 0 {
            let mut leaving = pin!(inside.leave());
            tokio::select! {
                left = &mut leaving => panic!("ours is out, and theirs inside: {left:?}"),
                () = look_often(client, &path) => {}
            }
            let (theirs, ours) = peer.tell_while(&leave, leaving).await;
            ours.unwrap();
            assert_eq!(theirs, "left");
        } else {
            let mut leaving = pin!(peer.tell(&leave));
            tokio::select! {
                left = &mut leaving => panic!("theirs is out, and ours inside: {left}"),
                () = look_often(client, &path) => {}
            }
            let (theirs, ours) = tokio::join!(leaving, inside.leave());
            ours.unwrap();
            assert_eq!(theirs, "left");
        }
        assert_eq!(children(client, &path).await, 0, "nothing is left of the round");
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
