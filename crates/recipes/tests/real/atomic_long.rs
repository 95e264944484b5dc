//! A number that many add to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::JoinSet;
use zookit_client::RetryPolicy;
use zookit_recipes::AtomicLong;

use crate::story::{Stage, answers_again};

/// Each adds as fast as it can, over the loss too, and all that was added counts once.
pub(crate) async fn outlives(stage: Stage) {
    const PATH: &str = "/real/atomic-long";
    let reader = stage.client().await;
    let number = AtomicLong::new(&reader, PATH);
    number.initialize(0).await.unwrap();
    let enough = Arc::new(AtomicBool::new(false));
    let mut adding = JoinSet::new();
    for _ in 0..3 {
        let (client, enough) = (stage.client().await, Arc::clone(&enough));
        adding.spawn(async move {
            let (session, handle) = (client.session(), AtomicLong::new(&client, PATH));
            let (mut added, mut unknown) = (0, 0);
            while !enough.load(Ordering::Relaxed) {
                match handle.increment().await {
                    Ok(change) => {
                        assert_eq!(change.after, change.before + 1);
                        added += 1;
                    }
                    Err(error) if error.may_have_applied() => unknown += 1,
                    // Others were faster, or nobody answered in time: nothing was added.
                    Err(_) => {}
                }
            }
            // As long as a session lives, what it did is found out.
            let lived = session.retry(RetryPolicy::default(), |_| session.fence());
            assert!(unknown == 0 || lived.await.is_err(), "{unknown} unknown, and it lives");
            (added, unknown)
        });
    }
    while number.get().await.unwrap() < 30 {
        tokio::task::yield_now().await;
    }
    stage.leader_is_killed().await;
    answers_again(&reader).await;
    let before = number.get().await.unwrap();
    while number.get().await.unwrap() < before + 30 {
        tokio::task::yield_now().await;
    }
    enough.store(true, Ordering::Relaxed);
    let ended = adding.join_all().await;
    let added: i64 = ended.iter().map(|(added, _)| added).sum();
    let unknown: i64 = ended.iter().map(|(_, unknown)| unknown).sum();
    answers_again(&reader).await;
    let all = number.get().await.unwrap();
    assert!((added..=added + unknown).contains(&all), "{all}: {added} and {unknown} unknown");
}
