//! Counters, as kazoo writes them of itself and as it does for Curator.

use zookit_recipes::{AtomicLong, AtomicOptions, CountFormat};

use super::as_kazoo;
use crate::peer::Meeting;

const ROUNDS: u16 = 200;

#[tokio::test]
async fn a_counter_is_shared() {
    both_count("kazoo-counter", "count", CountFormat::Text).await;
}

#[tokio::test]
async fn a_counter_in_curators_format_is_shared() {
    both_count("kazoo-curator-counter", "count_curator", CountFormat::Int).await;
}

async fn both_count(test: &str, command: &str, format: CountFormat) {
    let meeting = Meeting::new();
    let Some(kazoo) = meeting.kazoo() else { return };
    let client = meeting.client().await;
    let path = meeting.path(&client, test).await;
    let options = AtomicOptions { format, attempts: u32::MAX, claim: as_kazoo(), promotion: None };
    let counter = AtomicLong::with_options(&client, &path, options);
    // Ours first, so that they find what we have made.
    counter.add(5).await.unwrap();
    let ours = async {
        let mut last = 5;
        for _ in 0..ROUNDS {
            let change = counter.increment().await.unwrap();
            assert!(change.before >= last, "{change:?} is behind {last}");
            last = change.after;
        }
    };
    let theirs = format!("{command} {path} {ROUNDS}");
    assert_eq!(kazoo.tell_while(&theirs, ours).await.0, "done");
    let all = 5 + 2 * i64::from(ROUNDS);
    assert_eq!(counter.get().await.unwrap(), all, "each was added once");
    // Theirs first, so that we find what they have made.
    let path = format!("{path}-theirs");
    assert_eq!(kazoo.tell(&format!("{command} {path} 3")).await, "done");
    let options = AtomicOptions { format, ..AtomicOptions::default() };
    let counter = AtomicLong::with_options(&client, &path, options);
    assert_eq!(counter.add(-4).await.unwrap().before, 3);
    assert_eq!(kazoo.tell(&format!("{command} {path} 2")).await, "done");
    assert_eq!(counter.get().await.unwrap(), 1);
}
