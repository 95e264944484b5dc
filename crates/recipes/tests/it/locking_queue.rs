//! The queue whose items are locked while they are worked on.

use std::time::Duration;

use tokio::task::JoinSet;
use zookit_client::{CreateMode, Transaction, Version, blocking};
use zookit_proto::{ErrorCode, OpCode, Request, Text};
use zookit_recipes::{LockingQueue, Lost, QueueLayout, QueueOptions, Taken};
use zookit_server::core::{Asked, Effect, Fault, Logged};

use crate::place::{Place, bounded};

const PATH: &str = "/queues/a";
const ENTRIES: &str = "/queues/a/entries";
const TAKEN: &str = "/queues/a/taken";

/// Of the next transaction that does something.
fn on_multi(effect: Effect) -> Fault {
    let multi = |asked: &Asked<'_>| match asked.request {
        Request::Multi(multi) => !multi.ops.is_empty(),
        _ => false,
    };
    Fault::new(effect, multi).times(1)
}

fn raw(taken: &Taken) -> &[u8] {
    &taken.item().raw
}

#[tokio::test]
async fn an_item_is_one_consumers_until_it_is_consumed_or_given_back() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let (queue, other) = (LockingQueue::new(&one, PATH), LockingQueue::new(&two, PATH));
    assert!(bounded(queue.try_take()).await.unwrap().is_none(), "there is no such znode");
    bounded(queue.put("a")).await.unwrap();
    let taken = bounded(queue.take()).await.unwrap();
    assert_eq!(raw(&taken), b"a");
    assert!(bounded(taken.holds()).await.unwrap() && taken.is_trusted());
    assert!(bounded(other.try_take()).await.unwrap().is_none());
    assert!(bounded(queue.try_take()).await.unwrap().is_none(), "not for another task either");
    let waiting = tokio::spawn(async move { other.take().await });
    place.until(|server| server.watches().len() == 2).await;
    let token = taken.token();
    bounded(taken.release()).await.unwrap();
    let taken = bounded(waiting).await.unwrap().unwrap();
    assert!(taken.token() > token);
    assert_eq!(bounded(queue.len()).await.unwrap(), 1);
    bounded(taken.consume()).await.unwrap();
    assert_eq!((place.children(ENTRIES), place.children(TAKEN)), (vec![], vec![]));
}

#[tokio::test]
async fn the_urgent_come_first_and_all_are_put_or_none() {
    let place = Place::new();
    let queue = LockingQueue::new(&place.client().await, PATH);
    bounded(queue.put_all(["b", "c"], None)).await.unwrap();
    bounded(queue.put_with_priority("a", 7)).await.unwrap();
    assert!(bounded(queue.put_all(["x"], Some(1000))).await.is_err());
    let first = bounded(queue.take()).await.unwrap();
    let second = bounded(queue.take()).await.unwrap();
    assert_eq!((raw(&first), first.item().priority), (&b"a"[..], 7));
    assert_eq!((raw(&second), second.item().priority), (&b"b"[..], 100));
    bounded(first.requeue()).await.unwrap();
    drop(second);
    place.until_children(TAKEN, 0).await;
    let names = ["entry-007-0000000003", "entry-100-0000000000", "entry-100-0000000001"];
    let mut found = place.children(ENTRIES);
    found.sort();
    assert_eq!(found, names, "at the end of its priority");
}

#[tokio::test]
async fn every_item_is_consumed_once_by_many() {
    let place = Place::new();
    let queue = LockingQueue::new(&place.client().await, PATH);
    bounded(queue.put_all((0..40).map(|n| format!("{n:02}")), None)).await.unwrap();
    let mut consumers = JoinSet::new();
    for _ in 0..4 {
        let queue = LockingQueue::new(&place.client().await, PATH);
        consumers.spawn(async move {
            let mut done = Vec::new();
            while queue.len().await.unwrap() > 0 {
                if let Some(taken) = queue.try_take().await.unwrap() {
                    done.push(taken.item().raw.clone());
                    taken.consume().await.unwrap();
                }
            }
            done
        });
    }
    let mut done = bounded(consumers.join_all()).await.concat();
    done.sort_unstable();
    assert_eq!(done, (0..40).map(|n| format!("{n:02}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_expired_session_leaves_its_item_to_another() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let (queue, other) = (LockingQueue::new(&one, PATH), LockingQueue::new(&two, PATH));
    bounded(queue.put("a")).await.unwrap();
    let first = bounded(queue.take()).await.unwrap();
    place.expire(first.session_id());
    let second = bounded(other.take()).await.unwrap();
    assert_eq!(bounded(first.lost()).await, Lost::SessionOver);
    assert!(bounded(first.holds()).await.is_err());
    let error = bounded(first.consume()).await.unwrap_err();
    assert!(error.is_lost(), "{error}");
    assert!(bounded(second.holds()).await.unwrap());
    bounded(second.consume()).await.unwrap();
}

/// The path of a lock is used again: who had it before must not end what another one works on.
#[tokio::test]
async fn a_lock_that_another_one_has_by_now_is_not_ones_own() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let (queue, other) = (LockingQueue::new(&one, PATH), LockingQueue::new(&two, PATH));
    bounded(queue.put("a")).await.unwrap();
    one.create("/x", (), CreateMode::Persistent).await.unwrap();
    let write = || Transaction::new().set_data("/x", "1", Version::Any);
    let mut firsts = Vec::new();
    for _ in 0..3 {
        let taken = bounded(queue.take()).await.unwrap();
        // Somebody takes the lock away; the claim on it does not know.
        one.delete(taken.path(), Version::Any).await.unwrap();
        firsts.push(taken);
    }
    let second = bounded(other.take()).await.unwrap();
    let [consumed, released, dropped] = <[Taken; 3]>::try_from(firsts).unwrap();
    assert!(!bounded(consumed.holds()).await.unwrap());
    assert!(bounded(consumed.guarded_multi(write())).await.unwrap_err().is_lost());
    assert!(bounded(consumed.consume()).await.unwrap_err().is_lost());
    assert!(bounded(released.release()).await.unwrap_err().is_lost());
    place.server.log_requests(10);
    drop(dropped);
    place.until(|server| server.request_log().any(|entry| entry.opcode == OpCode::Multi)).await;
    assert!(bounded(second.holds()).await.unwrap());
    assert_eq!(bounded(second.guarded_multi(write())).await.unwrap().len(), 1);
    bounded(second.consume()).await.unwrap();
}

#[tokio::test]
async fn lost_replies_lock_give_back_and_consume_once() {
    let place = Place::new();
    let queue = LockingQueue::new(&place.client().await, PATH);
    for effect in [Effect::LoseReply, Effect::LoseRequest] {
        bounded(queue.put("a")).await.unwrap();
        // The first one makes what is missing.
        drop(bounded(queue.take()).await.unwrap());
        place.until_children(TAKEN, 0).await;
        let struck = |fault| assert_eq!(place.server.remove_fault(fault), Some(1));
        let fault = place.server.add_fault(on_multi(effect));
        let taken = bounded(queue.take()).await.unwrap();
        struck(fault);
        assert!(bounded(taken.holds()).await.unwrap());
        let fault = place.server.add_fault(on_multi(effect));
        bounded(taken.release()).await.unwrap();
        struck(fault);
        assert_eq!(place.children(TAKEN), [""; 0]);
        let taken = bounded(queue.take()).await.unwrap();
        let fault = place.server.add_fault(on_multi(effect));
        bounded(taken.consume()).await.unwrap();
        struck(fault);
        assert_eq!((place.children(ENTRIES), place.children(TAKEN)), (vec![], vec![]));
        let fault = place.server.add_fault(on_multi(effect));
        bounded(queue.put("b")).await.unwrap();
        struck(fault);
        assert_eq!(bounded(queue.len()).await.unwrap(), 1);
        bounded(bounded(queue.take()).await.unwrap().consume()).await.unwrap();
    }
}

/// The release was applied and its reply lost; another one has the item before it is asked again.
#[tokio::test]
async fn a_release_that_is_sent_again_does_not_take_the_next_ones_lock_away() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let (queue, other) = (LockingQueue::new(&one, PATH), LockingQueue::new(&two, PATH));
    bounded(queue.put("a")).await.unwrap();
    let first = bounded(queue.take()).await.unwrap();
    let lost = place.server.add_fault(on_multi(Effect::LoseReply));
    place.server.refuse_connections(true);
    let releasing = tokio::spawn(first.release());
    place.until(|server| server.fault_struck(lost) == Some(1)).await;
    let second = bounded(other.take()).await.unwrap();
    place.server.refuse_connections(false);
    bounded(releasing).await.unwrap().unwrap();
    assert!(bounded(second.holds()).await.unwrap());
    bounded(second.consume()).await.unwrap();
}

#[tokio::test]
async fn what_is_written_with_the_consumption_is_written_once() {
    let place = Place::new();
    let client = place.client().await;
    let queue = LockingQueue::new(&client, PATH);
    bounded(queue.put("a")).await.unwrap();
    let taken = bounded(queue.take()).await.unwrap();
    // What fails takes the item along: it is given back.
    let write = || Transaction::new().create("/absent/x", (), CreateMode::Persistent);
    let error = bounded(taken.consume_with(write())).await.unwrap_err();
    assert!(error.as_client().unwrap().is_no_node(), "{error}");
    place.until_children(TAKEN, 0).await;
    client.create("/absent", (), CreateMode::Persistent).await.unwrap();
    let taken = bounded(queue.take()).await.unwrap();
    place.server.add_fault(on_multi(Effect::LoseReply));
    bounded(taken.consume_with(write())).await.unwrap();
    assert_eq!(place.children("/absent"), ["x"]);
    assert_eq!(place.children(ENTRIES), [""; 0]);
}

#[tokio::test]
async fn who_gives_up_waiting_leaves_no_lock() {
    let place = Place::new();
    let queue = LockingQueue::new(&place.client().await, PATH);
    assert!(bounded(queue.take_within(Duration::from_millis(1))).await.unwrap().is_none());
    bounded(queue.put("a")).await.unwrap();
    bounded(queue.take()).await.unwrap().release().await.unwrap();
    // The lock's reply comes late, and nobody waits for it.
    let delay = Effect::DelayReply(Duration::from_millis(100));
    let fault = place.server.add_fault(on_multi(delay));
    let impatient = tokio::spawn(async move { queue.take().await });
    place.until(|server| server.fault_struck(fault) == Some(1)).await;
    impatient.abort();
    place.until_children(TAKEN, 0).await;
    assert_eq!(place.children(ENTRIES).len(), 1);
}

#[tokio::test]
async fn locks_of_kazoo_and_curator_are_respected() {
    let place = Place::new();
    let client = place.client().await;
    let locks = Some("/queues/locks".to_owned());
    let curator = QueueOptions { layout: QueueLayout::Curator, locks, ..QueueOptions::default() };
    for (options, items, locks) in
        [(QueueOptions::default(), ENTRIES, TAKEN), (curator, "/queues/b", "/queues/locks")]
    {
        let path = if items == ENTRIES { PATH } else { items };
        let queue = LockingQueue::with_options(&client, path, options);
        bounded(queue.put("a")).await.unwrap();
        bounded(bounded(queue.take()).await.unwrap().release()).await.unwrap();
        let name = place.children(items)[0].clone();
        let theirs = format!("{locks}/{name}");
        client.create(&theirs, "theirs", CreateMode::Ephemeral).await.unwrap();
        assert!(bounded(queue.try_take()).await.unwrap().is_none());
        client.delete(&theirs, Version::Any).await.unwrap();
        let taken = bounded(queue.take()).await.unwrap();
        assert_eq!((taken.path(), taken.item().message().unwrap()), (theirs.as_str(), "a".into()));
        bounded(taken.requeue()).await.unwrap();
        assert_eq!(place.children(items).len(), 1);
        bounded(bounded(queue.take()).await.unwrap().consume()).await.unwrap();
    }
}

#[test]
fn the_blocking_twin_takes_and_consumes() {
    use zookit_recipes::blocking::LockingQueue;
    let place = Place::new();
    let client = blocking::Client::connect(place.server.address().to_string().as_str()).unwrap();
    let queue = LockingQueue::new(&client, PATH);
    queue.put("a").unwrap();
    queue.put_with_priority("b", 1).unwrap();
    queue.put_all(["c"], Some(2)).unwrap();
    assert_eq!((queue.len().unwrap(), queue.path()), (3, PATH));
    let taken = queue.take().unwrap();
    assert_eq!(taken.item().raw, "b");
    assert!(taken.holds().unwrap() && !taken.doubted_within(Duration::ZERO));
    taken.guarded_multi(Transaction::new()).unwrap();
    taken.consume_with(Transaction::new()).unwrap();
    queue.take().unwrap().requeue().unwrap();
    queue.take().unwrap().release().unwrap();
    queue.try_take().unwrap().unwrap().consume().unwrap();
    let taken = queue.take_within(Duration::from_secs(30)).unwrap().unwrap();
    assert!(queue.take_within(Duration::from_millis(1)).unwrap().is_none());
    client.delete(taken.path(), Version::Any).unwrap();
    assert_eq!(taken.lost_within(Duration::from_secs(30)), Some(Lost::Deleted));
    drop(taken);
    // What is dropped with the last handle of its client is given back all the same.
    let taken = queue.take().unwrap();
    drop((client, queue));
    drop(taken);
    assert!(place.server.wait(Duration::from_secs(30), |server| server.sessions().is_empty()));
    assert_eq!(place.children(TAKEN), [""; 0]);
}

/// Whether it was locked is not known, since it was not: another one locks it, and so gives it the
/// version that was looked for. What is given back in the background is not that one's.
#[tokio::test]
async fn who_may_have_locked_an_item_does_not_give_back_another_ones() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let (queue, other) = (LockingQueue::new(&one, PATH), LockingQueue::new(&two, PATH));
    bounded(queue.put("a")).await.unwrap();
    place.server.add_fault(on_multi(Effect::LoseRequest));
    // Nor is anybody told what became of it, for as long as it is asked for the caller.
    let session = one.session_id();
    let busy = Fault::new(Effect::Fail(ErrorCode::ThrottledOp), move |asked| {
        let taken = |path: &Text| path.to_string().starts_with(TAKEN);
        asked.session == session
            && (asked.opcode() == OpCode::Multi || asked.path().is_some_and(taken))
            && asked.opcode() != OpCode::GetChildren
    });
    let busy = place.server.add_fault(busy);
    let doubt = bounded(queue.try_take()).await.unwrap_err();
    assert!(doubt.may_have_applied(), "{doubt}");
    let taken = bounded(other.try_take()).await.unwrap().unwrap();
    let lock = taken.path().to_owned();
    place.server.log_requests(1000);
    assert!(place.server.remove_fault(busy) > Some(0));
    // The first look that is answered is the last.
    let looked = |entry: &Logged| {
        entry.session == session && entry.path.as_ref().is_some_and(|path| *path == *lock)
    };
    place.until(|server| server.request_log().any(looked)).await;
    bounded(one.fence()).await.unwrap();
    assert!(bounded(taken.holds()).await.unwrap());
    bounded(taken.consume()).await.unwrap();
}
