//! A service that is registered, and found.

use zookit_recipes::discovery::{Discovery, ServiceInstance};

use crate::story::{Stage, answers_again};

/// It is registered all the time, changes are found, and it goes when it is taken out.
pub(crate) async fn outlives(stage: Stage) {
    const BASE: &str = "/real/services";
    const ID: &str = "7";
    let (one, other) = (stage.client().await, stage.client().await);
    let instance = ServiceInstance::new("search", ID, "127.0.0.1", 7000);
    let registration = Discovery::new(&one, BASE).register(instance).unwrap();
    registration.registered().await.unwrap();
    let found = Discovery::new(&other, BASE);
    // Its server may not have heard yet.
    other.fence().await.unwrap();
    let cache = found.cache("search").await.unwrap();
    let path = format!("{BASE}/search/{ID}");
    let before = other.exists(&path).await.unwrap().unwrap();
    assert!(cache.get(ID).is_some());
    stage.leader_is_killed().await;
    assert!(cache.get(ID).is_some(), "what it has it keeps");
    // At once, whoever leads: it takes as long as it takes.
    registration.update(|instance| instance.port = Some(7001)).unwrap();
    registration.registered().await.unwrap();
    let is_new = |port: Option<u16>| port == Some(7001);
    assert!(cache.until(|all| all.len() == 1 && is_new(all[0].port)).await);
    answers_again(&other).await;
    let now = other.exists(&path).await.unwrap().unwrap();
    assert_eq!(now.czxid, before.czxid, "it was there all the time");
    let instance = found.instance("search", ID).await.unwrap().unwrap();
    assert!(is_new(instance.port));
    registration.unregister().await.unwrap();
    assert!(cache.until(<[_]>::is_empty).await);
}
