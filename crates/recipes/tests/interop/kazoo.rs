//! Beside kazoo.

use zookit_recipes::{ClaimOptions, Mutex, Naming};

use crate::peer::{Meeting, add_one, number};

const ROUNDS: u64 = 200;

fn as_kazoo() -> ClaimOptions {
    ClaimOptions { naming: Naming::Kazoo, data: "zookit".into(), ..ClaimOptions::default() }
}

#[tokio::test]
async fn a_lock_is_shared() {
    let meeting = Meeting::new();
    let Some(kazoo) = meeting.kazoo() else { return };
    let client = meeting.client().await;
    let (path, value) = meeting.number(&client, "kazoo-lock").await;
    let lock = Mutex::with_options(&client, &path, as_kazoo());
    let other = kazoo.clone();
    let bump = format!("bump {path} {value} {ROUNDS}");
    let theirs = tokio::spawn(async move { other.tell(&bump).await });
    for _ in 0..ROUNDS {
        let guard = lock.acquire().await.unwrap();
        add_one(&client, &value).await;
        guard.release().await.unwrap();
    }
    assert_eq!(theirs.await.unwrap(), "done");
    let node = client.get_data(&value).await.unwrap();
    assert_eq!(number(node.data.as_deref()), 2 * ROUNDS, "no update was lost");
    // Each sees the other in the queue.
    let guard = lock.acquire().await.unwrap();
    assert_eq!(kazoo.tell(&format!("try_lock {path}")).await, "busy");
    assert_eq!(kazoo.tell(&format!("contenders {path}")).await, "zookit");
    guard.release().await.unwrap();
    assert_eq!(kazoo.tell(&format!("try_lock {path}")).await, "held");
    assert!(lock.try_acquire().await.unwrap().is_none());
    assert_eq!(lock.participants().await.unwrap()[0].data, "kazoo");
    assert_eq!(kazoo.tell(&format!("unlock {path}")).await, "released");
}
