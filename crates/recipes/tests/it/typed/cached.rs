//! Caches whose znodes are values.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use zookit_client::{Client, CreateMode, Version};
use zookit_recipes::Error;
use zookit_recipes::cache::{CacheOptions, ChildrenCache, Event, Listener, NodeCache, TreeCache};
use zookit_recipes::typed::{CachedValue, Codec, Json, Typed, TypedCache, TypedEvent};

use crate::place::{Place, bounded};

const PATH: &str = "/counts";

/// JSON that counts how often it is read.
#[derive(Debug, Clone, Default)]
struct Counting(Arc<AtomicUsize>);

impl Codec for Counting {
    const NAME: &'static str = "JSON";

    fn write<T: Serialize>(&self, value: &T) -> Result<Vec<u8>, String> {
        Json.write(value)
    }

    fn read<T: DeserializeOwned>(&self, data: &[u8]) -> Result<T, String> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Json.read(data)
    }
}

/// The value, or which znode has none.
fn value(read: &CachedValue<u32>) -> Result<u32, String> {
    match read {
        Ok(read) => Ok(*read.value),
        Err(Error::Malformed { path, .. }) => Err(path.to_string()),
        Err(error) => panic!("{error}"),
    }
}

fn children(cached: &TypedCache<u32, ChildrenCache>) -> Vec<(String, Result<u32, String>)> {
    let children = cached.children_of(PATH);
    children.iter().map(|(name, read)| (name.clone(), value(read))).collect()
}

/// Waits until the cache has heard of this path.
async fn until(events: &mut Listener, path: &str) -> Event {
    bounded(async {
        loop {
            let event = events.next().await.expect("the cache goes on");
            if event.path() == Some(path) {
                return event;
            }
        }
    })
    .await
}

async fn create(client: &Client, path: &str, data: &'static str) {
    bounded(client.create_with_parents(path, data, CreateMode::Persistent)).await.unwrap();
}

#[tokio::test]
async fn what_is_no_value_is_told_of_its_znode_alone() {
    let place = Place::new();
    let client = place.client().await;
    for (name, data) in [("b", "2"), ("a", "1"), ("no", "x")] {
        create(&client, &format!("{PATH}/{name}"), data).await;
    }
    create(&client, "/counts/a/deep", "7").await;
    let cached = TypedCache::<u32, _>::of(ChildrenCache::start(&client, PATH));
    bounded(cached.cache().initialized()).await.unwrap();
    let no = Err("/counts/no".to_owned());
    let all = [("a".to_owned(), Ok(1)), ("b".to_owned(), Ok(2)), ("no".to_owned(), no.clone())];
    assert_eq!(children(&cached), all);
    let read = cached.get("/counts/a").unwrap().unwrap();
    assert_eq!(read.stat, client.exists("/counts/a").await.unwrap().unwrap());
    assert!(matches!(cached.get("/counts/no"), Err(Error::Malformed { .. })));
    assert_eq!(cached.get("/counts/absent").unwrap(), None);
    // When it is one it is told as one; and the other way round.
    let mut events = cached.cache().listen();
    client.set_data("/counts/no", "3", Version::Any).await.unwrap();
    client.set_data("/counts/b", "", Version::Any).await.unwrap();
    until(&mut events, "/counts/b").await;
    let all = [
        ("a".to_owned(), Ok(1)),
        ("b".to_owned(), Err("/counts/b".to_owned())),
        ("no".to_owned(), Ok(3)),
    ];
    assert_eq!(children(&cached), all);
}

#[tokio::test]
async fn a_tree_has_the_values_of_all_and_one_znode_its_own() {
    let place = Place::new();
    let client = place.client().await;
    for (path, data) in [("/counts/a", "1"), ("/counts/a/b", "2"), ("/counts/a/b/c", "3")] {
        create(&client, path, data).await;
    }
    let tree = TypedCache::<u32>::of(TreeCache::start(&client, PATH));
    bounded(tree.cache().initialized()).await.unwrap();
    let all: Vec<_> = tree.all().iter().map(|(path, it)| (path.to_string(), value(it))).collect();
    let expected = [
        (PATH.to_owned(), Err(PATH.to_owned())),
        ("/counts/a".to_owned(), Ok(1)),
        ("/counts/a/b".to_owned(), Ok(2)),
        ("/counts/a/b/c".to_owned(), Ok(3)),
    ];
    assert_eq!(all, expected);
    let below = tree.children_of("/counts/a");
    assert_eq!(below.len(), 1);
    assert_eq!((below[0].0.as_str(), value(&below[0].1)), ("b", Ok(2)));
    let node = TypedCache::<u32, _>::of(NodeCache::start(&client, "/counts/a"));
    bounded(node.cache().initialized()).await.unwrap();
    assert_eq!(*node.get("/counts/a").unwrap().unwrap().value, 1);
    // From the root, too.
    let root = TypedCache::<u32, _>::of(ChildrenCache::start(&client, "/"));
    bounded(root.cache().initialized()).await.unwrap();
    let names: Vec<_> = root.children_of("/").into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["counts", "zookeeper"]);
}

#[tokio::test]
async fn each_is_decoded_once_and_only_if_it_is_looked_at() {
    let place = Place::new();
    let client = place.client().await;
    for path in ["/counts/a", "/counts/b"] {
        create(&client, path, "1").await;
    }
    let codec = Counting::default();
    let read = Arc::clone(&codec.0);
    let cached = TypedCache::<u32, _>::with(ChildrenCache::start(&client, PATH), codec);
    bounded(cached.cache().initialized()).await.unwrap();
    assert_eq!(read.load(Ordering::Relaxed), 0);
    for _ in 0..3 {
        assert_eq!(cached.children_of(PATH).len(), 2);
        cached.get("/counts/a").unwrap().unwrap();
    }
    assert_eq!(read.load(Ordering::Relaxed), 2);
    let mut events = cached.cache().listen();
    client.set_data("/counts/a", "2", Version::Any).await.unwrap();
    until(&mut events, "/counts/a").await;
    assert_eq!(cached.children_of(PATH).len(), 2);
    assert_eq!(read.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn events_come_with_values() {
    let place = Place::new();
    let client = place.client().await;
    let cached = TypedCache::<u32>::of(TreeCache::start(&client, PATH));
    let mut events = cached.cache().listen();
    let typed = Typed::<u32>::new(&client, PATH);
    bounded(typed.create(&1)).await.unwrap();
    let told = cached.event(until(&mut events, PATH).await);
    assert!(matches!(&told, TypedEvent::Created { now, .. } if value(now) == Ok(1)), "{told:?}");
    client.set_data(PATH, "x", Version::Any).await.unwrap();
    let told = cached.event(until(&mut events, PATH).await);
    let TypedEvent::Changed { old, now, .. } = &told else { panic!("{told:?}") };
    assert_eq!((value(old), value(now)), (Ok(1), Err(PATH.to_owned())));
    bounded(typed.delete(Version::Any)).await.unwrap();
    let told = cached.event(until(&mut events, PATH).await);
    assert!(matches!(told, TypedEvent::Deleted { .. }), "{told:?}");
    assert_eq!(cached.get(PATH).unwrap(), None);
    let told = cached.event(Event::Initialized);
    assert!(matches!(told, TypedEvent::Other(Event::Initialized)));
}

/// Of what nobody looked at more was told than waits; and the connection was away as well.
#[tokio::test]
async fn it_is_right_behind_gaps_of_both_kinds() {
    let place = Place::new();
    let (client, other) = (place.client().await, place.client().await);
    for name in ["a", "b", "gone"] {
        create(&other, &format!("{PATH}/{name}"), "1").await;
    }
    let options = CacheOptions { listener_buffer: 2, ..CacheOptions::default() };
    let cached =
        TypedCache::<u32, _>::of(ChildrenCache::with_options(&client, PATH, options.clone()));
    bounded(cached.cache().initialized()).await.unwrap();
    assert_eq!(children(&cached).len(), 3);
    for number in ["2", "3", "4", "5"] {
        other.set_data("/counts/a", number, Version::Any).await.unwrap();
    }
    // What happens while the connection is away is not told.
    let connection = place.server.connection_of(client.session_id()).unwrap();
    place.server.freeze(connection);
    bounded(other.delete("/counts/gone", Version::Any)).await.unwrap();
    create(&other, "/counts/last", "6").await;
    place.server.drop_connection(connection);
    let expected = [("a".to_owned(), Ok(5)), ("b".to_owned(), Ok(1)), ("last".to_owned(), Ok(6))];
    let mut events = cached.cache().listen();
    while children(&cached) != expected {
        bounded(events.next()).await.expect("the cache goes on");
    }
}

#[test]
fn caches_of_the_blocking_twin_have_values_too() {
    let place = Place::new();
    let address = place.server.address().to_string();
    let client = zookit_client::blocking::Client::connect(address.as_str()).unwrap();
    let typed = zookit_recipes::blocking::Typed::<u32>::new(&client, PATH);
    let cache = zookit_recipes::blocking::TreeCache::start(&client, PATH);
    let cached = TypedCache::<u32, _>::of(cache);
    cached.cache().initialized().unwrap();
    let mut events = cached.cache().listen();
    typed.create(&7).unwrap();
    loop {
        let event = events.next_within(Duration::from_secs(30)).unwrap().unwrap();
        if let TypedEvent::Created { now, .. } = cached.event(event) {
            assert_eq!(value(&now), Ok(7));
            break;
        }
    }
    assert_eq!(*cached.get(PATH).unwrap().unwrap().value, 7);
}
