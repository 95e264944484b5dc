//! Several watchers on one path: the server holds one watch, in one mode.

use zookit_proto::types::EventType::{
    NodeChildrenChanged, NodeCreated, NodeDataChanged, NodeDeleted,
};
use zookit_proto::{ErrorCode, Request, Zxid};
use zookit_session::WatchKind::{Children, Data, Exists, Persistent, PersistentRecursive};

use crate::talk::{SESSION, Talk, data, is_answered};

#[test]
fn watchers_of_one_path_are_all_told_by_one_event() {
    let mut talk = Talk::connected();
    talk.armed(1, Data, "/a", 3);
    talk.armed(2, Exists, "/a", 3);
    talk.armed(3, Data, "/a", 3);
    assert_eq!(talk.reached_by(NodeDataChanged, "/a", 9), [1, 2, 3]);
    assert_eq!(talk.session.watchers(), 0);
    talk.sends_nothing();
}

#[test]
fn a_one_shot_on_a_path_with_a_persistent_watch_sets_no_flag_and_fires_from_its_events() {
    for persistent in [Persistent, PersistentRecursive] {
        for one_shot in [Data, Exists, Children] {
            let mut talk = Talk::connected();
            talk.armed(1, persistent, "/a", 3);
            talk.watch(2, one_shot, "/a");
            let (xid, flag) = talk.sends_watch();
            assert_eq!(flag, 0, "before 3.9 it would demote the persistent watch");
            talk.ok(xid, 4);
            talk.forget();
            assert_eq!(talk.reached_by(NodeDeleted, "/a", 9), [1, 2]);
            assert_eq!(talk.reached_by(NodeDeleted, "/a", 10), [1]);
        }
    }
}

#[test]
fn a_persistent_watch_on_its_way_already_serves() {
    let mut talk = Talk::connected();
    talk.watch(1, Persistent, "/a");
    talk.watch(2, Data, "/a");
    let (add, _) = talk.sends_watch();
    let (read, flag) = talk.sends_watch();
    assert_eq!(flag, 0);
    talk.ok(add, 3);
    talk.reply(read, 3, &data());
    talk.forget();
    assert_eq!(talk.reached_by(NodeDataChanged, "/a", 9), [1, 2]);
}

#[test]
fn a_one_shot_whose_persistent_watch_is_refused_is_set_with_its_own_zxid() {
    let mut talk = Talk::connected();
    talk.watch(1, Persistent, "/a");
    let read = talk.watch(2, Data, "/a");
    let (add, _) = talk.sends_watch();
    let (get, flag) = talk.sends_watch();
    assert_eq!(flag, 0);
    talk.refuse(add, 3, ErrorCode::NoAuth);
    talk.forget();
    talk.reply(get, 7, &data());
    assert!(is_answered(&talk.says_done(read), 7));
    let (xid, Request::SetWatches(request)) = talk.sends_any() else { panic!("no setWatches") };
    assert_eq!(request.relative_zxid, Zxid(7), "what the read has shown, not what came since");
    assert_eq!(request.data_watches, ["/a"]);
    // Something had happened in between: the server replays it.
    assert_eq!(talk.reached_by(NodeDataChanged, "/a", -1), [2]);
    talk.ok(xid, 9);
    talk.says_nothing();
    talk.sends_nothing();
    assert_eq!(talk.session.watchers(), 0);
}

#[test]
fn a_refused_persistent_watch_does_not_undo_one_that_is_behind_it() {
    let mut talk = Talk::connected();
    talk.watch(1, PersistentRecursive, "/a");
    talk.watch(2, Data, "/a");
    talk.watch(3, Persistent, "/a");
    let (first, mode) = talk.sends_watch();
    assert_eq!(mode, 1);
    let (read, flag) = talk.sends_watch();
    assert_eq!(flag, 0);
    let (second, mode) = talk.sends_watch();
    assert_eq!(mode, 1, "not less than what is on its way");
    talk.refuse(first, 3, ErrorCode::NoAuth);
    talk.watch(4, Data, "/a");
    let (late, flag) = talk.sends_watch();
    assert_eq!(flag, 0, "the second may succeed");
    talk.reply(read, 4, &data());
    talk.ok(second, 5);
    talk.reply(late, 6, &data());
    talk.forget();
    talk.sends_nothing();
    talk.watch(5, Data, "/a");
    let (xid, flag) = talk.sends_watch();
    assert_eq!(flag, 0);
    talk.reply(xid, 7, &data());
    talk.forget();
    assert_eq!(talk.reached_by(NodeDataChanged, "/a", 9), [2, 3, 4, 5]);
}

#[test]
fn one_shots_between_two_refused_persistent_watches_are_set_after_the_second() {
    let mut talk = Talk::connected();
    talk.watch(1, Persistent, "/a");
    talk.watch(2, Children, "/a");
    talk.watch(3, Persistent, "/a");
    let xids = [(); 3].map(|()| talk.sends_watch().0);
    talk.refuse(xids[0], 3, ErrorCode::NoAuth);
    talk.ok(xids[1], 4);
    talk.sends_nothing();
    talk.refuse(xids[2], 5, ErrorCode::NoAuth);
    let (_, Request::SetWatches(request)) = talk.sends_any() else { panic!("no setWatches") };
    assert_eq!((request.relative_zxid, &request.child_watches[..]), (Zxid(4), &["/a".into()][..]));
    talk.sends_nothing();
}

#[test]
fn persistent_and_recursive_on_one_path_are_recursive_on_the_wire() {
    let mut talk = Talk::connected();
    talk.watch(1, Persistent, "/p");
    let (xid, mode) = talk.sends_watch();
    assert_eq!(mode, 0);
    talk.ok(xid, 3);
    talk.watch(2, PersistentRecursive, "/p");
    let (xid, mode) = talk.sends_watch();
    assert_eq!(mode, 1);
    talk.ok(xid, 3);
    talk.watch(3, Persistent, "/p");
    let (xid, mode) = talk.sends_watch();
    assert_eq!(mode, 1, "a plain persistent watch would take the recursive one's place");
    talk.ok(xid, 3);
    talk.forget();
    assert_eq!(talk.reached_by(NodeDataChanged, "/p", -1), [1, 2, 3]);
    assert_eq!(talk.reached_by(NodeDataChanged, "/p/c", -1), [2]);
}

/// Persistent 1 and recursive 2 on `/p`.
fn both() -> Talk {
    let mut talk = Talk::connected();
    talk.armed(1, Persistent, "/p", 3);
    talk.armed(2, PersistentRecursive, "/p", 3);
    talk
}

#[test]
fn children_changed_is_derived_where_the_server_does_not_send_it() {
    // As 3.8 does: no transaction in the header, and nothing but what is recursive.
    let mut talk = both();
    for event in [NodeCreated, NodeDeleted, NodeCreated] {
        talk.notify(event, "/p/c", -1);
        talk.says_event(2, event, "/p/c");
        talk.says_event(1, NodeChildrenChanged, "/p");
        talk.says_nothing();
    }
    assert_eq!(talk.reached_by(NodeDataChanged, "/p/c", -1), [2]);
    assert_eq!(talk.reached_by(NodeCreated, "/p/c/d", -1), [2], "a grandchild");
}

#[test]
fn children_changed_is_not_told_twice_where_the_server_sends_it_too() {
    // As 3.9 does, which keeps both modes.
    let mut talk = both();
    talk.notify(NodeCreated, "/p/c", 9);
    talk.says_event(2, NodeCreated, "/p/c");
    talk.says_event(1, NodeChildrenChanged, "/p");
    talk.notify(NodeChildrenChanged, "/p", 9);
    talk.says_nothing();
    talk.notify(NodeChildrenChanged, "/p", 10);
    talk.says_event(1, NodeChildrenChanged, "/p");
    talk.says_nothing();
}

/// Found by the simulator: `--seed 11854 --workload older`.
#[test]
fn children_changed_is_told_once_while_the_mode_is_on_its_way_to_recursive() {
    let mut talk = Talk::connected();
    talk.armed(1, Persistent, "/p", 3);
    talk.armed(2, Persistent, "/p/c", 3);
    talk.watch(3, PersistentRecursive, "/p");
    let (xid, mode) = talk.sends_watch();
    assert_eq!(mode, 1);
    // The server has not read it yet: it tells both, as 3.8 does without a transaction.
    for event in [NodeDeleted, NodeCreated] {
        talk.notify(event, "/p/c", -1);
        talk.says_event(2, event, "/p/c");
        talk.says_event(1, NodeChildrenChanged, "/p");
        talk.notify(NodeChildrenChanged, "/p", -1);
        talk.says_nothing();
    }
    talk.notify(NodeChildrenChanged, "/p", -1);
    talk.says_event(1, NodeChildrenChanged, "/p");
    talk.ok(xid, 9);
    talk.forget();
    talk.notify(NodeDeleted, "/p/c", -1);
    talk.says_event(2, NodeDeleted, "/p/c");
    talk.says_event(3, NodeDeleted, "/p/c");
    talk.says_event(1, NodeChildrenChanged, "/p");
    talk.says_nothing();
}

/// Found by the simulator: `--seed 1106856 --workload older`.
#[test]
fn children_changed_is_told_of_a_watch_that_came_behind_the_childs_last_event() {
    let mut talk = Talk::connected();
    talk.armed(1, Data, "/p/c", 3);
    talk.watch(2, Persistent, "/p");
    let (persistent, _) = talk.sends_watch();
    talk.watch(3, PersistentRecursive, "/p");
    let (recursive, _) = talk.sends_watch();
    // Nothing is watched at `/p` yet.
    talk.notify(NodeDeleted, "/p/c", -1);
    talk.says_event(1, NodeDeleted, "/p/c");
    talk.ok(persistent, 9);
    talk.forget();
    talk.notify(NodeChildrenChanged, "/p", -1);
    talk.says_event(2, NodeChildrenChanged, "/p");
    talk.ok(recursive, 10);
}

#[test]
fn a_one_shot_child_watch_fires_from_a_recursive_one() {
    let mut talk = Talk::connected();
    talk.armed(1, PersistentRecursive, "/p", 3);
    talk.watch(2, Children, "/p");
    let (xid, flag) = talk.sends_watch();
    assert_eq!(flag, 0);
    talk.ok(xid, 4);
    talk.forget();
    talk.notify(NodeCreated, "/p/c", 9);
    talk.says_event(1, NodeCreated, "/p/c");
    talk.says_event(2, NodeChildrenChanged, "/p");
    talk.notify(NodeCreated, "/p/d", 10);
    talk.says_event(1, NodeCreated, "/p/d");
    talk.says_nothing();
}

#[test]
fn a_one_shot_in_place_before_a_persistent_watch_came_fires_whichever_way_the_server_is() {
    for (zxid, doubles) in [(-1, false), (9, true)] {
        let mut talk = Talk::connected();
        talk.armed(1, Children, "/p", 3);
        talk.armed(2, PersistentRecursive, "/p", 4);
        talk.notify(NodeCreated, "/p/c", zxid);
        talk.says_event(2, NodeCreated, "/p/c");
        talk.says_event(1, NodeChildrenChanged, "/p");
        if doubles {
            talk.notify(NodeChildrenChanged, "/p", zxid);
        }
        talk.says_nothing();
    }
}

#[test]
fn a_watcher_of_an_unsent_read_that_was_lost_is_armed_on_the_next_connection() {
    let mut talk = Talk::connected();
    let read = talk.watch(1, Data, "/a");
    talk.fin();
    assert_eq!(talk.session.watchers(), 1);
    talk.dials();
    talk.connects(SESSION);
    talk.grant(SESSION);
    talk.forget();
    let (xid, flag) = talk.sends_watch();
    assert_eq!(flag, 1);
    talk.reply(xid, 4, &data());
    assert!(is_answered(&talk.says_done(read), 4));
    assert_eq!(talk.reached_by(NodeDataChanged, "/a", 9), [1]);
}

#[test]
fn a_read_sent_again_asks_for_its_watch_as_the_next_server_needs_it() {
    let mut talk = Talk::connected();
    talk.armed(1, Persistent, "/a", 3);
    talk.watch(2, Data, "/a");
    let (_, flag) = talk.sends_watch();
    assert_eq!(flag, 0);
    talk.drop_watcher(1);
    talk.fin();
    talk.dials();
    talk.connects(SESSION);
    talk.grant(SESSION);
    let (_, flag) = talk.sends_watch();
    assert_eq!(flag, 1, "nothing else serves it there");
    talk.sends_nothing();
    assert_eq!(talk.session.in_flight(), 1);
}
