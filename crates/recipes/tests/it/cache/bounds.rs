//! What a cache does about what it may not, cannot, or need not have.

use zookit_client::{Acl, Client, CreateMode, CreateOptions, Perms, Version};
use zookit_proto::OpCode;
use zookit_recipes::Error;
use zookit_recipes::cache::{CacheOptions, Event, Filter, Scope, TreeCache, Unread};

use super::{ROOT, Replayed, cached, everywhere, narrow};
use crate::place::{Place, bounded};

async fn make_unreadable(client: &Client, path: &str) {
    let acl = vec![Acl::world(Perms::CREATE | Perms::WRITE | Perms::DELETE)];
    let options = CreateOptions { mode: CreateMode::Persistent, acl, ttl: None };
    bounded(client.create(path, "secret", options)).await.unwrap();
}

/// A permanent error about one znode ends nothing, and is not asked about again and again.
#[tokio::test]
async fn what_may_not_be_read_is_told_and_the_rest_works() {
    for (place, options) in everywhere() {
        let client = place.client().await;
        place.make(&client, &["/app/a/1"]).await;
        make_unreadable(&client, "/app/secret").await;
        place.server.log_requests(1000);
        let cache = TreeCache::with_options(&client, ROOT, options);
        let (mut events, mut replayed) = (cache.listen(), Replayed::default());
        bounded(cache.initialized()).await.unwrap();
        place.make(&client, &["/app/b"]).await;
        replayed.until(&mut events, |replayed| replayed.tree.contains_key("/app/b")).await;
        let is_told = |event: &Event| {
            matches!(event, Event::Unread { path, old: None, why: Unread::Refused(code) }
                if &**path == "/app/secret" && *code == zookit_client::ErrorCode::NoAuth)
        };
        assert_eq!(replayed.count(is_told), 1);
        assert!(cache.get("/app/secret").is_none() && cache.get("/app/a/1").is_some());
        assert!(place.asked().len() < 25, "{:?}", place.asked());
        // Nobody tells that it may be read now, but when it is set next.
        place.server.execute(zookit_client::SessionId::NONE, &open("/app/secret")).unwrap();
        client.set_data("/app/secret", "open", Version::Any).await.unwrap();
        client.set_data("/app", "new", Version::Any).await.unwrap();
        if cache_hears_of(&place, "/app/secret") {
            replayed.until(&mut events, |replayed| replayed.tree.contains_key("/app/secret")).await;
        }
    }
}

fn open(path: &str) -> zookit_proto::Request {
    zookit_proto::Request::SetAcl(zookit_proto::ops::set_acl::SetAclRequest {
        path: path.into(),
        acl: Some(vec![Acl::world(Perms::ALL)]),
        version: -1,
    })
}

/// A one-shot watch cannot be left on what may not be read.
fn cache_hears_of(place: &Place, path: &str) -> bool {
    let watches = place.server.watches();
    watches.iter().any(|watch| {
        let watched = watch.path.to_string();
        watched == path || watched == ROOT && is_recursive(watch)
    })
}

fn is_recursive(watch: &zookit_server::core::WatchInfo) -> bool {
    format!("{:?}", watch.mode).contains("Recursive")
}

#[tokio::test]
async fn a_root_that_may_not_be_read_is_an_error_and_no_end() {
    let place = Place::new();
    let client = place.client().await;
    make_unreadable(&client, ROOT).await;
    let cache = TreeCache::start(&client, ROOT);
    let error = bounded(cache.initialized()).await.unwrap_err();
    assert!(matches!(&error, Error::Unread { path, .. } if &**path == ROOT), "{error}");
    assert!(cache.over().is_none());
    place.server.execute(zookit_client::SessionId::NONE, &open(ROOT)).unwrap();
    let mut events = cache.listen();
    client.set_data(ROOT, "open", Version::Any).await.unwrap();
    Replayed::default().until(&mut events, |replayed| replayed.tree.contains_key(ROOT)).await;
    bounded(cache.initialized()).await.unwrap();
}

/// Each such reply costs the connection: it must not be asked for without end.
#[tokio::test]
async fn a_reply_that_is_too_large_is_tried_alone_and_then_left() {
    let place = Place::new();
    let (client, other) = (narrow(&place, 1024, 4096).await, place.client().await);
    place.make(&other, &["/app/a/1", "/app/b"]).await;
    let large = "x".repeat(5000);
    bounded(other.create("/app/large", &large, CreateMode::Persistent)).await.unwrap();
    bounded(other.create("/app/wide", "", CreateMode::Persistent)).await.unwrap();
    for number in 0..200 {
        let path = format!("/app/wide/with-a-long-name-{number:08}");
        bounded(other.create(&path, "", CreateMode::Persistent)).await.unwrap();
    }
    place.server.log_requests(10_000);
    let cache = TreeCache::start(&client, ROOT);
    let (mut events, mut replayed) = (cache.listen(), Replayed::default());
    bounded(cache.initialized()).await.unwrap();
    assert_eq!(
        cached(&cache).into_keys().collect::<Vec<_>>(),
        ["/app", "/app/a", "/app/a/1", "/app/b", "/app/wide"]
    );
    replayed.until(&mut events, |replayed| replayed.told.contains(&Event::Initialized)).await;
    let unread = |event: &Event| {
        matches!(event, Event::Unread { path, why: Unread::Unreadable, .. }
            if &**path == "/app/large")
    };
    let unlisted =
        |event: &Event| matches!(event, Event::Unlisted { path } if &**path == "/app/wide");
    assert!(replayed.count(unread) >= 1, "{:?}", replayed.told);
    assert_eq!(replayed.count(unlisted), 1, "{:?}", replayed.told);
    // Three connections went with it: a multiRead, the data alone, and the listing.
    let asked = place.asked().len();
    assert!(asked < 60, "{asked}");
    // What becomes smaller comes in.
    bounded(other.set_data("/app/large", "small", Version::Any)).await.unwrap();
    replayed.until(&mut events, |replayed| replayed.tree.contains_key("/app/large")).await;
}

#[tokio::test]
async fn depth_and_filter_bound_what_is_asked_for() {
    for (place, options) in everywhere() {
        let client = place.client().await;
        place.make(&client, &["/app/a/1/x", "/app/b/2/x", "/app/c/3/x"]).await;
        let filter = Filter::new(|path| match path {
            "/app/a" => Scope::Nothing,
            "/app/b" => Scope::Alone,
            _ => Scope::Whole,
        });
        let options = CacheOptions { max_depth: 2, filter: Some(filter), ..options };
        let cache = TreeCache::with_options(&client, ROOT, options);
        bounded(cache.initialized()).await.unwrap();
        let paths: Vec<_> = cached(&cache).into_keys().collect();
        assert_eq!(paths, ["/app", "/app/b", "/app/c", "/app/c/3"]);
    }
}

#[tokio::test]
async fn a_bound_is_told_and_what_is_left_out_comes_in_when_there_is_room() {
    let place = Place::new();
    let client = place.client().await;
    for number in 0..30 {
        place.make(&client, &[&format!("/app/{number:02}")]).await;
    }
    let options = CacheOptions { max_znodes: 16, ..CacheOptions::default() };
    let cache = TreeCache::with_options(&client, ROOT, options);
    let (mut events, mut replayed) = (cache.listen(), Replayed::default());
    bounded(cache.initialized()).await.unwrap();
    assert_eq!(cache.len(), 16);
    assert!(!cache.is_whole());
    replayed.until(&mut events, |replayed| replayed.told.contains(&Event::Initialized)).await;
    assert_eq!(replayed.count(|event| matches!(event, Event::Full { old: None, .. })), 1);
    for number in 0..20 {
        bounded(client.delete(&format!("/app/{number:02}"), Version::Any)).await.unwrap();
    }
    let expected = place.tree(ROOT);
    replayed.until(&mut events, |replayed| replayed.tree == expected).await;
    bounded(cache.synchronized()).await.unwrap();
    assert!(cache.is_whole());
    assert_eq!(cached(&cache), expected);
}

#[tokio::test]
async fn data_that_grow_beyond_the_bound_go_and_are_told() {
    let place = Place::new();
    let client = place.client().await;
    place.make(&client, &["/app/a"]).await;
    let options = CacheOptions { max_bytes: 100, ..CacheOptions::default() };
    let cache = TreeCache::with_options(&client, ROOT, options);
    let (mut events, mut replayed) = (cache.listen(), Replayed::default());
    bounded(cache.initialized()).await.unwrap();
    assert!(cache.is_whole());
    client.set_data("/app/a", "x".repeat(101), Version::Any).await.unwrap();
    replayed
        .until(&mut events, |replayed| {
            !replayed.tree.contains_key("/app/a")
                && replayed.count(|event| matches!(event, Event::Full { old: Some(_), .. })) == 1
        })
        .await;
    assert!(!cache.is_whole() && cache.get("/app/a").is_none());
    place.server.log_requests(100);
    client.set_data("/app/a", "x", Version::Any).await.unwrap();
    replayed.until(&mut events, |replayed| replayed.tree.contains_key("/app/a")).await;
    assert!(place.count(OpCode::MultiRead) <= 2, "{:?}", place.asked());
}

#[tokio::test]
async fn data_need_not_be_kept() {
    let place = Place::new();
    let client = place.client().await;
    place.make(&client, &["/app/a"]).await;
    let options = CacheOptions { data: false, ..CacheOptions::default() };
    let cache = TreeCache::with_options(&client, ROOT, options);
    bounded(cache.initialized()).await.unwrap();
    let node = cache.get("/app/a").unwrap();
    assert_eq!((node.data, node.stat.version), (None, 0));
    assert!(node.stat.czxid.0 > 0);
}
