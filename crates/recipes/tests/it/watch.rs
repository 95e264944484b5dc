//! The watches that go on.

use std::pin::pin;
use std::time::Duration;

use zookit_client::{Acl, Client, CreateMode, CreateOptions, Perms, Version};
use zookit_recipes::watch::{ChildrenWatch, DataWatch, PatientChildrenWatch};

use crate::place::{Place, bounded};

const PATH: &str = "/app";

async fn create(client: &Client, path: &str) {
    bounded(client.create(path, "0", CreateMode::Persistent)).await.unwrap();
}

/// Polled, it has nothing to tell.
async fn is_quiet<T>(future: impl Future<Output = T>) -> bool {
    let mut future = pin!(future);
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(future.as_mut().poll(context).is_pending())
    })
    .await
}

#[tokio::test]
async fn data_are_told_whenever_they_are_new() {
    let place = Place::new();
    let client = place.client().await;
    let mut watch = DataWatch::new(&client, PATH);
    assert_eq!(bounded(watch.next()).await.unwrap().node, None);
    assert!(is_quiet(watch.next()).await);
    create(&client, PATH).await;
    let change = bounded(watch.next()).await.unwrap();
    assert_eq!((change.node.unwrap().stat.version, change.skipped, change.is_anew), (0, 0, false));
    // The newest, however many there were.
    for value in ["1", "2", "3"] {
        client.set_data(PATH, value, Version::Any).await.unwrap();
    }
    let change = bounded(watch.next()).await.unwrap();
    assert_eq!((change.node.unwrap().data.unwrap(), change.skipped), ("3".into(), 2));
    client.delete(PATH, Version::Any).await.unwrap();
    create(&client, PATH).await;
    let change = bounded(watch.next()).await.unwrap();
    assert!(change.is_anew);
    client.delete(PATH, Version::Any).await.unwrap();
    assert_eq!(bounded(watch.next()).await.unwrap().node, None);
}

/// kazoo compares mzxids over reconnects; nothing that happened while away goes unsaid.
#[tokio::test]
async fn nothing_goes_unsaid_over_lost_connections_and_sessions() {
    let place = Place::new();
    let (client, other) = (place.client().await, place.client().await);
    create(&other, PATH).await;
    create(&other, "/app/a").await;
    let (mut data, mut children) =
        (DataWatch::new(&client, PATH), ChildrenWatch::new(&client, PATH));
    bounded(data.next()).await.unwrap();
    bounded(children.next()).await.unwrap();
    for round in 0..4 {
        assert!(is_quiet(data.next()).await && is_quiet(children.next()).await);
        if round % 2 == 0 {
            place.server.refuse_connections(true);
            let connection = place.server.connection_of(client.session_id()).unwrap();
            assert!(place.server.drop_connection(connection));
        } else {
            place.expire(client.session_id());
        }
        for value in ["x", "y"] {
            bounded(other.set_data(PATH, value, Version::Any)).await.unwrap();
        }
        bounded(other.delete("/app/a", Version::Any)).await.unwrap();
        create(&other, "/app/a").await;
        place.server.refuse_connections(false);
        let (mut skipped, mut unseen) = (0, 0);
        // In as many steps as there were looks.
        loop {
            let change = bounded(data.next()).await.unwrap();
            skipped += change.skipped + 1;
            if change.node.unwrap().stat.version == 2 * (round + 1) {
                break;
            }
        }
        while unseen < 2 {
            let change = bounded(children.next()).await.unwrap();
            unseen += change.unseen;
            unseen += u32::try_from(change.added.len() + change.removed.len()).unwrap();
        }
        assert_eq!((skipped, unseen), (2, 2), "round {round}");
    }
}

#[tokio::test]
async fn children_are_told_with_who_came_and_who_went() {
    let place = Place::new();
    let client = place.client().await;
    let mut watch = ChildrenWatch::new(&client, PATH);
    assert_eq!(bounded(watch.next()).await.unwrap().names, None);
    create(&client, PATH).await;
    create(&client, "/app/b").await;
    create(&client, "/app/a").await;
    let change = bounded(watch.next()).await.unwrap();
    assert_eq!(change.names.unwrap(), ["a", "b"]);
    assert_eq!((change.added.len(), change.unseen), (2, 0));
    create(&client, "/app/c").await;
    client.delete("/app/a", Version::Any).await.unwrap();
    let change = bounded(watch.next()).await.unwrap();
    assert_eq!((change.added, change.removed), (vec!["c".to_owned()], vec!["a".to_owned()]));
    // The same names, and not the same children.
    client.delete("/app/b", Version::Any).await.unwrap();
    create(&client, "/app/b").await;
    let change = bounded(watch.next()).await.unwrap();
    assert_eq!((change.names.unwrap().len(), change.unseen), (2, 2));
    client.delete_recursive(PATH).await.unwrap();
    loop {
        // A look may fall between two of its deletes.
        if bounded(watch.next()).await.unwrap().names.is_none() {
            break;
        }
    }
}

#[tokio::test]
async fn a_watch_that_is_dropped_half_way_loses_nothing() {
    let place = Place::new();
    let client = place.client().await;
    create(&client, PATH).await;
    let mut watch = DataWatch::new(&client, PATH);
    bounded(watch.next()).await.unwrap();
    client.set_data(PATH, "1", Version::Any).await.unwrap();
    // The watch has fired; the read that follows is dropped, with its reply on the way.
    assert!(is_quiet(watch.next()).await);
    assert!(is_quiet(watch.next()).await);
    assert_eq!(bounded(watch.next()).await.unwrap().node.unwrap().data.unwrap(), "1");
    drop(watch);
    place.until(|server| server.watches().is_empty()).await;
}

#[tokio::test]
async fn who_may_not_read_is_told_and_may_ask_again() {
    let place = Place::new();
    let client = place.client().await;
    let acl = vec![Acl::world(Perms::WRITE | Perms::ADMIN)];
    let options = CreateOptions { mode: CreateMode::Persistent, acl, ttl: None };
    bounded(client.create(PATH, "", options)).await.unwrap();
    place.server.log_requests(100);
    let (mut data, mut children) =
        (DataWatch::new(&client, PATH), ChildrenWatch::new(&client, PATH));
    for _ in 0..2 {
        let error = bounded(data.next()).await.unwrap_err();
        assert!(error.as_client().unwrap().is_no_auth(), "{error}");
        let error = bounded(children.next()).await.unwrap_err();
        assert!(error.as_client().unwrap().is_no_auth(), "{error}");
    }
    // One request each time.
    assert_eq!(place.asked().len(), 4);
    bounded(client.set_acl(PATH, vec![Acl::world(Perms::ALL)], Version::Any)).await.unwrap();
    assert!(bounded(data.next()).await.unwrap().node.is_some());
    assert!(bounded(children.next()).await.unwrap().names.is_some());
}

#[tokio::test]
async fn patience_waits_for_quiet() {
    let place = Place::new();
    let client = place.client().await;
    create(&client, PATH).await;
    create(&client, "/app/a").await;
    let mut watch = PatientChildrenWatch::new(&client, PATH, Duration::from_millis(50));
    let mut first = Box::pin(watch.next());
    assert!(is_quiet(first.as_mut()).await);
    // Somebody comes while it waits: it has not told yet.
    place.until(|server| !server.watches().is_empty()).await;
    create(&client, "/app/b").await;
    let change = bounded(first.as_mut()).await.unwrap();
    drop(first);
    assert_eq!(change.names.unwrap(), ["a", "b"]);
    assert_eq!(change.added, ["a", "b"]);
    assert!(is_quiet(watch.changed()).await);
    create(&client, "/app/c").await;
    client.delete("/app/a", Version::Any).await.unwrap();
    bounded(watch.changed()).await;
    let change = bounded(watch.next()).await.unwrap();
    assert_eq!((change.added, change.removed), (vec!["c".to_owned()], vec!["a".to_owned()]));
}

#[test]
fn the_blocking_twins_tell() {
    use zookit_recipes::blocking;
    let place = Place::new();
    let address = place.server.address().to_string();
    let client = zookit_client::blocking::Client::connect(address.as_str()).unwrap();
    client.create(PATH, "0", CreateMode::Persistent).unwrap();
    let mut data = blocking::DataWatch::new(&client, PATH);
    assert_eq!(data.next().unwrap().node.unwrap().data.unwrap(), "0");
    assert_eq!(data.next_within(Duration::from_millis(1)).unwrap(), None);
    client.set_data(PATH, "1", Version::Any).unwrap();
    assert_eq!(data.next().unwrap().node.unwrap().data.unwrap(), "1");
    let mut children = blocking::ChildrenWatch::new(&client, PATH);
    assert_eq!(children.next().unwrap().names.unwrap(), [""; 0]);
    let mut patient = blocking::PatientChildrenWatch::new(&client, PATH, Duration::from_millis(1));
    assert_eq!(patient.next().unwrap().names.unwrap(), [""; 0]);
    assert!(!patient.changed_within(Duration::ZERO));
    client.create("/app/a", "", CreateMode::Persistent).unwrap();
    assert!(patient.changed_within(Duration::from_secs(30)));
    assert_eq!((data.path(), children.path(), patient.path()), (PATH, PATH, PATH));
    assert_eq!(children.next().unwrap().added, ["a"]);
}
