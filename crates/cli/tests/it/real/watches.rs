//! `watch`: every event by ZooKeeper's name, as it happens.

use serde_json::Value;

use super::{Place, on_each};
use crate::running::Running;

/// Persistent watches came with 3.6. Returns once the watch is armed.
fn armed(place: &Place, arguments: &[&str]) -> Option<Running> {
    if !place.is_from(3, 6, 0) {
        return None;
    }
    let mut running = place.start(&[&["watch"], arguments].concat());
    let message = running.message();
    assert!(message.starts_with("watching "), "{message}");
    Some(running)
}

#[test]
fn each_kind_of_event_of_a_znode_is_a_line() {
    on_each("watch", |place| {
        let path = place.at("n");
        let Some(mut watch) = armed(place, &[&path]) else { return };
        place.zk(&["create", &path]).exits(0);
        assert_eq!(watch.line(), format!("NodeCreated {path}"));
        place.zk(&["set", &path, "x"]).exits(0);
        assert_eq!(watch.line(), format!("NodeDataChanged {path}"));
        place.zk(&["create", &place.at("n/child")]).exits(0);
        assert_eq!(watch.line(), format!("NodeChildrenChanged {path}"));
        place.zk(&["rm", "-r", &path]).exits(0);
        assert_eq!(watch.line(), format!("NodeChildrenChanged {path}"));
        assert_eq!(watch.line(), format!("NodeDeleted {path}"));
    });
}

#[test]
fn a_recursive_watch_tells_of_everything_below() {
    on_each("watch-recursive", |place| {
        let Some(mut watch) = armed(place, &["--recursive", &place.path]) else { return };
        let path = place.at("a/b");
        place.zk(&["create", "--parents", &path]).exits(0);
        assert_eq!(watch.line(), format!("NodeCreated {}", place.at("a")));
        assert_eq!(watch.line(), format!("NodeCreated {path}"));
        place.zk(&["set", &path, "x"]).exits(0);
        assert_eq!(watch.line(), format!("NodeDataChanged {path}"));
        place.zk(&["rm", &path]).exits(0);
        assert_eq!(watch.line(), format!("NodeDeleted {path}"));
    });
}

#[test]
fn events_are_json_documents_a_line() {
    on_each("watch-json", |place| {
        let path = place.at("n");
        let arguments = ["-o", "json", "--count", "2", "-r", &path];
        let Some(mut watch) = armed(place, &arguments) else { return };
        place.zk(&["create", &path]).exits(0);
        place.zk(&["rm", &path]).exits(0);
        for name in ["NodeCreated", "NodeDeleted"] {
            let event: Value = serde_json::from_str(&watch.line()).unwrap();
            assert_eq!((&event["event"], &event["path"]), (&name.into(), &path.clone().into()));
            // Servers tell the transaction from 3.9 on.
            assert_eq!(event["zxid"].is_string(), place.is_from(3, 9, 0), "{event}");
        }
        assert_eq!(watch.end(), (Some(0), vec![]));
    });
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_it_at_once() {
    on_each("watch-interrupt", |place| {
        let Some(watch) = armed(place, &[&place.path]) else { return };
        watch.signal("INT");
        assert_eq!(watch.end(), (Some(130), vec![]));
    });
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    on_each("watch-pipe", |place| {
        if !place.is_from(3, 6, 0) {
            return;
        }
        let mut watch = Running::start_unread(&mut place.command(&["watch", &place.path]));
        watch.message();
        place.zk(&["set", &place.path, "x"]).exits(0);
        assert_eq!(watch.end(), (Some(0), vec![]));
    });
}

#[test]
fn events_keep_their_paths_below_the_chroot() {
    on_each("watch-chroot", |place| {
        let chroot = format!("{}{}", place.servers, place.path);
        let Some(mut watch) = armed(place, &["-s", &chroot, "-r", "/"]) else { return };
        place.zk(&["create", &place.at("n")]).exits(0);
        assert_eq!(watch.line(), "NodeCreated /n");
    });
}

#[test]
fn an_old_server_is_told_apart() {
    on_each("watch-old", |place| {
        if !place.is_from(3, 6, 0) {
            place.zk(&["watch", &place.path]).exits(10).says("ZooKeeper 3.6");
        }
    });
}
