//! Runs made by hand, good ones and bad ones.

use zookit_proto::types::CreateMode;
use zookit_proto::types::EventType::{
    NodeChildrenChanged, NodeCreated, NodeDataChanged, NodeDeleted,
};
use zookit_proto::{ErrorCode, Zxid};
use zookit_server::core::{Change, Owner};
use zookit_session::WatchKind::{Children, Data, Exists, Persistent, PersistentRecursive};
use zookit_session::{Loss, Reason, State, WatchEnd, WatchNotice};

use super::super::testing::{Run, create, created, delete, deleted, read, set, was_set};
use crate::observe::{ClientId, End, Observation};

const LOST: Reason = Reason::Lost(Loss::Fin);

/// Client 1 sets the data of a path; the answer comes later, or never.
fn change(run: &mut Run, call: u64, path: &str) -> Zxid {
    run.submit(call, set(path, "x", -1));
    run.end(call, End::NoReply);
    run.commit(1, was_set(path, "x", 1))
}

fn made(run: &mut Run, call: u64, path: &str) -> Zxid {
    run.submit(call, create(path, CreateMode::Persistent));
    run.end(call, End::NoReply);
    run.commit(1, created(path, Owner::Persistent))
}

fn gone(run: &mut Run, call: u64, path: &str) -> Zxid {
    run.submit(call, delete(path));
    run.end(call, End::NoReply);
    run.commit(1, deleted(path))
}

fn away_and_back(run: &mut Run) {
    run.state(1, State::Suspended, LOST);
    run.state(1, State::Connected, Reason::Resumed);
}

#[test]
fn a_one_shot_watcher_that_is_told_before_the_read_passes() {
    let mut run = Run::connected();
    run.watch(1, 1, Data, "/a");
    let at = change(&mut run, 2, "/a");
    run.submit(3, read("/a"));
    run.event(1, NodeDataChanged, "/a", Some(at));
    run.answer(3, at);
    run.passes();
}

#[test]
fn a_read_that_shows_a_change_before_its_event_is_caught() {
    let mut run = Run::connected();
    run.watch(1, 1, Data, "/a");
    let at = change(&mut run, 2, "/a");
    run.submit(3, read("/a"));
    run.answer(3, at);
    run.is_caught("watches", "call 3 of client 1 was answered at 0x2, and watcher 1 of client 1");
}

#[test]
fn a_change_between_the_read_and_its_reply_counts() {
    let mut run = Run::connected();
    let armed = run.last();
    run.submit_with(1, read("/a"), Some((1, Data)), None);
    change(&mut run, 2, "/a");
    run.answer(1, armed);
    run.is_caught("watches", "watcher 1 of client 1 was never told of NodeDataChanged of /a");
}

#[test]
fn a_watch_that_is_lost_with_the_connection_is_caught() {
    let mut run = Run::connected();
    run.watch(1, 1, Children, "/a");
    run.state(1, State::Suspended, LOST);
    made(&mut run, 2, "/a/b");
    run.state(1, State::Connected, Reason::Resumed);
    run.is_caught("watches", "was never told of NodeChildrenChanged of /a at 0x2");
}

#[test]
fn what_was_missed_while_away_may_be_told_without_a_zxid() {
    let mut run = Run::connected();
    run.watch(1, 1, Children, "/a");
    run.state(1, State::Suspended, LOST);
    made(&mut run, 2, "/a/b");
    run.event(1, NodeChildrenChanged, "/a", None);
    run.state(1, State::Connected, Reason::Resumed);
    run.passes();
}

#[test]
fn a_znode_that_came_and_went_while_away_cannot_be_told_of() {
    let mut run = Run::connected();
    run.submit_with(1, exists("/a"), Some((1, Exists)), None);
    run.refuse(1, ErrorCode::NoNode, run.last());
    run.state(1, State::Suspended, LOST);
    made(&mut run, 2, "/a");
    gone(&mut run, 3, "/a");
    run.state(1, State::Connected, Reason::Resumed);
    run.submit(4, read("/b"));
    run.answer(4, run.last());
    let at = made(&mut run, 5, "/a");
    run.event(1, NodeCreated, "/a", Some(at));
    run.passes();
}

fn exists(path: &str) -> zookit_proto::Request {
    let request = zookit_proto::ops::exists::ExistsRequest { path: path.into(), watch: true };
    zookit_proto::Request::Exists(request)
}

#[test]
fn a_watcher_that_fires_twice_is_caught() {
    let mut run = Run::connected();
    run.watch(1, 1, Data, "/a");
    let at = change(&mut run, 2, "/a");
    run.event(1, NodeDataChanged, "/a", Some(at));
    run.event(1, NodeDataChanged, "/a", Some(at));
    run.is_caught("watches", "and there is none any more");
}

#[test]
fn an_event_that_did_not_happen_is_caught() {
    let mut run = Run::connected();
    run.watch(1, 1, Data, "/a");
    run.event(1, NodeDeleted, "/a", None);
    run.is_caught("watches", "is told of NodeDeleted of /a, and nothing is due");
}

#[test]
fn a_watcher_that_hears_before_it_is_armed_is_caught() {
    let mut run = Run::connected();
    run.submit_with(1, read("/a"), Some((1, Data)), None);
    let at = change(&mut run, 2, "/a");
    run.event(1, NodeDataChanged, "/a", Some(at));
    run.is_caught("watches", "before it is armed");
}

#[test]
fn a_dropped_watcher_that_hears_is_caught() {
    let mut run = Run::connected();
    run.watch(1, 1, Persistent, "/a");
    let watcher = zookit_session::WatcherId(1);
    run.see(&Observation::WatcherDropped { client: ClientId(1), watcher });
    run.over(1, WatchEnd::Closed);
    run.is_caught("watches", "and there is none any more");
}

#[test]
fn the_two_kinds_of_persistent_watchers_hear_what_is_theirs() {
    let mut run = Run::connected();
    run.watch(1, 1, Persistent, "/a");
    run.watch(2, 2, PersistentRecursive, "/a");
    let child = made(&mut run, 3, "/a/b");
    run.event(2, NodeCreated, "/a/b", Some(child));
    run.event(1, NodeChildrenChanged, "/a", Some(child));
    let deep = change(&mut run, 4, "/a/b/c");
    run.event(2, NodeDataChanged, "/a/b/c", Some(deep));
    change(&mut run, 5, "/ab");
    let own = change(&mut run, 6, "/a");
    run.event(1, NodeDataChanged, "/a", Some(own));
    run.event(2, NodeDataChanged, "/a", Some(own));
    run.passes();
}

#[test]
fn each_change_of_a_multi_is_an_event() {
    let mut run = Run::connected();
    run.watch(1, 1, Persistent, "/a");
    let changes = vec![created("/a/x", Owner::Persistent), created("/a/y", Owner::Persistent)];
    let ops = ["/a/x", "/a/y"].map(|path| match create(path, CreateMode::Persistent) {
        zookit_proto::Request::Create(request) => {
            zookit_proto::ops::multi::MultiOp::Create(request)
        }
        other => panic!("{other:?}"),
    });
    let request = zookit_proto::ops::multi::MultiRequest { ops: ops.to_vec() };
    run.submit(2, zookit_proto::Request::Multi(request));
    let at = run.commit(1, Change::Multi(changes));
    run.event(1, NodeChildrenChanged, "/a", Some(at));
    run.end(2, End::NoReply);
    run.is_caught("watches", "was never told of NodeChildrenChanged of /a at 0x2");
}

#[test]
fn a_hole_in_a_persistent_watch_is_caught() {
    let mut run = Run::connected();
    run.watch(1, 1, Persistent, "/a");
    change(&mut run, 2, "/a");
    let second = change(&mut run, 3, "/a");
    run.event(1, NodeDataChanged, "/a", Some(second));
    run.is_caught("watches", "at 0x3, and NodeDataChanged of /a at 0x2 is due");
}

#[test]
fn a_duplicate_in_a_persistent_watch_is_caught() {
    let mut run = Run::connected();
    run.watch(1, 1, Persistent, "/a");
    let at = change(&mut run, 2, "/a");
    run.event(1, NodeDataChanged, "/a", Some(at));
    run.event(1, NodeDataChanged, "/a", Some(at));
    run.is_caught("watches", "and nothing is due");
}

#[test]
fn a_gap_speaks_for_what_was_left_out() {
    let mut run = Run::connected();
    run.watch(1, 1, Persistent, "/a");
    let after = run.last();
    change(&mut run, 2, "/a");
    away_and_back(&mut run);
    run.notice(1, WatchNotice::Gap { after, until: run.last() });
    let at = change(&mut run, 3, "/a");
    run.event(1, NodeDataChanged, "/a", Some(at));
    run.passes();
}

#[test]
fn a_gap_that_ends_too_early_is_caught() {
    let mut run = Run::connected();
    run.watch(1, 1, Persistent, "/a");
    let after = run.last();
    change(&mut run, 2, "/a");
    away_and_back(&mut run);
    run.notice(1, WatchNotice::Gap { after, until: after });
    run.is_caught("watches", "was never told of NodeDataChanged of /a at 0x2");
}

#[test]
fn a_gap_that_begins_too_late_is_caught() {
    let mut run = Run::connected();
    run.watch(1, 1, Persistent, "/a");
    let at = change(&mut run, 2, "/a");
    away_and_back(&mut run);
    run.notice(1, WatchNotice::Gap { after: at, until: at });
    run.is_caught("watches", "was not told of NodeDataChanged of /a at 0x2");
}

#[test]
fn a_gap_into_the_future_is_caught() {
    let mut run = Run::connected();
    run.watch(1, 1, Persistent, "/a");
    run.notice(1, WatchNotice::Gap { after: Zxid(1), until: Zxid(5) });
    run.is_caught("watches", "and the last transaction is 0x1");
}

#[test]
fn a_one_shot_watcher_that_is_silent_about_the_end_of_its_session_is_caught() {
    let mut run = Run::connected();
    run.watch(1, 1, Data, "/a");
    run.state(1, State::Suspended, LOST);
    run.close(1, &[]);
    run.state(1, State::Expired, Reason::ServerSaidExpired);
    run.state(2, State::Connecting, Reason::NextGeneration);
    run.is_caught("watches", "was not told that its session is gone");
}

#[test]
fn a_watcher_that_is_silent_about_the_end_of_its_client_is_caught() {
    let mut run = Run::connected();
    run.watch(1, 1, Persistent, "/a");
    run.state(1, State::Closed, Reason::Closed);
    run.is_caught("watches", "was not told that it is over");
}

/// Callers are tasks that run when it pleases them: then only the end of the run is too late.
#[test]
fn where_observations_are_late_the_end_of_a_session_may_be_told_late() {
    for told in [true, false] {
        let mut run = Run::observed_late();
        run.watch(1, 1, Data, "/a");
        run.state(1, State::Suspended, LOST);
        run.close(1, &[]);
        run.state(1, State::Expired, Reason::ServerSaidExpired);
        run.state(2, State::Connecting, Reason::NextGeneration);
        if told {
            run.over(1, WatchEnd::SessionLost);
        }
        run.begin(2);
        run.state(2, State::Connected, Reason::NewSession);
        if told {
            run.passes();
        } else {
            run.is_caught("watches", "was not told that its session is gone");
        }
    }
}

/// The reply came before the loss and is observed behind it: what a server makes up from what there
/// is then is still no mistake.
#[test]
fn where_observations_are_late_a_watcher_counts_as_away_from_its_request_on() {
    let mut run = Run::observed_late();
    change(&mut run, 1, "/a");
    run.submit_with(9, read("/a"), Some((1, Data)), None);
    let armed = run.last();
    away_and_back(&mut run);
    run.answer(9, armed);
    change(&mut run, 2, "/a");
    run.event(1, NodeDeleted, "/a", None);
    run.passes();
}
