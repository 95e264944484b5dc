//! What is held, by whom, and for how long.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use zookit_client::{CreateMode, Transaction, Version};
use zookit_proto::OpCode;
use zookit_recipes::{
    Latch, Leadership, Lost, Mutex, NodeState, PersistentNode, Selector, Standing,
};

use super::{owners, round_trips, tasks, until_tasks};
use crate::place::{Place, bounded, poll_once};

/// CURATOR-604, CURATOR-620, CURATOR-696, CURATOR-154: the session was given up, and lives. What it
/// made is there when the next one begins, looks like one's own, and vanishes later.
#[tokio::test]
async fn a_session_that_is_given_up_and_lives_leaves_nothing_to_be_taken_for_ones_own() {
    let place = Place::that_keeps_sessions();
    let client = place.impatient_client().await;
    let latch = Latch::start(&client, "/leader", "one");
    let led = bounded(latch.wait_leading()).await.unwrap();
    let held = bounded(Mutex::new(&client, "/lock").acquire()).await.unwrap();
    let lock = Mutex::new(&client, "/lock");
    let waiting = tokio::spawn(async move { lock.acquire().await });
    let node = PersistentNode::start(&client, "/nodes/one", "");
    bounded(node.wait_there()).await.unwrap();
    place.until_children("/lock", 2).await;
    place.disconnect();
    assert_eq!(bounded(led.lost()).await, Lost::SessionOver);
    // This one has told nobody, and is to know it by itself.
    bounded(held.doubted()).await;
    assert!(!led.is_trusted() && !held.is_trusted());
    let made = |place: &Place| ["/leader", "/lock", "/nodes"].map(|path| owners(place, path));
    let old = held.session_id();
    assert_eq!(made(&place), [vec![old], vec![old, old], vec![old]], "the server keeps them");
    place.reconnect();
    let next = bounded(waiting).await.unwrap().unwrap();
    let new = next.session_id();
    assert!(new != old && next.token() > held.token());
    let mut changes = latch.changes();
    bounded(async {
        while let Some(change) = changes.next().await {
            if matches!(change.now, Standing::Leading(now) if now.token() > led.token()) {
                return;
            }
        }
    })
    .await;
    let mut changes = node.changes();
    let is_new = |stat: &zookit_client::Stat| stat.ephemeral_owner == new;
    bounded(async {
        while !matches!(changes.next().await.unwrap().now, NodeState::There(stat) if is_new(&stat))
        {
        }
    })
    .await;
    assert_eq!(made(&place), [vec![new], vec![new], vec![new]]);
    assert!(next.is_trusted());
    // What is trusted now is the next session, and not what the last one had.
    assert!(!led.is_trusted() && !held.is_trusted());
    let write = || Transaction::new().create("/x", (), CreateMode::Persistent);
    assert!(bounded(led.guarded_multi(write())).await.unwrap_err().is_lost());
    assert!(bounded(held.guarded_multi(write())).await.unwrap_err().is_lost());
    assert!(bounded(held.release()).await.unwrap_err().is_lost());
}

/// CURATOR-206: nobody tells the holder that its network has gone, and another one holds.
#[tokio::test]
async fn who_is_cut_off_trusts_its_lock_no_more_when_another_holds_it() {
    let place = Place::new();
    let (one, two) = (place.impatient_client().await, place.client().await);
    let first = bounded(Mutex::new(&one, "/lock").acquire()).await.unwrap();
    let lock = Mutex::new(&two, "/lock");
    let waiting = tokio::spawn(async move { lock.acquire().await });
    place.until_watches(first.path()).await;
    place.server.refuse_connections(true);
    let connection = place.server.connection_of(first.session_id()).unwrap();
    assert!(place.server.drop_connection(connection));
    let second = bounded(waiting).await.unwrap().unwrap();
    assert!(!first.is_trusted(), "two trust themselves");
    assert!(second.is_trusted() && second.token() > first.token());
    bounded(first.doubted()).await;
    place.reconnect();
    let write = Transaction::new().create("/x", (), CreateMode::Persistent);
    assert!(bounded(first.guarded_multi(write)).await.unwrap_err().is_lost());
    bounded(one.exists("/")).await.unwrap();
    assert!(!first.is_trusted() && second.is_trusted());
}

/// CURATOR-678: a lock whose release had no reply is held by nobody who knows of it.
#[tokio::test]
async fn a_release_whose_reply_was_lost_is_a_release() {
    let place = Place::new();
    let client = place.client().await;
    let lock = Mutex::new(&client, "/lock");
    let guard = bounded(lock.acquire()).await.unwrap();
    place.lose_next(OpCode::Delete);
    bounded(guard.release()).await.unwrap();
    assert!(bounded(lock.try_acquire()).await.unwrap().is_some());
}

/// CURATOR-3: a latch is closed while its watch is handled, and stands again behind that.
#[tokio::test]
async fn a_latch_that_is_closed_at_any_moment_stands_no_more() {
    let place = Place::new();
    let (client, other) = (place.client().await, place.client().await);
    client.create("/leader", (), CreateMode::Persistent).await.unwrap();
    let before = tasks();
    for moment in 0..24 {
        let first = Latch::start(&other, "/leader", "first");
        let leads = bounded(first.wait_leading()).await.unwrap();
        let latch = Latch::start(&client, "/leader", "closed");
        // Its turn comes sooner or later.
        if moment % 2 == 0 {
            other.delete(leads.path(), Version::Any).await.unwrap();
        }
        round_trips(&client, moment / 4).await;
        for _ in 0..moment % 4 {
            tokio::task::yield_now().await;
        }
        match moment % 3 {
            0 => drop(latch),
            1 => drop(poll_once(std::pin::pin!(latch.close())).await),
            _ => bounded(latch.close()).await.unwrap(),
        }
        bounded(first.close()).await.unwrap();
        drop(leads);
        until_tasks(before).await;
        place.until_children("/leader", 0).await;
    }
}

/// CURATOR-16: the session ends while one waits to lead, and that was all.
#[tokio::test]
async fn a_selector_that_waits_over_an_expiry_leads_in_the_next_session() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let first = bounded(Mutex::new(&one, "/leader").acquire()).await.unwrap();
    let selector = Selector::new(&two, "/leader", "two");
    let lead = |led: Leadership| std::future::ready(std::ops::ControlFlow::Break(led.session_id()));
    let waiting = tokio::spawn(async move { selector.requeued(lead).await });
    place.until_watched("/leader", 1).await;
    let old = two.session_id();
    place.expire(old);
    place.until_children("/leader", 1).await;
    place.until_children("/leader", 2).await;
    bounded(first.release()).await.unwrap();
    let led = bounded(waiting).await.unwrap().unwrap();
    assert_ne!(led, old);
    assert_eq!(led, two.session_id());
}

/// CURATOR-518, CURATOR-73, CURATOR-54: who was cancelled, twice at that, could not be started again.
#[tokio::test]
async fn a_selector_that_was_cancelled_again_and_again_leads_again() {
    let place = Place::new();
    let client = place.client().await;
    let selector = Selector::new(&client, "/leader", "one");
    let led = Arc::new(AtomicU32::new(0));
    let start = |for_ever: bool| {
        let (selector, led) = (selector.clone(), Arc::clone(&led));
        tokio::spawn(async move {
            let lead = async |_| {
                led.fetch_add(1, Ordering::SeqCst);
                if for_ever {
                    std::future::pending::<()>().await;
                }
            };
            selector.run(lead).await
        })
    };
    for terms in 1..=3 {
        let (leads, waits) = (start(true), start(true));
        bounded(async {
            while led.load(Ordering::SeqCst) < terms {
                tokio::task::yield_now().await;
            }
        })
        .await;
        place.until_children("/leader", 2).await;
        // Both at once; that neither leads a moment later is for the next round to show.
        for task in [waits, leads] {
            task.abort();
            task.abort();
            assert!(bounded(task).await.unwrap_err().is_cancelled());
        }
        place.until_children("/leader", 0).await;
    }
    bounded(start(false)).await.unwrap().unwrap();
    assert_eq!(led.load(Ordering::SeqCst), 4);
}
