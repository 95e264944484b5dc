//! Watches over a loss: what is set again, what is replayed, and what is a gap.

use zookit_proto::ops::set_watches::SetWatchesRequest;
use zookit_proto::ops::set_watches2::SetWatches2Request;
use zookit_proto::types::EventType::{
    NodeChildrenChanged, NodeCreated, NodeDataChanged, NodeDeleted,
};
use zookit_proto::types::WatcherType;
use zookit_proto::{ErrorCode, OpCode, Request, Zxid};
use zookit_session::WatchKind::{Children, Data, Exists, Persistent, PersistentRecursive};
use zookit_session::{State, WatchEnd, WatchNotice};

use crate::talk::{SESSION, Talk, config, data};

impl Talk {
    /// The connection is lost, and the session taken up again: up to the restore.
    fn resumes(&mut self) {
        self.fin();
        assert_eq!(self.says_state(), State::Suspended);
        self.dials();
        self.connects(SESSION);
        self.grant(SESSION);
    }

    fn sets_watches(&mut self) -> (zookit_proto::Xid, SetWatchesRequest) {
        match self.sends_any() {
            (xid, Request::SetWatches(request)) => (xid, request),
            (_, other) => panic!("setWatches was expected, not {other:?}"),
        }
    }

    fn sets_watches2(&mut self) -> (zookit_proto::Xid, SetWatches2Request) {
        match self.sends_any() {
            (xid, Request::SetWatches2(request)) => (xid, request),
            (_, other) => panic!("setWatches2 was expected, not {other:?}"),
        }
    }
}

#[test]
fn each_list_has_the_paths_that_belong_there_once() {
    let mut talk = Talk::connected();
    talk.armed(1, Data, "/a", 3);
    talk.armed(2, Data, "/a", 3);
    talk.armed(3, Exists, "/a", 3);
    talk.armed(4, Children, "/a", 3);
    talk.watch(5, Exists, "/none");
    let (xid, _) = talk.sends_any();
    talk.refuse(xid, 4, ErrorCode::NoNode);
    talk.armed_again(6, Persistent, "/p");
    talk.armed_again(7, PersistentRecursive, "/r");
    talk.armed_again(8, Persistent, "/both");
    talk.armed_again(9, PersistentRecursive, "/both");
    talk.armed_again(10, Data, "/p");
    talk.resumes();
    let (xid, request) = talk.sets_watches();
    assert_eq!(request.relative_zxid, Zxid(4));
    assert_eq!(request.data_watches, ["/a", "/p"], "also what a persistent watch has served");
    assert_eq!(request.exist_watches, ["/none"]);
    assert_eq!(request.child_watches, ["/a"]);
    let (xid2, request) = talk.sets_watches2();
    assert_eq!(request.relative_zxid, Zxid(4));
    assert_eq!(request.persistent_watches, ["/p"]);
    assert_eq!(request.persistent_recursive_watches, ["/both", "/r"]);
    assert!(request.data_watches.is_empty() && request.child_watches.is_empty());
    talk.sends_nothing();
    talk.ok(xid, 5);
    talk.ok(xid2, 5);
    assert_eq!(talk.says_state(), State::Connected);
    assert_eq!(talk.changes.last().unwrap().watches_restored, 10);
}

impl Talk {
    fn armed_again(&mut self, number: u64, kind: zookit_session::WatchKind, path: &str) {
        self.watch(number, kind, path);
        let (xid, _) = self.sends_any();
        self.ok(xid, 4);
        self.forget();
    }
}

#[test]
fn batches_stay_under_their_limit_and_all_have_one_zxid() {
    let mut config = config(1);
    config.limits.watch_batch_bytes = 100;
    let mut talk = Talk::connected_with(config);
    let long = format!("/{}", "x".repeat(300));
    let mut paths: Vec<_> = (0..40).map(|n| format!("/{n:0>width$}", width = 5 + n % 7)).collect();
    paths.push(long.clone());
    for (number, path) in (0..).zip(&paths) {
        for (nth, kind) in (0..).zip([Data, Children, Persistent]) {
            talk.armed_again(number * 3 + nth, kind, path);
        }
    }
    talk.resumes();
    let bytes = |lists: &[&Vec<zookit_proto::Text>]| {
        let paths: Vec<_> = lists.iter().flat_map(|list| list.iter()).collect();
        let bytes: usize = paths.iter().map(|path| path.len() + 4).sum();
        assert!(bytes <= 100 || paths.len() == 1, "{} paths of {bytes} bytes", paths.len());
        paths.len()
    };
    let (mut one_shots, mut persistent, mut batches) = (0, 0, 0);
    while one_shots < paths.len() * 2 {
        let (_, request) = talk.sets_watches();
        assert_eq!(request.relative_zxid, Zxid(4));
        one_shots += bytes(&[&request.data_watches, &request.child_watches]);
        batches += 1;
    }
    while persistent < paths.len() {
        let (_, request) = talk.sets_watches2();
        assert_eq!(request.relative_zxid, Zxid(4));
        persistent += bytes(&[&request.persistent_watches]);
        batches += 1;
    }
    talk.sends_nothing();
    assert_eq!((one_shots, persistent), (82, 41));
    assert!(batches < 30, "{batches} batches: they are filled");
}

#[test]
fn replayed_events_come_before_connected() {
    let mut talk = Talk::connected();
    talk.armed(1, Data, "/a", 3);
    talk.armed(2, Exists, "/b", 3);
    talk.resumes();
    let (xid, _) = talk.sets_watches();
    talk.notify(NodeDataChanged, "/a", -1);
    talk.says_event(1, NodeDataChanged, "/a");
    talk.ok(xid, 9);
    assert_eq!(talk.says_state(), State::Connected);
    talk.says_nothing();
    assert_eq!(talk.reached_by(NodeDeleted, "/b", 10), [2]);
    talk.sends_nothing();
}

#[test]
fn what_a_persistent_watch_hears_while_it_is_set_again_is_covered_by_the_gap() {
    let mut talk = Talk::connected();
    talk.armed(1, Persistent, "/p", 3);
    talk.armed(2, PersistentRecursive, "/r", 4);
    talk.resumes();
    let (xid, _) = talk.sets_watches2();
    talk.notify(NodeDataChanged, "/p", 8);
    talk.notify(NodeCreated, "/r/c", 9);
    talk.says_nothing();
    talk.ok(xid, 9);
    assert_eq!(talk.says_state(), State::Connected);
    let gap = WatchNotice::Gap { after: Zxid(4), until: Zxid(9) };
    assert_eq!(talk.says_notice(1), gap);
    assert_eq!(talk.says_notice(2), gap);
    assert_eq!(talk.reached_by(NodeDataChanged, "/p", 10), [1]);
}

#[test]
fn a_gap_begins_where_the_first_of_several_losses_was() {
    let mut talk = Talk::connected();
    talk.armed(1, Persistent, "/p", 3);
    talk.resumes();
    let (xid, _) = talk.sets_watches2();
    talk.fin();
    talk.dials();
    talk.connects(SESSION);
    talk.grant(SESSION);
    let (again, request) = talk.sets_watches2();
    assert_ne!(xid, again);
    assert_eq!(request.relative_zxid, Zxid(3));
    talk.ok(again, 9);
    assert_eq!(talk.says_state(), State::Connected);
    assert_eq!(talk.says_notice(1), WatchNotice::Gap { after: Zxid(3), until: Zxid(9) });
    talk.says_nothing();
}

#[test]
fn a_one_shot_child_watch_is_told_of_a_child_also_while_a_recursive_one_is_set_again() {
    // Before 3.9 the recursive watch, set last, has taken the place of the child watch.
    let mut talk = Talk::connected();
    talk.armed(1, PersistentRecursive, "/p", 3);
    talk.armed(2, Children, "/p", 3);
    talk.resumes();
    let (one_shots, _) = talk.sets_watches();
    let (persistent, _) = talk.sets_watches2();
    talk.ok(one_shots, 8);
    talk.notify(NodeCreated, "/p/c", -1);
    talk.says_event(2, NodeChildrenChanged, "/p");
    talk.ok(persistent, 9);
    assert_eq!(talk.says_state(), State::Connected);
    assert_eq!(talk.says_notice(1), WatchNotice::Gap { after: Zxid(3), until: Zxid(9) });
    talk.says_nothing();
}

#[test]
fn a_watcher_dropped_while_it_is_set_again_is_removed_behind_that() {
    for (number, kind) in (1..).zip(super::KINDS) {
        let mut talk = Talk::connected();
        talk.armed(number, kind, "/a", 3);
        talk.resumes();
        let (xid, _) = talk.sends_any();
        talk.drop_watcher(number);
        talk.sends_nothing();
        talk.ok(xid, 4);
        assert_eq!(talk.says_state(), State::Connected);
        talk.says_nothing();
        let (_, Request::RemoveWatches(request)) = talk.sends_any() else { panic!("no removal") };
        assert_eq!(request.watcher_type, WatcherType::Any);
        talk.sends_nothing();
    }
}

/// Found by the simulator: `--seed 302013 --workload watches`.
#[test]
fn what_is_left_of_a_watcher_dropped_while_it_is_set_again_goes_with_the_last_of_its_path() {
    for kind in [Persistent, PersistentRecursive] {
        let mut talk = Talk::connected();
        talk.armed(1, kind, "/a", 3);
        talk.armed(2, Exists, "/a", 3);
        talk.watch(3, Data, "/a");
        talk.resumes();
        let (one_shots, _) = talk.sets_watches();
        let (persistent, _) = talk.sets_watches2();
        talk.drop_watcher(1);
        talk.ok(one_shots, 4);
        talk.ok(persistent, 4);
        assert_eq!(talk.says_state(), State::Connected);
        let (read, flag) = talk.sends_watch();
        assert_eq!(flag, 0, "the server has one that serves it");
        talk.refuse(read, 5, ErrorCode::NoNode);
        talk.drop_watcher(2);
        let (_, Request::RemoveWatches(request)) = talk.sends_any() else { panic!("no removal") };
        assert_eq!(request.watcher_type, WatcherType::Any);
    }
}

#[test]
fn a_refused_restore_of_a_persistent_watch_leaves_the_one_shots_of_its_path() {
    let mut talk = Talk::connected();
    talk.armed(1, Persistent, "/a", 3);
    talk.armed(2, Data, "/a", 3);
    talk.resumes();
    let (one_shots, _) = talk.sets_watches();
    let (persistent, _) = talk.sets_watches2();
    talk.ok(one_shots, 9);
    talk.refuse(persistent, 9, ErrorCode::NoAuth);
    assert!(matches!(talk.says_notice(1), WatchNotice::Ended(_)));
    assert_eq!(talk.says_state(), State::Connected);
    talk.watch(3, Exists, "/a");
    let (xid, flag) = talk.sends_watch();
    assert_eq!(flag, 1, "nothing serves it any more");
    talk.ok(xid, 9);
    talk.forget();
    assert_eq!(talk.reached_by(NodeDeleted, "/a", 10), [2, 3]);
    talk.sends_nothing();
}

#[test]
fn a_watch_asked_for_but_not_answered_is_not_set_again_but_asked_for_again() {
    let mut talk = Talk::connected();
    talk.watch(1, Persistent, "/p");
    talk.sends_op(OpCode::AddWatch);
    talk.resumes();
    assert_eq!(talk.says_state(), State::Connected);
    let xid = talk.sends_op(OpCode::AddWatch);
    talk.ok(xid, 9);
    talk.forget();
    assert_eq!(talk.reached_by(NodeDataChanged, "/p", 10), [1], "and there was no gap");
}

#[test]
fn a_restore_that_costs_every_connection_ends_the_watches_and_not_the_handle() {
    let mut talk = Talk::connected();
    talk.watch(1, Data, "/a");
    let xid = talk.sends_op(OpCode::GetData);
    talk.reply(xid, 3, &data());
    talk.forget();
    talk.fin();
    talk.forget();
    for _ in 0..5 {
        talk.says_nothing();
        talk.dials();
        talk.connects(SESSION);
        talk.grant(SESSION);
        talk.sends_op(OpCode::SetWatches);
        talk.fin();
    }
    assert_eq!(talk.says_notice(1), WatchNotice::Ended(WatchEnd::RestoreFailed));
    talk.dials();
    talk.connects(SESSION);
    talk.grant(SESSION);
    assert_eq!(talk.says_state(), State::Connected);
}
