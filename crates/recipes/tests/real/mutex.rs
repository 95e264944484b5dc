//! The lock with one holder.

use zookit_client::{CreateMode, RetryPolicy, Transaction, Version};
use zookit_recipes::{Error, Mutex};

use crate::story::{Stage, a_moment};

/// Who holds holds on, who waits waits on, and in the end each had it in turn.
pub(crate) async fn outlives(stage: Stage) {
    const PATH: &str = "/real/mutex";
    const VALUE: &str = "/real-mutex-value";
    let (one, two, three) = (&stage.client().await, stage.client().await, stage.client().await);
    one.create(VALUE, "0", CreateMode::Persistent).await.unwrap();
    let held = Mutex::new(one, PATH).acquire().await.unwrap();
    let first = &held;
    let lock = Mutex::new(&two, PATH);
    let waiting = tokio::spawn(async move { lock.acquire().await });
    let second_path = loop {
        let queue = Mutex::new(&three, PATH).participants().await.unwrap();
        match queue.get(1) {
            Some(second) => break second.path.clone(),
            None => a_moment().await,
        }
    };
    stage.leader_is_killed().await;
    one.retry(RetryPolicy { lost_writes: true, ..Default::default() }, |attempt| async move {
        if attempt.may_have_applied {
            one.fence().await?;
            if one.get_data(VALUE).await?.stat.version == 1 {
                return Ok(());
            }
        }
        let write = Transaction::new().set_data(VALUE, "1", Version::Exactly(0));
        match first.guarded_multi(write).await {
            Err(Error::Client(error)) => Err(error),
            guarded => {
                guarded.unwrap();
                Ok(())
            }
        }
    })
    .await
    .unwrap();
    assert_eq!(one.get_data(VALUE).await.unwrap().stat.version, 1);
    let token = first.token();
    held.release().await.unwrap();
    let second = waiting.await.unwrap().unwrap();
    assert_eq!(second.path(), second_path, "its place was kept");
    assert!(second.token() > token);
    second.release().await.unwrap();
    let third = Mutex::new(&three, PATH).acquire().await.unwrap();
    third.release().await.unwrap();
}
