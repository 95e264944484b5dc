//! Caches: what leaks, goes round and round, or never begins.

use zookit_client::{CreateMode, ErrorCode, Transaction, Version};
use zookit_proto::OpCode;
use zookit_recipes::cache::{CacheOptions, ChildrenCache, Event, NodeCache, TreeCache};
use zookit_server::core::{Effect, Fault};

use super::round_trips;
use crate::place::{Place, bounded};

/// By persistent watches, and by one-shot ones.
fn both() -> [CacheOptions; 2] {
    [true, false]
        .map(|persistent_watches| CacheOptions { persistent_watches, ..CacheOptions::default() })
}

/// CURATOR-240, CURATOR-312: a path that is not there was asked for without end, with a watch more
/// each time.
#[tokio::test]
async fn what_is_not_there_is_asked_for_once_and_waited_for() {
    for options in both() {
        let place = Place::new();
        let client = place.client().await;
        let tree = TreeCache::with_options(&client, "/absent", options.clone());
        let node = NodeCache::with_options(&client, "/missing/deep", options);
        bounded(tree.initialized()).await.unwrap();
        bounded(node.initialized()).await.unwrap();
        place.server.log_requests(1000);
        let watches = place.server.watches().len();
        round_trips(&client, 50).await;
        assert_eq!(place.asked(), [OpCode::Exists].repeat(50));
        assert_eq!(place.server.watches().len(), watches);
        assert!(watches <= 4, "{watches}");
        let mut events = tree.listen();
        client.create("/absent", "x", CreateMode::Persistent).await.unwrap();
        assert!(matches!(bounded(events.next()).await, Some(Event::Created { .. })));
    }
}

/// CURATOR-690: more children than a 16-bit number counts.
#[tokio::test]
async fn more_children_than_65_536_are_at_hand() {
    const COUNT: usize = 65_536 + 1000;
    let place = Place::new();
    let client = place.client().await;
    client.create("/wide", (), CreateMode::Persistent).await.unwrap();
    let numbers: Vec<_> = (0..COUNT).collect();
    for some in numbers.chunks(4000) {
        let create = |all: Transaction, number: &usize| {
            all.create(&format!("/wide/{number}"), (), CreateMode::Persistent)
        };
        bounded(client.multi(some.iter().fold(Transaction::new(), create))).await.unwrap();
    }
    let cache = ChildrenCache::start(&client, "/wide");
    bounded(cache.initialized()).await.unwrap();
    assert_eq!(cache.len(), COUNT + 1);
    assert!(cache.child("0").is_some() && cache.child(&(COUNT - 1).to_string()).is_some());
    let mut events = cache.listen();
    client.delete("/wide/65536", Version::Any).await.unwrap();
    assert!(matches!(bounded(events.next()).await, Some(Event::Deleted { .. })));
}

/// CURATOR-729, and what follows from it: a watch that cannot be set is asked for round and round.
#[tokio::test]
async fn a_watch_that_is_refused_is_not_asked_for_in_a_hurry() {
    let place = Place::new();
    let client = place.client().await;
    client.create("/app", (), CreateMode::Persistent).await.unwrap();
    let refuse = |code| Fault::on(Effect::Fail(code), OpCode::AddWatch, "/app");
    let passing = place.server.add_fault(refuse(ErrorCode::ThrottledOp).times(2));
    place.server.log_requests(1000);
    let cache = TreeCache::start(&client, "/app");
    bounded(cache.initialized()).await.unwrap();
    assert_eq!(place.server.fault_struck(passing), Some(2));
    let asked = |place: &Place| {
        let asked = place.asked().into_iter().filter(|code| *code == OpCode::AddWatch);
        asked.count()
    };
    assert_eq!(asked(&place), 3);
    // For good: that ends it, and says so.
    place.server.add_fault(refuse(ErrorCode::NoAuth));
    let refused = TreeCache::start(&place.client().await, "/app");
    let error = bounded(refused.initialized()).await.unwrap_err();
    assert!(error.as_client().unwrap().is_no_auth(), "{error}");
    assert!(refused.over().unwrap().is_no_auth());
    round_trips(&client, 20).await;
    assert_eq!(asked(&place), 4);
    // Nor when the client is closed.
    let mut events = cache.listen();
    bounded(client.close()).await.unwrap();
    while bounded(events.next()).await.is_some() {}
    assert_eq!(asked(&place), 4);
}

/// CURATOR-328, CURATOR-422: a cache that began without a server stayed empty with one.
#[tokio::test]
async fn what_begins_without_a_server_follows_when_there_is_one() {
    for options in both() {
        let place = Place::new();
        let (client, other) = (place.client().await, place.client().await);
        other.create_with_parents("/app/a", "x", CreateMode::Persistent).await.unwrap();
        place.disconnect();
        let tree = TreeCache::with_options(&client, "/app", options.clone());
        let children = ChildrenCache::with_options(&client, "/app", options);
        assert!(!tree.is_initialized());
        place.reconnect();
        bounded(tree.initialized()).await.unwrap();
        bounded(children.initialized()).await.unwrap();
        assert_eq!((tree.len(), children.children().unwrap()), (2, vec!["a".to_owned()]));
    }
}

/// CURATOR-388: a container that goes when it is empty, and comes back, was followed no more.
#[tokio::test]
async fn a_parent_that_goes_and_comes_back_is_followed() {
    for options in both() {
        let place = Place::new();
        let client = place.client().await;
        let cache = ChildrenCache::with_options(&client, "/app", options);
        bounded(cache.initialized()).await.unwrap();
        let mut events = cache.listen();
        for _ in 0..3 {
            client.create("/app", (), CreateMode::Container).await.unwrap();
            client.create("/app/a", (), CreateMode::Ephemeral).await.unwrap();
            bounded(async {
                while cache.child("a").is_none() {
                    events.next().await.unwrap();
                }
            })
            .await;
            client.delete_recursive("/app").await.unwrap();
            bounded(async {
                while !cache.is_empty() {
                    events.next().await.unwrap();
                }
            })
            .await;
        }
    }
}
