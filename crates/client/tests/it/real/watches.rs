//! Watches, as a real server fires them.

use zookit_client::{AddWatchMode, CreateMode, EventType, Version, WatchNotice, WatchedEvent};

use super::on_each_server;

fn told(notice: Option<WatchNotice>) -> (EventType, String) {
    match notice {
        Some(WatchNotice::Event(WatchedEvent { event_type, path, .. })) => (event_type, path),
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_shot_watches_fire_for_what_they_were_set_for() {
    on_each_server("one-shot", |place| async move {
        let (client, other) = (place.client().await, place.client().await);
        let (stat, created) = client.exists_and_watch("/a").await.unwrap();
        assert_eq!(stat, None);
        let (_, child) = client.get_children_and_watch("/").await.unwrap();
        let made = other.create("/a", "0", CreateMode::Persistent).await.unwrap();
        let event = created.await.unwrap();
        assert_eq!((event.event_type, &*event.path), (EventType::NodeCreated, "/a"));
        let zxid = made.stat.map(|stat| stat.czxid);
        assert_eq!(event.zxid, zxid.filter(|_| place.is_at_least([3, 9, 0])));
        let event = child.await.unwrap();
        assert_eq!((event.event_type, &*event.path), (EventType::NodeChildrenChanged, "/"));

        client.sync("/a").await.unwrap();
        let (node, changed) = client.get_data_and_watch("/a").await.unwrap();
        assert_eq!(node.data.unwrap(), "0");
        let (_, deleted) = client.get_children_and_watch("/a").await.unwrap();
        other.set_data("/a", "1", Version::Any).await.unwrap();
        assert_eq!(changed.await.unwrap().event_type, EventType::NodeDataChanged);
        other.delete("/a", Version::Any).await.unwrap();
        assert_eq!(deleted.await.unwrap().event_type, EventType::NodeDeleted);
        client.close().await.unwrap();
        other.close().await.unwrap();
    });
}

#[test]
fn a_watch_on_what_does_not_exist_is_refused_and_sets_none() {
    on_each_server("no-watch", |place| async move {
        let client = place.client().await;
        assert!(client.get_data_and_watch("/no").await.unwrap_err().is_no_node());
        assert!(client.get_children_and_watch("/no").await.unwrap_err().is_no_node());
        client.close().await.unwrap();
    });
}

#[test]
fn persistent_watches_tell_again_and_again() {
    on_each_server("persistent", |place| async move {
        let (client, other) = (place.client().await, place.client().await);
        client.create("/r", (), CreateMode::Persistent).await.unwrap();
        if !place.has_persistent_watches() {
            let error = client.add_watch("/r", AddWatchMode::Persistent).await.unwrap_err();
            assert!(error.is_unimplemented(), "{error}");
            return;
        }
        let one = AddWatchMode::Persistent;
        let mut one = client.add_watch("/r", one).await.unwrap();
        let all = AddWatchMode::PersistentRecursive;
        let mut all = client.add_watch("/r", all).await.unwrap();
        for i in 0..2 {
            other.create("/r/a", (), CreateMode::Persistent).await.unwrap();
            other.set_data("/r", i.to_string(), Version::Any).await.unwrap();
            other.delete("/r/a", Version::Any).await.unwrap();
            assert_eq!(told(all.next().await), (EventType::NodeCreated, "/r/a".into()));
            assert_eq!(told(all.next().await), (EventType::NodeDataChanged, "/r".into()));
            assert_eq!(told(all.next().await), (EventType::NodeDeleted, "/r/a".into()));
            assert_eq!(told(one.next().await), (EventType::NodeChildrenChanged, "/r".into()));
            assert_eq!(told(one.next().await), (EventType::NodeDataChanged, "/r".into()));
            assert_eq!(told(one.next().await), (EventType::NodeChildrenChanged, "/r".into()));
        }
        client.close().await.unwrap();
        assert!(matches!(one.next().await, Some(WatchNotice::Ended(_))));
        assert_eq!(one.next().await, None);
        other.close().await.unwrap();
    });
}

#[test]
fn a_read_with_a_watch_does_not_silence_a_persistent_one() {
    on_each_server("demote", |place| async move {
        if !place.has_persistent_watches() {
            return;
        }
        let (client, other) = (place.client().await, place.client().await);
        client.create("/a", "0", CreateMode::Persistent).await.unwrap();
        let mut watch = client.add_watch("/a", AddWatchMode::Persistent).await.unwrap();
        let (_, once) = client.get_data_and_watch("/a").await.unwrap();
        for i in 0..3 {
            other.set_data("/a", i.to_string(), Version::Any).await.unwrap();
        }
        assert_eq!(once.await.unwrap().event_type, EventType::NodeDataChanged);
        for _ in 0..3 {
            assert_eq!(told(watch.next().await).0, EventType::NodeDataChanged);
        }
        client.close().await.unwrap();
        other.close().await.unwrap();
    });
}

#[test]
fn a_dropped_watch_leaves_the_server_and_its_fellow_stays() {
    on_each_server("dropped", |place| async move {
        let client = place.client().await;
        client.create("/a", "0", CreateMode::Persistent).await.unwrap();
        let (_, dropped) = client.get_data_and_watch("/a").await.unwrap();
        let (_, kept) = client.get_data_and_watch("/a").await.unwrap();
        drop(dropped);
        client.set_data("/a", "1", Version::Any).await.unwrap();
        kept.await.unwrap();
        client.close().await.unwrap();
    });
}
