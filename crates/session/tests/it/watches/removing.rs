//! Watchers that go, and what the server is told of it.

use std::time::Duration;

use zookit_proto::ops::remove_watches::RemoveWatchesRequest;
use zookit_proto::types::EventType::{NodeChildrenChanged, NodeDataChanged, NodeDeleted};
use zookit_proto::types::WatcherType;
use zookit_proto::{ErrorCode, OpCode, Request, Xid};
use zookit_session::WatchKind::{Children, Data, Exists, Persistent, PersistentRecursive};
use zookit_session::{NoReply, NotSent, Outcome, ServerFloor};

use super::KINDS;
use crate::talk::{SESSION, Talk, config, data, is_answered};

impl Talk {
    fn removes(&mut self, path: &str, watcher_type: WatcherType) -> Xid {
        self.sends(&Request::RemoveWatches(RemoveWatchesRequest {
            path: path.into(),
            watcher_type,
        }))
    }
}

#[test]
fn the_last_watcher_of_a_path_takes_the_servers_watch_with_it() {
    for kind in KINDS {
        let mut talk = Talk::connected();
        talk.armed(1, kind, "/a", 3);
        talk.armed(2, kind, "/a", 3);
        talk.drop_watcher(1);
        talk.sends_nothing();
        assert_eq!(talk.reached_by(NodeDeleted, "/b", 9), []);
        talk.drop_watcher(2);
        let xid = talk.removes("/a", WatcherType::Any);
        talk.refuse(xid, 9, ErrorCode::NoWatcher);
        talk.says_nothing();
        assert_eq!(talk.session.watchers(), 0);
        talk.notify(NodeDeleted, "/a", 10);
        talk.says_nothing();
    }
}

/// Before 3.9 the removal, which leaves behind the addWatch, would take a half of that watch along.
/// Found by the simulator: `--seed 1365803 --workload older`.
#[test]
fn nothing_is_removed_from_a_path_that_is_about_to_be_watched_persistently() {
    for (one_shot, persistent) in [(Children, Persistent), (Data, PersistentRecursive)] {
        let mut config = config(3);
        config.limits.window_requests = 1;
        let mut talk = Talk::connected_with(config);
        talk.armed(1, one_shot, "/a", 3);
        talk.get("/busy");
        let busy = talk.sends_op(OpCode::GetData);
        talk.watch(2, persistent, "/a");
        talk.sends_nothing();
        talk.drop_watcher(1);
        talk.reply(busy, 4, &data());
        let watch = talk.sends_op(OpCode::AddWatch);
        talk.ok(watch, 5);
        talk.sends_nothing();
        talk.forget();
        talk.drop_watcher(2);
        talk.removes("/a", WatcherType::Any);
    }
}

#[test]
fn what_goes_alone_is_removed_alone() {
    let mut talk = Talk::connected();
    talk.armed(1, Data, "/a", 3);
    talk.armed(2, Children, "/a", 3);
    talk.armed(3, Exists, "/a", 3);
    talk.drop_watcher(1);
    talk.sends_nothing();
    talk.drop_watcher(3);
    let xid = talk.removes("/a", WatcherType::Data);
    talk.ok(xid, 4);
    assert_eq!(talk.reached_by(NodeChildrenChanged, "/a", 9), [2]);
    talk.sends_nothing();

    let mut talk = Talk::connected();
    talk.armed(1, Data, "/a", 3);
    talk.armed(2, Children, "/a", 3);
    talk.drop_watcher(2);
    talk.removes("/a", WatcherType::Children);
    assert_eq!(talk.reached_by(NodeDataChanged, "/a", 9), [1]);
    talk.sends_nothing();
}

#[test]
fn a_persistent_watch_stays_while_a_one_shot_lives_on_it_and_goes_when_that_has_fired() {
    let mut talk = Talk::connected();
    talk.armed(1, Persistent, "/a", 3);
    talk.armed(2, Data, "/a", 3);
    talk.drop_watcher(1);
    talk.sends_nothing();
    assert_eq!(talk.reached_by(NodeDataChanged, "/a", 9), [2]);
    talk.removes("/a", WatcherType::Any);
}

#[test]
fn a_recursive_watch_goes_when_the_one_shot_it_served_fired_from_a_child() {
    let mut talk = Talk::connected();
    talk.armed(1, PersistentRecursive, "/p", 3);
    talk.armed(2, Children, "/p", 3);
    talk.drop_watcher(1);
    talk.sends_nothing();
    assert_eq!(talk.reached_by(NodeDeleted, "/p/c", 9), [2]);
    talk.removes("/p", WatcherType::Any);
}

#[test]
fn a_watcher_dropped_before_its_request_left_clears_the_flag() {
    let mut talk = Talk::new();
    let read = talk.watch(1, Data, "/a");
    let add = talk.watch(2, Persistent, "/b");
    talk.drop_watcher(1);
    talk.drop_watcher(2);
    talk.dials();
    talk.connects(zookit_proto::SessionId::NONE);
    talk.grant(SESSION);
    talk.says_state();
    let (xid, flag) = talk.sends_watch();
    assert_eq!(flag, 0);
    talk.sends_nothing();
    assert_eq!(talk.says_done(add), Outcome::NotSent(NotSent::Abandoned));
    talk.reply(xid, 3, &data());
    assert!(is_answered(&talk.says_done(read), 3), "the read was asked for all the same");
    talk.sends_nothing();
}

#[test]
fn a_watcher_dropped_in_flight_is_removed_when_the_reply_has_come() {
    for kind in KINDS {
        let mut talk = Talk::connected();
        let ticket = talk.watch(1, kind, "/a");
        let (xid, _) = talk.sends_any();
        talk.drop_watcher(1);
        talk.sends_nothing();
        talk.ok(xid, 3);
        assert!(is_answered(&talk.says_done(ticket), 3), "{kind:?}");
        let xid = talk.removes("/a", WatcherType::Any);
        talk.ok(xid, 4);
        talk.sends_nothing();
    }
}

#[test]
fn a_watcher_dropped_in_flight_that_was_refused_leaves_nothing_to_remove() {
    for kind in KINDS {
        let mut talk = Talk::connected();
        talk.watch(1, kind, "/a");
        let (xid, _) = talk.sends_any();
        talk.drop_watcher(1);
        talk.refuse(xid, 3, ErrorCode::NoAuth);
        talk.sends_nothing();
    }
}

#[test]
fn a_watcher_whose_deadline_passed_is_removed_when_the_late_reply_arms_it() {
    for kind in KINDS {
        let mut talk = Talk::connected();
        talk.deadline = Some(Duration::from_secs(1));
        let ticket = talk.watch(1, kind, "/a");
        let (xid, _) = talk.sends_any();
        talk.wait(Duration::from_secs(1));
        assert_eq!(talk.says_done(ticket), Outcome::NoReply(NoReply::Deadline));
        assert_eq!(talk.session.watchers(), 0);
        talk.sends_nothing();
        talk.ok(xid, 3);
        talk.says_nothing();
        talk.removes("/a", WatcherType::Any);
        talk.sends_nothing();
    }
}

#[test]
fn a_new_watcher_behind_a_removal_asks_the_server_anew() {
    let mut talk = Talk::connected();
    talk.armed(1, Persistent, "/a", 3);
    talk.drop_watcher(1);
    talk.watch(2, Data, "/a");
    let removal = talk.removes("/a", WatcherType::Any);
    let (xid, flag) = talk.sends_watch();
    assert_eq!(flag, 1);
    talk.ok(removal, 4);
    talk.reply(xid, 5, &data());
    talk.forget();
    assert_eq!(talk.reached_by(NodeDataChanged, "/a", 9), [2]);
    talk.sends_nothing();
}

#[test]
fn a_new_watcher_while_another_dropped_in_flight_keeps_the_servers_watch() {
    let mut talk = Talk::connected();
    talk.watch(1, Persistent, "/a");
    let (add, _) = talk.sends_watch();
    talk.drop_watcher(1);
    talk.watch(2, Data, "/a");
    let (read, flag) = talk.sends_watch();
    assert_eq!(flag, 0, "the persistent watch serves it");
    talk.ok(add, 3);
    talk.reply(read, 4, &data());
    talk.forget();
    talk.sends_nothing();
    assert_eq!(talk.reached_by(NodeDataChanged, "/a", 9), [2]);
    talk.removes("/a", WatcherType::Any);
}

#[test]
fn a_removal_is_done_by_a_loss_and_not_sent_again() {
    for sent in [true, false] {
        let mut config = config(1);
        config.limits.window_requests = if sent { 10 } else { 1 };
        let mut talk = Talk::connected_with(config);
        talk.armed(1, Persistent, "/a", 3);
        let read = talk.get("/x");
        talk.sends_op(OpCode::GetData);
        talk.drop_watcher(1);
        if sent {
            talk.removes("/a", WatcherType::Any);
        } else {
            talk.sends_nothing();
        }
        talk.fin();
        talk.dials();
        talk.connects(SESSION);
        talk.grant(SESSION);
        talk.forget();
        let xid = talk.sends_op(OpCode::GetData);
        talk.reply(xid, 4, &data());
        assert!(is_answered(&talk.says_done(read), 4));
        talk.sends_nothing();
    }
}

#[test]
fn a_watcher_dropped_without_a_connection_is_simply_not_set_again() {
    let mut talk = Talk::connected();
    talk.armed(1, Data, "/a", 3);
    talk.armed(2, Persistent, "/b", 3);
    talk.fin();
    talk.drop_watcher(1);
    talk.drop_watcher(2);
    talk.dials();
    talk.connects(SESSION);
    talk.grant(SESSION);
    talk.sends_nothing();
}

#[test]
fn servers_of_3_4_are_never_asked_to_remove_a_watch() {
    let mut config = config(1);
    config.server_floor = ServerFloor::V3_4;
    let mut talk = Talk::connected_with(config);
    for (number, kind) in (1..).zip([Data, Exists, Children]) {
        talk.armed(number, kind, "/a", 3);
        talk.drop_watcher(number);
        talk.sends_nothing();
    }
    talk.notify(NodeDeleted, "/a", 9);
    talk.says_nothing();
    assert_eq!(talk.session.watchers(), 0);
}
