//! The caches.

mod bounds;
mod gaps;
mod listeners;
mod requests;

use std::collections::BTreeMap;

use zookit_client::{Client, ConnectOptions, CreateMode, Version};
use zookit_proto::OpCode;
use zookit_recipes::cache::{
    Cache, CacheOptions, Cached, ChildrenCache, Event, Listener, NodeCache, TreeCache,
};
use zookit_server::core::{Effect, Fault, Profile};
use zookit_server::testing::Server;

use crate::place::{Place, bounded};

const ROOT: &str = "/app";

/// What there is of a znode that both sides know of.
type Summary = (i64, i64, i32, Vec<u8>);

/// The ways to follow a server: each version, by persistent and by one-shot watches.
fn everywhere() -> impl Iterator<Item = (Place, CacheOptions)> {
    Profile::ALL.into_iter().flat_map(|profile| {
        [true, false].map(|persistent_watches| {
            let server = Server::builder().profile(profile).start().unwrap();
            let options = CacheOptions { persistent_watches, ..CacheOptions::default() };
            (Place { server }, options)
        })
    })
}

impl Place {
    /// What the server has at and below a path.
    fn tree(&self, root: &str) -> BTreeMap<String, Summary> {
        let below = format!("{}/", root.trim_end_matches('/'));
        self.server.look(|server| {
            let nodes = server.tree().znodes();
            let nodes = nodes.map(|node| (node.path.to_string(), node));
            nodes
                .filter(|(path, _)| path == root || path.starts_with(&below))
                .map(|(path, node)| {
                    let counters = node.counters;
                    let data = node.data.unwrap_or_default().to_vec();
                    (path, (counters.czxid.0, counters.mzxid.0, counters.version, data))
                })
                .collect()
        })
    }

    async fn make(&self, client: &Client, paths: &[&str]) {
        for path in paths {
            let created = client.create_with_parents(path, *path, CreateMode::Persistent);
            bounded(created).await.unwrap();
        }
    }

    /// So often was this asked since the log was begun.
    fn count(&self, opcode: OpCode) -> usize {
        self.asked().into_iter().filter(|asked| *asked == opcode).count()
    }

    fn drop_connection_of(&self, client: &Client) {
        let connection = self.server.connection_of(client.session_id()).unwrap();
        assert!(self.server.drop_connection(connection));
    }
}

fn summary(cached: &Cached) -> Summary {
    let data = cached.data.as_deref().unwrap_or_default().to_vec();
    (cached.stat.czxid.0, cached.stat.mzxid.0, cached.stat.version, data)
}

fn cached(cache: &Cache) -> BTreeMap<String, Summary> {
    cache.with(|tree| {
        tree.iter().map(|node| (node.path().to_string(), summary(&node.to_cached()))).collect()
    })
}

/// A map that is made of what a listener hears.
#[derive(Debug, Default)]
struct Replayed {
    tree: BTreeMap<String, Summary>,
    told: Vec<Event>,
}

impl Replayed {
    fn note(&mut self, event: Event) {
        match &event {
            Event::Created { path, now } => {
                let had = self.tree.insert(path.to_string(), summary(now));
                assert_eq!(had, None, "{event:?}");
            }
            Event::Changed { path, old, now } => {
                let had = self.tree.insert(path.to_string(), summary(now));
                assert_eq!(had, Some(summary(old)), "{event:?}");
            }
            Event::Deleted { path, old } => {
                assert_eq!(self.tree.remove(&**path), Some(summary(old)), "{event:?}");
            }
            Event::Unread { path, .. } | Event::Full { path, .. } => {
                self.tree.remove(&**path);
            }
            _ => {}
        }
        self.told.push(event);
    }

    /// Listens until it is so.
    async fn until(&mut self, events: &mut Listener, is_so: impl Fn(&Self) -> bool) {
        while !is_so(self) {
            let event = bounded(events.next()).await.expect("the cache goes on");
            self.note(event);
        }
    }

    fn count(&self, is: impl Fn(&Event) -> bool) -> usize {
        self.told.iter().filter(|event| is(event)).count()
    }
}

/// Waits until the log of a cache makes the server's tree; then the cache is that as well.
async fn become_equal(
    place: &Place,
    cache: &Cache,
    events: &mut Listener,
    replayed: &mut Replayed,
) {
    let expected = place.tree(cache.path());
    replayed.until(events, |replayed| replayed.tree == expected).await;
    bounded(cache.synchronized()).await.unwrap();
    assert_eq!(cached(cache), expected);
}

#[tokio::test]
async fn a_tree_is_at_hand_and_follows_what_happens() {
    for (place, options) in everywhere() {
        let client = place.client().await;
        place.make(&client, &["/app/a/1", "/app/a/2", "/app/b", "/apple"]).await;
        let cache = TreeCache::with_options(&client, ROOT, options);
        let (mut events, mut replayed) = (cache.listen(), Replayed::default());
        bounded(cache.initialized()).await.unwrap();
        assert_eq!(cached(&cache), place.tree(ROOT));
        assert_eq!(cache.children_of("/app/a").unwrap(), ["1", "2"]);
        assert_eq!(cache.get("/app/b").unwrap().data.as_deref(), Some(&b"/app/b"[..]));
        for absent in ["/apple", "/app/c", "/", "app", "/app/"] {
            assert!(cache.get(absent).is_none(), "{absent}");
        }
        place.make(&client, &["/app/c/d/e"]).await;
        client.set_data("/app/b", "new", Version::Any).await.unwrap();
        client.delete("/app/a/1", Version::Any).await.unwrap();
        become_equal(&place, &cache, &mut events, &mut replayed).await;
        assert_eq!(replayed.count(|event| matches!(event, Event::Initialized)), 1);
        assert_eq!(replayed.count(|event| matches!(event, Event::Interrupted)), 0);
        client.delete_recursive(ROOT).await.unwrap();
        become_equal(&place, &cache, &mut events, &mut replayed).await;
        assert!(cache.is_empty());
        place.make(&client, &["/app/again"]).await;
        become_equal(&place, &cache, &mut events, &mut replayed).await;
        assert_eq!(cache.len(), 2);
    }
}

#[tokio::test]
async fn the_root_of_all_is_a_tree_too() {
    for (place, options) in everywhere() {
        let client = place.client().await;
        place.make(&client, &["/a/b"]).await;
        let cache = TreeCache::with_options(&client, "/", options);
        let (mut events, mut replayed) = (cache.listen(), Replayed::default());
        place.make(&client, &["/c"]).await;
        become_equal(&place, &cache, &mut events, &mut replayed).await;
        assert!(cache.get("/zookeeper/config").is_some() && cache.get("/c").is_some());
        let below = format!("{}/a", place.server.address());
        let inside = bounded(Client::connect(below.as_str())).await.unwrap();
        let chrooted = TreeCache::start(&inside, "/");
        bounded(chrooted.initialized()).await.unwrap();
        assert_eq!(cached(&chrooted).into_keys().collect::<Vec<_>>(), ["/", "/b"]);
    }
}

#[tokio::test]
async fn children_are_at_hand_and_what_is_below_them_is_not() {
    for (place, options) in everywhere() {
        let client = place.client().await;
        place.make(&client, &["/app/a/1", "/app/b"]).await;
        let cache = ChildrenCache::with_options(&client, ROOT, options);
        let (mut events, mut replayed) = (cache.listen(), Replayed::default());
        bounded(cache.initialized()).await.unwrap();
        assert_eq!(cache.children().unwrap(), ["a", "b"]);
        place.make(&client, &["/app/a/2", "/app/c"]).await;
        client.set_data("/app/b", "new", Version::Any).await.unwrap();
        replayed.until(&mut events, |replayed| replayed.tree.contains_key("/app/c")).await;
        replayed.until(&mut events, |replayed| replayed.tree["/app/b"].2 == 1).await;
        assert_eq!(cache.child("b").unwrap().data.as_deref(), Some(&b"new"[..]));
        assert!(cache.child("d").is_none());
        assert_eq!(cache.len(), 4);
    }
}

#[tokio::test]
async fn one_znode_is_at_hand_whether_it_is_there_or_not() {
    for (place, options) in everywhere() {
        let client = place.client().await;
        let cache = NodeCache::with_options(&client, ROOT, options);
        let (mut events, mut replayed) = (cache.listen(), Replayed::default());
        bounded(cache.initialized()).await.unwrap();
        assert!(cache.current().is_none());
        place.make(&client, &["/app/a"]).await;
        replayed.until(&mut events, |replayed| replayed.tree.contains_key(ROOT)).await;
        client.set_data(ROOT, "new", Version::Any).await.unwrap();
        replayed.until(&mut events, |replayed| replayed.tree[ROOT].2 == 1).await;
        assert_eq!(cache.current().unwrap().data.as_deref(), Some(&b"new"[..]));
        assert_eq!(cache.len(), 1);
        client.delete_recursive(ROOT).await.unwrap();
        replayed.until(&mut events, |replayed| replayed.tree.is_empty()).await;
        assert!(cache.current().is_none());
    }
}

/// As servers before 3.6 answer.
#[tokio::test]
async fn a_server_without_persistent_watches_is_followed_by_others() {
    let place = Place::new();
    let client = place.client().await;
    let unknown = Effect::Fail(zookit_client::ErrorCode::Unimplemented);
    place.server.add_fault(Fault::on(unknown, OpCode::AddWatch, ROOT));
    place.make(&client, &["/app/a/1"]).await;
    place.server.log_requests(1000);
    let cache = TreeCache::start(&client, ROOT);
    let (mut events, mut replayed) = (cache.listen(), Replayed::default());
    bounded(cache.initialized()).await.unwrap();
    place.make(&client, &["/app/b/1"]).await;
    become_equal(&place, &cache, &mut events, &mut replayed).await;
    assert_eq!((place.count(OpCode::AddWatch), place.count(OpCode::MultiRead)), (1, 0));
}

#[tokio::test]
async fn a_cache_that_is_dropped_leaves_no_watch() {
    for (place, options) in everywhere() {
        let client = place.client().await;
        place.make(&client, &["/app/a/1"]).await;
        let cache = TreeCache::with_options(&client, ROOT, options);
        let mut events = cache.listen();
        bounded(cache.initialized()).await.unwrap();
        assert!(!place.server.watches().is_empty());
        drop(cache);
        place.until(|server| server.watches().is_empty()).await;
        while bounded(events.next()).await.is_some() {}
    }
}

#[tokio::test]
async fn a_cache_ends_with_its_client_and_says_so() {
    for (place, options) in everywhere() {
        let client = place.client().await;
        place.make(&client, &["/app/a"]).await;
        let cache = TreeCache::with_options(&client, ROOT, options.clone());
        let mut events = cache.listen();
        bounded(cache.initialized()).await.unwrap();
        bounded(client.close()).await.unwrap();
        while bounded(events.next()).await.is_some() {}
        assert!(cache.over().unwrap().is_closed(), "{:?}", cache.over());
        assert!(bounded(cache.synchronized()).await.is_err());
        // What it has it keeps.
        assert_eq!(cache.len(), 2);
        let late = TreeCache::with_options(&client, ROOT, options);
        assert!(bounded(late.initialized()).await.unwrap_err().as_client().unwrap().is_closed());
    }
}

#[tokio::test]
async fn a_cache_of_a_session_ends_with_it() {
    for (place, options) in everywhere() {
        let client = place.client().await;
        place.make(&client, &["/app/a"]).await;
        let cache = TreeCache::with_options(&client.session(), ROOT, options);
        let mut events = cache.listen();
        bounded(cache.initialized()).await.unwrap();
        place.expire(client.session_id());
        while bounded(events.next()).await.is_some() {}
        assert!(cache.over().unwrap().is_session_lost(), "{:?}", cache.over());
    }
}

#[tokio::test]
async fn what_is_no_path_is_told() {
    let place = Place::new();
    let client = place.client().await;
    for persistent_watches in [true, false] {
        let options = CacheOptions { persistent_watches, ..CacheOptions::default() };
        let cache = TreeCache::with_options(&client, "no path", options);
        let error = bounded(cache.initialized()).await.unwrap_err();
        assert!(error.to_string().contains("no path"), "{error}");
    }
}

/// A client with a buffer for so many notices, and replies of so many bytes.
async fn narrow(place: &Place, watch_buffer: usize, max_response: usize) -> Client {
    let defaults = ConnectOptions::default();
    let limits = zookit_client::Limits { max_response, ..defaults.limits };
    let options = ConnectOptions { seed: Some(7), watch_buffer, limits, ..defaults };
    let address = place.server.address().to_string();
    bounded(Client::connect_with(address.as_str(), options)).await.unwrap()
}

#[test]
fn the_blocking_twins_follow_and_tell() {
    use std::time::Duration;
    use zookit_recipes::blocking;
    let place = Place::new();
    let address = place.server.address().to_string();
    let client = zookit_client::blocking::Client::connect(address.as_str()).unwrap();
    client.create_with_parents("/app/a", "1", CreateMode::Persistent).unwrap();
    let cache = blocking::TreeCache::start(&client, ROOT);
    let mut events = cache.listen();
    cache.initialized().unwrap();
    assert!(cache.initialized_within(Duration::ZERO).unwrap());
    assert!(cache.synchronized_within(Duration::ZERO).unwrap());
    assert_eq!(cache.get("/app/a").unwrap().data.as_deref(), Some(&b"1"[..]));
    let told: Vec<_> = events.by_ref().take_while(|event| *event != Event::Initialized).collect();
    assert!(told.len() <= 2, "{told:?}");
    assert_eq!(events.resume(|tree| tree.len()), 2);
    assert_eq!(events.next_within(Duration::from_millis(1)), None);
    client.set_data("/app/a", "2", Version::Any).unwrap();
    assert!(matches!(events.next(), Some(Event::Changed { .. })));
    let node = blocking::NodeCache::start(&client, "/app/a");
    node.synchronized().unwrap();
    assert_eq!(node.current().unwrap().stat.version, 1);
    let children = blocking::ChildrenCache::start(&client, ROOT);
    children.initialized().unwrap();
    assert_eq!(children.children().unwrap(), ["a"]);
    drop((cache, node, children));
    assert_eq!(events.next_within(Duration::from_secs(30)), Some(None));
    assert!(place.server.wait(Duration::from_secs(30), |server| server.watches().is_empty()));
}
