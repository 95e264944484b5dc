//! A tree at hand.

use zookit_client::{CreateMode, Version};
use zookit_recipes::TreeCache;

use crate::story::{Stage, a_moment, answers_again};

const PATH: &str = "/real/tree";

/// It is as it was while no server answers, and as the servers have it behind that.
pub(crate) async fn outlives(stage: Stage) {
    let (one, writer) = (stage.client().await, stage.client().await);
    for number in 0..20 {
        let path = format!("{PATH}/{}/{number}", number % 3);
        writer.create_with_parents(&path, "before", CreateMode::Persistent).await.unwrap();
    }
    // Its server may not have heard of all yet.
    one.fence().await.unwrap();
    let cache = TreeCache::start(&one, PATH);
    cache.initialized().await.unwrap();
    assert_eq!(cache.len(), 24);
    stage.leader_is_killed().await;
    assert_eq!(cache.len(), 24, "what it has it keeps");
    // What changes while the cache's own connection may be away.
    answers_again(&writer).await;
    for number in 0..20 {
        let path = format!("{PATH}/{}/{number}", number % 3);
        if number < 10 {
            writer.set_data(&path, "after", Version::Any).await.unwrap();
        } else {
            writer.delete(&path, Version::Any).await.unwrap();
        }
    }
    writer.create(&format!("{PATH}/last"), "after", CreateMode::Persistent).await.unwrap();
    let last = format!("{PATH}/last");
    while cache.get(&last).is_none() {
        a_moment().await;
    }
    cache.synchronized().await.unwrap();
    // The last is there, and so is all that was before it; compared one by one.
    assert_eq!(cache.len(), 15);
    let paths = cache.with(|tree| tree.iter().map(|node| node.path()).collect::<Vec<_>>());
    for path in paths {
        let node = writer.get_data(&path).await.unwrap();
        let cached = cache.get(&path).unwrap();
        assert_eq!(cached.data.as_deref(), node.data.as_deref(), "{path}");
        assert_eq!(cached.stat.mzxid, node.stat.mzxid, "{path}");
    }
}
