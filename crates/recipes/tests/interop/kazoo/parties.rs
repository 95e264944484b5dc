//! Parties: who is there.

use zookit_recipes::{Party, PartyKind};

use crate::peer::Meeting;

#[tokio::test]
async fn a_party_is_shared() {
    each_sees_the_other("kazoo-party", PartyKind::Full, ["join", "members"]).await;
}

#[tokio::test]
async fn a_shallow_party_is_shared() {
    let commands = ["join_shallow", "members_shallow"];
    each_sees_the_other("kazoo-shallow-party", PartyKind::Shallow, commands).await;
}

async fn each_sees_the_other(test: &str, kind: PartyKind, [join, members]: [&str; 2]) {
    let meeting = Meeting::new();
    let Some(kazoo) = meeting.kazoo() else { return };
    let client = meeting.client().await;
    let path = meeting.path(&client, test).await;
    let party = Party::new(&client, &path, kind);
    let (join, members) = (format!("{join} {path} kazoo-1"), format!("{members} {path}"));
    // Ours is there first, and sees who comes.
    let ours = party.join("zookit-1");
    ours.wait_there().await.unwrap();
    assert_eq!(kazoo.tell(&members).await, "zookit-1");
    assert_eq!(kazoo.tell(&join).await, "joined");
    assert_eq!(party.ids().await.unwrap(), ["kazoo-1", "zookit-1"]);
    assert_eq!(party.count().await.unwrap(), 2);
    assert_eq!(kazoo.tell(&members).await, "kazoo-1 zookit-1");
    // And who goes.
    assert_eq!(kazoo.tell(&format!("leave {path}")).await, "left");
    assert_eq!(party.ids().await.unwrap(), ["zookit-1"]);
    assert_eq!(kazoo.tell(&join).await, "joined");
    ours.leave().await.unwrap();
    assert_eq!(kazoo.tell(&members).await, "kazoo-1");
    assert_eq!(party.ids().await.unwrap(), ["kazoo-1"]);
}
