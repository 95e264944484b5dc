//! Runs made by hand, good ones and bad ones.

use zookit_proto::Text;
use zookit_server::core::WatchMode;
use zookit_session::{Reason, State, WatchKind};

use super::super::testing::{Run, caught, session};
use super::super::{ClientLeft, Final, MemberLeft, WatchLeft};
use crate::observe::ClientId;

fn a_watch(path: &str) -> WatchLeft {
    let (path, session) = (Text::from(path), session(1));
    WatchLeft { path, session, mode: WatchMode::Data, connected: true }
}

/// Client 1 waits at `/a`; everything is as it must be, but for what is changed.
fn with(change: impl FnOnce(&mut Final<'_>)) -> Result<(), super::super::Violation> {
    with_a(WatchKind::Data, change)
}

fn with_a(
    kind: WatchKind,
    change: impl FnOnce(&mut Final<'_>),
) -> Result<(), super::super::Violation> {
    let mut run = Run::connected();
    run.watch(1, 1, kind, "/a");
    let zxid = run.last();
    run.finish_with(|left| {
        let (sessions, watches) = (vec![session(1)], vec![a_watch("/a")]);
        let member = MemberLeft { zxid, sessions, watches, ..MemberLeft::default() };
        left.members.push(member);
        let client = ClientId(1);
        left.clients.push(ClientLeft { client, in_flight: 0, queued: 0, watchers: 1 });
        change(left);
    })
}

#[test]
fn an_end_with_nothing_left_behind_passes() {
    assert_eq!(with(|_| {}), Ok(()));
}

#[test]
fn requests_left_are_caught() {
    let left = with(|left| left.clients[0].in_flight = 2);
    caught(left, "leaks", "client 1 still has 2 requests in flight and 0 to be sent");
    let left = with(|left| left.clients[0].queued = 1);
    caught(left, "leaks", "0 requests in flight and 1 to be sent");
}

#[test]
fn a_watcher_that_nobody_holds_is_caught() {
    let left = with(|left| left.clients[0].watchers = 2);
    caught(left, "leaks", "client 1 has 2 watchers, and 1 are held");
}

#[test]
fn a_watch_that_nobody_waits_for_is_caught() {
    let left = with(|left| left.members[0].watches.push(a_watch("/b")));
    caught(left, "leaks", "still has a watch on /b of session 0x1, and client 1 has no watcher");
}

#[test]
fn a_watch_that_was_not_restored_is_caught() {
    let left = with(|left| left.members[0].watches.clear());
    caught(left, "leaks", "client 1 waits at /a, and no member has its watch");
}

#[test]
fn a_member_that_does_not_tell_of_watches_on_children_may_have_them() {
    let told_of_data = |left: &mut Final<'_>| {
        left.members[0].watches.clear();
        left.members[0].data_watches_only = true;
    };
    assert_eq!(with_a(WatchKind::Children, told_of_data), Ok(()));
    let left = with_a(WatchKind::Data, told_of_data);
    caught(left, "leaks", "client 1 waits at /a, and no member has its watch");
}

#[test]
fn a_watch_of_a_connection_that_is_gone_is_caught() {
    let left = with(|left| left.members[0].watches[0].connected = false);
    caught(left, "leaks", "of a connection of session 0x1 that is gone");
}

#[test]
fn watches_of_one_session_at_two_members_are_caught() {
    let left = with(|left| left.members.push(left.members[0].clone()));
    caught(left, "leaks", "session 0x1 has watches at members 0 and 1");
}

#[test]
fn a_session_that_ended_and_is_still_there_is_caught() {
    let left = with(|left| left.members[0].sessions.push(session(9)));
    caught(left, "leaks", "still has session 0x9, which ended");
}

#[test]
fn a_session_that_a_member_has_lost_is_caught() {
    let left = with(|left| left.members[0].sessions.clear());
    caught(left, "leaks", "does not have session 0x1, which lives");
}

#[test]
fn an_ephemeral_without_a_session_is_caught() {
    let left = with(|left| left.members[0].ephemerals.push(("/e".into(), session(9))));
    caught(left, "leaks", "still has /e of session 0x9, which ended");
}

#[test]
fn a_member_that_never_catches_up_is_caught() {
    let left = with(|left| left.members[0].zxid = zookit_proto::Zxid(0));
    caught(left, "leaks", "has applied what is up to 0x0");
}

#[test]
fn a_session_that_outlives_its_handle_is_caught() {
    let mut run = Run::connected();
    run.state(1, State::Closed, Reason::Closed);
    run.at(18_001);
    run.is_caught("leaks", "its session 0x1 still lives");
}
