//! Watches: what fires, for whom, how often, and in which order.

use zookit_proto::ops::add_watch::AddWatchRequest;
use zookit_proto::ops::check_watches::CheckWatchesRequest;
use zookit_proto::ops::error::ErrorResponse;
use zookit_proto::ops::remove_watches::RemoveWatchesRequest;
use zookit_proto::ops::set_acl::SetAclRequest;
use zookit_proto::ops::set_watches2::SetWatches2Request;
use zookit_proto::types::{Acl, AddWatchMode, CreateMode, EventType, Perms, WatcherType};
use zookit_proto::{ErrorCode, OpCode, Reply, Request, Zxid};

use super::talk::{Talk, children, create, delete, exists, get, set};
use crate::core::{ConnectionId, Profile};

fn add(path: &str, mode: AddWatchMode) -> Request {
    Request::AddWatch(AddWatchRequest { path: path.into(), mode })
}

fn remove(path: &str, watcher_type: WatcherType) -> Request {
    Request::RemoveWatches(RemoveWatchesRequest { path: path.into(), watcher_type })
}

fn check(path: &str, watcher_type: WatcherType) -> Request {
    Request::CheckWatches(CheckWatchesRequest { path: path.into(), watcher_type })
}

/// Another client carries it out.
fn do_it(talk: &mut Talk, by: ConnectionId, request: &Request) {
    talk.done(by, request).unwrap();
}

#[test]
fn a_deletion_with_two_watches_is_told_once_and_the_parent_follows() {
    let mut talk = Talk::new();
    let a = talk.client();
    talk.create(a, "/p");
    talk.create(a, "/p/c");
    for request in [get("/p/c", true), children("/p/c", true), children("/p", true)] {
        do_it(&mut talk, a, &request);
    }
    let xid = talk.ask(a, &delete("/p/c"));
    talk.tells(a, EventType::NodeDeleted, "/p/c");
    talk.tells(a, EventType::NodeChildrenChanged, "/p");
    assert!(talk.answers(a, xid, OpCode::Delete).1.is_ok());
    assert_eq!(talk.server.watches(), []);
}

#[test]
fn notifications_have_a_number_from_3_9_on() {
    for (profile, zxid) in
        [(Profile::V3_8_0, Zxid(-1)), (Profile::V3_8_6, Zxid(-1)), (Profile::V3_9_5, Zxid(2))]
    {
        let mut talk = Talk::of(profile);
        let a = talk.client();
        assert_eq!(talk.done(a, &exists("/a", true)), Err(ErrorCode::NoNode));
        talk.ask(a, &create("/a", CreateMode::Persistent));
        assert_eq!(talk.tells(a, EventType::NodeCreated, "/a"), zxid);
    }
}

#[test]
fn a_read_that_fails_leaves_no_watch() {
    let mut talk = Talk::new();
    let a = talk.client();
    assert!(talk.done(a, &get("/none", true)).is_err());
    assert!(talk.done(a, &children("/none", true)).is_err());
    assert_eq!(talk.server.watches(), []);
}

#[test]
fn a_persistent_watch_hears_of_its_path_again_and_again() {
    let mut talk = Talk::new();
    let (a, b) = (talk.client(), talk.client());
    let ok = Reply::AddWatch(ErrorResponse { err: ErrorCode::Ok });
    assert_eq!(talk.done(a, &add("/p", AddWatchMode::Persistent)), Ok(ok));
    for request in [
        create("/p", CreateMode::Persistent),
        set("/p"),
        create("/p/c", CreateMode::Persistent),
        set("/p/c"),
        delete("/p/c"),
        delete("/p"),
    ] {
        do_it(&mut talk, b, &request);
    }
    talk.tells(a, EventType::NodeCreated, "/p");
    talk.tells(a, EventType::NodeDataChanged, "/p");
    talk.tells(a, EventType::NodeChildrenChanged, "/p");
    talk.tells(a, EventType::NodeChildrenChanged, "/p");
    talk.tells(a, EventType::NodeDeleted, "/p");
    talk.says_nothing(a);
}

#[test]
fn a_recursive_watch_hears_of_all_below_but_not_of_children() {
    for profile in Profile::ALL {
        let mut talk = Talk::of(profile);
        let (a, b) = (talk.client(), talk.client());
        do_it(&mut talk, a, &add("/", AddWatchMode::PersistentRecursive));
        for request in [
            create("/p", CreateMode::Persistent),
            create("/p/c", CreateMode::Persistent),
            set("/p/c"),
            delete("/p/c"),
        ] {
            do_it(&mut talk, b, &request);
        }
        talk.tells(a, EventType::NodeCreated, "/p");
        talk.tells(a, EventType::NodeCreated, "/p/c");
        talk.tells(a, EventType::NodeDataChanged, "/p/c");
        talk.tells(a, EventType::NodeDeleted, "/p/c");
        talk.says_nothing(a);
    }
}

#[test]
fn a_read_with_a_watch_takes_the_place_of_a_persistent_one_before_3_9() {
    for (profile, heard) in [(Profile::V3_8_0, 1), (Profile::V3_8_6, 1), (Profile::V3_9_5, 3)] {
        let mut talk = Talk::of(profile);
        let (a, b) = (talk.client(), talk.client());
        talk.create(b, "/p");
        do_it(&mut talk, a, &add("/p", AddWatchMode::Persistent));
        do_it(&mut talk, a, &get("/p", true));
        for _ in 0..3 {
            do_it(&mut talk, b, &set("/p"));
        }
        for _ in 0..heard {
            talk.tells(a, EventType::NodeDataChanged, "/p");
        }
        talk.says_nothing(a);
    }
}

#[test]
fn types_of_removal_are_those_of_the_version() {
    for (profile, persistent) in [
        (Profile::V3_8_6, Err(ErrorCode::MarshallingError)),
        (Profile::V3_9_5, Ok(Reply::RemoveWatches(()))),
    ] {
        let mut talk = Talk::of(profile);
        let a = talk.client();
        do_it(&mut talk, a, &add("/p", AddWatchMode::Persistent));
        assert_eq!(talk.done(a, &remove("/p", WatcherType::Persistent)), persistent);
        assert_eq!(
            talk.done(a, &remove("/p", WatcherType::Unknown(9))),
            Err(ErrorCode::MarshallingError)
        );
        do_it(&mut talk, a, &add("/p", AddWatchMode::Persistent));
        assert!(talk.done(a, &check("/p", WatcherType::Any)).is_ok());
        assert!(talk.done(a, &remove("/p", WatcherType::Any)).is_ok());
        assert_eq!(talk.done(a, &remove("/p", WatcherType::Any)), Err(ErrorCode::NoWatcher));
        assert_eq!(talk.done(a, &check("/p", WatcherType::Any)), Err(ErrorCode::NoWatcher));
        assert_eq!(
            talk.done(a, &add("/p", AddWatchMode::Unknown(2))),
            Err(ErrorCode::MarshallingError)
        );
    }
}

#[test]
fn watches_set_again_tell_what_was_missed_before_their_reply() {
    let mut talk = Talk::new();
    let (a, b) = (talk.client(), talk.client());
    for path in ["/same", "/set", "/parent"] {
        talk.create(b, path);
    }
    let since = talk.server.last_zxid();
    for request in [
        set("/set"),
        create("/parent/new", CreateMode::Persistent),
        create("/made", CreateMode::Persistent),
    ] {
        do_it(&mut talk, b, &request);
    }
    let request = Request::SetWatches2(SetWatches2Request {
        relative_zxid: since,
        data_watches: vec!["/gone".into(), "/set".into(), "/same".into()],
        exist_watches: vec!["/made".into(), "/not".into()],
        child_watches: vec!["/gone".into(), "/parent".into(), "/same".into()],
        persistent_watches: vec!["/set".into()],
        persistent_recursive_watches: vec!["/parent".into()],
    });
    let xid = talk.ask(a, &request);
    for (event, path) in [
        (EventType::NodeDeleted, "/gone"),
        (EventType::NodeDataChanged, "/set"),
        (EventType::NodeCreated, "/made"),
        (EventType::NodeDeleted, "/gone"),
        (EventType::NodeChildrenChanged, "/parent"),
    ] {
        assert_eq!(talk.tells(a, event, path), Zxid::NONE);
    }
    assert!(talk.answers(a, xid, OpCode::SetWatches2).1.is_ok());
    let watches: Vec<_> =
        talk.server.watches().iter().map(|watch| watch.path.to_string()).collect();
    assert_eq!(watches, ["/not", "/parent", "/same", "/same", "/set"]);
}

#[test]
fn an_event_of_a_znode_that_its_watcher_may_not_read_is_withheld_and_the_watch_used_up() {
    for (profile, told) in
        [(Profile::V3_8_0, true), (Profile::V3_8_6, false), (Profile::V3_9_5, false)]
    {
        let mut talk = Talk::of(profile);
        let (a, b) = (talk.client(), talk.client());
        talk.auth(b, b"u:p");
        talk.create(b, "/a");
        do_it(&mut talk, a, &get("/a", true));
        let acl = Some(vec![Acl::digest(Perms::ALL, "u", "p")]);
        do_it(
            &mut talk,
            b,
            &Request::SetAcl(SetAclRequest { path: "/a".into(), acl, version: -1 }),
        );
        do_it(&mut talk, b, &set("/a"));
        if told {
            talk.tells(a, EventType::NodeDataChanged, "/a");
        }
        talk.says_nothing(a);
        assert_eq!(talk.server.watches(), []);
    }
}

#[test]
fn watches_go_with_their_connection() {
    let mut talk = Talk::new();
    let (a, b) = (talk.client(), talk.client());
    do_it(&mut talk, a, &get("/", true));
    do_it(&mut talk, a, &add("/", AddWatchMode::PersistentRecursive));
    do_it(&mut talk, b, &get("/", true));
    assert_eq!(talk.server.watches().len(), 3);
    talk.hang_up(a);
    assert_eq!(talk.server.watches().len(), 1);
}
