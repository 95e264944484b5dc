//! Shared counts and atomic numbers.

use zookit_recipes::{AtomicLong, AtomicOptions, SharedCount};

use crate::peer::Meeting;

const ROUNDS: u16 = 200;

#[tokio::test]
async fn a_shared_count_is_shared() {
    let meeting = Meeting::new();
    let Some(curator) = meeting.curator() else { return };
    let client = meeting.client().await;
    let path = meeting.path(&client, "curator-shared-count").await;
    let count = SharedCount::new(&client, &path, 0);
    count.set(7).await.unwrap();
    let ours = async {
        for _ in 0..ROUNDS {
            loop {
                let seen = count.get().await.unwrap();
                if count.try_set(&seen, seen.value + 1).await.unwrap().is_some() {
                    break;
                }
            }
        }
    };
    let theirs = format!("count {path} {ROUNDS}");
    assert_eq!(curator.tell_while(&theirs, ours).await.0, "done");
    let all = 7 + 2 * i32::from(ROUNDS);
    assert_eq!(count.get().await.unwrap().value, all, "no update was lost");
    // What they set is told.
    let mut follow = count.follow();
    assert_eq!(follow.next().await.unwrap().unwrap().value, all);
    assert_eq!(curator.tell(&format!("count {path} 1")).await, "done");
    assert_eq!(follow.next().await.unwrap().unwrap().value, all + 1);
    // What they have made is read.
    let path = format!("{path}-theirs");
    assert_eq!(curator.tell(&format!("count {path} 3")).await, "done");
    assert_eq!(SharedCount::new(&client, &path, 0).get().await.unwrap().value, 3);
}

#[tokio::test]
async fn an_atomic_long_is_shared() {
    let meeting = Meeting::new();
    let Some(curator) = meeting.curator() else { return };
    let client = meeting.client().await;
    let path = meeting.path(&client, "curator-atomic-long").await;
    let options = AtomicOptions { attempts: u32::MAX, ..AtomicOptions::default() };
    let number = AtomicLong::with_options(&client, &path, options);
    number.add(5).await.unwrap();
    let ours = async {
        for _ in 0..ROUNDS {
            number.increment().await.unwrap();
        }
    };
    let theirs = format!("atomic {path} {ROUNDS}");
    assert_eq!(curator.tell_while(&theirs, ours).await.0, "done");
    let all = 5 + 2 * i64::from(ROUNDS);
    assert_eq!(number.get().await.unwrap(), all, "each was added once");
    // What they have made is read, and added to.
    let path = format!("{path}-theirs");
    assert_eq!(curator.tell(&format!("atomic {path} 3")).await, "done");
    let number = AtomicLong::new(&client, &path);
    assert_eq!(number.add(-4).await.unwrap().before, 3);
    assert_eq!(curator.tell(&format!("atomic {path} 2")).await, "done");
    assert_eq!(number.get().await.unwrap(), 1);
}
