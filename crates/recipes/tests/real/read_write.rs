//! The lock that readers hold together and writers alone.

use zookit_recipes::ReadWriteLock;

use crate::story::{Stage, a_moment, answers_again};

/// Readers read on, the writer behind them keeps its place, and so does the reader behind that.
pub(crate) async fn outlives(stage: Stage) {
    const PATH: &str = "/real/read-write";
    let (one, two) = (stage.client().await, stage.client().await);
    let (three, four) = (stage.client().await, stage.client().await);
    let lock = ReadWriteLock::new(&one, PATH);
    let first = lock.read().await.unwrap();
    let second = ReadWriteLock::new(&two, PATH).read().await.unwrap();
    let writing = ReadWriteLock::new(&three, PATH);
    let writing = tokio::spawn(async move { writing.write().await });
    while lock.writers().await.unwrap().len() != 1 {
        a_moment().await;
    }
    let reading = ReadWriteLock::new(&four, PATH);
    let reading = tokio::spawn(async move { reading.read().await });
    while lock.readers().await.unwrap().len() != 3 {
        a_moment().await;
    }
    let before = lock.participants().await.unwrap();
    stage.leader_is_killed().await;
    answers_again(&one).await;
    assert_eq!(lock.participants().await.unwrap(), before, "all are where they were");
    assert!(!writing.is_finished() && !reading.is_finished());
    first.release().await.unwrap();
    second.release().await.unwrap();
    let writer = writing.await.unwrap().unwrap();
    assert_eq!(writer.path(), before[2].path, "its place was kept");
    assert!(!reading.is_finished(), "nobody passes by a writer");
    writer.release().await.unwrap();
    let reader = reading.await.unwrap().unwrap();
    assert_eq!(reader.path(), before[3].path, "its place was kept");
    reader.release().await.unwrap();
}
