//! Znodes that are kept alive.

use std::time::Duration;

use zookit_client::{CreateMode, Version};
use zookit_proto::OpCode;
use zookit_recipes::{Error, NodeState, TtlNode};
use zookit_server::testing::Server;

use crate::place::{Place, bounded};

const PATH: &str = "/reports/today";
const TOUCH: &str = "/reports/today/touch";

/// Its clock goes on by itself, and when it is told to.
fn place() -> Place {
    let builder = Server::builder().config(|config| {
        config.container_check_interval = Duration::from_millis(10);
    });
    Place { server: builder.start().unwrap() }
}

#[tokio::test]
async fn it_lives_while_it_is_touched_and_goes_when_it_is_not() {
    let place = place();
    let client = place.client().await;
    client.create("/reports", (), CreateMode::Persistent).await.unwrap();
    let ttl = Duration::from_millis(500);
    let node = TtlNode::start(&client, PATH, ttl, "0 lines");
    let old = bounded(node.wait_there()).await.unwrap();
    // Touched some times: longer by far than it would have lived.
    let touched = |server: &zookit_server::core::Server, times| {
        server.tree().stat(TOUCH).is_some_and(|stat| stat.version >= times)
    };
    place.until(|server| touched(server, 4)).await;
    bounded(node.set_data("17 lines")).await.unwrap();
    let now = bounded(client.get_data(PATH)).await.unwrap();
    assert_eq!((now.stat.czxid, now.data.unwrap()), (old.czxid, "17 lines".into()));
    bounded(node.close()).await;
    assert_eq!(place.children("/reports"), ["today"]);
    place.until_children("/reports", 0).await;
}

#[tokio::test]
async fn it_outlives_its_session_and_is_made_again_when_it_is_deleted() {
    let place = place();
    let (client, other) = (place.client().await, place.client().await);
    let node = TtlNode::start(&client, PATH, Duration::from_secs(3600), "0 lines");
    let old = bounded(node.wait_there()).await.unwrap();
    place.expire(client.session_id());
    bounded(client.exists(PATH)).await.unwrap();
    assert_eq!(bounded(other.exists(PATH)).await.unwrap().unwrap().czxid, old.czxid);
    other.delete(PATH, Version::Any).await.unwrap();
    let mut changes = node.changes();
    bounded(async {
        while let Some(change) = changes.next().await {
            if matches!(change.now, NodeState::There(new) if new.czxid > old.czxid) {
                return;
            }
        }
    })
    .await;
    assert_eq!(bounded(other.get_data(PATH)).await.unwrap().data.unwrap(), "0 lines");
}

/// Who watches the znode hears nothing of what keeps it alive.
#[tokio::test]
async fn touching_changes_nothing_of_the_znode_itself() {
    let place = place();
    let (client, other) = (place.client().await, place.client().await);
    let node = TtlNode::start(&client, PATH, Duration::from_millis(100), "0 lines");
    let old = bounded(node.wait_there()).await.unwrap();
    place.until(|server| server.tree().stat(TOUCH).is_some()).await;
    let (now, watch) = bounded(other.get_data_and_watch(PATH)).await.unwrap();
    assert_eq!((now.stat.version, now.stat.mzxid), (old.version, old.mzxid));
    let version = |server: &zookit_server::core::Server| server.tree().stat(TOUCH).unwrap().version;
    let touched = place.server.look(version);
    place.until(|server| version(server) > touched + 1).await;
    bounded(other.fence()).await.unwrap();
    let told = tokio::select! {
        biased;
        event = watch => Some(event),
        () = std::future::ready(()) => None,
    };
    assert!(told.is_none(), "{told:?}");
    bounded(node.close()).await;
}

#[tokio::test]
async fn a_server_without_such_znodes_ends_it() {
    let builder = Server::builder().config(|config| config.extended_types = false);
    let place = Place { server: builder.start().unwrap() };
    let client = place.client().await;
    place.server.log_requests(100);
    let node = TtlNode::start(&client, PATH, Duration::from_millis(20), "0 lines");
    let error = bounded(node.wait_there()).await.unwrap_err();
    let Error::Ended { source: Some(source), .. } = error else { panic!("{error}") };
    assert!(source.to_string().contains("Unimplemented"), "{source}");
    bounded(node.close()).await;
    assert!(!place.asked().contains(&OpCode::SetData));
}

#[test]
fn the_blocking_twin_keeps_it_alive() {
    let place = place();
    let address = place.server.address().to_string();
    let client = zookit_client::blocking::Client::connect(address.as_str()).unwrap();
    let ttl = Duration::from_millis(300);
    let node = zookit_recipes::blocking::TtlNode::start(&client, PATH, ttl, "0 lines");
    node.wait_there().unwrap();
    node.set_data("17 lines").unwrap();
    let within = Duration::from_secs(30);
    assert!(place.server.wait(within, |server| server.tree().stat(TOUCH).is_some()));
    assert!(node.state().is_there());
    node.close();
    assert!(place.server.wait(within, |server| server.tree().stat(PATH).is_none()));
}
