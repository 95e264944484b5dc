//! What clients of an ensemble see of its being several.

mod as_real_ones;
mod talk;

use std::time::Duration;

use zookit_proto::ops::multi::MultiRequest;
use zookit_proto::types::CreateMode;
use zookit_proto::{ErrorCode, Request, SessionId, Zxid};

use self::talk::{TIMEOUT, Talk, create, exists, sync};
use crate::core::Change;

const PERSISTENT: CreateMode = CreateMode::Persistent;
const EPHEMERAL: CreateMode = CreateMode::Ephemeral;

#[test]
fn a_write_through_one_member_is_seen_at_all() {
    let mut talk = Talk::of(3);
    let (mut at_1, _) = talk.client(1);
    let (mut at_2, _) = talk.client(2);
    talk.ask(&mut at_1, &create("/a", PERSISTENT));
    assert_eq!(talk.reply(&mut at_1), None, "nothing was agreed on yet");
    talk.carry_all();
    let reply = talk.reply(&mut at_1).unwrap();
    assert_eq!((reply.err, reply.zxid), (ErrorCode::Ok, Zxid((1 << 32) + 3)));
    talk.ask(&mut at_2, &exists("/a"));
    assert_eq!(talk.reply(&mut at_2).unwrap().err, ErrorCode::Ok);
}

#[test]
fn a_read_stands_behind_the_writes_before_it() {
    let mut talk = Talk::of(3);
    let (mut line, _) = talk.client(1);
    let first = talk.ask(&mut line, &create("/a", PERSISTENT));
    let second = talk.ask(&mut line, &create("/b", PERSISTENT));
    let third = talk.ask(&mut line, &exists("/b"));
    assert_eq!(talk.reply(&mut line), None);
    talk.carry_all();
    for xid in [first, second, third] {
        let reply = talk.reply(&mut line).unwrap();
        assert_eq!((reply.xid, reply.err), (xid, ErrorCode::Ok));
    }
}

#[test]
fn a_member_that_lags_shows_the_past_until_a_sync() {
    let mut talk = Talk::of(3);
    let (mut fast, _) = talk.client(1);
    let (mut slow, _) = talk.client(2);
    talk.ask(&mut fast, &create("/a", PERSISTENT));
    talk.carry(|message| message.to() != 2);
    assert_eq!(talk.reply(&mut fast).unwrap().err, ErrorCode::Ok);
    talk.ask(&mut slow, &exists("/a"));
    assert_eq!(talk.reply(&mut slow).unwrap().err, ErrorCode::NoNode);
    talk.ask(&mut slow, &sync());
    talk.ask(&mut slow, &exists("/a"));
    talk.carry(|message| message.to() != 2);
    assert_eq!(talk.reply(&mut slow), None);
    talk.carry_all();
    assert_eq!(talk.reply(&mut slow).unwrap().err, ErrorCode::Ok);
    assert_eq!(talk.reply(&mut slow).unwrap().err, ErrorCode::Ok);
}

#[test]
fn a_member_that_lags_refuses_a_client_that_has_seen_more() {
    let mut talk = Talk::of(3);
    let (mut fast, session) = talk.client(1);
    talk.ask(&mut fast, &create("/a", PERSISTENT));
    talk.carry(|message| message.to() != 2);
    let seen = talk.reply(&mut fast).unwrap().zxid;
    let mut line = talk.dial(2, Some(&session), seen);
    assert_eq!((talk.greeting(&mut line), line.closed), (None, true));
    talk.carry_all();
    let mut line = talk.dial(2, Some(&session), seen);
    talk.carry_all();
    assert_eq!(talk.greeting(&mut line).unwrap().session_id, session.session_id);
}

#[test]
fn a_write_through_a_member_that_the_session_has_left_is_refused_and_ends_the_connection() {
    let mut talk = Talk::of(3);
    let (mut old, session) = talk.client(1);
    talk.ask(&mut old, &create("/late", PERSISTENT));
    let mut new = talk.dial(2, Some(&session), Zxid(0));
    talk.carry(|message| message.from() == 2 || message.to() == 2);
    assert_eq!(talk.greeting(&mut new).unwrap().session_id, session.session_id);
    talk.carry_all();
    assert_eq!((talk.reply(&mut old), old.closed), (None, true));
    let last = talk.ensemble.history().last().unwrap();
    assert_eq!(last.change, Change::Error(ErrorCode::SessionMoved));
    talk.ask(&mut new, &exists("/late"));
    assert_eq!(talk.reply(&mut new).unwrap().err, ErrorCode::NoNode);
}

/// A real leader looks whose a session is for each operation of a multi.
#[test]
fn a_multi_of_nothing_is_taken_through_a_member_that_the_session_has_left() {
    let mut talk = Talk::of(3);
    let (mut old, session) = talk.client(1);
    talk.ask(&mut old, &Request::Multi(MultiRequest::default()));
    let mut new = talk.dial(2, Some(&session), Zxid(0));
    talk.carry(|message| message.from() == 2 || message.to() == 2);
    assert_eq!(talk.greeting(&mut new).unwrap().session_id, session.session_id);
    talk.carry_all();
    let last = talk.ensemble.history().last().unwrap();
    assert_eq!(last.change, Change::Multi(Vec::new()));
}

#[test]
fn a_session_heard_of_at_any_member_lives_and_one_that_is_not_ends_everywhere() {
    let mut talk = Talk::of(3);
    let (mut line, session) = talk.client(2);
    talk.ask(&mut line, &create("/e", EPHEMERAL));
    talk.carry_all();
    for _ in 0..10 {
        talk.pass(TIMEOUT / 2);
        talk.ask(&mut line, &Request::Ping(()));
        talk.pass(Duration::from_secs(1));
        talk.carry_all();
    }
    let agreed = |talk: &Talk, id: SessionId| talk.ensemble.agreed().unwrap().has_session(id);
    assert!(agreed(&talk, session.session_id));
    for _ in 0..3 {
        talk.pass(TIMEOUT / 2);
    }
    assert!(!agreed(&talk, session.session_id));
    assert!(talk.ensemble.member(0).unwrap().tree().contains("/e"), "it has not heard of it");
    talk.carry_all();
    talk.look(&mut line);
    assert!(line.closed);
    assert!(!talk.ensemble.member(0).unwrap().tree().contains("/e"));
    let mut again = talk.dial(0, Some(&session), Zxid(0));
    talk.carry_all();
    assert_eq!(talk.greeting(&mut again).unwrap().session_id, SessionId::NONE);
}

/// Found by the simulator: `--recipes double_barrier --seed 8005067`. The client stayed connected in
/// a session that was over.
#[test]
fn a_session_that_ends_while_it_is_taken_up_takes_the_new_connection_along() {
    let mut talk = Talk::of(3);
    let (_, session) = talk.client(2);
    let mut again = talk.dial(1, Some(&session), Zxid(0));
    // The leader says that it lives, and then ends it; the member hears of the end first.
    talk.carry(|message| message.to() == 0);
    assert!(talk.ensemble.expire_session(talk.now, session.session_id));
    talk.carry(|message| message.transaction().is_some());
    talk.carry_all();
    talk.look(&mut again);
    assert!(again.closed);
    assert_eq!(talk.greeting(&mut again), None);
}

/// Found by the simulator: `--seed 139197 --workload ensemble`.
#[test]
fn a_session_is_heard_of_also_while_what_it_asks_stands_behind_a_write() {
    let mut talk = Talk::of(3);
    let (mut line, session) = talk.client(2);
    talk.ask(&mut line, &create("/a", PERSISTENT));
    for _ in 0..10 {
        talk.pass(TIMEOUT / 2);
        talk.ask(&mut line, &Request::Ping(()));
        talk.pass(Duration::from_secs(1));
        talk.carry(|message| message.to() != 2 || message.may_overtake());
    }
    assert!(talk.ensemble.agreed().unwrap().has_session(session.session_id));
    assert_eq!(talk.reply(&mut line), None, "the member lags");
}

#[test]
fn a_closed_session_takes_its_ephemerals_along_and_is_answered() {
    let mut talk = Talk::of(3);
    let (mut line, _) = talk.client(1);
    talk.ask(&mut line, &create("/e", EPHEMERAL));
    talk.ask(&mut line, &Request::CloseSession(()));
    talk.carry_all();
    assert_eq!(talk.reply(&mut line).unwrap().err, ErrorCode::Ok);
    assert_eq!(talk.reply(&mut line).unwrap().err, ErrorCode::Ok);
    assert!(line.closed);
    assert!(!talk.ensemble.member(2).unwrap().tree().contains("/e"));
}

#[test]
fn what_was_under_way_to_a_lost_leader_is_void_and_the_next_counts_in_its_own_epoch() {
    let mut talk = Talk::of(3);
    let (mut line, session) = talk.client(1);
    talk.ask(&mut line, &create("/lost", PERSISTENT));
    while talk.ensemble.poll_message().is_some() {}
    talk.ensemble.cut(talk.now, 0, false);
    talk.look(&mut line);
    assert!(line.closed);
    assert_eq!(talk.ensemble.leader(), None);
    let mut early = talk.dial(1, Some(&session), Zxid(0));
    assert_eq!((talk.greeting(&mut early), early.closed), (None, true));
    assert!(!talk.ensemble.elect(talk.now, 0), "it is cut off");
    assert!(talk.ensemble.elect(talk.now, 2));
    let mut line = talk.dial(1, Some(&session), Zxid(0));
    talk.carry_all();
    assert_eq!(talk.greeting(&mut line).unwrap().session_id, session.session_id);
    talk.ask(&mut line, &exists("/lost"));
    assert_eq!(talk.reply(&mut line).unwrap().err, ErrorCode::NoNode);
    talk.ask(&mut line, &create("/kept", PERSISTENT));
    talk.carry_all();
    assert_eq!(talk.reply(&mut line).unwrap().zxid, Zxid((2 << 32) + 1));
    talk.ensemble.join(talk.now, 0);
    assert!(talk.ensemble.member(0).unwrap().tree().contains("/kept"));
}

#[test]
fn a_minority_reads_only_if_it_may_and_joins_with_all_that_it_missed() {
    let mut talk = Talk::of(3);
    let (mut line, _) = talk.client(1);
    talk.ensemble.cut(talk.now, 2, true);
    assert!(talk.ensemble.member(2).unwrap().is_read_only());
    assert_eq!(talk.ensemble.leader(), Some(0));
    talk.ask(&mut line, &create("/a", PERSISTENT));
    talk.carry_all();
    assert!(!talk.ensemble.member(2).unwrap().tree().contains("/a"));
    talk.ensemble.join(talk.now, 2);
    assert!(!talk.ensemble.member(2).unwrap().is_read_only());
    assert!(talk.ensemble.member(2).unwrap().tree().contains("/a"));
}

#[test]
fn without_a_quorum_nobody_leads() {
    let mut talk = Talk::of(3);
    talk.ensemble.cut(talk.now, 1, false);
    assert_eq!(talk.ensemble.leader(), Some(0));
    talk.ensemble.cut(talk.now, 2, false);
    assert_eq!(talk.ensemble.leader(), None);
    assert!(!talk.ensemble.elect(talk.now, 0));
    talk.ensemble.join(talk.now, 1);
    assert!(talk.ensemble.elect(talk.now, 0));
    let (mut line, _) = talk.client(1);
    talk.ask(&mut line, &create("/a", PERSISTENT));
    talk.carry_all();
    assert_eq!(talk.reply(&mut line).unwrap().err, ErrorCode::Ok);
}

#[test]
fn one_member_stands_alone_and_keeps_its_history() {
    let mut talk = Talk::of(1);
    let (mut line, _) = talk.client(0);
    talk.ask(&mut line, &create("/a", PERSISTENT));
    assert_eq!(talk.reply(&mut line).unwrap().zxid, Zxid(2));
    assert_eq!(talk.ensemble.history().len(), 2);
    talk.ensemble.cut(talk.now, 0, false);
    talk.look(&mut line);
    assert!(line.closed);
    talk.ensemble.join(talk.now, 0);
    let (mut line, _) = talk.client(0);
    talk.ask(&mut line, &exists("/a"));
    assert_eq!(talk.reply(&mut line).unwrap().err, ErrorCode::Ok);
}

#[test]
fn a_member_closes_a_connection_that_its_client_has_left_without_a_word() {
    let mut talk = Talk::of(3);
    let (mut left, session) = talk.client(1);
    talk.pass(TIMEOUT / 2);
    let mut taken_up = talk.dial(2, Some(&session), Zxid(0));
    talk.carry_all();
    assert_eq!(talk.greeting(&mut taken_up).unwrap().session_id, session.session_id);
    // Connections are looked at every ten seconds.
    talk.pass(TIMEOUT * 3 / 2 - TIMEOUT / 100);
    talk.look(&mut left);
    assert!(!left.closed);
    talk.ask(&mut taken_up, &exists("/"));
    talk.pass(TIMEOUT / 50);
    talk.look(&mut left);
    talk.look(&mut taken_up);
    assert_eq!((left.closed, taken_up.closed), (true, false));
}
