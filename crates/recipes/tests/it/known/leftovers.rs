//! What is left behind, and what waits for itself.

use std::any::Any;
use std::time::Duration;

use zookit_client::{Client, CreateMode, Transaction, Version};
use zookit_proto::OpCode;
use zookit_recipes::cache::{CacheOptions, Event, TreeCache};
use zookit_recipes::{Group, Latch, Mutex, Party, PartyKind, PersistentNode, Standing, TtlNode};

use super::{round_trips, tasks, until_tasks};
use crate::place::{Place, bounded, poll_once};

/// One of each that has tasks of its own, all of them at work.
async fn at_work(client: &Client) -> Box<dyn Any> {
    let latch = Latch::start(client, "/leader", "one");
    let behind = Latch::start(client, "/leader", "two");
    let node = PersistentNode::start(client, "/nodes/one", "");
    let ttl = TtlNode::start(client, "/nodes/ttl", Duration::from_secs(3600), "");
    let member = Group::new(client, "/group").join("one", "");
    let guest = Party::new(client, "/party", PartyKind::Full).join("one");
    let once = CacheOptions { persistent_watches: false, ..CacheOptions::default() };
    let caches = (TreeCache::start(client, "/"), TreeCache::with_options(client, "/", once));
    bounded(latch.wait_leading()).await.unwrap();
    bounded(node.wait_there()).await.unwrap();
    bounded(ttl.wait_there()).await.unwrap();
    bounded(member.wait_there()).await.unwrap();
    bounded(guest.wait_there()).await.unwrap();
    bounded(caches.0.initialized()).await.unwrap();
    bounded(caches.1.initialized()).await.unwrap();
    let held = bounded(Mutex::new(client, "/lock").acquire()).await.unwrap();
    Box::new((latch, behind, node, ttl, member, guest, caches, held))
}

/// CURATOR-720, CURATOR-66, curator issue 1277: threads that outlive what they were made for.
#[tokio::test]
async fn no_task_is_left_of_what_is_dropped_or_whose_client_is_closed() {
    let place = Place::new();
    let client = place.client().await;
    let before = tasks();
    for _ in 0..3 {
        let all = at_work(&client).await;
        assert!(tasks() > before + 7, "{}", tasks());
        drop(all);
        until_tasks(before).await;
    }
    assert_eq!(place.children("/leader"), [""; 0]);
    let all = at_work(&client).await;
    bounded(client.close()).await.unwrap();
    drop((all, client));
    until_tasks(0).await;
    place.until(|server| server.sessions().is_empty()).await;
}

/// CURATOR-172, CURATOR-194, CURATOR-495: who was told something, and used what told it, waited for
/// itself. Here on one thread, where there is nobody else to wait for.
#[tokio::test]
async fn whoever_is_told_something_may_use_what_told_it() {
    let place = Place::new();
    let client = place.client().await;
    let cache = TreeCache::start(&client, "/leader");
    bounded(cache.initialized()).await.unwrap();
    let mut events = cache.listen();
    let latch = Latch::start(&client, "/leader", "one");
    let mut changes = latch.changes();
    let mut terms = 0;
    while terms < 3 {
        let change = bounded(changes.next()).await.unwrap();
        let Standing::Leading(leadership) = change.now else { continue };
        terms += 1;
        assert_eq!(bounded(latch.participants()).await.unwrap().len(), 1);
        let path = format!("/leader/term-{terms}");
        let write = Transaction::new().create(&path, (), CreateMode::Persistent);
        bounded(leadership.guarded_multi(write)).await.unwrap();
        bounded(async {
            while let Some(event) = events.next().await {
                let told = event.path().is_some_and(|told| told == path);
                if told && matches!(event, Event::Created { .. }) {
                    assert!(cache.get(&path).is_some() && cache.len() > terms);
                    client.set_data(&path, "seen", Version::Any).await.unwrap();
                    return;
                }
            }
        })
        .await;
        bounded(latch.resign()).await.unwrap();
    }
    drop(cache);
    bounded(async { while events.next().await.is_some() {} }).await;
    bounded(latch.close()).await.unwrap();
    assert!(matches!(bounded(changes.next()).await.unwrap().now, Standing::Ended(None)));
}

/// The same, without a runtime: what tells runs on the client's thread, and what is asked of it too.
#[test]
fn whoever_is_told_something_may_ask_a_blocking_client() {
    let place = Place::new();
    let address = place.server.address().to_string();
    let client = zookit_client::blocking::Client::connect(address.as_str()).unwrap();
    let latch = zookit_recipes::blocking::Latch::start(&client, "/leader", "one");
    let mut terms = 0;
    for change in latch.changes() {
        if let Standing::Leading(leadership) = change.now {
            assert_eq!(latch.participants().unwrap()[0].token, leadership.token());
            assert!(client.exists(leadership.path()).unwrap().is_some());
            terms += 1;
            if terms == 3 {
                break;
            }
            latch.resign().unwrap();
        }
    }
    latch.close().unwrap();
    assert_eq!(place.children("/leader"), [""; 0]);
}

/// CURATOR-384 and others: the list of servers was replaced by what the servers say of themselves.
#[tokio::test]
async fn a_client_asks_nobody_where_else_there_are_servers() {
    let place = Place::new();
    place.server.log_requests(1000);
    let client = place.client().await;
    round_trips(&client, 3).await;
    place.server.drop_connections();
    round_trips(&client, 3).await;
    place.expire(client.session_id());
    round_trips(&client, 3).await;
    // A read that was on its way when the connection went is asked again.
    let asked = place.asked();
    assert!(asked.iter().all(|code| *code == OpCode::Exists), "{asked:?}");
    let about = place.server.watches();
    assert!(about.is_empty(), "{about:?}");
}

/// CURATOR-164, CURATOR-617: what was taken back while there was no connection came back with it.
#[cfg(feature = "discovery")]
#[tokio::test]
async fn an_instance_that_was_taken_back_without_a_connection_stays_away() {
    use zookit_recipes::discovery::{Discovery, ServiceInstance};
    let place = Place::new();
    let client = place.client().await;
    let discovery = Discovery::new(&client, "/services");
    let instance = ServiceInstance::new("search", "7", "10.0.0.1", 8080);
    let registration = discovery.register(instance).unwrap();
    bounded(registration.registered()).await.unwrap();
    place.disconnect();
    let mut taken_back = Box::pin(registration.unregister());
    assert!(poll_once(taken_back.as_mut()).await.is_none());
    tokio::task::yield_now().await;
    place.reconnect();
    bounded(taken_back).await.unwrap();
    assert_eq!(place.children("/services/search"), [""; 0]);
    for _ in 0..2 {
        place.server.drop_connections();
        bounded(client.exists("/")).await.unwrap();
        place.expire(client.session_id());
        bounded(client.exists("/")).await.unwrap();
        assert_eq!(bounded(discovery.instances("search")).await.unwrap().len(), 0);
    }
}
