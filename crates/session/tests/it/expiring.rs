//! The three instants, generations, and burial.

use std::time::Duration;

use zookit_proto::{ErrorCode, OpCode, SessionId, Zxid};
use zookit_session::{
    Endpoint, Generation, NotSent, OnExpiry, Outcome, PresumedExpiry, Reason, State, WatchEnd,
    WatchKind, WatchNotice,
};

use crate::talk::{SESSION, TIMEOUT, Talk, config, data, is_answered};

const SECOND: SessionId = SessionId(0x0100_0000_0000_0002);

#[test]
fn a_session_is_trusted_from_the_sending_of_what_was_answered() {
    let mut talk = Talk::connected();
    let sent = talk.now;
    talk.get("/a");
    let xid = talk.sends_op(OpCode::GetData);
    talk.wait(Duration::from_secs(2));
    talk.reply(xid, 1, &data());
    let margin = TIMEOUT / 20;
    assert_eq!(talk.session.trusted_until(), Some(sent.after(TIMEOUT - margin)));
}

#[test]
fn the_margin_of_trust_is_at_least_50_ms() {
    let mut talk = Talk::with(config(1));
    talk.dials();
    talk.connects(SessionId::NONE);
    talk.grant_with(SESSION, Duration::from_millis(200), false);
    let until = talk.now.after(Duration::from_millis(150));
    assert_eq!(talk.session.trusted_until(), Some(until));
}

#[test]
fn idle_sessions_ping_every_third_of_the_timeout() {
    let mut talk = Talk::connected();
    for _ in 0..5 {
        talk.wait(TIMEOUT / 3);
        talk.pings();
        talk.ok(zookit_proto::Xid::PING, 5);
    }
    assert_eq!(talk.session.zxid(), Zxid(5));
    talk.says_nothing();
}

#[test]
fn a_silent_server_is_left_after_two_thirds_of_the_timeout() {
    let mut talk = Talk::connected();
    talk.wait(TIMEOUT * 2 / 3 - Duration::from_millis(1));
    talk.says_nothing();
    talk.wait(Duration::from_millis(1));
    assert_eq!(talk.says_state(), State::Suspended);
}

#[test]
fn a_trickle_of_bytes_does_not_pass_for_a_living_server() {
    let mut talk = Talk::connected();
    // The head of a frame of 1,000 bytes, then a byte a second.
    talk.deliver(&[0, 0, 3, 232]);
    for _ in 0..5 {
        talk.wait(Duration::from_secs(1));
        talk.deliver(&[0]);
    }
    talk.wait(Duration::from_secs(1));
    assert_eq!(talk.says_state(), State::Suspended);
}

#[test]
fn a_long_reply_that_makes_progress_keeps_the_connection() {
    let mut talk = Talk::connected();
    talk.get("/a");
    let xid = talk.sends_op(OpCode::GetData);
    let body = vec![0; 100_000];
    let frame = crate::talk::reply_frame(xid, 1, ErrorCode::Ok, &body);
    for chunk in frame.chunks(10_000) {
        talk.wait(Duration::from_secs(5));
        talk.deliver(chunk);
    }
    assert!(matches!(talk.says(), crate::talk::Heard::Done(..)));
}

#[test]
fn an_expiry_the_server_tells_of_begins_the_next_generation() {
    let mut talk = Talk::connected();
    talk.fin();
    assert_eq!(talk.says_state(), State::Suspended);
    let write = talk.set("/a");
    let read = talk.get("/a");
    talk.dials();
    talk.connects(SESSION);
    talk.refuse_session();
    assert_eq!(talk.says_state(), State::Expired);
    let expired = talk.changes.iter().find(|change| change.state == State::Expired).unwrap();
    assert_eq!((expired.generation, expired.session), (Generation(1), SESSION));
    assert_eq!(expired.not_sent, 1);
    assert_eq!(talk.says_done(write), Outcome::NotSent(NotSent::SessionLost));
    assert_eq!(talk.says_state(), State::Connecting);
    assert_eq!(talk.session.generation(), Generation(2));
    talk.dials();
    talk.connects(SessionId::NONE);
    talk.grant(SECOND);
    assert_eq!(talk.says_state(), State::Connected);
    let xid = talk.sends_op(OpCode::GetData);
    talk.reply(xid, 3, &data());
    assert!(is_answered(&talk.says_done(read), 3), "reads cross");
}

/// A session whose connection was lost, with three servers, and the server that denied it first.
fn denied_once() -> (Talk, Endpoint) {
    let mut talk = Talk::connected_with(config(3));
    talk.fin();
    assert_eq!(talk.says_state(), State::Suspended);
    let first = talk.dials();
    talk.connects(SESSION);
    talk.refuse_session();
    talk.says_nothing();
    (talk, first)
}

/// A leader that stood still and was deposed meanwhile tells of ends that nobody agreed on.
#[test]
fn a_session_that_one_server_denies_is_looked_for_at_another_at_once() {
    let (mut talk, first) = denied_once();
    let before = talk.now;
    assert_ne!(talk.dials(), first);
    assert_eq!(talk.now, before);
    talk.connects(SESSION);
    talk.grant(SESSION);
    assert_eq!(talk.says_state(), State::Connected);
    assert_eq!(talk.session.generation(), Generation(1));
}

#[test]
fn a_session_that_two_servers_deny_is_gone() {
    let (mut talk, _) = denied_once();
    talk.dials();
    talk.connects(SESSION);
    talk.refuse_session();
    assert_eq!(talk.says_state(), State::Expired);
    assert_eq!(talk.says_state(), State::Connecting);
    talk.dials();
    talk.connects(SessionId::NONE);
    talk.grant(SECOND);
    assert_eq!(talk.says_state(), State::Connected);
    // What was said of the former session says nothing of this one.
    talk.fin();
    assert_eq!(talk.says_state(), State::Suspended);
    talk.dials();
    talk.connects(SECOND);
    talk.refuse_session();
    talk.says_nothing();
}

#[test]
fn where_no_other_server_can_be_asked_the_same_is_believed_a_third_of_the_timeout_later() {
    let (mut talk, first) = denied_once();
    let denied = talk.now;
    loop {
        // The others cannot be reached.
        if talk.dials_only() != first {
            talk.dial_fails();
            continue;
        }
        talk.comes_up();
        talk.connects(SESSION);
        talk.refuse_session();
        if talk.session.state() != State::Suspended {
            break;
        }
        assert!(talk.now.since(denied) <= TIMEOUT / 3);
    }
    assert!(talk.now.since(denied) > TIMEOUT / 3);
    assert_eq!(talk.says_state(), State::Expired);
}

/// Found by chaos on real ensembles: seed 6002, with a leader that was paused.
#[test]
fn a_session_presumed_gone_that_one_server_denies_is_closed_at_another_before_the_next_opens() {
    let mut talk = Talk::connected_with(config(3));
    talk.fin();
    assert_eq!(talk.says_state(), State::Suspended);
    talk.wait(TIMEOUT * 4 / 3);
    assert_eq!(talk.says_state(), State::Expired);
    assert_eq!(talk.says_state(), State::Connecting);
    talk.dials();
    talk.connects(SESSION);
    talk.refuse_session();
    talk.says_nothing();
    talk.dials();
    talk.connects(SESSION);
    talk.grant(SESSION);
    let closing = talk.sends_op(OpCode::CloseSession);
    talk.ok(closing, 7);
    talk.dials();
    talk.connects(SessionId::NONE);
    talk.grant(SECOND);
    assert_eq!(talk.says_state(), State::Connected);
}

/// It may lag behind the transaction that began the session. Found by the simulator:
/// `--seed 723 --workload readonly`.
#[test]
fn a_read_only_server_that_does_not_know_the_session_proves_nothing() {
    let mut config = config(3);
    config.read_only = true;
    let mut talk = Talk::connected_with(config);
    talk.fin();
    assert_eq!(talk.says_state(), State::Suspended);
    talk.dials();
    talk.connects(SESSION);
    talk.refuse_session_with(true);
    talk.says_nothing();
    talk.dials();
    talk.connects(SESSION);
    talk.grant(SESSION);
    assert_eq!(talk.says_state(), State::Connected);
    assert_eq!(talk.session.generation(), Generation(1));
}

#[test]
fn the_zxid_seen_survives_expiry() {
    let mut talk = Talk::connected();
    talk.get("/a");
    let xid = talk.sends_op(OpCode::GetData);
    talk.reply(xid, 99, &data());
    talk.fin();
    talk.dials();
    talk.connects(SESSION);
    talk.refuse_session();
    talk.dials();
    assert_eq!(talk.connects(SessionId::NONE).last_zxid_seen, Zxid(99));
}

#[test]
fn a_pinned_request_never_reaches_another_session() {
    let mut talk = Talk::connected();
    talk.fin();
    talk.pinned = Some(Generation(1));
    let pinned = talk.get("/a");
    talk.dials();
    talk.connects(SESSION);
    talk.refuse_session();
    assert_eq!(talk.says_state(), State::Suspended);
    assert_eq!(talk.says_state(), State::Expired);
    assert_eq!(talk.says_done(pinned), Outcome::NotSent(NotSent::SessionLost));
    let late = talk.get("/a");
    talk.forget();
    assert_eq!(talk.session.queued(), 0, "{late:?}");
    talk.pinned = Some(Generation(2));
    let next = talk.get("/a");
    talk.dials();
    talk.connects(SessionId::NONE);
    talk.grant(SECOND);
    talk.forget();
    let xid = talk.sends_op(OpCode::GetData);
    talk.reply(xid, 1, &data());
    assert!(is_answered(&talk.says_done(next), 1));
}

#[test]
fn silence_of_four_thirds_of_the_timeout_is_expiry_reported_once() {
    let mut talk = Talk::connected();
    talk.fin();
    assert_eq!(talk.says_state(), State::Suspended);
    let write = talk.set("/a");
    let start = talk.now;
    while talk.now.since(start) < TIMEOUT * 4 {
        talk.dials_only();
        talk.dial_fails();
    }
    let heard: Vec<_> = talk.heard.drain(..).collect();
    let states = |state| heard.iter().filter(|h| **h == crate::talk::Heard::State(state)).count();
    assert_eq!(states(State::Expired), 1, "{heard:?}");
    assert_eq!(states(State::Connecting), 1);
    let not_sent = Outcome::NotSent(NotSent::SessionLost);
    assert!(heard.contains(&crate::talk::Heard::Done(write, not_sent)));
    let expired = talk.changes.iter().find(|change| change.state == State::Expired).unwrap();
    assert_eq!(expired.reason, Reason::PresumedExpired);
}

/// A session whose expiry was presumed, with a write waiting for the next one.
fn presumed_expired() -> Talk {
    let mut talk = Talk::connected();
    talk.fin();
    talk.dials_only();
    let wait = (TIMEOUT + TIMEOUT / 3).saturating_sub(talk.now.as_duration());
    talk.wait(wait);
    assert_eq!(talk.session.generation(), Generation(2));
    talk.forget();
    talk.effects.retain(|effect| matches!(effect, zookit_session::Effect::Dial { .. }));
    while talk.effects.len() > 1 {
        talk.effects.pop_front();
    }
    talk
}

#[test]
fn a_session_presumed_gone_that_still_lives_is_closed_before_the_next_opens() {
    let mut talk = presumed_expired();
    let write = talk.set("/a");
    talk.dials();
    talk.connects(SESSION);
    talk.grant(SESSION);
    let xid = talk.sends_op(OpCode::CloseSession);
    talk.sends_nothing();
    talk.ok(xid, 30);
    talk.says_nothing();
    talk.dials();
    talk.connects(SessionId::NONE);
    talk.grant(SECOND);
    assert_eq!(talk.says_state(), State::Connected);
    let xid = talk.sends_op(OpCode::SetData);
    talk.reply(xid, 31, &crate::talk::stat());
    assert!(is_answered(&talk.says_done(write), 31));
}

#[test]
fn a_session_presumed_gone_that_is_gone_needs_no_closing() {
    let mut talk = presumed_expired();
    talk.dials();
    talk.connects(SESSION);
    talk.refuse_session();
    talk.says_nothing();
    talk.dials();
    talk.connects(SessionId::NONE);
}

#[test]
fn a_burial_that_is_cut_is_begun_again() {
    let mut talk = presumed_expired();
    talk.dials();
    talk.connects(SESSION);
    talk.grant(SESSION);
    talk.sends_op(OpCode::CloseSession);
    talk.fin();
    talk.dials();
    talk.connects(SESSION);
    talk.refuse_session();
    talk.dials();
    talk.connects(SessionId::NONE);
}

#[test]
fn a_presumption_during_a_handshake_makes_it_the_burial() {
    let mut config = config(1);
    config.presumed_expiry = PresumedExpiry::After(Duration::from_secs(1));
    let mut talk = Talk::connected_with(config);
    talk.fin();
    talk.dials();
    talk.connects(SESSION);
    talk.wait(Duration::from_secs(1));
    assert_eq!(talk.says_state(), State::Suspended);
    assert_eq!(talk.says_state(), State::Expired);
    talk.grant(SESSION);
    talk.sends_op(OpCode::CloseSession);
}

#[test]
fn expiry_is_not_presumed_if_only_a_servers_word_counts() {
    let mut config = config(1);
    config.presumed_expiry = PresumedExpiry::Never;
    let mut talk = Talk::connected_with(config);
    talk.fin();
    assert_eq!(talk.says_state(), State::Suspended);
    let start = talk.now;
    while talk.now.since(start) < TIMEOUT * 10 {
        talk.dials_only();
        talk.dial_fails();
    }
    talk.says_nothing();
    talk.dials();
    talk.connects(SESSION);
}

#[test]
fn a_handle_may_end_with_its_session() {
    let mut config = config(1);
    config.on_expiry = OnExpiry::End;
    let mut talk = Talk::connected_with(config);
    talk.fin();
    let read = talk.get("/a");
    talk.dials();
    talk.connects(SESSION);
    talk.refuse_session();
    assert_eq!(talk.says_state(), State::Suspended);
    assert_eq!(talk.says_state(), State::Expired);
    assert_eq!(talk.says_state(), State::Closed);
    assert_eq!(talk.says_done(read), Outcome::NotSent(NotSent::Closed));
    assert_eq!(talk.session.poll_timeout(), None);
}

#[test]
fn one_shot_watches_end_with_their_session_and_persistent_ones_get_a_gap() {
    let mut talk = Talk::connected();
    talk.watch(1, WatchKind::Data, "/a");
    let xid = talk.sends_op(OpCode::GetData);
    talk.reply(xid, 3, &data());
    talk.watch(2, WatchKind::PersistentRecursive, "/p");
    let xid = talk.sends_op(OpCode::AddWatch);
    talk.ok(xid, 4);
    talk.forget();
    talk.fin();
    talk.dials();
    talk.connects(SESSION);
    talk.refuse_session();
    assert_eq!(talk.says_state(), State::Suspended);
    assert_eq!(talk.says_state(), State::Expired);
    assert_eq!(talk.says_notice(1), WatchNotice::Ended(WatchEnd::SessionLost));
    assert_eq!(talk.says_state(), State::Connecting);
    talk.dials();
    talk.connects(SessionId::NONE);
    talk.grant(SECOND);
    let xid = talk.sends_op(OpCode::SetWatches2);
    talk.ok(xid, 20);
    assert_eq!(talk.says_state(), State::Connected);
    let gap = WatchNotice::Gap { after: Zxid(4), until: Zxid(20) };
    assert_eq!(talk.says_notice(2), gap);
}

#[test]
fn a_server_that_grants_another_session_has_forgotten_the_one_asked_for() {
    let mut talk = Talk::connected();
    talk.fin();
    talk.dials();
    talk.connects(SESSION);
    talk.grant(SECOND);
    assert_eq!(talk.says_state(), State::Suspended);
    assert_eq!(talk.says_state(), State::Expired);
    assert_eq!(talk.says_state(), State::Connecting);
    assert_eq!(talk.says_state(), State::Connected);
    assert_eq!(talk.session.session_id(), SECOND);
}

#[test]
fn an_exported_session_is_taken_up_with_its_zxid() {
    let talk = Talk::connected();
    let identity = talk.session.identity().unwrap();
    assert!(!format!("{identity:?}").contains("password-16-byte"), "{identity:?}");
    let mut config = config(1);
    config.resume = Some(identity);
    let mut talk = Talk::with(config);
    talk.dials();
    talk.connects(SESSION);
    talk.grant(SESSION);
    assert_eq!(talk.says_state(), State::Connected);
    assert_eq!(talk.changes[0].reason, Reason::Resumed);
}

#[test]
fn an_idle_connection_is_no_silence_however_short_the_patience() {
    let mut config = config(1);
    config.presumed_expiry = PresumedExpiry::After(Duration::from_secs(1));
    let mut talk = Talk::connected_with(config);
    talk.wait(Duration::from_secs(2));
    talk.says_nothing();
    talk.fin();
    talk.dials_only();
    talk.wait(Duration::ZERO);
    assert_eq!(talk.says_state(), State::Suspended);
    assert_eq!(talk.says_state(), State::Expired);
}

#[test]
fn a_restore_is_never_overtaken_by_a_presumption() {
    let mut config = config(1);
    config.presumed_expiry = PresumedExpiry::After(Duration::from_secs(1));
    let mut talk = Talk::connected_with(config);
    talk.watch(1, WatchKind::Data, "/a");
    let xid = talk.sends_op(OpCode::GetData);
    talk.reply(xid, 3, &data());
    talk.fin();
    talk.dials();
    talk.connects(SESSION);
    talk.grant(SESSION);
    let xid = talk.sends_op(OpCode::SetWatches);
    talk.forget();
    talk.wait(Duration::from_secs(2));
    talk.says_nothing();
    talk.ok(xid, 4);
    assert_eq!(talk.says_state(), State::Connected);
    assert_eq!(talk.session.session_id(), SESSION);
}

#[test]
fn a_server_that_will_not_close_the_presumed_dead_buries_nobody() {
    let mut talk = presumed_expired();
    talk.dials();
    talk.connects(SESSION);
    talk.grant_with(SESSION, TIMEOUT, true);
    let xid = talk.sends_op(OpCode::CloseSession);
    talk.refuse(xid, 30, ErrorCode::NotReadOnly);
    talk.dials();
    talk.connects(SESSION);
    talk.grant(SESSION);
    let xid = talk.sends_op(OpCode::CloseSession);
    talk.refuse(xid, 30, ErrorCode::SessionExpired);
    talk.dials();
    talk.connects(SessionId::NONE);
}

#[test]
fn nonsense_in_handshakes_does_not_pass_for_a_living_session() {
    let mut talk = Talk::connected();
    talk.fin();
    while talk.session.state() != State::Expired && talk.session.generation() == Generation(1) {
        assert!(talk.now.as_duration() < TIMEOUT * 2, "never presumed gone");
        talk.dials();
        talk.deliver(&[0, 0, 0, 2, 9, 9]);
    }
    let expired = talk.changes.iter().find(|change| change.state == State::Expired).unwrap();
    assert_eq!(expired.reason, Reason::PresumedExpired);
}
