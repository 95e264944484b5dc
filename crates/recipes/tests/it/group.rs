//! Who is there: groups and parties.

use std::collections::BTreeMap;

use bytes::Bytes;
use zookit_client::CreateMode;
use zookit_proto::OpCode;
use zookit_recipes::{Error, Group, NodeState, Party, PartyKind};

use crate::place::{Place, bounded};

const PATH: &str = "/workers";

fn members(of: &[(&str, &'static str)]) -> BTreeMap<String, Bytes> {
    of.iter().map(|(name, data)| ((*name).to_owned(), Bytes::from(*data))).collect()
}

#[tokio::test]
async fn members_come_and_go_and_are_seen_by_all() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let (first, second) = (Group::new(&one, PATH), Group::new(&two, PATH));
    let mut seen = second.changes();
    assert_eq!(bounded(seen.next()).await.unwrap(), Some(members(&[])));
    let a = first.join("a", "idle");
    bounded(a.wait_there()).await.unwrap();
    assert_eq!(bounded(seen.next()).await.unwrap(), Some(members(&[("a", "idle")])));
    let b = second.join("b", "idle");
    assert_eq!(bounded(seen.next()).await.unwrap(), Some(members(&[("a", "idle"), ("b", "idle")])));
    bounded(a.set_data("busy")).await.unwrap();
    assert_eq!(bounded(second.members()).await.unwrap(), members(&[("a", "busy"), ("b", "idle")]));
    bounded(a.leave()).await.unwrap();
    assert_eq!(bounded(seen.next()).await.unwrap(), Some(members(&[("b", "idle")])));
    drop(b);
    assert_eq!(bounded(seen.next()).await.unwrap(), Some(members(&[])));
    two.close().await.unwrap();
    assert_eq!(bounded(seen.next()).await.unwrap(), None);
}

#[tokio::test]
async fn a_member_is_one_again_in_its_next_session_and_who_looks_looks_on_in_its_own() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let (first, second) = (Group::new(&one, PATH), Group::new(&two, PATH));
    let a = first.join("a", "idle");
    let old = bounded(a.wait_there()).await.unwrap();
    let mut seen = second.changes();
    assert_eq!(bounded(seen.next()).await.unwrap(), Some(members(&[("a", "idle")])));
    place.expire(two.session_id());
    let b = second.join("b", "idle");
    bounded(b.wait_there()).await.unwrap();
    assert_eq!(bounded(seen.next()).await.unwrap(), Some(members(&[("a", "idle"), ("b", "idle")])));
    place.expire(old.ephemeral_owner);
    let back = |server: &zookit_server::core::Server| {
        server.tree().stat("/workers/a").is_some_and(|stat| stat.czxid > old.czxid)
    };
    place.until(back).await;
    assert_eq!(bounded(second.members()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_name_is_one_members_and_the_next_ones_when_that_has_left() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let first = Group::new(&one, PATH).join("a", "first");
    bounded(first.wait_there()).await.unwrap();
    let second = Group::new(&two, PATH).join("a", "second");
    let error = bounded(second.wait_there()).await.unwrap_err();
    assert!(matches!(error, Error::InTheWay { owner, .. } if owner == one.session_id()), "{error}");
    let mut changes = second.changes();
    bounded(first.leave()).await.unwrap();
    bounded(async {
        while let Some(change) = changes.next().await {
            if let NodeState::There(_) = change.now {
                return;
            }
        }
    })
    .await;
    let group = Group::new(&one, PATH);
    assert_eq!(bounded(group.members()).await.unwrap(), members(&[("a", "second")]));
}

/// A member who comes costs one who watches one event, one listing, and what it says.
#[tokio::test]
async fn who_watches_a_group_asks_only_when_it_has_changed() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    one.create(PATH, (), CreateMode::Persistent).await.unwrap();
    let group = Group::new(&two, PATH);
    let mut seen = group.changes();
    bounded(seen.next()).await.unwrap();
    place.server.log_requests(100);
    let a = Group::new(&one, PATH).join("a", "idle");
    bounded(a.wait_there()).await.unwrap();
    bounded(seen.next()).await.unwrap();
    let mut asked = place.asked();
    asked.sort_by_key(|code| format!("{code:?}"));
    let mut expected =
        [OpCode::Create2, OpCode::Exists, OpCode::GetChildren2, OpCode::GetData].to_vec();
    expected.sort_by_key(|code| format!("{code:?}"));
    assert_eq!(asked, expected);
}

/// The names are the same as before, and yet one has come and one gone.
#[tokio::test]
async fn who_has_left_and_come_again_in_between_is_told() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let (first, second) = (Group::new(&one, PATH), Group::new(&two, PATH));
    let mut seen = second.changes();
    let a = first.join("a", "first");
    bounded(a.wait_there()).await.unwrap();
    assert_eq!(bounded(seen.next()).await.unwrap(), Some(members(&[("a", "first")])));
    bounded(a.leave()).await.unwrap();
    let a = first.join("a", "second");
    bounded(a.wait_there()).await.unwrap();
    assert_eq!(bounded(seen.next()).await.unwrap(), Some(members(&[("a", "second")])));
}

#[tokio::test]
async fn guests_are_named_as_kazoos_are_and_counted_with_them() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    for (kind, theirs, data) in [
        (PartyKind::Full, "0f0e9aa28d244a9f8f2c4f5c2d6e7b10__party__", "theirs"),
        (PartyKind::Shallow, "0f0e9aa28d244a9f8f2c4f5c2d6e7b10-theirs", "else"),
    ] {
        let path = format!("/party/{kind:?}");
        let party = Party::new(&one, &path, kind);
        assert_eq!(bounded(party.ids()).await.unwrap(), [""; 0]);
        let me = party.join("host-1");
        bounded(me.wait_there()).await.unwrap();
        // It stays behind the last of them: kazoo makes it once, and expects it.
        let parent = bounded(one.exists(&path)).await.unwrap().unwrap();
        assert_eq!(parent.ephemeral_owner, zookit_client::SessionId::NONE);
        two.create(&format!("{path}/{theirs}"), data, CreateMode::Ephemeral).await.unwrap();
        two.create(&format!("{path}/config"), (), CreateMode::Ephemeral).await.unwrap();
        let twin = party.join("host-1");
        bounded(twin.wait_there()).await.unwrap();
        assert_eq!(bounded(party.ids()).await.unwrap(), ["host-1", "host-1", "theirs"]);
        assert_eq!(bounded(party.count()).await.unwrap(), 3);
        bounded(twin.leave()).await.unwrap();
        let old = bounded(me.wait_there()).await.unwrap();
        let name = me.path().to_owned();
        assert!(name.contains("__party__") == (kind == PartyKind::Full), "{name}");
        place.expire(old.ephemeral_owner);
        let back = |server: &zookit_server::core::Server| {
            server.tree().stat(&name).is_some_and(|stat| stat.czxid > old.czxid)
        };
        place.until(back).await;
        drop(me);
        place.until_children(&path, 2).await;
    }
}

#[tokio::test]
async fn an_id_that_is_no_name_ends_it() {
    let place = Place::new();
    let client = place.client().await;
    let guest = Party::new(&client, "/party", PartyKind::Shallow).join("a/b/");
    let error = bounded(guest.wait_there()).await.unwrap_err();
    assert!(matches!(error, Error::Ended { source: Some(_), .. }), "{error}");
    let full = Party::new(&client, "/party", PartyKind::Full);
    let guest = full.join("a/b/");
    bounded(guest.wait_there()).await.unwrap();
    assert_eq!(bounded(full.ids()).await.unwrap(), ["a/b/"]);
}

#[test]
fn the_blocking_twins_join_and_leave() {
    let place = Place::new();
    let address = place.server.address().to_string();
    let client = zookit_client::blocking::Client::connect(address.as_str()).unwrap();
    let group = zookit_recipes::blocking::Group::new(&client, PATH);
    let mut seen = group.changes();
    assert_eq!(seen.next().unwrap(), Some(members(&[])));
    let me = group.join("a", "idle");
    me.wait_there().unwrap();
    assert_eq!(seen.next().unwrap(), Some(members(&[("a", "idle")])));
    me.set_data("busy").unwrap();
    assert_eq!(group.members().unwrap(), members(&[("a", "busy")]));
    assert!(me.state().is_there() && me.path() == "/workers/a");
    me.leave().unwrap();
    let within = std::time::Duration::from_secs(30);
    assert_eq!(seen.next_within(within).unwrap(), Some(Some(members(&[]))));
    assert_eq!(seen.next_within(std::time::Duration::from_millis(1)).unwrap(), None);
    let party = zookit_recipes::blocking::Party::new(&client, "/party", PartyKind::Shallow);
    let guest = party.join("host-1");
    guest.wait_there().unwrap();
    assert_eq!((party.count().unwrap(), party.ids().unwrap()), (1, vec!["host-1".to_owned()]));
    guest.leave().unwrap();
    assert_eq!(party.count().unwrap(), 0);
}
