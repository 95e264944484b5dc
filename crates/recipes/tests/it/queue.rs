//! Queues whose items are removed before they are worked on.

use std::time::Duration;

use bytes::Bytes;
use tokio::task::JoinSet;
use zookit_client::{Client, ConnectOptions, CreateMode, Limits, Version, blocking};
use zookit_proto::{ErrorCode, OpCode};
use zookit_recipes::{ClaimOptions, Error, Item, Parents};
use zookit_recipes::{PriorityQueue, Queue, QueueLayout, QueueOptions};
use zookit_server::core::{Effect, Fault};

use crate::place::{Place, bounded};

const PATH: &str = "/queues/a";
const MARKS: &str = "/queues/a-marks";

fn message(item: &Item) -> Bytes {
    item.message().unwrap()
}

async fn drain(queue: &Queue) -> Vec<Bytes> {
    let mut messages = Vec::new();
    while let Some(item) = bounded(queue.try_take()).await.unwrap() {
        messages.push(message(&item));
    }
    messages
}

#[tokio::test]
async fn what_is_put_first_is_taken_first() {
    let place = Place::new();
    let queue = Queue::new(&place.client().await, PATH);
    assert!(bounded(queue.try_take()).await.unwrap().is_none(), "there is no such znode");
    assert_eq!(bounded(queue.len()).await.unwrap(), 0);
    for word in ["a", "b"] {
        bounded(queue.put(word)).await.unwrap();
    }
    bounded(queue.put_all(["c", "d"])).await.unwrap();
    assert_eq!(bounded(queue.len()).await.unwrap(), 4);
    assert_eq!(message(&bounded(queue.peek()).await.unwrap().unwrap()), "a");
    assert_eq!(drain(&queue).await, ["a", "b", "c", "d"]);
    assert!(bounded(queue.peek()).await.unwrap().is_none());
}

#[tokio::test]
async fn each_item_is_taken_by_one() {
    let place = Place::new();
    let producer = Queue::new(&place.client().await, PATH);
    let mut consumers = JoinSet::new();
    for _ in 0..4 {
        let queue = Queue::new(&place.client().await, PATH);
        consumers.spawn(async move {
            let mut taken = Vec::new();
            loop {
                let item = queue.take().await.unwrap();
                if item.raw == "end" {
                    return taken;
                }
                taken.push(item.raw);
            }
        });
    }
    let words: Vec<String> = (0..60).map(|number| format!("{number:02}")).collect();
    for word in &words {
        bounded(producer.put(word.clone())).await.unwrap();
    }
    bounded(producer.put_all(["end"; 4])).await.unwrap();
    let mut taken = bounded(consumers.join_all()).await.concat();
    taken.sort_unstable();
    assert_eq!(taken, words);
}

#[tokio::test]
async fn lost_replies_put_once_and_take_once() {
    let place = Place::new();
    let queue = Queue::new(&place.client().await, PATH);
    bounded(queue.put("a")).await.unwrap();
    for effect in [Effect::LoseReply, Effect::LoseRequest] {
        let multi = |asked: &zookit_server::core::Asked<'_>| {
            asked.opcode() == OpCode::Multi
                && matches!(asked.request, zookit_proto::Request::Multi(multi) if !multi.ops.is_empty())
        };
        let fault = place.server.add_fault(Fault::new(effect, multi).times(1));
        bounded(queue.put("b")).await.unwrap();
        assert_eq!(place.server.remove_fault(fault), Some(1));
        assert_eq!(bounded(queue.len()).await.unwrap(), 2, "put once");
        let fault = place.server.add_fault(Fault::new(effect, multi).times(1));
        assert_eq!(message(&bounded(queue.try_take()).await.unwrap().unwrap()), "a");
        assert_eq!(place.server.remove_fault(fault), Some(1));
        assert_eq!(drain(&queue).await, ["b"], "taken once");
        bounded(queue.put("a")).await.unwrap();
    }
}

/// The delete was lost on its way, and meanwhile another one has taken the item: it is not both's.
#[tokio::test]
async fn an_item_that_another_one_took_is_not_taken_for_ones_own() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let (queue, other) = (Queue::new(&one, PATH), Queue::new(&two, PATH));
    bounded(queue.put_all(["a", "b", "c"])).await.unwrap();
    assert_eq!(message(&bounded(other.try_take()).await.unwrap().unwrap()), "a");
    let lost = Fault::new(Effect::LoseRequest, |asked| asked.opcode() == OpCode::Multi);
    let lost = place.server.add_fault(lost.times(1));
    place.server.refuse_connections(true);
    let taking = tokio::spawn(async move { queue.take().await });
    place.until(|server| server.fault_struck(lost) == Some(1)).await;
    assert_eq!(message(&bounded(other.try_take()).await.unwrap().unwrap()), "b");
    place.server.refuse_connections(false);
    assert_eq!(message(&bounded(taking).await.unwrap().unwrap()), "c");
}

/// The mark has gone: nobody can tell, and an item may be lost. That is said.
#[tokio::test]
async fn an_item_that_may_be_lost_is_told() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let queue = Queue::new(&one, PATH);
    bounded(queue.put_all(["a", "b"])).await.unwrap();
    let lost = Fault::new(Effect::LoseReply, |asked| asked.opcode() == OpCode::Multi);
    let lost = place.server.add_fault(lost.times(1));
    place.server.refuse_connections(true);
    let mark = format!("{MARKS}/{}", place.children(MARKS)[0]);
    let taking = tokio::spawn({
        let queue = queue.clone();
        async move { queue.take().await }
    });
    place.until(|server| server.fault_struck(lost) == Some(1)).await;
    two.delete(&mark, Version::Any).await.unwrap();
    place.server.refuse_connections(false);
    let error = bounded(taking).await.unwrap().unwrap_err();
    assert!(error.may_have_applied(), "{error}");
    assert_eq!(drain(&queue).await, ["b"]);
}

#[tokio::test]
async fn who_waits_is_woken_by_an_item_also_in_the_next_session() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let queue = Queue::new(&one, PATH);
    assert!(bounded(queue.take_within(Duration::from_millis(1))).await.unwrap().is_none());
    let taking = tokio::spawn(async move { queue.take().await });
    let watched = |server: &zookit_server::core::Server| server.watches().len() == 1;
    place.until(watched).await;
    place.expire(one.session_id());
    place.until(watched).await;
    // The queue is made, and that is no item.
    two.create_with_parents(PATH, (), CreateMode::Persistent).await.unwrap();
    place.until(watched).await;
    assert!(!taking.is_finished());
    bounded(Queue::new(&two, PATH).put("a")).await.unwrap();
    assert_eq!(message(&bounded(taking).await.unwrap().unwrap()), "a");
}

#[tokio::test]
async fn a_consumer_lists_once_for_many_items() {
    let place = Place::new();
    let queue = Queue::new(&place.client().await, PATH);
    bounded(queue.put_all(["a"; 5])).await.unwrap();
    place.server.log_requests(100);
    for _ in 0..5 {
        bounded(queue.try_take()).await.unwrap().unwrap();
    }
    let asked = place.asked();
    assert_eq!(asked[0], OpCode::GetChildren);
    assert_eq!(asked[1..], [OpCode::GetData, OpCode::Multi].repeat(5));
}

#[tokio::test]
async fn items_are_those_of_kazoo_and_curator() {
    let place = Place::new();
    let client = place.client().await;
    let packed = &b"\0\x01\0\x01\x01\0\0\0\x01x\x02"[..];
    for (layout, name, data) in [
        (QueueLayout::Kazoo, "entry-100-", &b"x"[..]),
        (QueueLayout::Curator, "queue-", packed),
        (QueueLayout::Simple, "qn-", b"x"),
    ] {
        let _ = client.delete_recursive(PATH).await;
        let options = QueueOptions { layout, ..QueueOptions::default() };
        let queue = Queue::with_options(&client, PATH, options);
        bounded(queue.put("x")).await.unwrap();
        let names = place.children(PATH);
        assert_eq!(names, [format!("{name}0000000000")]);
        let path = format!("{PATH}/{}", names[0]);
        assert_eq!(client.get_data(&path).await.unwrap().data.unwrap(), data);
        // Theirs, and what is nobody's.
        let mode = CreateMode::PersistentSequential;
        client.create(&format!("{PATH}/{name}"), data, mode).await.unwrap();
        client.create(&format!("{PATH}/config"), data, CreateMode::Persistent).await.unwrap();
        assert_eq!(drain(&queue).await, ["x", "x"]);
        assert_eq!(place.children(PATH), ["config"]);
    }
    // Several in one, and what is none.
    let _ = client.delete_recursive(PATH).await;
    let options = QueueOptions { layout: QueueLayout::Curator, ..QueueOptions::default() };
    let queue = Queue::with_options(&client, PATH, options);
    bounded(queue.put("first")).await.unwrap();
    let two = &b"\0\x01\0\x01\x01\0\0\0\x01a\x01\0\0\0\x01b\x02"[..];
    let (name, mode) = (format!("{PATH}/queue-"), CreateMode::PersistentSequential);
    client.create(&name, two, mode).await.unwrap();
    client.create(&name, "not packed", mode).await.unwrap();
    assert_eq!(message(&bounded(queue.take()).await.unwrap()), "first");
    assert_eq!(bounded(queue.take()).await.unwrap().messages().unwrap(), ["a", "b"]);
    let item = bounded(queue.take()).await.unwrap();
    assert!(matches!(item.message(), Err(Error::Malformed { .. })));
    assert_eq!(item.raw, "not packed");
}

#[tokio::test]
async fn the_urgent_are_taken_first() {
    let place = Place::new();
    let client = place.client().await;
    for layout in [QueueLayout::Kazoo, QueueLayout::Curator] {
        let options = QueueOptions { layout, ..QueueOptions::default() };
        let queue = PriorityQueue::with_options(&client, PATH, options);
        bounded(queue.put("later", 500)).await.unwrap();
        bounded(queue.put_all(["soon", "then"], 20)).await.unwrap();
        assert_eq!(message(&bounded(queue.take()).await.unwrap()), "soon");
        // What comes late is not behind what was listed.
        bounded(queue.put("now", 1)).await.unwrap();
        assert_eq!(message(&bounded(queue.peek()).await.unwrap().unwrap()), "now");
        for word in ["now", "then", "later"] {
            assert_eq!(message(&bounded(queue.take()).await.unwrap()), word);
        }
        assert!(bounded(queue.try_take()).await.unwrap().is_none());
        let put = queue.put("never", if layout == QueueLayout::Kazoo { 1000 } else { i32::MIN });
        let told = bounded(put).await;
        assert_eq!(told.is_err(), layout == QueueLayout::Kazoo, "{told:?}");
        assert_eq!(bounded(queue.len()).await.unwrap(), usize::from(told.is_ok()));
    }
}

/// Curator's consumer dies of it in silence.
#[tokio::test]
async fn a_queue_that_is_too_long_for_one_reply_is_told() {
    let place = Place::new();
    let limits = Limits { max_response: 2000, ..Limits::default() };
    let options = ConnectOptions { limits, seed: Some(7), ..ConnectOptions::default() };
    let address = place.server.address().to_string();
    let client = bounded(Client::connect_with(address.as_str(), options)).await.unwrap();
    let queue = Queue::new(&place.client().await, PATH);
    bounded(queue.put_all(["x"; 200])).await.unwrap();
    for error in [
        bounded(Queue::new(&client, PATH).try_take()).await.unwrap_err(),
        bounded(Queue::new(&client, PATH).take()).await.unwrap_err(),
        bounded(PriorityQueue::new(&client, PATH).take()).await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::TooManyChildren { children: Some(200), .. }), "{error}");
        assert_eq!(error.to_string(), "/queues/a has too many children for one reply: 200");
    }
}

#[tokio::test]
async fn what_cannot_be_mended_is_told_at_once() {
    let place = Place::new();
    let client = place.client().await;
    let claim = ClaimOptions { parents: Parents::Expected, ..ClaimOptions::default() };
    let options = QueueOptions { claim, ..QueueOptions::default() };
    let error = bounded(Queue::with_options(&client, "/no/such", options).put("x")).await;
    assert!(error.unwrap_err().as_client().unwrap().is_no_node());
    let queue = Queue::new(&client, PATH);
    bounded(queue.put("x")).await.unwrap();
    let refused = Fault::new(Effect::Fail(ErrorCode::NoAuth), |asked| {
        asked.path().is_some_and(|path| path.to_string().starts_with(PATH))
    });
    let fault = place.server.add_fault(refused);
    let error = bounded(queue.take()).await.unwrap_err();
    assert!(error.as_client().unwrap().is_no_auth(), "{error}");
    assert_eq!(place.server.remove_fault(fault), Some(1));
}

#[test]
fn the_blocking_twins_put_and_take() {
    use zookit_recipes::blocking::{PriorityQueue, Queue};
    let place = Place::new();
    let client = blocking::Client::connect(place.server.address().to_string().as_str()).unwrap();
    let queue = Queue::new(&client, PATH);
    queue.put("a").unwrap();
    queue.put_all(["b", "c"]).unwrap();
    assert_eq!((queue.len().unwrap(), queue.path()), (3, PATH));
    assert_eq!(queue.peek().unwrap().unwrap().raw, "a");
    assert_eq!(queue.take().unwrap().raw, "a");
    assert_eq!(queue.take_within(Duration::from_secs(30)).unwrap().unwrap().raw, "b");
    assert_eq!(queue.try_take().unwrap().unwrap().raw, "c");
    assert!(queue.take_within(Duration::from_millis(1)).unwrap().is_none());
    let queue = PriorityQueue::new(&client, PATH);
    queue.put("a", 2).unwrap();
    queue.put_all(["b"], 1).unwrap();
    assert_eq!((queue.len().unwrap(), queue.path()), (2, PATH));
    assert_eq!(queue.peek().unwrap().unwrap().raw, "b");
    assert_eq!(queue.take().unwrap().raw, "b");
    assert_eq!(queue.try_take().unwrap().unwrap().raw, "a");
    assert!(queue.take_within(Duration::from_millis(1)).unwrap().is_none());
}
