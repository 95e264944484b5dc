//! Caches of the instances of a service, and providers of one.

use std::sync::{Arc, Weak};

use zookit_client::{Acl, CreateMode, CreateOptions, Perms, Version};
use zookit_recipes::Error;
use zookit_recipes::discovery::{
    Discovery, Provider, RoundRobin, ServiceCache, ServiceInstance, Sticky, Weighted,
};

use super::{BASE, SERVICE, instance, registered};
use crate::place::{Place, bounded};

async fn until_ids(cache: &ServiceCache, ids: &[&str]) {
    let same = |instances: &[Arc<ServiceInstance>]| {
        instances.iter().map(|instance| instance.id.as_str()).eq(ids.iter().copied())
    };
    assert!(bounded(cache.until(same)).await);
}

#[tokio::test]
async fn a_cache_follows_what_comes_changes_and_goes() {
    let place = Place::new();
    let (client, other) = (place.client().await, place.client().await);
    let b = registered(&other, instance("b")).await;
    let cache = bounded(Discovery::new(&client, BASE).cache("search")).await.unwrap();
    assert_eq!(cache.instances().len(), 1, "it is filled when it is there");
    let a = registered(&other, instance("a")).await;
    until_ids(&cache, &["a", "b"]).await;
    a.update(|instance| instance.port = Some(1)).unwrap();
    assert!(bounded(cache.until(|all| all[0].port == Some(1))).await);
    assert_eq!(cache.get("a").unwrap().port, Some(1));
    // What is no instance is passed over, and what is below one.
    other.create("/services/search/aa", "no", CreateMode::Persistent).await.unwrap();
    other.create("/services/search/aa/deep", "{}", CreateMode::Persistent).await.unwrap();
    drop(b);
    until_ids(&cache, &["a"]).await;
    drop(cache);
    place.until(|server| server.watches().iter().all(|it| it.session != client.session_id())).await;
}

#[tokio::test]
async fn a_cache_is_right_again_behind_a_gap_and_in_the_next_session() {
    let place = Place::new();
    let (client, other) = (place.client().await, place.client().await);
    // There is no such service yet.
    let cache = bounded(Discovery::new(&client, BASE).cache("search")).await.unwrap();
    let _a = registered(&other, instance("a")).await;
    until_ids(&cache, &["a"]).await;
    let connection = place.server.connection_of(client.session_id()).unwrap();
    place.server.freeze(connection);
    let _b = registered(&other, instance("b")).await;
    place.server.drop_connection(connection);
    until_ids(&cache, &["a", "b"]).await;
    place.expire(client.session_id());
    let _c = registered(&other, instance("c")).await;
    until_ids(&cache, &["a", "b", "c"]).await;
    bounded(client.close()).await.unwrap();
    assert!(!bounded(cache.until(|_| false)).await, "nobody follows any more");
}

/// More events than wait for somebody to look: then all are looked at anew.
#[tokio::test]
async fn a_cache_at_which_nobody_looks_for_long_is_right_when_somebody_does() {
    let place = Place::new();
    let (client, other) = (place.client().await, place.client().await);
    let registration = registered(&other, instance("a")).await;
    let cache = bounded(Discovery::new(&client, BASE).cache("search")).await.unwrap();
    assert_eq!(cache.instances().len(), 1);
    other.create("/services/search/count", "0", CreateMode::Persistent).await.unwrap();
    for _ in 0..1500 {
        bounded(other.set_data("/services/search/count", "1", Version::Any)).await.unwrap();
    }
    registration.update(|instance| instance.port = Some(1)).unwrap();
    assert!(bounded(cache.until(|all| all[0].port == Some(1))).await);
    drop(registration);
    until_ids(&cache, &[]).await;
    assert_eq!(cache.get("a"), None);
    assert_eq!(cache.get("count"), None, "it is no instance");
}

#[tokio::test]
async fn a_service_that_may_not_be_read_is_told() {
    let place = Place::new();
    let (client, other) = (place.client().await, place.client().await);
    let acl = vec![Acl::world(Perms::CREATE)];
    let options = CreateOptions { acl, ..CreateMode::Persistent.into() };
    other.create_with_parents(SERVICE, (), options).await.unwrap();
    let error = bounded(Discovery::new(&client, BASE).cache("search")).await.unwrap_err();
    assert!(matches!(error, Error::Unread { .. }), "{error}");
}

#[tokio::test]
async fn a_provider_picks_whom_it_may() {
    let place = Place::new();
    let client = place.client().await;
    let discovery = Discovery::new(&client, BASE);
    let mut kept = Vec::new();
    for (id, port) in [("a", 1), ("b", 2), ("c", 3)] {
        let one = ServiceInstance { port: Some(port), ..instance(id) };
        kept.push(registered(&client, one).await);
    }
    let cache = bounded(discovery.cache("search")).await.unwrap();
    let provider = Provider::new(cache.clone());
    let picks = |provider: &Provider| {
        (0..4).map(|_| provider.pick().unwrap().id.clone()).collect::<String>()
    };
    assert_eq!(picks(&provider), "abca");
    let weighted = Weighted::new(|instance| instance.port.map_or(0, u32::from));
    let weighted = Provider::new(cache.clone()).with_strategy(weighted);
    assert_eq!(picks(&weighted), "cbac");
    let sticky = Sticky::new(RoundRobin::default());
    let sticky = Provider::new(cache.clone()).with_strategy(sticky);
    assert_eq!(picks(&sticky), "aaaa");
    let a = sticky.pick().unwrap();
    sticky.note_error(&a);
    assert_eq!(picks(&sticky), "aaaa");
    sticky.note_error(&a);
    assert_eq!(picks(&sticky), "cccc", "it is the turn of the second of those that are left");
    kept[2].update(|instance| instance.enabled = false).unwrap();
    assert!(bounded(cache.until(|all| !all[2].enabled)).await);
    assert_eq!(picks(&sticky), "bbbb");
    let filtered = Provider::new(cache).with_filter(|instance| instance.id != "b");
    assert_eq!(picks(&filtered), "aaaa");
    drop(kept);
    place.until_children(SERVICE, 0).await;
    assert!(bounded(filtered.cache().until(<[_]>::is_empty)).await);
    assert_eq!(filtered.pick(), None);
}

/// A check of health, as users have them. It was called with what it needed locked.
#[tokio::test]
async fn a_filter_of_a_provider_may_note_errors_there() {
    let place = Place::new();
    let client = place.client().await;
    let kept = [registered(&client, instance("a")).await, registered(&client, instance("b")).await];
    let cache = bounded(Discovery::new(&client, BASE).cache("search")).await.unwrap();
    let provider = Arc::new_cyclic(|provider: &Weak<Provider>| {
        let noted = provider.clone();
        Provider::new(cache).with_filter(move |instance| {
            if instance.id == "a" {
                noted.upgrade().unwrap().note_error(instance);
            }
            true
        })
    });
    let picking = tokio::task::spawn_blocking(move || {
        let pick = || provider.pick().unwrap().id.clone();
        [pick(), pick(), pick()]
    });
    assert_eq!(bounded(picking).await.unwrap(), ["a", "b", "b"], "two errors put it down");
    drop(kept);
}
