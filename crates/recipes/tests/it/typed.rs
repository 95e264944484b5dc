//! Znodes whose data are values.

mod cached;

use serde::{Deserialize, Serialize};
use zookit_client::{CreateMode, EventType, Version};
use zookit_proto::Request;
use zookit_recipes::Error;
use zookit_recipes::typed::Typed;
use zookit_server::core::{Effect, Fault};

use crate::place::{Place, bounded};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
struct Limits {
    connections: u32,
    name: Option<String>,
}

fn limits(connections: u32) -> Limits {
    Limits { connections, name: Some("x".to_owned()) }
}

#[tokio::test]
async fn what_is_written_is_read_with_its_stat() {
    let place = Place::new();
    let client = place.client().await;
    let typed = Typed::<Limits>::new(&client, "/a/limits");
    assert_eq!(bounded(typed.get()).await.unwrap(), None);
    bounded(typed.create(&limits(1))).await.unwrap();
    let node = client.get_data("/a/limits").await.unwrap();
    assert_eq!(node.data.unwrap(), r#"{"connections":1,"name":"x"}"#);
    let read = bounded(typed.get()).await.unwrap().unwrap();
    assert_eq!((read.value, read.stat), (limits(1), node.stat));
    let stat = bounded(typed.set(&limits(2), Version::Exactly(0))).await.unwrap();
    let error = bounded(typed.set(&limits(3), Version::Exactly(0))).await.unwrap_err();
    assert!(error.as_client().unwrap().is_bad_version(), "{error}");
    let read = bounded(typed.get()).await.unwrap().unwrap();
    assert_eq!((read.value, read.stat), (limits(2), stat));
    let error = bounded(typed.create(&limits(1))).await.unwrap_err();
    assert!(error.as_client().unwrap().is_node_exists(), "{error}");
    bounded(typed.delete(Version::Exactly(1))).await.unwrap();
    assert_eq!(bounded(typed.get()).await.unwrap(), None);
}

#[tokio::test]
async fn what_is_no_such_value_is_told_and_not_made_up() {
    let place = Place::new();
    let client = place.client().await;
    for data in [None, Some("".into()), Some("{}".into()), Some("[1".into())] {
        client.create("/limits", data, CreateMode::Persistent).await.unwrap();
        let typed = Typed::<Limits>::new(&client, "/limits");
        let error = bounded(typed.get()).await.unwrap_err();
        let Error::Malformed { path, expected, .. } = &error else { panic!("{error}") };
        assert_eq!((&**path, *expected), ("/limits", "JSON"));
        let error = bounded(typed.update(|_| panic!("nobody is asked"))).await.unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{error}");
        client.delete("/limits", Version::Any).await.unwrap();
    }
}

#[tokio::test]
async fn no_update_is_lost_among_many() {
    let place = Place::new();
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let client = place.client().await;
        all.spawn(async move {
            let typed = Typed::<u32>::new(&client, "/count");
            for _ in 0..5 {
                bounded(typed.update(|now| now.unwrap_or(0) + 1)).await.unwrap();
            }
        });
    }
    while let Some(done) = all.join_next().await {
        done.unwrap();
    }
    let typed = Typed::<u32>::new(&place.client().await, "/count");
    let read = bounded(typed.get()).await.unwrap().unwrap();
    assert_eq!((read.value, read.stat.version), (40, 39));
}

/// CURATOR-584: an update whose reply was lost is not made twice.
#[tokio::test]
async fn an_update_whose_reply_was_lost_is_made_once() {
    let place = Place::new();
    let client = place.client().await;
    let typed = Typed::<u32>::new(&client, "/count");
    bounded(typed.create(&7)).await.unwrap();
    let lost = Fault::new(Effect::LoseReply, |asked| matches!(asked.request, Request::SetData(_)));
    place.server.add_fault(lost.times(1));
    let now = bounded(typed.update(|now| now.unwrap() + 1)).await.unwrap();
    assert_eq!((now.value, now.stat.version), (8, 1));
}

#[tokio::test]
async fn a_watch_tells_of_what_is_there_and_of_what_is_not_yet() {
    let place = Place::new();
    let client = place.client().await;
    let typed = Typed::<u32>::new(&client, "/count");
    let (none, watch) = bounded(typed.get_and_watch()).await.unwrap();
    assert_eq!(none, None);
    bounded(typed.create(&1)).await.unwrap();
    assert_eq!(bounded(watch).await.unwrap().event_type, EventType::NodeCreated);
    let (one, watch) = bounded(typed.get_and_watch()).await.unwrap();
    assert_eq!(one.unwrap().value, 1);
    bounded(typed.set(&2, Version::Any)).await.unwrap();
    assert_eq!(bounded(watch).await.unwrap().event_type, EventType::NodeDataChanged);
}

#[tokio::test]
async fn children_are_values_of_the_same_type() {
    let place = Place::new();
    let client = place.client().await;
    let typed = Typed::<u32>::new(&client, "/counts");
    for (number, name) in [(2, "b"), (1, "a")] {
        bounded(typed.child(name).create(&number)).await.unwrap();
    }
    let children = bounded(typed.children()).await.unwrap();
    let found: Vec<_> = children.iter().map(|(name, it)| (name.as_str(), it.value)).collect();
    assert_eq!(found, [("a", 1), ("b", 2)]);
}

#[test]
fn the_blocking_twin_reads_and_writes() {
    let place = Place::new();
    let address = place.server.address().to_string();
    let client = zookit_client::blocking::Client::connect(address.as_str()).unwrap();
    let typed = zookit_recipes::blocking::Typed::<u32>::new(&client, "/counts/a");
    assert_eq!(typed.get().unwrap(), None);
    typed.create(&1).unwrap();
    assert_eq!(typed.update(|now| now.unwrap() + 1).unwrap().value, 2);
    typed.set(&7, Version::Any).unwrap();
    let parent = zookit_recipes::blocking::Typed::<u32>::new(&client, "/counts");
    assert_eq!(parent.child("a").path(), typed.path());
    assert_eq!(parent.children().unwrap()[0].1.value, 7);
    typed.delete(Version::Any).unwrap();
    assert_eq!(typed.get().unwrap(), None);
}
