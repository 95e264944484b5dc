//! A queue whose items are locked while they are worked on.

use zookit_client::{CreateMode, Transaction};
use zookit_recipes::LockingQueue;

use crate::story::{Stage, answers_again};

/// What was locked is still, what is done is done once, and who waits for an item gets it.
pub(crate) async fn outlives(stage: Stage) {
    const PATH: &str = "/real/locking-queue";
    const DONE: &str = "/real-locking-queue-done";
    let (one, two, three) = (stage.client().await, stage.client().await, stage.client().await);
    let queue = LockingQueue::new(&three, PATH);
    queue.put_all(["a", "b", "c"], None).await.unwrap();
    let first = LockingQueue::new(&one, PATH).take().await.unwrap();
    let second = LockingQueue::new(&two, PATH).take().await.unwrap();
    assert_eq!(first.item().message().unwrap(), "a");
    assert_eq!(second.item().message().unwrap(), "b");
    let empty = LockingQueue::new(&two, &format!("{PATH}-empty"));
    let waiting = tokio::spawn(async move { empty.take().await });
    stage.leader_is_killed().await;
    // At once, whoever leads: the item goes, and what belongs to it is written, once.
    let done = Transaction::new().create(DONE, "a", CreateMode::Persistent);
    first.consume_with(done).await.unwrap();
    answers_again(&two).await;
    assert!(second.holds().await.unwrap());
    answers_again(&three).await;
    assert_eq!(three.get_data(DONE).await.unwrap().data.as_deref(), Some(&b"a"[..]));
    let third = queue.take().await.unwrap();
    assert_eq!(third.item().message().unwrap(), "c", "the one before it is worked on");
    third.consume().await.unwrap();
    second.release().await.unwrap();
    let again = queue.take().await.unwrap();
    assert_eq!(again.item().message().unwrap(), "b");
    again.consume().await.unwrap();
    assert_eq!(queue.len().await.unwrap(), 0);
    assert!(!waiting.is_finished());
    LockingQueue::new(&three, &format!("{PATH}-empty")).put("late").await.unwrap();
    let late = waiting.await.unwrap().unwrap();
    assert_eq!(late.item().message().unwrap(), "late");
    late.consume().await.unwrap();
}
