//! Znodes that are kept up.

use std::time::Duration;

use zookit_client::{Acl, Client, CreateMode, Perms, SessionId, Version};
use zookit_proto::OpCode;
use zookit_recipes::{Changes, Error, NodeKind, NodeOptions, NodeState, Parents, PersistentNode};
use zookit_server::core::{Effect, Fault};

use crate::place::{Place, bounded};

const PATH: &str = "/workers/host-1";

/// Waits until it is so.
async fn until(changes: &mut Changes<NodeState>, holds: impl Fn(&NodeState) -> bool) -> NodeState {
    bounded(async {
        loop {
            let state = changes.next().await.expect("it is kept up").now;
            if holds(&state) {
                return state;
            }
        }
    })
    .await
}

async fn data(client: &Client) -> String {
    let node = bounded(client.get_data(PATH)).await.unwrap();
    String::from_utf8(node.data.unwrap().to_vec()).unwrap()
}

/// Waits until the session owns the znode.
async fn until_owned(place: &Place, by: &Client) {
    let owner = |server: &zookit_server::core::Server| {
        server.tree().stat(PATH).map(|stat| stat.ephemeral_owner)
    };
    place.until(|server| owner(server).is_some_and(|owner| owner == by.session_id())).await;
}

#[tokio::test]
async fn it_is_there_until_it_is_closed() {
    let place = Place::new();
    let client = place.client().await;
    place.server.log_requests(100);
    let node = PersistentNode::start(&client, PATH, "idle");
    let stat = bounded(node.wait_there()).await.unwrap();
    assert_eq!(stat.ephemeral_owner, client.session_id());
    assert_eq!(data(&client).await, "idle");
    bounded(node.close()).await.unwrap();
    assert_eq!(place.children("/workers"), [""; 0]);
    let asked = place.asked();
    assert_eq!(asked.iter().filter(|code| **code == OpCode::Delete).count(), 1, "{asked:?}");
}

/// Where its parent is there: create and look at once, and the delete.
#[tokio::test]
async fn it_takes_two_requests_at_once_and_one_to_close() {
    let place = Place::new();
    let client = place.client().await;
    client.create("/workers", (), CreateMode::Persistent).await.unwrap();
    place.server.log_requests(100);
    let node = PersistentNode::start(&client, PATH, "idle");
    bounded(node.wait_there()).await.unwrap();
    assert_eq!(place.asked(), [OpCode::Create2, OpCode::Exists]);
    bounded(node.close()).await.unwrap();
    assert_eq!(place.children("/workers"), [""; 0]);
}

#[tokio::test]
async fn it_is_created_again_when_somebody_deletes_it() {
    let place = Place::new();
    let (client, other) = (place.client().await, place.client().await);
    let node = PersistentNode::start(&client, PATH, "idle");
    let old = bounded(node.wait_there()).await.unwrap();
    let mut changes = node.changes();
    other.delete(PATH, Version::Any).await.unwrap();
    let new = |state: &NodeState| matches!(state, NodeState::There(new) if new.czxid > old.czxid);
    until(&mut changes, new).await;
    assert_eq!(data(&other).await, "idle");
    // With the path above it, too.
    let NodeState::There(old) = node.state() else { panic!("{node:?}") };
    other.delete_recursive("/workers").await.unwrap();
    let new = |state: &NodeState| matches!(state, NodeState::There(new) if new.czxid > old.czxid);
    until(&mut changes, new).await;
    assert_eq!(data(&other).await, "idle");
}

/// CURATOR-154, CURATOR-97: in every session it is that session's.
#[tokio::test]
async fn it_is_created_in_each_new_session() {
    let place = Place::new();
    let (client, other) = (place.client().await, place.client().await);
    let node = PersistentNode::start(&client, PATH, "idle");
    let old = bounded(node.wait_there()).await.unwrap();
    let mut changes = node.changes();
    for _ in 0..3 {
        place.expire(client.session_id());
        until(&mut changes, |state| !state.is_there()).await;
        until(&mut changes, NodeState::is_there).await;
    }
    let new = bounded(other.exists(PATH)).await.unwrap().unwrap();
    assert_eq!(new.ephemeral_owner, client.session_id());
    assert_ne!(new.ephemeral_owner, old.ephemeral_owner);
    assert_eq!(data(&other).await, "idle");
}

#[tokio::test]
async fn its_data_follow_over_sessions_and_lost_connections() {
    let place = Place::new();
    let (client, other) = (place.client().await, place.client().await);
    let node = PersistentNode::start(&client, PATH, "idle");
    bounded(node.set_data("busy")).await.unwrap();
    assert_eq!(data(&other).await, "busy");
    place.disconnect();
    {
        // The last one counts, whoever waits for it.
        let never = node.set_data("lost");
        let latest = node.set_data("done");
        let (never, latest) = (std::pin::pin!(never), std::pin::pin!(latest));
        place.reconnect();
        let both = async { (never.await, latest.await) };
        let (one, other) = bounded(both).await;
        one.unwrap();
        other.unwrap();
    }
    assert_eq!(data(&other).await, "done");
    let mut changes = node.changes();
    place.expire(client.session_id());
    until(&mut changes, |state| !state.is_there()).await;
    until(&mut changes, NodeState::is_there).await;
    assert_eq!(data(&other).await, "done");
}

/// Its own set comes back as an event: that must not become a loop.
#[tokio::test]
async fn a_set_costs_a_set_and_a_look() {
    let place = Place::new();
    let client = place.client().await;
    let node = PersistentNode::start(&client, PATH, "idle");
    bounded(node.wait_there()).await.unwrap();
    let mut changes = node.changes();
    place.server.log_requests(100);
    bounded(node.set_data("busy")).await.unwrap();
    place.until_watches(PATH).await;
    until(&mut changes, |state| matches!(state, NodeState::There(stat) if stat.version == 1)).await;
    bounded(client.fence()).await.unwrap();
    assert_eq!(place.asked(), [OpCode::SetData, OpCode::Exists, OpCode::Multi]);
}

#[tokio::test]
async fn what_others_set_stays_until_it_is_created_anew() {
    let place = Place::new();
    let (client, other) = (place.client().await, place.client().await);
    let node = PersistentNode::start(&client, PATH, "idle");
    bounded(node.wait_there()).await.unwrap();
    let mut changes = node.changes();
    bounded(other.set_data(PATH, "theirs", Version::Any)).await.unwrap();
    until(&mut changes, |state| matches!(state, NodeState::There(stat) if stat.version == 1)).await;
    assert_eq!(data(&other).await, "theirs");
    bounded(node.set_data("ours")).await.unwrap();
    assert_eq!(data(&other).await, "ours");
    bounded(other.set_data(PATH, "theirs", Version::Any)).await.unwrap();
    bounded(node.close()).await.unwrap();
    assert_eq!(place.children("/workers"), [""; 0]);
}

#[tokio::test]
async fn creates_and_sets_whose_replies_were_lost_are_found_out_about() {
    let place = Place::new();
    let client = place.client().await;
    client.create("/workers", (), CreateMode::Persistent).await.unwrap();
    place.lose_next_create_below("/workers");
    let node = PersistentNode::start(&client, PATH, "idle");
    bounded(node.wait_there()).await.unwrap();
    assert_eq!(data(&client).await, "idle");
    let lost = place.server.add_fault(Fault::on(Effect::LoseReply, OpCode::SetData, PATH).times(1));
    bounded(node.set_data("busy")).await.unwrap();
    assert_eq!(place.server.fault_struck(lost), Some(1));
    assert_eq!(data(&client).await, "busy");
    place.server.add_fault(Fault::on(Effect::LoseReply, OpCode::Delete, PATH).times(1));
    bounded(node.close()).await.unwrap();
    assert_eq!(place.children("/workers"), [""; 0]);
}

/// Adopting it, as Curator does, would leave nothing when its session ends (CURATOR-154).
#[tokio::test]
async fn somebody_elses_is_told_and_waited_for_and_not_touched() {
    let place = Place::new();
    let (client, other) = (place.client().await, place.client().await);
    other.create_with_parents(PATH, "theirs", CreateMode::Ephemeral).await.unwrap();
    let node = PersistentNode::start(&client, PATH, "ours");
    let mut changes = node.changes();
    let error = bounded(node.wait_there()).await.unwrap_err();
    let Error::InTheWay { owner, .. } = error else { panic!("{error}") };
    assert_eq!(owner, other.session_id());
    assert!(error_names(&node, &other).await);
    assert_eq!(data(&other).await, "theirs");
    other.close().await.unwrap();
    until(&mut changes, NodeState::is_there).await;
    assert_eq!(data(&client).await, "ours");
}

async fn error_names(node: &PersistentNode, owner: &Client) -> bool {
    let error = bounded(node.wait_there()).await.unwrap_err();
    error.to_string().contains(&owner.session_id().to_string())
}

#[tokio::test]
async fn who_is_closed_while_another_is_in_the_way_leaves_that_one_alone() {
    let place = Place::new();
    let (client, other) = (place.client().await, place.client().await);
    other.create_with_parents(PATH, "theirs", CreateMode::Ephemeral).await.unwrap();
    let node = PersistentNode::start(&client, PATH, "ours");
    bounded(node.wait_there()).await.unwrap_err();
    bounded(node.close()).await.unwrap();
    assert_eq!(data(&other).await, "theirs");
    // A lasting one in place of an ephemeral one is nobody's of ours either.
    other.delete(PATH, Version::Any).await.unwrap();
    other.create(PATH, "lasting", CreateMode::Persistent).await.unwrap();
    let node = PersistentNode::start(&client, PATH, "ours");
    let error = bounded(node.wait_there()).await.unwrap_err();
    assert!(matches!(error, Error::InTheWay { owner: SessionId::NONE, .. }), "{error}");
    assert!(error.to_string().contains("no ephemeral"), "{error}");
    drop(node);
    bounded(client.fence()).await.unwrap();
    assert_eq!(data(&other).await, "lasting");
}

/// The process that ran here before left word of its session.
#[tokio::test]
async fn one_of_an_earlier_session_of_ours_is_waited_out() {
    let place = Place::new();
    let (client, before) = (place.client().await, place.client().await);
    before.create_with_parents(PATH, "before", CreateMode::Ephemeral).await.unwrap();
    let earlier = vec![before.session_id()];
    let options = NodeOptions { earlier, ..NodeOptions::default() };
    let node = PersistentNode::start_with(&client, PATH, "now", options);
    let mut changes = node.changes();
    let state = until(&mut changes, |state| !matches!(state, NodeState::Absent)).await;
    assert!(matches!(state, NodeState::Earlier(session) if session == before.session_id()));
    assert_eq!(data(&client).await, "before");
    place.expire(before.session_id());
    until_owned(&place, &client).await;
    bounded(node.wait_there()).await.unwrap();
    assert_eq!(data(&client).await, "now");
}

#[tokio::test]
async fn what_is_dropped_is_deleted_in_the_background() {
    let place = Place::new();
    let client = place.client().await;
    let node = PersistentNode::start(&client, PATH, "idle");
    bounded(node.wait_there()).await.unwrap();
    drop(node);
    place.until_children("/workers", 0).await;
    // Also where it had not been created yet, or nobody knows whether it had.
    for _ in 0..10 {
        drop(PersistentNode::start(&client, PATH, "idle"));
    }
    place.lose_next_create_below("/workers");
    let lost = PersistentNode::start(&client, PATH, "idle");
    place.until(|server| server.tree().stat(PATH).is_some()).await;
    bounded(lost.close()).await.unwrap();
    bounded(client.fence()).await.unwrap();
    place.until_children("/workers", 0).await;
}

#[tokio::test]
async fn it_may_be_of_another_kind_and_be_kept() {
    let place = Place::new();
    let client = place.client().await;
    for kind in
        [NodeKind::Persistent, NodeKind::Container, NodeKind::Ttl(Duration::from_secs(3600))]
    {
        let options = NodeOptions { kind, ..NodeOptions::default() };
        client.create_with_parents(PATH, "old", CreateMode::Persistent).await.unwrap();
        // What is there, and nobody's, is ours from now on.
        let node = PersistentNode::start_with(&client, PATH, "new", options.clone());
        bounded(node.wait_there()).await.unwrap();
        assert_eq!(data(&client).await, "new");
        let mut changes = node.changes();
        client.delete(PATH, Version::Any).await.unwrap();
        let anew = |state: &NodeState| matches!(state, NodeState::There(stat) if stat.version == 0);
        until(&mut changes, anew).await;
        bounded(node.close()).await.unwrap();
        assert_eq!(place.children("/workers"), [""; 0]);
        let options = NodeOptions { keep: true, ..options };
        let node = PersistentNode::start_with(&client, PATH, "kept", options);
        bounded(node.wait_there()).await.unwrap();
        bounded(node.close()).await.unwrap();
        assert_eq!(data(&client).await, "kept");
        client.delete(PATH, Version::Any).await.unwrap();
    }
}

#[tokio::test]
async fn a_lasting_one_outlives_its_session() {
    let place = Place::new();
    let client = place.client().await;
    let options = NodeOptions { kind: NodeKind::Persistent, ..NodeOptions::default() };
    let node = PersistentNode::start_with(&client, PATH, "idle", options);
    let old = bounded(node.wait_there()).await.unwrap();
    place.expire(client.session_id());
    bounded(node.set_data("busy")).await.unwrap();
    let new = bounded(client.exists(PATH)).await.unwrap().unwrap();
    assert_eq!(new.czxid, old.czxid);
    assert_eq!(data(&client).await, "busy");
}

/// It was told as an error, and left: of what lasts the end of the session decides nothing.
#[tokio::test]
async fn a_lasting_one_is_deleted_also_when_its_session_is_over() {
    let place = Place::new();
    let client = place.client().await;
    let options = NodeOptions { kind: NodeKind::Persistent, ..NodeOptions::default() };
    let node = PersistentNode::start_with(&client, PATH, "idle", options);
    bounded(node.wait_there()).await.unwrap();
    place.expire(client.session_id());
    bounded(node.close()).await.unwrap();
    assert_eq!(place.children("/workers"), [""; 0]);
}

#[tokio::test]
async fn what_cannot_be_mended_ends_it_without_a_loop() {
    let place = Place::new();
    let client = place.client().await;
    let read = vec![Acl::world(Perms::READ)];
    let mode = zookit_client::CreateOptions { acl: read, ..CreateMode::Persistent.into() };
    client.create("/workers", (), mode).await.unwrap();
    place.server.log_requests(100);
    let node = PersistentNode::start(&client, PATH, "idle");
    let error = bounded(node.wait_there()).await.unwrap_err();
    let Error::Ended { source: Some(source), .. } = error else { panic!("{error}") };
    assert!(source.as_client().unwrap().is_no_auth(), "{source}");
    let error = bounded(node.set_data("busy")).await.unwrap_err();
    assert!(matches!(error, Error::Ended { source: Some(_), .. }), "{error}");
    bounded(node.close()).await.unwrap();
    // Behind a fence it was made sure that nothing is left.
    let looked = [OpCode::RemoveWatches, OpCode::Multi, OpCode::Exists];
    assert_eq!(place.asked(), [&[OpCode::Create2, OpCode::Exists][..], &looked[..]].concat());
    let options = NodeOptions { parents: Parents::Expected, ..NodeOptions::default() };
    let node = PersistentNode::start_with(&client, "/absent/x", "idle", options);
    let error = bounded(node.wait_there()).await.unwrap_err();
    let Error::Ended { source: Some(source), .. } = error else { panic!("{error}") };
    assert!(source.as_client().unwrap().is_no_node(), "{source}");
}

#[tokio::test]
async fn it_ends_with_its_client_and_with_the_session_that_it_is_pinned_to() {
    let place = Place::new();
    let client = place.client().await;
    let pinned = PersistentNode::start(&client.session(), PATH, "idle");
    let node = PersistentNode::start(&client, "/workers/host-2", "idle");
    bounded(pinned.wait_there()).await.unwrap();
    bounded(node.wait_there()).await.unwrap();
    let (mut of_pinned, mut of_node) = (pinned.changes(), node.changes());
    place.expire(client.session_id());
    let ended = |state: &NodeState| matches!(state, NodeState::Ended(_));
    let NodeState::Ended(Some(error)) = until(&mut of_pinned, ended).await else { panic!() };
    assert!(error.is_lost(), "{error}");
    until(&mut of_node, |state| !state.is_there()).await;
    until(&mut of_node, NodeState::is_there).await;
    client.close().await.unwrap();
    let NodeState::Ended(Some(error)) = until(&mut of_node, ended).await else { panic!() };
    assert!(error.as_client().unwrap().is_closed(), "{error}");
    bounded(node.close()).await.unwrap();
}

#[test]
fn the_blocking_twin_keeps_it_up() {
    let place = Place::new();
    let address = place.server.address().to_string();
    let client = zookit_client::blocking::Client::connect(address.as_str()).unwrap();
    let node = zookit_recipes::blocking::PersistentNode::start(&client, PATH, "idle");
    node.wait_there().unwrap();
    node.set_data("busy").unwrap();
    assert_eq!(client.get_data(PATH).unwrap().data.unwrap(), "busy");
    let mut changes = node.changes();
    assert!(changes.next().unwrap().now.is_there());
    client.delete(PATH, Version::Any).unwrap();
    assert!(changes.next_within(Duration::from_secs(30)).unwrap().is_some());
    assert!(node.wait_there_within(Duration::from_secs(30)).unwrap().is_some());
    node.close().unwrap();
    assert_eq!(place.children("/workers"), [""; 0]);
    // What is dropped with the last handle of its client is cleaned up all the same.
    let node = zookit_recipes::blocking::PersistentNode::start(&client, PATH, "idle");
    node.wait_there().unwrap();
    drop((changes, client, node));
    assert!(place.server.wait(Duration::from_secs(30), |server| server.sessions().is_empty()));
    assert_eq!(place.children("/workers"), [""; 0]);
}
