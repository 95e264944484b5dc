//! The queue, the window, deadlines, and replies that cannot be read.

use std::time::Duration;

use zookit_proto::ops::get_data::GetDataRequest;
use zookit_proto::{ErrorCode, OpCode, Reply, Xid, frame};
use zookit_session::{
    Loss, NoReply, NotSent, Outcome, State, Submission, Ticket, Unreadable, WatchKind,
    WatchRequest, WatcherId,
};

use crate::talk::{SESSION, Talk, config, data, get, is_answered, reply_frame, stat};

#[test]
fn a_refusal_is_a_refusal_whatever_its_body() {
    let mut talk = Talk::connected();
    let ticket = talk.get("/a");
    let xid = talk.sends_op(OpCode::GetData);
    talk.deliver(&reply_frame(xid, 4, ErrorCode::NoNode, b"ignored"));
    let Outcome::Refused { code, .. } = talk.says_done(ticket) else { panic!("not refused") };
    assert_eq!(code, ErrorCode::NoNode);
}

#[test]
fn a_code_nobody_knows_is_a_refusal_that_keeps_its_number() {
    let mut talk = Talk::connected();
    let ticket = talk.set("/a");
    let xid = talk.sends_op(OpCode::SetData);
    talk.refuse(xid, 4, ErrorCode::Unknown(-999));
    let Outcome::Refused { code, .. } = talk.says_done(ticket) else { panic!("not refused") };
    assert_eq!(code.number(), -999);
}

#[test]
fn a_server_that_does_not_know_gives_no_reply() {
    let mut talk = Talk::connected();
    for code in [
        ErrorCode::SystemError,
        ErrorCode::ConnectionLoss,
        ErrorCode::OperationTimeout,
        ErrorCode::RequestTimeout,
    ] {
        let ticket = talk.set("/a");
        let xid = talk.sends_op(OpCode::SetData);
        talk.refuse(xid, 4, code);
        let unsure = NoReply::ServerUnsure(code);
        assert_eq!(talk.says_done(ticket), Outcome::NoReply(unsure));
    }
}

#[test]
fn a_write_behind_a_lost_write_is_not_sent() {
    let mut config = config(1);
    config.limits.window_requests = 1;
    let mut talk = Talk::connected_with(config);
    let lost = talk.set("/1");
    let (read, behind) = (talk.get("/2"), talk.set("/3"));
    talk.sends_op(OpCode::SetData);
    talk.sends_nothing();
    talk.fin();
    assert_eq!(talk.says_state(), State::Suspended);
    let change = talk.changes.last().unwrap();
    assert_eq!((change.not_sent, change.no_reply), (1, 1));
    assert_eq!(talk.says_done(lost), Outcome::NoReply(NoReply::Lost(Loss::Fin)));
    assert_eq!(talk.says_done(behind), Outcome::NotSent(NotSent::BehindLostWrite));
    let later = talk.set("/4");
    talk.dials();
    talk.connects(SESSION);
    talk.grant(SESSION);
    talk.says_state();
    let xid = talk.sends(&get("/2", false));
    talk.reply(xid, 8, &data());
    assert!(is_answered(&talk.says_done(read), 8));
    let xid = talk.sends_op(OpCode::SetData);
    talk.reply(xid, 9, &stat());
    assert!(is_answered(&talk.says_done(later), 9), "what came after the loss is free to go");
}

#[test]
fn a_write_of_which_the_last_byte_did_not_leave_is_sent_on_the_next_connection() {
    let mut talk = Talk::connected();
    let write = talk.set("/a");
    assert!(talk.session.poll_transmit(talk.now));
    let length: usize = talk.session.transmit().map(<[u8]>::len).sum();
    talk.session.handle_written(talk.now, length - 1);
    talk.session.handle_disconnected(talk.now, Loss::Reset);
    talk.collect();
    assert_eq!(talk.says_state(), State::Suspended);
    talk.says_nothing();
    reconnect(&mut talk);
    let xid = talk.sends_op(OpCode::SetData);
    talk.reply(xid, 9, &stat());
    assert!(is_answered(&talk.says_done(write), 9));
}

#[test]
fn under_tls_a_write_counts_as_sent_with_its_first_byte() {
    let mut config = config(1);
    config.sent_rule = zookit_session::SentRule::FirstByte;
    let mut talk = Talk::connected_with(config);
    let write = talk.set("/a");
    assert!(talk.session.poll_transmit(talk.now));
    talk.session.handle_written(talk.now, 1);
    talk.session.handle_disconnected(talk.now, Loss::Reset);
    assert_eq!(talk.says_state(), State::Suspended);
    assert_eq!(talk.says_done(write), Outcome::NoReply(NoReply::Lost(Loss::Reset)));
}

fn reconnect(talk: &mut Talk) {
    // The transport was reset without the script: tell it so.
    talk.effects.clear();
    talk.session.handle_dial_failed(talk.now);
    *talk = std::mem::replace(talk, Talk::new()).cut();
    talk.dials();
    talk.connects(SESSION);
    talk.grant(SESSION);
    assert_eq!(talk.says_state(), State::Connected);
}

#[test]
fn a_read_is_sent_again_three_times_at_most() {
    let mut talk = Talk::connected();
    let read = talk.get("/a");
    for _ in 0..4 {
        talk.sends_op(OpCode::GetData);
        talk.forget();
        talk.fin();
        talk.dials();
        talk.connects(SESSION);
        talk.grant(SESSION);
    }
    assert_eq!(talk.says_state(), State::Suspended);
    assert_eq!(talk.says_done(read), Outcome::NoReply(NoReply::LostEachTime(4)));
    assert_eq!(talk.says_state(), State::Connected);
    talk.sends_nothing();
}

#[test]
fn a_deadline_in_flight_keeps_its_place_in_the_order_of_replies() {
    let mut talk = Talk::connected();
    talk.deadline = Some(Duration::from_secs(1));
    let slow = talk.set("/a");
    talk.deadline = None;
    let next = talk.get("/b");
    let first = talk.sends_op(OpCode::SetData);
    let second = talk.sends_op(OpCode::GetData);
    talk.wait(Duration::from_secs(1));
    assert_eq!(talk.says_done(slow), Outcome::NoReply(NoReply::Deadline));
    talk.reply(first, 5, &stat());
    talk.says_nothing();
    talk.reply(second, 5, &data());
    assert!(is_answered(&talk.says_done(next), 5));
}

#[test]
fn a_deadline_unsent_is_not_sent() {
    let mut talk = Talk::new();
    talk.deadline = Some(Duration::from_secs(1));
    let write = talk.set("/a");
    talk.wait(Duration::from_secs(1));
    assert_eq!(talk.says_done(write), Outcome::NotSent(NotSent::Deadline));
    assert_eq!(talk.session.queued(), 0);
}

#[test]
fn the_window_holds_back_what_is_then_provably_not_sent() {
    let mut config = config(1);
    config.limits.window_requests = 3;
    let mut talk = Talk::connected_with(config);
    for n in 0..10 {
        talk.set(&format!("/{n}"));
    }
    talk.settle();
    assert_eq!((talk.session.in_flight(), talk.session.queued()), (3, 7));
    for _ in 0..3 {
        talk.sends_op(OpCode::SetData);
    }
    talk.sends_nothing();
    talk.reply(Xid(1), 1, &stat());
    assert_eq!(talk.sends_op(OpCode::SetData), Xid(4));
}

#[test]
fn a_request_larger_than_the_window_goes_alone() {
    let mut config = config(1);
    config.limits.window_bytes = 10;
    let mut talk = Talk::connected_with(config);
    talk.set("/a");
    talk.set("/b");
    talk.sends_op(OpCode::SetData);
    talk.sends_nothing();
    talk.reply(Xid(1), 1, &stat());
    talk.sends_op(OpCode::SetData);
}

#[test]
fn past_the_bound_a_request_is_not_sent_and_what_was_given_up_on_counts() {
    let mut config = config(1);
    config.limits.max_requests = 2;
    let mut talk = Talk::connected_with(config);
    talk.deadline = Some(Duration::from_secs(1));
    talk.get("/a");
    talk.get("/b");
    talk.settle();
    talk.wait(Duration::from_secs(1));
    talk.forget();
    let third = talk.get("/c");
    assert_eq!(talk.says_done(third), Outcome::NotSent(NotSent::QueueFull));
    talk.reply(Xid(1), 1, &data());
    talk.get("/d");
    talk.says_nothing();
}

#[test]
fn an_unsent_read_of_a_dropped_future_is_skipped_and_a_write_is_not() {
    let mut talk = Talk::new();
    let (read, write) = (talk.get("/a"), talk.set("/a"));
    talk.session.abandon(read);
    talk.session.abandon(write);
    talk.dials();
    talk.connects(zookit_proto::SessionId::NONE);
    talk.grant(SESSION);
    talk.says_state();
    assert_eq!(talk.says_done(read), Outcome::NotSent(NotSent::Abandoned));
    assert_eq!(talk.sends_op(OpCode::SetData), Xid(1));
    talk.sends_nothing();
}

#[test]
fn a_reply_with_the_wrong_xid_ends_the_request_whose_turn_it_was() {
    let mut talk = Talk::connected();
    let (first, second) = (talk.get("/a"), talk.get("/b"));
    talk.sends_op(OpCode::GetData);
    let wrong = talk.sends_op(OpCode::GetData);
    talk.reply(wrong, 3, &data());
    let xids = Unreadable::WrongXid { expected: 1, found: 2 };
    assert_eq!(talk.says_state(), State::Suspended);
    assert_eq!(talk.changes.last().unwrap().no_reply, 1);
    assert_eq!(talk.says_done(first), Outcome::NoReply(NoReply::Unreadable(xids)));
    let lost_at = talk.now;
    talk.dials();
    assert!(talk.now > lost_at, "the next dial is delayed");
    talk.connects(SESSION);
    talk.grant(SESSION);
    talk.says_state();
    let xid = talk.sends(&get("/b", false));
    talk.reply(xid, 4, &data());
    assert!(is_answered(&talk.says_done(second), 4));
    talk.sends_nothing();
}

#[test]
fn a_reply_nobody_waits_for_ends_only_the_connection() {
    let mut talk = Talk::connected();
    talk.ok(Xid(55), 3);
    assert_eq!(talk.says_state(), State::Suspended);
}

#[test]
fn a_reply_that_is_too_large_ends_its_request_and_is_not_asked_for_again() {
    let mut config = config(1);
    config.limits.max_response = 1000;
    let mut talk = Talk::connected_with(config);
    let ticket = talk.get("/a");
    let xid = talk.sends_op(OpCode::GetData);
    let mut head = 5000_i32.to_be_bytes().to_vec();
    head.extend(xid.0.to_be_bytes());
    talk.deliver(&head);
    let why = Unreadable::TooLarge { length: 5000, limit: 1000 };
    assert_eq!(talk.says_state(), State::Suspended);
    assert_eq!(talk.says_done(ticket), Outcome::NoReply(NoReply::Unreadable(why)));
    talk.dials();
    talk.connects(SESSION);
    talk.grant(SESSION);
    talk.sends_nothing();
}

#[test]
fn a_write_behind_one_whose_reply_cannot_be_read_is_not_sent() {
    let mut config = config(1);
    config.limits.window_requests = 1;
    let mut talk = Talk::connected_with(config);
    let (first, second) = (talk.set("/a"), talk.set("/b"));
    talk.sends_op(OpCode::SetData);
    talk.deliver(&[0, 0, 0, 3, 1, 2, 3]);
    let why = NoReply::Unreadable(Unreadable::NotAFrame);
    assert_eq!(talk.says_state(), State::Suspended);
    assert_eq!(talk.says_done(first), Outcome::NoReply(why));
    assert_eq!(talk.says_done(second), Outcome::NotSent(NotSent::BehindLostWrite));
}

#[test]
fn an_unasked_pong_and_an_unasked_auth_reply_are_ignored() {
    let mut talk = Talk::connected();
    let trusted = talk.session.trusted_until();
    talk.wait(Duration::from_secs(1));
    talk.ok(Xid::PING, 5);
    talk.ok(Xid::AUTH, 0);
    talk.says_nothing();
    assert_eq!(talk.session.trusted_until(), trusted);
}

#[test]
fn a_ticket_ends_once_whatever_happens_at_the_same_moment() {
    let mut talk = Talk::connected();
    talk.deadline = Some(Duration::from_secs(6));
    let ticket = talk.watch(1, WatchKind::Data, "/a");
    talk.settle();
    // The deadline, the read deadline, and then the reply that can no longer come.
    talk.wait(Duration::from_secs(6));
    let mut ends = 0;
    for heard in talk.heard.drain(..) {
        ends += u32::from(matches!(heard, crate::talk::Heard::Done(t, _) if t == ticket));
    }
    assert_eq!(ends, 1);
    assert_eq!(talk.session.watchers(), 0);
}

#[test]
fn unknown_operations_count_as_writes() {
    let mut talk = Talk::connected();
    let frame = frame::request(Xid(0), 4711, &(), 100).unwrap().freeze();
    let ticket = Ticket(1000);
    let opcode = OpCode::from_number(4711);
    let submission =
        Submission { ticket, opcode, frame, deadline: None, watch: None, pinned: None };
    talk.session.submit(talk.now, submission);
    talk.settle();
    talk.fin();
    assert_eq!(talk.says_state(), State::Suspended);
    assert!(matches!(talk.says_done(ticket), Outcome::NoReply(_)));
    let _ = Reply::samples();
}

#[test]
fn nonsense_does_not_end_a_request_that_has_not_left() {
    for nonsense in [&[0, 0, 0, 3, 1, 2, 3][..], &reply_frame(Xid(1), 9, ErrorCode::Ok, b"")] {
        let mut talk = Talk::connected();
        let write = talk.set("/a");
        talk.takes_all_but(1);
        talk.deliver(nonsense);
        assert_eq!(talk.says_state(), State::Suspended);
        talk.says_nothing();
        talk.dials();
        talk.connects(SESSION);
        talk.grant(SESSION);
        assert_eq!(talk.says_state(), State::Connected);
        let xid = talk.sends_op(OpCode::SetData);
        talk.reply(xid, 9, &stat());
        assert!(is_answered(&talk.says_done(write), 9));
    }
}

#[test]
fn a_read_that_waited_for_the_transport_in_vain_was_not_sent() {
    let mut talk = Talk::connected();
    let read = talk.get("/a");
    for _ in 0..5 {
        talk.takes_all_but(1);
        talk.fin();
        talk.dials();
        talk.connects(SESSION);
        talk.stuck = true;
        talk.grant(SESSION);
    }
    talk.stuck = false;
    talk.sends_op(OpCode::GetData);
    talk.fin();
    talk.dials();
    talk.connects(SESSION);
    talk.grant(SESSION);
    talk.forget();
    let xid = talk.sends_op(OpCode::GetData);
    talk.reply(xid, 4, &data());
    assert!(is_answered(&talk.says_done(read), 4), "sent twice, not six times");
}

#[test]
fn a_ticket_given_up_on_and_ended_otherwise_may_be_used_again() {
    let read = |talk: &mut Talk, deadline| {
        let body = GetDataRequest { path: "/a".into(), watch: false };
        let frame = frame::request(Xid(0), OpCode::GetData.number(), &body, 100).unwrap().freeze();
        let (ticket, opcode) = (Ticket(1000), OpCode::GetData);
        let submission = Submission { ticket, opcode, frame, deadline, watch: None, pinned: None };
        talk.session.submit(talk.now, submission);
    };
    let mut talk = Talk::new();
    let deadline = talk.now.after(Duration::from_secs(1));
    read(&mut talk, Some(deadline));
    talk.session.abandon(Ticket(1000));
    talk.wait(Duration::from_secs(1));
    assert_eq!(talk.says_done(Ticket(1000)), Outcome::NotSent(NotSent::Deadline));
    read(&mut talk, None);
    talk.effects.retain(|effect| matches!(effect, zookit_session::Effect::Dial { .. }));
    talk.dials();
    talk.connects(zookit_proto::SessionId::NONE);
    talk.grant(SESSION);
    talk.sends_op(OpCode::GetData);
}

#[test]
fn what_the_session_cannot_send_is_refused() {
    let frame_of = |opcode: OpCode| {
        let body = GetDataRequest { path: "/a".into(), watch: true };
        frame::request(Xid(0), opcode.number(), &body, 100).unwrap().freeze()
    };
    let watch =
        |number, kind| Some(WatchRequest { watcher: WatcherId(number), kind, path: "/a".into() });
    let get = frame_of(OpCode::GetData);
    let longer = [&get[..], b"x"].concat().into();
    let cases = [
        ("the session's own", OpCode::Ping, frame_of(OpCode::Ping), None),
        ("closing goes otherwise", OpCode::CloseSession, frame_of(OpCode::CloseSession), None),
        ("no header", OpCode::GetData, get.slice(..11), None),
        ("cut short", OpCode::GetData, get.slice(..get.len() - 1), None),
        ("two frames", OpCode::GetData, longer, None),
        ("another operation", OpCode::Exists, get.clone(), None),
        ("another watch", OpCode::GetData, get.clone(), watch(2, WatchKind::Children)),
        ("a watcher there is", OpCode::GetData, get.clone(), watch(1, WatchKind::Data)),
    ];
    let mut talk = Talk::connected();
    talk.watch(1, WatchKind::Data, "/a");
    talk.sends_op(OpCode::GetData);
    for (why, opcode, frame, watch) in cases {
        let ticket = talk.ticket();
        let watch = watch.map(Box::new);
        let submission = Submission { ticket, opcode, frame, deadline: None, watch, pinned: None };
        talk.session.submit(talk.now, submission);
        assert_eq!(talk.says_done(ticket), Outcome::NotSent(NotSent::Malformed), "{why}");
    }
    talk.sends_nothing();
    assert_eq!(talk.session.watchers(), 1);
}

#[test]
fn there_is_a_bound_on_watchers() {
    let mut config = config(1);
    config.limits.max_watchers = 1;
    let mut talk = Talk::connected_with(config);
    talk.watch(1, WatchKind::Data, "/a");
    let second = talk.watch(2, WatchKind::Data, "/b");
    assert_eq!(talk.says_done(second), Outcome::NotSent(NotSent::TooManyWatches));
    talk.drop_watcher(1);
    talk.watch(3, WatchKind::Data, "/c");
    talk.says_nothing();
}

#[test]
fn a_server_that_was_upgraded_is_asked_again_after_a_while() {
    let mut talk = Talk::connected();
    talk.watch(1, WatchKind::Persistent, "/p");
    let xid = talk.sends_op(OpCode::AddWatch);
    talk.refuse(xid, -1, ErrorCode::Unimplemented);
    for _ in 0..200 {
        talk.wait(Duration::from_secs(3));
        while talk.frame().is_some() {
            talk.ok(Xid::PING, 1);
        }
    }
    talk.watch(2, WatchKind::Persistent, "/p");
    talk.sends_op(OpCode::AddWatch);
}
