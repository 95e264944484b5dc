//! Sessions, watches and the server's own lives.

use std::time::Duration;

use zookit::proto::Zxid;
use zookit::{AddWatchMode, CreateMode, CreateOptions, EventType, Version, WatchNotice};
use zookit_server::core::{Profile, WatchMode};
use zookit_server::testing::Server;

use crate::{client, within};

#[tokio::test]
async fn an_expired_session_takes_its_ephemerals_along() {
    let server = Server::start();
    let client = client(&server).await;
    let session = client.session();
    session.create("/e", "me", CreateMode::Ephemeral).await.unwrap();
    assert!(server.expire(client.session_id()));
    within(server.until(|server| !server.tree().contains("/e"))).await;
    assert!(within(session.exists("/e")).await.unwrap_err().is_session_lost());
    // The handle goes on with the next session.
    within(client.create("/e", "me", CreateMode::Ephemeral)).await.unwrap();
}

#[tokio::test]
async fn a_client_is_the_last_to_know_of_a_session_that_was_killed() {
    let server = Server::start();
    let (one, other) = (client(&server).await, client(&server).await);
    one.create("/e", "me", CreateMode::Ephemeral).await.unwrap();
    let (_, gone) = other.exists_and_watch("/e").await.unwrap();
    assert!(server.kill(one.session_id()));
    assert_eq!(within(gone).await.unwrap().event_type, EventType::NodeDeleted);
    assert_eq!(one.state(), zookit::State::Connected);
}

#[tokio::test]
async fn a_restarted_server_has_its_tree_and_its_sessions() {
    let mut server = Server::start();
    let client = client(&server).await;
    let session = client.session_id();
    client.create("/e", "me", CreateMode::Ephemeral).await.unwrap();
    let before = client.exists("/e").await.unwrap();
    server.restart().unwrap();
    assert_eq!(within(client.exists("/e")).await.unwrap(), before);
    assert_eq!(client.session_id(), session);
}

#[tokio::test]
async fn a_dump_is_a_server_to_go_on_with() {
    let first = Server::start();
    let client = client(&first).await;
    client.create("/a", "x", CreateMode::Persistent).await.unwrap();
    client.set_data("/a", &b"\xff"[..], Version::Any).await.unwrap();
    client.create("/e", "me", CreateMode::Ephemeral).await.unwrap();
    let (address, session) = (first.address(), client.session_id());
    let before = client.get_data("/a").await.unwrap();
    let dump = first.dump();
    drop(first);

    let _second = Server::builder().listen(address).load(dump).start().unwrap();
    assert_eq!(within(client.get_data("/a")).await.unwrap(), before);
    assert_eq!(client.session_id(), session);
    let ephemeral = within(client.exists("/e")).await.unwrap().unwrap();
    assert_eq!(ephemeral.ephemeral_owner, session);
}

#[tokio::test]
async fn time_can_be_moved_for_those_that_live_by_it() {
    let server = Server::builder()
        .config(|config| config.container_check_interval = Duration::from_secs(60))
        .start()
        .unwrap();
    let client = client(&server).await;
    let mode = CreateMode::PersistentWithTtl;
    let options = CreateOptions { ttl: Some(Duration::from_secs(3600)), mode, ..mode.into() };
    client.create("/ttl", "x", options).await.unwrap();
    let (_, gone) = client.exists_and_watch("/ttl").await.unwrap();
    // The date alone, so that no session expires over it.
    server.move_date(2 * 3_600_000);
    server.advance_clock(Duration::from_secs(10));
    assert!(server.look(|server| server.tree().contains("/ttl")));
    for _ in 0..6 {
        within(client.fence()).await.unwrap();
        server.advance_clock(Duration::from_secs(10));
    }
    assert_eq!(within(gone).await.unwrap().event_type, EventType::NodeDeleted);
}

#[tokio::test]
async fn watches_are_seen_on_both_sides_and_live_on_in_the_next_epoch() {
    let server = Server::start();
    let client = client(&server).await;
    let mut events = client.add_watch("/a", AddWatchMode::PersistentRecursive).await.unwrap();
    let watches = server.watches();
    assert_eq!(watches.len(), 1);
    assert_eq!(
        (watches[0].path.to_string(), watches[0].mode),
        (String::from("/a"), WatchMode::PersistentRecursive)
    );
    assert_eq!(watches[0].session, client.session_id());

    server.bump_epoch();
    // A read gets over the change of connections; a write might be lost in it.
    within(client.exists("/a")).await.unwrap();
    within(client.fence()).await.unwrap();
    assert_eq!(server.last_zxid().epoch(), 1);
    within(client.create("/a", "x", CreateMode::Persistent)).await.unwrap();
    let told = async |events: &mut zookit::PersistentWatch| loop {
        if let WatchNotice::Event(event) = events.next().await.expect("the watch lives") {
            return event.event_type;
        }
    };
    assert_eq!(within(told(&mut events)).await, EventType::NodeCreated);
}

#[tokio::test]
async fn the_last_transaction_of_an_epoch_makes_the_leader_step_down() {
    let server = Server::start();
    let client = client(&server).await;
    assert!(server.set_zxid(Zxid(0x0000_0005_ffff_fffe)));
    let lost = client.create("/a", "x", CreateMode::Persistent).await.unwrap_err();
    assert!(lost.may_have_applied(), "{lost}");
    within(client.wait_connected()).await.unwrap();
    within(client.fence()).await.unwrap();
    assert_eq!(server.last_zxid().epoch(), 6);
    assert!(client.exists("/a").await.unwrap().is_none());
}

#[tokio::test]
async fn a_read_only_server_takes_no_client_that_writes() {
    let server = Server::start();
    let client = client(&server).await;
    client.create("/a", "x", CreateMode::Persistent).await.unwrap();
    server.set_read_only(true);
    let options = zookit::ConnectOptions { read_only: true, ..Default::default() };
    let reader = zookit::Client::connect_with(server.address(), options).await.unwrap();
    assert_eq!(reader.state(), zookit::State::ConnectedReadOnly);
    assert!(reader.exists("/a").await.unwrap().is_some());
    server.set_read_only(false);
    within(client.set_data("/a", "y", Version::Any)).await.unwrap();
}

#[tokio::test]
async fn each_profile_is_spoken_to() {
    for profile in Profile::ALL {
        let server = Server::builder().profile(profile).start().unwrap();
        let client = client(&server).await;
        let (_, changed) = client.exists_and_watch("/a").await.unwrap();
        let created = client.create("/a", "x", CreateMode::Persistent).await.unwrap();
        let event = within(changed).await.unwrap();
        let czxid = created.stat.unwrap().czxid;
        let told = (profile >= Profile::V3_9_5).then_some(czxid);
        assert_eq!((event.event_type, event.zxid), (EventType::NodeCreated, told), "{profile}");
    }
}
