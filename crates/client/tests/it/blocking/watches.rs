//! Watches and states are waited for, for as long as one likes.

use std::sync::mpsc;
use std::time::Duration;

use zookit_client::blocking::TimedOut;
use zookit_client::{AddWatchMode, ErrorCode, EventType, WatchNotice, Zxid};
use zookit_proto::ops::get_data::GetData;

use super::{PATIENCE, closes, connected, told};
use crate::peer::{Line, event_frame, got};

#[test]
fn a_one_shot_watch_is_waited_for_as_often_as_one_likes() {
    let (go, go_on) = mpsc::channel();
    let (client, script) = connected(async move |line: &mut Line| {
        let asked = line.asked().await;
        line.reply::<GetData>(&asked, 8, &got("x")).await;
        told(go_on).await;
        line.send(&event_frame(EventType::NodeDataChanged, "/a", 9)).await;
        closes(line).await;
    });
    let (node, mut changed) = client.get_data_and_watch("/a").unwrap();
    assert_eq!(node.data.unwrap(), "x");
    assert_eq!(changed.wait_timeout(Duration::ZERO), Err(TimedOut));
    assert_eq!(changed.wait_timeout(Duration::from_millis(5)), Err(TimedOut));
    go.send(()).unwrap();
    let event = changed.wait_timeout(PATIENCE).unwrap().unwrap();
    assert_eq!((event.event_type, event.path.as_str()), (EventType::NodeDataChanged, "/a"));
    // It is told again, and not waited for.
    assert_eq!(changed.wait(), Ok(event.clone()));
    assert_eq!(changed.wait_timeout(Duration::ZERO), Ok(Ok(event)));
    drop(client);
    script.done();
}

#[test]
fn a_one_shot_watch_ends_with_its_client() {
    let (client, script) = connected(async |line: &mut Line| {
        let asked = line.asked().await;
        line.refuse(&asked, 8, ErrorCode::NoNode).await;
        closes(line).await;
    });
    let (stat, mut created) = client.submit().exists_and_watch("/a").wait().unwrap();
    assert_eq!(stat, None);
    drop(client);
    created.wait().unwrap_err();
    script.done();
}

#[test]
fn a_persistent_watch_is_an_iterator() {
    let (go, go_on) = mpsc::channel();
    let (client, script) = connected(async move |line: &mut Line| {
        let asked = line.asked().await;
        line.answer(asked.xid, Zxid(8), ErrorCode::Ok, &()).await;
        told(go_on).await;
        line.send(&event_frame(EventType::NodeCreated, "/a/b", 9)).await;
        line.send(&event_frame(EventType::NodeDeleted, "/a/b", 10)).await;
        closes(line).await;
    });
    let mut watch = client.add_watch("/a", AddWatchMode::PersistentRecursive).unwrap();
    assert_eq!(watch.next_timeout(Duration::ZERO), Err(TimedOut));
    go.send(()).unwrap();
    let event = watch.next_timeout(PATIENCE).unwrap();
    assert!(matches!(event, Some(WatchNotice::Event(_))), "{event:?}");
    let event = watch.next();
    assert!(matches!(event, Some(WatchNotice::Event(_))), "{event:?}");
    client.close().unwrap();
    let rest: Vec<_> = watch.by_ref().collect();
    assert!(matches!(rest[..], [WatchNotice::Ended(_)]), "{rest:?}");
    assert_eq!(watch.next_timeout(PATIENCE), Ok(None));
    script.done();
}
