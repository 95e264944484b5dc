//! Beside Curator.

use zookit_recipes::Mutex;

use crate::peer::{Meeting, add_one, number};

const ROUNDS: u64 = 200;

#[tokio::test]
async fn a_lock_is_shared() {
    let meeting = Meeting::new();
    let Some(curator) = meeting.curator() else { return };
    let client = meeting.client().await;
    let (path, value) = meeting.number(&client, "curator-lock").await;
    let lock = Mutex::new(&client, &path);
    let other = curator.clone();
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
    let guard = lock.acquire().await.unwrap();
    assert_eq!(curator.tell(&format!("try_lock {path}")).await, "busy");
    guard.release().await.unwrap();
    assert_eq!(curator.tell(&format!("try_lock {path}")).await, "held");
    assert!(lock.try_acquire().await.unwrap().is_none());
    assert_eq!(curator.tell(&format!("unlock {path}")).await, "released");
    lock.acquire().await.unwrap().release().await.unwrap();
}
