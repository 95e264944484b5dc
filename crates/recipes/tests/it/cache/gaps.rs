//! What a cache does about what it did not hear of.

use zookit_client::{CreateMode, Transaction, Version};
use zookit_proto::OpCode;
use zookit_recipes::cache::{CacheOptions, Event, TreeCache};

use super::{ROOT, Replayed, become_equal, everywhere, narrow};
use crate::place::{Place, bounded};

/// Others change the tree while the connection is lost again and again.
#[tokio::test]
async fn it_becomes_the_tree_over_lost_connections_and_expired_sessions() {
    for (place, options) in everywhere() {
        let (client, other) = (place.client().await, place.client().await);
        place.make(&other, &["/app/a/1", "/app/b/2"]).await;
        let cache = TreeCache::with_options(&client, ROOT, options);
        let (mut events, mut replayed) = (cache.listen(), Replayed::default());
        for round in 0..12_usize {
            let path = format!("/app/{}/{}", ["a", "b", "c"][round % 3], round % 4);
            match round % 4 {
                // If it is still on its way back from the last time, so much the better.
                0 => drop(
                    place
                        .server
                        .connection_of(client.session_id())
                        .is_some_and(|line| place.server.drop_connection(line)),
                ),
                1 => drop(bounded(other.delete(&path, Version::Any)).await),
                2 => drop(place.server.expire(client.session_id())),
                _ => {}
            }
            // It may be there.
            drop(bounded(other.create_with_parents(&path, "", CreateMode::Persistent)).await);
            bounded(other.set_data("/app/a", "x", Version::Any)).await.unwrap();
            if round % 3 == 2 {
                bounded(client.wait_connected()).await.unwrap();
                become_equal(&place, &cache, &mut events, &mut replayed).await;
            }
        }
        bounded(client.wait_connected()).await.unwrap();
        become_equal(&place, &cache, &mut events, &mut replayed).await;
        assert_eq!(replayed.count(|event| matches!(event, Event::Initialized)), 1);
    }
}

/// CuratorCache goes by the version alone, and tells nothing here.
#[tokio::test]
async fn who_was_deleted_and_created_anew_while_away_is_told_so() {
    for (place, options) in everywhere() {
        let (client, other) = (place.client().await, place.client().await);
        place.make(&other, &["/app/a"]).await;
        let cache = TreeCache::with_options(&client, ROOT, options);
        let (mut events, mut replayed) = (cache.listen(), Replayed::default());
        become_equal(&place, &cache, &mut events, &mut replayed).await;
        replayed.told.clear();
        place.server.refuse_connections(true);
        place.drop_connection_of(&client);
        bounded(other.delete("/app/a", Version::Any)).await.unwrap();
        place.server.execute(zookit_client::SessionId::NONE, &create("/app/a")).unwrap();
        place.server.refuse_connections(false);
        become_equal(&place, &cache, &mut events, &mut replayed).await;
        let about: Vec<_> =
            replayed.told.iter().filter(|event| event.path() == Some("/app/a")).collect();
        assert!(matches!(about[..], [Event::Deleted { .. }, Event::Created { .. }]), "{about:?}");
    }
}

fn create(path: &str) -> zookit_proto::Request {
    zookit_proto::Request::Create(zookit_proto::ops::create::CreateRequest {
        path: path.into(),
        data: Some(path.to_owned().into()),
        acl: Some(vec![zookit_client::Acl::world(zookit_client::Perms::ALL)]),
        mode: CreateMode::Persistent,
    })
}

#[tokio::test]
async fn a_gap_is_told_and_its_end_and_nothing_is_told_twice() {
    let place = Place::new();
    let client = place.client().await;
    place.make(&client, &["/app/a/1", "/app/b/2"]).await;
    let cache = TreeCache::start(&client, ROOT);
    let (mut events, mut replayed) = (cache.listen(), Replayed::default());
    become_equal(&place, &cache, &mut events, &mut replayed).await;
    replayed.until(&mut events, |replayed| replayed.told.contains(&Event::Initialized)).await;
    replayed.told.clear();
    place.server.log_requests(1000);
    place.drop_connection_of(&client);
    replayed.until(&mut events, |replayed| replayed.told.contains(&Event::Resynchronized)).await;
    assert_eq!(replayed.told, [Event::Interrupted, Event::Resynchronized]);
    // Nobody came or went: nothing was listed.
    assert_eq!(place.count(OpCode::GetChildren), 0);
    assert!(place.count(OpCode::MultiRead) <= 3, "{:?}", place.asked());
}

/// A watch that is read too slowly has gaps: here, one that keeps a single notice.
#[tokio::test]
async fn bursts_that_the_watch_cannot_keep_are_made_up_for() {
    let place = Place::new();
    let (client, other) = (narrow(&place, 1, 64 << 20).await, place.client().await);
    place.make(&other, &["/app/a"]).await;
    let cache = TreeCache::start(&client, ROOT);
    let (mut events, mut replayed) = (cache.listen(), Replayed::default());
    become_equal(&place, &cache, &mut events, &mut replayed).await;
    for round in 0..5 {
        // All events of it come in one piece.
        let mut burst = Transaction::new();
        for number in 0..50 {
            let path = format!("/app/{round}-{number}");
            burst = burst.create(&path, "x", CreateMode::Persistent);
        }
        bounded(other.multi(burst)).await.unwrap();
        become_equal(&place, &cache, &mut events, &mut replayed).await;
    }
    assert!(replayed.count(|event| matches!(event, Event::Interrupted)) > 0);
    assert_eq!(cache.len(), 252);
}

#[tokio::test]
async fn reads_that_come_to_nothing_are_made_again_and_not_in_a_hurry() {
    use zookit_server::core::{Effect, Fault};
    let place = Place::new();
    let client = place.client().await;
    place.make(&client, &["/app/a/1", "/app/b/2"]).await;
    let throttled = Effect::Fail(zookit_client::ErrorCode::ThrottledOp);
    let fault = Fault::new(throttled, |asked| asked.opcode() == OpCode::MultiRead);
    place.server.add_fault(fault.times(3));
    place.server.log_requests(1000);
    let cache = TreeCache::with_options(&client, ROOT, CacheOptions::default());
    bounded(cache.initialized()).await.unwrap();
    assert_eq!(super::cached(&cache), place.tree(ROOT));
    // The root four times, then a, b, 1 and 2.
    assert!(place.count(OpCode::MultiRead) <= 8, "{:?}", place.asked());
}
