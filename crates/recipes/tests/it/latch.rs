//! Standing for leader in the background.

use std::time::Duration;

use zookit_client::{Client, CreateMode, Transaction, Version};
use zookit_proto::OpCode;
use zookit_recipes::{
    Changes, ClaimOptions, ElectionOptions, Error, Latch, LeadUntil, Leadership, Lost, Naming,
    NotLeading, Parents, Participant, Standing,
};

use crate::place::{Place, bounded};

const PATH: &str = "/leader";

/// Waits until it does not lead, and says why.
async fn until_not_leading(changes: &mut Changes<Standing>) -> NotLeading {
    bounded(async {
        loop {
            match changes.next().await.expect("it stands").now {
                Standing::Waiting(NotLeading::NotYet) | Standing::Leading(_) => {}
                Standing::Waiting(why) => return why,
                Standing::Ended(error) => panic!("it is over: {error:?}"),
            }
        }
    })
    .await
}

/// Waits for a leadership with a greater token than that.
async fn until_leading_anew(changes: &mut Changes<Standing>, old: &Leadership) -> Leadership {
    bounded(async {
        loop {
            match changes.next().await.expect("it stands").now {
                Standing::Leading(new) if new.token() > old.token() => return new,
                _ => {}
            }
        }
    })
    .await
}

async fn ids(latch: &Latch) -> Vec<String> {
    let participants = bounded(latch.participants()).await.unwrap();
    participants.iter().map(Participant::id).collect()
}

#[tokio::test]
async fn one_leads_and_the_next_when_that_one_closes() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let first = Latch::start(&one, PATH, "one");
    let leadership = bounded(first.wait_leading()).await.unwrap();
    assert_eq!(leadership.session_id(), one.session_id());
    let second = Latch::start(&two, PATH, "two");
    place.until_watches(leadership.path()).await;
    place.until_children(PATH, 2).await;
    assert_eq!(ids(&second).await, ["one", "two"]);
    assert!(!second.standing().is_leading());
    bounded(first.close()).await.unwrap();
    let next = bounded(second.wait_leading()).await.unwrap();
    assert!(next.token() > leadership.token());
    let write = Transaction::new().create("/x", (), CreateMode::Persistent);
    assert!(bounded(leadership.guarded_multi(write.clone())).await.unwrap_err().is_lost());
    bounded(next.guarded_multi(write)).await.unwrap();
    drop(second);
    place.until_children(PATH, 0).await;
}

/// From one leader to the next: a delete, one event, a listing, and the next watches its own znode.
#[tokio::test]
async fn one_who_goes_wakes_one() {
    let place = Place::new();
    let client = place.client().await;
    let mut latches = Vec::new();
    for number in 0..10 {
        latches.push(Latch::start(&place.client().await, PATH, &number.to_string()));
        place.until_children(PATH, number + 1).await;
        place.until_watched(PATH, if number == 0 { 1 } else { number + 1 }).await;
    }
    place.server.log_requests(1000);
    let mut latches = latches.into_iter();
    bounded(latches.next().unwrap().close()).await.unwrap();
    let next = latches.next().unwrap();
    bounded(next.wait_leading()).await.unwrap();
    // Nine are left: each watches the one before it, and the leader itself.
    place.until_watched(PATH, 9).await;
    assert_eq!(place.asked(), [OpCode::Delete, OpCode::GetChildren, OpCode::Exists]);
    drop(client);
}

/// CURATOR-171: who watched only others would go on leading, beside the next.
#[tokio::test]
async fn a_leader_whose_znode_is_deleted_leads_no_more() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let first = Latch::start(&one, PATH, "one");
    let mut changes = first.changes();
    let old = bounded(first.wait_leading()).await.unwrap();
    let second = Latch::start(&two, PATH, "two");
    place.until_children(PATH, 2).await;
    two.delete(old.path(), Version::Any).await.unwrap();
    assert_eq!(until_not_leading(&mut changes).await, NotLeading::Lost(Lost::Deleted));
    let next = bounded(second.wait_leading()).await.unwrap();
    // The one that lost it stands again, behind.
    place.until_children(PATH, 2).await;
    assert_eq!(ids(&first).await, ["two", "one"]);
    bounded(second.close()).await.unwrap();
    until_leading_anew(&mut changes, &next).await;
}

/// CURATOR-696: a znode of the last session must not pass for this one's.
#[tokio::test]
async fn a_leader_whose_session_ends_leads_again_only_with_a_new_znode() {
    let place = Place::new();
    let client = place.client().await;
    let latch = Latch::start(&client, PATH, "one");
    let mut changes = latch.changes();
    let old = bounded(latch.wait_leading()).await.unwrap();
    place.expire(old.session_id());
    assert_eq!(until_not_leading(&mut changes).await, NotLeading::Lost(Lost::SessionOver));
    let new = until_leading_anew(&mut changes, &old).await;
    assert_ne!(new.session_id(), old.session_id());
    assert_ne!(new.path(), old.path());
    assert!(!old.is_trusted() && new.is_trusted());
}

/// CURATOR-644: a reset would take a new place, and a storm of resets is one of creates.
#[tokio::test]
async fn a_lost_connection_costs_a_leader_neither_its_znode_nor_its_place() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let first = Latch::start(&one, PATH, "one");
    let old = bounded(first.wait_leading()).await.unwrap();
    let second = Latch::start(&two, PATH, "two");
    place.until_children(PATH, 2).await;
    place.until_watched(PATH, 2).await;
    place.server.log_requests(1000);
    place.server.drop_connections();
    bounded(one.exists(PATH)).await.unwrap();
    bounded(two.exists(PATH)).await.unwrap();
    assert_eq!(ids(&first).await, ["one", "two"]);
    assert_eq!(first.standing().leadership().map(|leads| leads.token()), Some(old.token()));
    assert!(!place.asked().iter().any(|code| matches!(code, OpCode::Create2 | OpCode::Delete)));
    drop(second);
}

#[tokio::test]
async fn a_leader_in_doubt_stops_and_leads_on_with_the_same_token() {
    let place = Place::that_keeps_sessions();
    let client = place.doubtful_client().await;
    let latch = Latch::start(&client, PATH, "one");
    let mut changes = latch.changes();
    let old = bounded(latch.wait_leading()).await.unwrap();
    place.disconnect();
    assert_eq!(until_not_leading(&mut changes).await, NotLeading::Lost(Lost::Doubted));
    place.reconnect();
    let again = bounded(latch.wait_leading()).await.unwrap();
    assert_eq!((again.token(), again.path()), (old.token(), old.path()));
    assert!(again.is_trusted());
}

#[tokio::test]
async fn a_leader_in_doubt_whose_znode_went_meanwhile_does_not_lead_on() {
    let place = Place::that_keeps_sessions();
    let client = place.doubtful_client().await;
    let latch = Latch::start(&client, PATH, "one");
    let mut changes = latch.changes();
    let old = bounded(latch.wait_leading()).await.unwrap();
    place.disconnect();
    assert_eq!(until_not_leading(&mut changes).await, NotLeading::Lost(Lost::Doubted));
    let delete = zookit_proto::ops::delete::DeleteRequest { path: old.path().into(), version: -1 };
    place.server.execute(old.session_id(), &zookit_proto::Request::Delete(delete)).unwrap();
    place.reconnect();
    until_leading_anew(&mut changes, &old).await;
}

#[tokio::test]
async fn who_leads_on_in_doubt_was_asked_to() {
    let place = Place::that_keeps_sessions();
    let client = place.doubtful_client().await;
    let options = ElectionOptions { until: LeadUntil::Lost, ..ElectionOptions::default() };
    let latch = Latch::start_with(&client, PATH, options);
    let leadership = bounded(latch.wait_leading()).await.unwrap();
    place.disconnect();
    bounded(leadership.doubted()).await;
    assert!(latch.standing().is_leading());
    place.reconnect();
    bounded(client.fence()).await.unwrap();
    assert!(latch.standing().is_leading() && leadership.is_trusted());
}

#[tokio::test]
async fn who_resigns_goes_to_the_end_of_the_queue() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let first = Latch::start(&one, PATH, "one");
    let mut changes = first.changes();
    let old = bounded(first.wait_leading()).await.unwrap();
    let second = Latch::start(&two, PATH, "two");
    place.until_children(PATH, 2).await;
    // Who does not lead keeps its place.
    bounded(second.resign()).await.unwrap();
    bounded(first.resign()).await.unwrap();
    assert_eq!(until_not_leading(&mut changes).await, NotLeading::Resigned);
    bounded(second.wait_leading()).await.unwrap();
    place.until_children(PATH, 2).await;
    assert_eq!(ids(&first).await, ["two", "one"]);
    bounded(second.resign()).await.unwrap();
    until_leading_anew(&mut changes, &old).await;
}

/// CURATOR-724: the path itself may go.
#[tokio::test]
async fn it_stands_again_where_the_whole_path_was_deleted() {
    let place = Place::new();
    let client = place.client().await;
    let latch = Latch::start(&client, PATH, "one");
    let mut changes = latch.changes();
    let old = bounded(latch.wait_leading()).await.unwrap();
    bounded(client.delete_recursive(PATH)).await.unwrap();
    until_leading_anew(&mut changes, &old).await;
}

/// The mark of a counter at the same path is another session's, and may be there for ever.
#[tokio::test]
async fn what_stands_in_no_queue_is_in_nobodys_way() {
    let place = Place::new();
    let client = place.client().await;
    client.create(PATH, (), CreateMode::Persistent).await.unwrap();
    for name in ["_c_0f0e-mark-", "_c_0f0e-member-", "_c_0f0e-lease-", "job-"] {
        let path = format!("{PATH}/{name}");
        client.create(&path, (), CreateMode::PersistentSequential).await.unwrap();
    }
    let latch = Latch::start(&client, PATH, "one");
    bounded(latch.wait_leading()).await.unwrap();
    assert_eq!(ids(&latch).await, ["one"]);
}

/// Who waited was woken by that, and found no queue to look at.
#[tokio::test]
async fn who_waited_stands_again_where_the_whole_path_was_deleted() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let first = Latch::start(&one, PATH, "one");
    let leadership = bounded(first.wait_leading()).await.unwrap();
    let second = Latch::start(&two, PATH, "two");
    place.until_watches(leadership.path()).await;
    place.until_children(PATH, 2).await;
    let other = place.client().await;
    let mut all = Transaction::new();
    for name in place.children(PATH) {
        all = all.delete(&format!("{PATH}/{name}"), Version::Any);
    }
    bounded(other.multi(all.delete(PATH, Version::Any))).await.unwrap();
    place.until_children(PATH, 2).await;
    assert!(!matches!(second.standing(), Standing::Ended(_)), "{:?}", second.standing());
    bounded(first.close()).await.unwrap();
    bounded(second.wait_leading()).await.unwrap();
}

#[tokio::test]
async fn a_create_whose_reply_was_lost_is_found_and_not_made_twice() {
    let place = Place::new();
    let client = place.client().await;
    client.create(PATH, (), CreateMode::Persistent).await.unwrap();
    place.lose_next_create_below(PATH);
    let latch = Latch::start(&client, PATH, "one");
    bounded(latch.wait_leading()).await.unwrap();
    assert_eq!(place.children(PATH).len(), 1);
}

#[tokio::test]
async fn what_cannot_be_mended_ends_it_without_a_loop() {
    let place = Place::new();
    let client = place.client().await;
    place.server.log_requests(1000);
    let claim = ClaimOptions { parents: Parents::Expected, ..ClaimOptions::default() };
    let options = ElectionOptions { claim, ..ElectionOptions::default() };
    let latch = Latch::start_with(&client, "/absent", options);
    let error = bounded(latch.wait_leading()).await.unwrap_err();
    let Error::Ended { source: Some(source), .. } = &error else { panic!("{error}") };
    assert!(source.as_client().unwrap().is_no_node(), "{source}");
    assert!(matches!(bounded(latch.resign()).await, Err(Error::Ended { source: Some(_), .. })));
    assert_eq!(place.asked(), [OpCode::Create2, OpCode::GetChildren]);
    bounded(latch.close()).await.unwrap();
}

#[tokio::test]
async fn a_latch_ends_with_its_client_and_with_its_session() {
    let place = Place::new();
    let client = place.client().await;
    let latch = Latch::start(&client, PATH, "one");
    let pinned = Latch::start(&client.session(), "/other", "one");
    let leadership = bounded(pinned.wait_leading()).await.unwrap();
    bounded(latch.wait_leading()).await.unwrap();
    place.expire(leadership.session_id());
    let mut changes = pinned.changes();
    let ended = async |changes: &mut Changes<Standing>| {
        bounded(async {
            while let Some(change) = changes.next().await {
                if let Standing::Ended(error) = change.now {
                    assert_eq!(changes.next().await.map(|_| ()), None, "it was the last");
                    return error;
                }
            }
            panic!("it ended without a word")
        })
        .await
    };
    assert!(ended(&mut changes).await.unwrap().is_lost());
    let mut changes = latch.changes();
    bounded(latch.wait_leading()).await.unwrap();
    client.close().await.unwrap();
    assert!(ended(&mut changes).await.unwrap().as_client().unwrap().is_closed());
}

#[tokio::test]
async fn a_latch_stands_beside_curators_and_kazoos() {
    let place = Place::new();
    let client = place.client().await;
    let theirs = async |client: &Client, name: &str| {
        let path = format!("{PATH}/{name}");
        client.create_with_parents(&path, "theirs", CreateMode::EphemeralSequential).await.unwrap()
    };
    let curators = theirs(&client, "_c_0f0e9aa2-8d24-4a9f-8f2c-4f5c2d6e7b10-latch-").await;
    let kazoos = theirs(&client, "0f0e9aa28d244a9f8f2c4f5c2d6e7b10__lock__").await;
    client.create(&format!("{PATH}/config"), (), CreateMode::Persistent).await.unwrap();
    let claim = ClaimOptions { naming: Naming::Kazoo, data: "me".into(), ..Default::default() };
    let latch = Latch::start_with(&client, PATH, ElectionOptions { claim, ..Default::default() });
    place.until_watches(&kazoos.path).await;
    assert_eq!(ids(&latch).await, ["theirs", "theirs", "me"]);
    client.delete(&kazoos.path, Version::Any).await.unwrap();
    place.until_watches(&curators.path).await;
    client.delete(&curators.path, Version::Any).await.unwrap();
    let leadership = bounded(latch.wait_leading()).await.unwrap();
    assert!(leadership.path().contains("__lock__"));
}

#[test]
fn the_blocking_twin_leads_and_hands_over() {
    let place = Place::new();
    let address = place.server.address().to_string();
    let client = zookit_client::blocking::Client::connect(address.as_str()).unwrap();
    let one = zookit_recipes::blocking::Latch::start(&client, PATH, "one");
    let old = one.wait_leading().unwrap();
    let two = zookit_recipes::blocking::Latch::start(&client, PATH, "two");
    assert!(two.wait_leading_within(Duration::from_millis(1)).unwrap().is_none());
    let mut changes = two.changes();
    assert!(!changes.next().unwrap().now.is_leading());
    assert!(place.server.wait(Duration::from_secs(30), |server| {
        server.tree().children(PATH).is_some_and(|children| children.len() == 2)
    }));
    assert_eq!(two.participants().unwrap()[0].token, old.token());
    one.resign().unwrap();
    assert!(two.wait_leading().unwrap().token() > old.token());
    assert!(changes.next_within(Duration::from_secs(30)).unwrap().is_some());
    two.close().unwrap();
    one.wait_leading().unwrap();
    // A leadership keeps the session open, too.
    drop((one, changes, old, client));
    assert!(place.server.wait(Duration::from_secs(30), |server| server.sessions().is_empty()));
    assert_eq!(place.children(PATH), [""; 0]);
}
