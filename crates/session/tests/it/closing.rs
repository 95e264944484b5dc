//! Closing: behind everything, on as many connections as its bound allows.

use std::time::Duration;

use zookit_proto::{ErrorCode, OpCode, SessionId};
use zookit_session::{
    NoReply, NotSent, OnExpiry, Outcome, State, WatchEnd, WatchKind, WatchNotice,
};

use crate::talk::{SESSION, Talk, config, data, is_answered, stat};

#[test]
fn closing_comes_behind_everything_submitted_before() {
    let mut talk = Talk::connected();
    let write = talk.set("/a");
    let close = talk.close();
    let late = talk.get("/a");
    assert_eq!(talk.says_done(late), Outcome::NotSent(NotSent::Closed));
    let first = talk.sends_op(OpCode::SetData);
    let second = talk.sends_op(OpCode::CloseSession);
    talk.reply(first, 5, &stat());
    assert!(is_answered(&talk.says_done(write), 5));
    talk.ok(second, 6);
    assert_eq!(talk.says_state(), State::Closed);
    assert!(is_answered(&talk.says_done(close), 6));
    assert_eq!(talk.session.poll_timeout(), None);
}

#[test]
fn without_a_session_there_is_nothing_to_close() {
    let mut talk = Talk::new();
    let read = talk.get("/a");
    let close = talk.close();
    assert_eq!(talk.says_state(), State::Closed);
    assert_eq!(talk.says_done(read), Outcome::NotSent(NotSent::Closed));
    assert!(matches!(talk.says_done(close), Outcome::Answered { .. }));
    let again = talk.close();
    assert!(matches!(talk.says_done(again), Outcome::Answered { .. }));
}

#[test]
fn a_lost_close_is_sent_again_and_expired_is_success() {
    let mut talk = Talk::connected();
    let close = talk.close();
    talk.sends_op(OpCode::CloseSession);
    talk.fin();
    assert_eq!(talk.says_state(), State::Suspended);
    talk.dials();
    talk.connects(SESSION);
    talk.grant(SESSION);
    assert_eq!(talk.says_state(), State::Connected);
    talk.sends_op(OpCode::CloseSession);
    talk.fin();
    talk.dials();
    talk.connects(SESSION);
    talk.refuse_session();
    talk.collect();
    assert_eq!(talk.session.state(), State::Closed);
    let last = talk.heard.pop_back().unwrap();
    assert!(matches!(
        last,
        crate::talk::Heard::Done(ticket, Outcome::Answered { .. }) if ticket == close
    ));
}

#[test]
fn closing_does_not_wait_for_ever() {
    let mut talk = Talk::connected();
    let write = talk.set("/a");
    talk.sends_op(OpCode::SetData);
    let close = talk.close();
    talk.wait(Duration::from_secs(5));
    assert_eq!(talk.says_state(), State::Closed);
    assert!(matches!(talk.says_done(write), Outcome::NoReply(NoReply::Lost(_))));
    assert_eq!(talk.says_done(close), Outcome::NoReply(NoReply::Deadline));
}

#[test]
fn closing_between_connections_hurries_the_next() {
    let mut talk = Talk::connected();
    talk.fin();
    talk.dials_only();
    talk.dial_fails();
    assert_eq!(talk.says_state(), State::Suspended);
    assert!(talk.effects.is_empty(), "waiting for its time");
    let now = talk.now;
    let close = talk.close();
    talk.dials();
    assert_eq!(talk.now, now);
    talk.connects(SESSION);
    talk.grant(SESSION);
    assert_eq!(talk.says_state(), State::Connected);
    let xid = talk.sends_op(OpCode::CloseSession);
    talk.ok(xid, 8);
    assert_eq!(talk.says_state(), State::Closed);
    assert!(is_answered(&talk.says_done(close), 8));
}

#[test]
fn a_session_being_buried_is_closed_by_its_burial() {
    let mut talk = Talk::connected();
    talk.fin();
    talk.dials_only();
    talk.wait(Duration::from_secs(12));
    assert_eq!(talk.session.state(), State::Connecting);
    let close = talk.close();
    talk.forget();
    talk.effects.drain(..talk.effects.len() - 1);
    talk.dials();
    talk.connects(SESSION);
    talk.grant(SESSION);
    let xid = talk.sends_op(OpCode::CloseSession);
    talk.ok(xid, 8);
    assert_eq!(talk.says_state(), State::Closed);
    assert!(matches!(talk.says_done(close), Outcome::Answered { .. }));
}

#[test]
fn watches_end_with_the_client() {
    let mut talk = Talk::connected();
    talk.watch(1, WatchKind::Data, "/a");
    let xid = talk.sends_op(OpCode::GetData);
    talk.reply(xid, 3, &data());
    talk.watch(2, WatchKind::Data, "/b");
    talk.forget();
    talk.close();
    talk.sends_op(OpCode::GetData);
    let xid = talk.sends_op(OpCode::CloseSession);
    // A server never answers what is behind a close; here it left something before it out.
    talk.ok(xid, 4);
    talk.collect();
    let ended = WatchNotice::Ended(WatchEnd::Closed);
    assert!(talk.session.state() != State::Closed, "the read's reply was due first");
    talk.wait(Duration::from_secs(5));
    assert!(talk.heard.contains(&crate::talk::Heard::Watch(zookit_session::WatcherId(1), ended)));
    assert_eq!(talk.session.watchers(), 0);
    assert_eq!(talk.session.session_id(), SessionId(SESSION.0));
}

#[test]
fn a_close_ends_also_when_the_handle_ends_with_its_session() {
    let mut config = config(1);
    config.on_expiry = OnExpiry::End;
    let mut talk = Talk::connected_with(config);
    let close = talk.close();
    talk.sends_op(OpCode::CloseSession);
    talk.fin();
    talk.dials();
    talk.connects(SESSION);
    talk.refuse_session();
    assert_eq!(talk.says_state(), State::Suspended);
    assert_eq!(talk.says_state(), State::Expired);
    assert_eq!(talk.says_state(), State::Closed);
    assert!(matches!(talk.says_done(close), Outcome::Answered { .. }));
}

#[test]
fn a_close_that_hears_of_the_expiry_has_succeeded() {
    let mut talk = Talk::connected();
    let close = talk.close();
    let xid = talk.sends_op(OpCode::CloseSession);
    talk.refuse(xid, 4, ErrorCode::SessionExpired);
    assert_eq!(talk.says_state(), State::Closed);
    assert!(matches!(talk.says_done(close), Outcome::Answered { .. }));
}

/// Found by chaos on real ensembles, seed 6002: a deposed leader denied the session of a client that
/// was closing, and it lived on.
#[test]
fn a_close_does_not_take_one_servers_word_for_the_end_of_the_session() {
    let mut talk = Talk::connected_with(config(3));
    let close = talk.close();
    talk.sends_op(OpCode::CloseSession);
    talk.fin();
    assert_eq!(talk.says_state(), State::Suspended);
    talk.dials();
    talk.connects(SESSION);
    talk.refuse_session();
    talk.says_nothing();
    talk.dials();
    talk.connects(SESSION);
    talk.grant(SESSION);
    assert_eq!(talk.says_state(), State::Connected);
    let closing = talk.sends_op(OpCode::CloseSession);
    talk.ok(closing, 6);
    assert_eq!(talk.says_state(), State::Closed);
    assert!(is_answered(&talk.says_done(close), 6));
}
