//! Queues, with items that are removed first and with items that are locked.

use std::time::Duration;

use zookit_recipes::{LockingQueue, Queue};

use crate::peer::Meeting;

/// So many each puts, and each takes.
const ITEMS: usize = 50;

/// How many items come in the end is known, so that they come is waited for.
const LONG: Duration = Duration::from_secs(60);

fn items(of: &str) -> Vec<String> {
    (0..ITEMS).map(|number| format!("{of}-{number:03}")).collect()
}

/// All that both have put, each once.
fn assert_all_once(ours: Vec<String>, theirs: &str) {
    assert_eq!(ours.len(), ITEMS);
    let mut taken = ours;
    taken.extend(theirs.split(' ').map(str::to_owned));
    taken.sort_unstable();
    assert_eq!(taken, [items("kazoo"), items("zookit")].concat());
}

fn text(message: impl AsRef<[u8]>) -> String {
    String::from_utf8(message.as_ref().to_vec()).unwrap()
}

#[tokio::test]
async fn a_queue_is_shared() {
    let meeting = Meeting::new();
    let Some(kazoo) = meeting.kazoo() else { return };
    let client = meeting.client().await;
    let path = meeting.path(&client, "kazoo-queue").await;
    let queue = Queue::new(&client, &path);
    // In the order of putting, whoever puts and takes.
    queue.put("a").await.unwrap();
    assert_eq!(kazoo.tell(&format!("put {path} b c")).await, "done");
    queue.put("d").await.unwrap();
    assert_eq!(kazoo.tell(&format!("take {path} 1")).await, "a");
    assert_eq!(queue.try_take().await.unwrap().unwrap().message().unwrap(), "b");
    assert_eq!(kazoo.tell(&format!("take {path} 2")).await, "c d");
    assert!(queue.try_take().await.unwrap().is_none());
    // Both put at once, and both take at once: each item is taken once.
    let putting = async {
        for item in items("zookit") {
            queue.put(item).await.unwrap();
        }
    };
    let put = format!("put {path} {}", items("kazoo").join(" "));
    assert_eq!(kazoo.tell_while(&put, putting).await.0, "done");
    let taking = async {
        let mut taken = Vec::new();
        while taken.len() < ITEMS {
            let item = queue.take_within(LONG).await.unwrap().expect("there are enough");
            taken.push(text(item.message().unwrap()));
        }
        taken
    };
    let (theirs, ours) = kazoo.tell_while(&format!("take {path} {ITEMS}"), taking).await;
    assert_all_once(ours, &theirs);
    assert!(queue.try_take().await.unwrap().is_none());
    // Who waits is woken by what the other puts.
    let waiting = async { queue.take_within(LONG).await.unwrap().unwrap() };
    let (put, item) = kazoo.tell_while(&format!("put {path} e"), waiting).await;
    assert_eq!((put.as_str(), text(item.message().unwrap()).as_str()), ("done", "e"));
}

#[tokio::test]
async fn a_locking_queue_is_shared() {
    let meeting = Meeting::new();
    let Some(kazoo) = meeting.kazoo() else { return };
    let client = meeting.client().await;
    let path = meeting.path(&client, "kazoo-locking-queue").await;
    let queue = LockingQueue::new(&client, &path);
    let tell = async |command: &str| kazoo.tell(&format!("{command} {path}")).await;
    // What one works on the other passes by.
    queue.put("a").await.unwrap();
    assert_eq!(kazoo.tell(&format!("put_locking {path} b")).await, "done");
    let ours = queue.try_take().await.unwrap().unwrap();
    assert_eq!(ours.item().message().unwrap(), "a");
    assert_eq!(tell("hold_item").await, "b");
    assert!(queue.try_take().await.unwrap().is_none());
    // What one gives back the other gets.
    assert_eq!(tell("return_item").await, "returned");
    let second = queue.try_take().await.unwrap().unwrap();
    assert_eq!(second.item().message().unwrap(), "b");
    ours.release().await.unwrap();
    assert_eq!(tell("hold_item").await, "a");
    // What is done is gone.
    second.consume().await.unwrap();
    assert_eq!(tell("consume_item").await, "consumed");
    assert_eq!(queue.len().await.unwrap(), 0);
    assert_eq!(tell("hold_item").await, "none");
    // Both put at once, and both work at once: each item is done once.
    let putting = async {
        for item in items("zookit") {
            queue.put(item).await.unwrap();
        }
    };
    let put = format!("put_locking {path} {}", items("kazoo").join(" "));
    assert_eq!(kazoo.tell_while(&put, putting).await.0, "done");
    let working = async {
        let mut done = Vec::new();
        while done.len() < ITEMS {
            let taken = queue.take_within(LONG).await.unwrap().expect("there are enough");
            done.push(text(taken.item().message().unwrap()));
            taken.consume().await.unwrap();
        }
        done
    };
    let take = format!("take_locking {path} {ITEMS}");
    let (theirs, ours) = kazoo.tell_while(&take, working).await;
    assert_all_once(ours, &theirs);
    assert_eq!(queue.len().await.unwrap(), 0);
}
