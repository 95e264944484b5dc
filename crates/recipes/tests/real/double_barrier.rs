//! A barrier that members pass together.

use tokio::task::JoinSet;
use zookit_recipes::DoubleBarrier;

use crate::story::{Stage, a_moment, answers_again};

/// Those who waited to enter enter with the one who comes later, and all leave together.
pub(crate) async fn outlives(stage: Stage) {
    const PATH: &str = "/real/double-barrier";
    let late = stage.client().await;
    let mut waiting = JoinSet::new();
    for _ in 0..2 {
        let barrier = DoubleBarrier::new(&stage.client().await, PATH, 3);
        waiting.spawn(async move { barrier.enter().await.unwrap() });
    }
    let mut before = loop {
        match late.get_child_names(PATH).await {
            Ok(names) if names.len() == 2 => break names,
            _ => a_moment().await,
        }
    };
    stage.leader_is_killed().await;
    assert!(waiting.try_join_next().is_none(), "two are too few");
    let inside = DoubleBarrier::new(&late, PATH, 3).enter().await.unwrap();
    let others = waiting.join_all().await;
    let name = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let mut entered: Vec<_> = others.iter().map(|other| name(other.path())).collect();
    before.sort_unstable();
    entered.sort_unstable();
    assert_eq!(entered, before, "they are those who waited");
    let mut leaving = JoinSet::new();
    for other in others {
        leaving.spawn(async move { other.leave().await.unwrap() });
    }
    // One of them at least waits for the one who is inside.
    answers_again(&late).await;
    assert!(!late.get_child_names(PATH).await.unwrap().is_empty());
    inside.leave().await.unwrap();
    leaving.join_all().await;
    answers_again(&late).await;
    let left = late.get_child_names(PATH).await;
    assert!(left.as_ref().map_or_else(zookit_client::Error::is_no_node, Vec::is_empty), "{left:?}");
}
