//! Attempts, handshakes, restoring, and servers that misbehave while at it.

use std::time::Duration;

use zookit_proto::types::EventType;
use zookit_proto::{ErrorCode, OpCode, Reply, Request, SessionId, Xid, Zxid, frame};
use zookit_session::{
    Effect, Endpoint, Loss, NotSent, Outcome, Reason, SilentClose, State, WatchEnd, WatchKind,
    WatchNotice,
};

use crate::talk::{SESSION, TIMEOUT, Talk, config, data, get, is_answered, stat};

#[test]
fn a_new_session_is_asked_for_and_granted() {
    let mut talk = Talk::new();
    assert_eq!(talk.dials(), Endpoint::new("a", 1));
    let request = talk.connects(SessionId::NONE);
    assert_eq!(request.last_zxid_seen, Zxid(0));
    assert_eq!(request.timeout_ms, 9000);
    assert_eq!(request.read_only, Some(false));
    assert!(talk.frame().is_none(), "nothing may follow a handshake before its answer");
    talk.grant(SESSION);
    assert_eq!(talk.says_state(), State::Connected);
    assert_eq!(talk.session.session_id(), SESSION);
    assert_eq!(talk.session.timeout(), TIMEOUT);
    assert_eq!(talk.changes[0].reason, Reason::NewSession);
}

#[test]
fn what_is_asked_before_the_first_connection_waits_for_it() {
    let mut talk = Talk::new();
    let (read, write) = (talk.get("/a"), talk.set("/a"));
    talk.dials();
    talk.connects(SessionId::NONE);
    talk.sends_nothing();
    talk.grant(SESSION);
    let first = talk.sends(&get("/a", false));
    let second = talk.sends_op(OpCode::SetData);
    assert_eq!((first, second), (Xid(1), Xid(2)));
    talk.forget();
    talk.reply(first, 5, &data());
    talk.reply(second, 6, &stat());
    assert!(is_answered(&talk.says_done(read), 5));
    assert!(is_answered(&talk.says_done(write), 6));
}

#[test]
fn the_handshake_may_come_in_single_bytes() {
    let mut talk = Talk::new();
    talk.dials();
    talk.connects(SessionId::NONE);
    let response = zookit_proto::connect::ConnectResponse {
        protocol_version: 0,
        timeout_ms: 4000,
        session_id: SESSION,
        password: None,
        read_only: None,
    };
    for byte in frame::around(&response) {
        talk.says_nothing();
        talk.deliver(&[byte]);
    }
    assert_eq!(talk.says_state(), State::Connected);
    assert_eq!(talk.session.timeout(), Duration::from_secs(4));
}

#[test]
fn a_lost_session_is_taken_up_again_with_the_newest_zxid() {
    let mut talk = Talk::connected();
    let ticket = talk.get("/a");
    let xid = talk.sends_op(OpCode::GetData);
    talk.reply(xid, 77, &data());
    talk.says_done(ticket);
    talk.fin();
    assert_eq!(talk.says_state(), State::Suspended);
    assert_eq!(talk.changes.last().unwrap().reason, Reason::Lost(Loss::Fin));
    talk.dials();
    let request = talk.connects(SESSION);
    assert_eq!(request.last_zxid_seen, Zxid(77));
    talk.grant(SESSION);
    assert_eq!(talk.says_state(), State::Connected);
    assert_eq!(talk.changes.last().unwrap().reason, Reason::Resumed);
}

#[test]
fn an_event_counts_as_seen_but_watches_are_set_again_from_the_last_reply() {
    let mut talk = Talk::connected();
    talk.watch(1, WatchKind::Data, "/a");
    talk.watch(2, WatchKind::Data, "/b");
    for zxid in [3, 4] {
        let xid = talk.sends_op(OpCode::GetData);
        talk.reply(xid, zxid, &data());
    }
    talk.forget();
    // One transaction changed both; the connection is lost between its two events.
    talk.notify(EventType::NodeDataChanged, "/a", 9);
    talk.says_event(1, EventType::NodeDataChanged, "/a");
    talk.fin();
    talk.dials();
    assert_eq!(talk.connects(SESSION).last_zxid_seen, Zxid(9), "never to a server behind this");
    talk.grant(SESSION);
    let (_, Request::SetWatches(request)) = talk.sends_any() else { panic!("no setWatches") };
    assert_eq!(request.relative_zxid, Zxid(4), "or the other event would be lost");
    assert_eq!(request.data_watches, ["/b"]);
}

#[test]
fn a_restore_cut_between_two_batches_forgets_no_change() {
    let mut config = config(1);
    config.limits.watch_batch_bytes = 1;
    let mut talk = Talk::connected_with(config);
    for (number, path) in [(1, "/a"), (2, "/b")] {
        talk.watch(number, WatchKind::Data, path);
        let xid = talk.sends_op(OpCode::GetData);
        talk.reply(xid, 4, &data());
    }
    talk.fin();
    talk.dials();
    talk.connects(SESSION);
    talk.grant(SESSION);
    let first = talk.sends_op(OpCode::SetWatches);
    talk.sends_op(OpCode::SetWatches);
    talk.ok(first, 20);
    talk.fin();
    talk.dials();
    talk.connects(SESSION);
    talk.grant(SESSION);
    for _ in 0..2 {
        let (_, Request::SetWatches(request)) = talk.sends_any() else { panic!("no setWatches") };
        assert_eq!(request.relative_zxid, Zxid(4), "the second batch was never answered");
    }
}

#[test]
fn credentials_and_watches_are_restored_before_anything_else() {
    let mut talk = Talk::connected();
    let auth = talk.add_auth("digest", "u:p");
    let xid = talk.sends_op(OpCode::Auth);
    assert_eq!(xid, Xid::AUTH);
    talk.ok(Xid::AUTH, 0);
    assert!(matches!(talk.says_done(auth), Outcome::Answered { .. }));
    talk.watch(1, WatchKind::Persistent, "/p");
    let xid = talk.sends_op(OpCode::AddWatch);
    talk.ok(xid, 3);
    talk.watch(2, WatchKind::Children, "/c");
    let xid = talk.sends_op(OpCode::GetChildren2);
    talk.ok(xid, 4);
    talk.forget();
    talk.fin();
    let waiting = talk.get("/x");
    talk.dials();
    talk.connects(SESSION);
    talk.grant(SESSION);
    assert_eq!(talk.says_state(), State::Suspended);
    assert_eq!(talk.sends_op(OpCode::Auth), Xid::AUTH);
    let one_shots = talk.sends_op(OpCode::SetWatches);
    let persistent = talk.sends_op(OpCode::SetWatches2);
    talk.sends_nothing();
    talk.ok(Xid::AUTH, 0);
    talk.ok(one_shots, 9);
    talk.says_nothing();
    talk.ok(persistent, 10);
    assert_eq!(talk.says_state(), State::Connected);
    assert_eq!(talk.changes.last().unwrap().watches_restored, 2);
    assert_eq!(
        talk.says_notice(1),
        WatchNotice::Gap { after: Zxid(4), until: Zxid(10) },
        "and the gap comes before any later event"
    );
    let xid = talk.sends_op(OpCode::GetData);
    talk.reply(xid, 11, &data());
    assert!(is_answered(&talk.says_done(waiting), 11));
}

#[test]
fn what_a_server_refuses_to_restore_is_over_and_is_not_asked_of_it_again() {
    let mut talk = Talk::connected();
    talk.watch(1, WatchKind::Persistent, "/p");
    let xid = talk.sends_op(OpCode::AddWatch);
    talk.ok(xid, 3);
    talk.watch(2, WatchKind::Data, "/d");
    let xid = talk.sends_op(OpCode::GetData);
    talk.reply(xid, 4, &data());
    talk.fin();
    talk.dials();
    talk.connects(SESSION);
    talk.grant(SESSION);
    let one_shots = talk.sends_op(OpCode::SetWatches);
    let persistent = talk.sends_op(OpCode::SetWatches2);
    talk.ok(one_shots, 9);
    talk.forget();
    talk.refuse(persistent, -1, ErrorCode::Unimplemented);
    let refused = WatchEnd::RestoreRefused(ErrorCode::Unimplemented);
    assert_eq!(talk.says_notice(1), WatchNotice::Ended(refused));
    assert_eq!(talk.says_state(), State::Connected);
    talk.fin();
    talk.dials();
    talk.connects(SESSION);
    talk.grant(SESSION);
    let one_shots = talk.sends_op(OpCode::SetWatches);
    talk.ok(one_shots, 9);
    talk.sends_nothing();
}

#[test]
fn an_operation_the_server_does_not_know_is_not_sent_to_it_twice() {
    let mut talk = Talk::connected();
    let first = talk.watch(1, WatchKind::Persistent, "/p");
    let xid = talk.sends_op(OpCode::AddWatch);
    talk.refuse(xid, -1, ErrorCode::Unimplemented);
    assert!(matches!(
        talk.says_done(first),
        Outcome::Refused { code: ErrorCode::Unimplemented, .. }
    ));
    talk.fin();
    talk.dials();
    talk.connects(SESSION);
    talk.grant(SESSION);
    talk.forget();
    let second = talk.watch(2, WatchKind::Persistent, "/p");
    talk.sends_nothing();
    let reason = NotSent::Unsupported(OpCode::AddWatch);
    assert_eq!(talk.says_done(second), Outcome::NotSent(reason));
}

#[test]
fn an_operation_that_is_only_switched_off_may_be_asked_again() {
    let mut talk = Talk::connected();
    for _ in 0..2 {
        let ticket = talk.set("/ttl");
        let xid = talk.sends_op(OpCode::SetData);
        talk.refuse(xid, 8, ErrorCode::Unimplemented);
        assert!(matches!(talk.says_done(ticket), Outcome::Refused { .. }));
    }
}

#[test]
fn refused_credentials_end_the_handle() {
    let mut talk = Talk::connected();
    let read = talk.get("/a");
    talk.sends_op(OpCode::GetData);
    let auth = talk.add_auth("nonsense", "x");
    talk.sends_op(OpCode::Auth);
    talk.refuse(Xid::AUTH, 0, ErrorCode::AuthFailed);
    assert!(matches!(talk.says_done(auth), Outcome::Refused { code: ErrorCode::AuthFailed, .. }));
    assert_eq!(talk.says_state(), State::AuthFailed);
    assert!(matches!(talk.says_done(read), Outcome::NoReply(_)));
    let later = talk.get("/a");
    assert_eq!(talk.says_done(later), Outcome::NotSent(NotSent::AuthFailed));
    assert_eq!(talk.session.poll_timeout(), None);
}

#[test]
fn each_server_is_tried_at_once_and_then_waits_grow() {
    let mut talk = Talk::with(config(3));
    let mut tried = Vec::new();
    for _ in 0..3 {
        tried.push(talk.dials_only());
        assert_eq!(talk.now, zookit_session::Time::ZERO);
        talk.dial_fails();
    }
    tried.sort();
    assert_eq!(tried.iter().map(|e| e.port).collect::<Vec<_>>(), [1, 2, 3]);
    let mut attempts = 0;
    let start = talk.now;
    while talk.now.since(start) < Duration::from_secs(60) {
        talk.dials_only();
        talk.dial_fails();
        attempts += 1;
    }
    assert!((20..400).contains(&attempts), "{attempts} attempts in a minute");
}

#[test]
fn a_dial_that_takes_too_long_is_given_up() {
    let mut talk = Talk::with(config(3));
    talk.dials_only();
    talk.wait(TIMEOUT / 3);
    assert_eq!(talk.effects.pop_front(), Some(Effect::Hangup));
    assert!(matches!(talk.effects.pop_front(), Some(Effect::Dial { .. })));
}

#[test]
fn a_handshake_that_is_never_answered_is_given_up() {
    let mut talk = Talk::with(config(3));
    talk.dials();
    talk.connects(SessionId::NONE);
    // A trickle does not prolong it.
    talk.wait(TIMEOUT / 6);
    talk.deliver(&[0]);
    talk.wait(TIMEOUT / 6);
    assert_eq!(talk.effects.pop_front(), Some(Effect::Hangup));
}

#[test]
fn a_handshake_that_is_nonsense_is_no_hot_loop() {
    let mut talk = Talk::new();
    let start = talk.now;
    let mut attempts = 0;
    while talk.now.since(start) < Duration::from_secs(60) {
        talk.dials();
        talk.deliver(&[0, 0, 0, 2, 9, 9]);
        attempts += 1;
    }
    assert!(attempts < 400, "{attempts} attempts in a minute");
    talk.says_nothing();
}

#[test]
fn the_session_0_is_none_and_no_hot_loop() {
    let mut talk = Talk::new();
    let start = talk.now;
    let mut attempts = 0;
    while talk.now.since(start) < Duration::from_secs(60) {
        talk.dials();
        talk.grant(SessionId::NONE);
        attempts += 1;
    }
    assert!(attempts < 400, "{attempts} attempts in a minute");
    talk.says_nothing();
}

#[test]
fn a_timeout_of_a_millisecond_does_not_set_the_pace() {
    let mut talk = Talk::new();
    let start = talk.now;
    let mut sessions = 0;
    while talk.now.since(start) < Duration::from_secs(60) {
        talk.dials();
        talk.grant_with(SESSION, Duration::from_millis(1), false);
        talk.wait(Duration::from_millis(2));
        sessions += 1;
    }
    assert!(sessions < 60 * 25, "{sessions} sessions in a minute");
}

#[test]
fn servers_that_close_without_a_word_are_asked_why() {
    let mut config = config(1);
    config.resume = Some(zookit_session::Identity {
        session: SESSION,
        password: zookit_proto::types::Password::zeros(),
        timeout: TIMEOUT,
        zxid: Zxid(0x50),
    });
    let mut talk = Talk::with(config);
    for _ in 0..3 {
        talk.dials();
        talk.connects(SESSION);
        talk.fin();
    }
    let probe = talk.effects.iter().find(|effect| matches!(effect, Effect::Probe { .. }));
    assert!(matches!(probe, Some(Effect::Probe { word: b"srvr", .. })));
    let answer = "Zookeeper version: 3.9.5\nZxid: 0x46\nMode: standalone\n";
    talk.session.handle_probed(talk.now, &Endpoint::new("a", 1), b"srvr", Some(answer.into()));
    talk.collect();
    let cause = SilentClose::BehindClient { ours: Zxid(0x50), theirs: Zxid(0x46) };
    assert_eq!(talk.diagnoses[0].cause, cause);
}

/// Why it was silent, and whether it takes writes: both are asked of one server at a time.
#[test]
fn an_answer_is_taken_for_that_of_its_own_word() {
    let mut config = config(2);
    config.read_only = true;
    let mut talk = Talk::with(config);
    for _ in 0..3 {
        talk.dials();
        talk.connects(SessionId::NONE);
        talk.fin();
    }
    let asked = |effect: &Effect| match effect {
        Effect::Probe { endpoint, word, .. } => Some((endpoint.clone(), *word)),
        _ => None,
    };
    let (silent, word) = talk.effects.iter().find_map(asked).unwrap();
    assert_eq!(word, b"srvr");
    talk.effects.retain(|effect| asked(effect).is_none());
    assert_ne!(talk.dials(), silent);
    talk.connects(SessionId::NONE);
    talk.grant_with(SESSION, TIMEOUT, true);
    talk.wait(Duration::from_millis(100));
    assert_eq!(talk.effects.iter().find_map(asked), Some((silent.clone(), b"isro")));
    // The second question is answered first.
    talk.session.handle_probed(talk.now, &silent, b"isro", Some("ro".into()));
    talk.collect();
    assert!(talk.diagnoses.is_empty(), "{:?}", talk.diagnoses);
    talk.session.handle_probed(talk.now, &silent, b"srvr", None);
    talk.collect();
    assert_eq!(talk.diagnoses.len(), 1);
    // The search goes on at its own pace: the first answer has been taken as one.
    talk.effects.clear();
    talk.wait(Duration::from_millis(100));
    assert!(talk.effects.iter().find_map(asked).is_some(), "{:?}", talk.effects);
}

#[test]
fn a_server_that_leaves_the_list_is_left_when_it_has_answered() {
    let mut talk = Talk::connected();
    let read = talk.get("/a");
    let xid = talk.sends_op(OpCode::GetData);
    talk.session.update_servers(talk.now, vec![Endpoint::new("z", 26)]);
    let later = talk.get("/b");
    talk.sends_nothing();
    talk.reply(xid, 5, &data());
    assert!(is_answered(&talk.says_done(read), 5));
    assert_eq!(talk.says_state(), State::Suspended);
    assert_eq!(talk.changes.last().unwrap().reason, Reason::Lost(Loss::Moved));
    assert_eq!(talk.dials(), Endpoint::new("z", 26));
    talk.connects(SESSION);
    talk.grant(SESSION);
    assert_eq!(talk.says_state(), State::Connected);
    let xid = talk.sends_op(OpCode::GetData);
    talk.reply(xid, 6, &data());
    assert!(is_answered(&talk.says_done(later), 6));
}

#[test]
fn a_move_does_not_wait_for_ever() {
    let mut talk = Talk::connected();
    let write = talk.set("/a");
    talk.sends_op(OpCode::SetData);
    talk.session.update_servers(talk.now, vec![Endpoint::new("z", 26)]);
    talk.wait(Duration::from_secs(2));
    assert_eq!(talk.says_state(), State::Suspended);
    let lost = zookit_session::NoReply::Lost(Loss::Moved);
    assert_eq!(talk.says_done(write), Outcome::NoReply(lost));
}

#[test]
fn no_servers_is_a_wait_for_servers() {
    let mut talk = Talk::with(config(0));
    assert!(talk.effects.is_empty());
    talk.session.update_servers(talk.now, vec![Endpoint::new("z", 26)]);
    assert_eq!(talk.dials(), Endpoint::new("z", 26));
}

#[test]
fn a_reply_record_is_not_needed_for_a_header_alone() {
    let mut talk = Talk::connected();
    let ticket = talk
        .submit(&Request::Sync(zookit_proto::ops::sync::SyncRequest { path: "/".into() }), None);
    let xid = talk.sends_op(OpCode::Sync);
    talk.reply(xid, 3, &Reply::Sync(zookit_proto::ops::sync::SyncReply { path: "/".into() }));
    assert!(is_answered(&talk.says_done(ticket), 3));
}

#[test]
fn a_server_that_answers_pings_and_no_restore_is_left() {
    let mut talk = Talk::connected();
    talk.watch(1, WatchKind::Data, "/a");
    let xid = talk.sends_op(OpCode::GetData);
    talk.reply(xid, 3, &data());
    talk.fin();
    talk.dials();
    talk.connects(SESSION);
    talk.grant(SESSION);
    talk.sends_op(OpCode::SetWatches);
    let since = talk.now;
    while talk.effects.is_empty() {
        assert!(talk.now.since(since) <= TIMEOUT, "it is kept");
        talk.wait(Duration::from_secs(1));
        if talk.effects.is_empty() {
            talk.ok(Xid::PING, 3);
        }
    }
    assert_eq!(talk.effects.pop_front(), Some(Effect::Hangup));
}

#[test]
fn a_long_handshake_is_not_waited_for() {
    let mut talk = Talk::new();
    talk.dials();
    talk.connects(SessionId::NONE);
    talk.deliver(&[0, 2, 0, 0, 0, 0, 0, 0]);
    assert_eq!(talk.effects.pop_front(), Some(Effect::Hangup));
}
