//! A znode that is kept up.

use zookit_client::{Stat, Version};
use zookit_recipes::PersistentNode;

use crate::story::{Stage, a_moment, answers_again};

/// It is the same znode as before, has the data that were set in between, and is still kept up.
pub(crate) async fn outlives(stage: Stage) {
    const PATH: &str = "/real/persistent-node";
    let (one, other) = (stage.client().await, stage.client().await);
    let node = PersistentNode::start(&one, PATH, "before");
    let made = node.wait_there().await.unwrap();
    stage.leader_is_killed().await;
    // At once, whoever leads: it takes as long as it takes.
    node.set_data("after").await.unwrap();
    answers_again(&other).await;
    let found = other.get_data(PATH).await.unwrap();
    assert_eq!(found.data.as_deref(), Some(&b"after"[..]));
    assert_eq!(found.stat.czxid, made.czxid, "it was there all the time");
    assert_eq!(found.stat.ephemeral_owner, made.ephemeral_owner);
    // Who deletes it does not get rid of it.
    other.delete(PATH, Version::Any).await.unwrap();
    let is_new = |stat: Option<Stat>| stat.is_some_and(|stat| stat.czxid > made.czxid);
    while !is_new(other.exists(PATH).await.unwrap()) {
        a_moment().await;
    }
    node.close().await.unwrap();
    answers_again(&other).await;
    assert_eq!(other.exists(PATH).await.unwrap(), None);
}
