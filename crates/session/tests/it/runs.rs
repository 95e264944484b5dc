//! Runs: many requests as one, which no one can tell from the same requests one by one.
//!
//! That it is so however things fall is held by `chaos`; here is what each part of it looks like.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use zookit_proto::{ErrorCode, OpCode, Request, Xid};
use zookit_session::{Event, NoReply, NotSent, Outcome, Run, State, Ticket, Tickets};

use crate::talk::{
    SESSION, Talk, config, data, get, is_answered, reply_frame, request_frame, set, stat,
};

/// Submits a run of such requests, each with a path of its own.
fn submit(talk: &mut Talk, count: u32, request: fn(&str) -> Request) -> Vec<Ticket> {
    let requests: Vec<_> = (0..count).map(|n| request(&format!("/{n}"))).collect();
    let frames: Vec<Bytes> = requests.iter().map(frame).collect();
    let tickets: Vec<_> = requests.iter().map(|_| talk.ticket()).collect();
    let opcode = requests[0].opcode();
    let deadline = talk.deadline.map(|deadline| talk.now.after(deadline));
    let pinned = talk.pinned;
    let run = Run {
        tickets: tickets.iter().copied().collect(),
        opcode,
        count,
        frames: frames.concat().into(),
        deadline,
        pinned,
    };
    talk.session.submit_run(talk.now, run);
    tickets
}

fn frame(request: &Request) -> Bytes {
    let mut body = BytesMut::new();
    request.write(&mut body);
    request_frame(request.opcode(), body.freeze())
}

fn read(path: &str) -> Request {
    get(path, false)
}

#[test]
fn what_is_answered_together_is_told_together() {
    let mut talk = Talk::connected();
    submit(&mut talk, 3, read);
    talk.settle();
    let xids = [0; 3].map(|_| talk.sends_op(OpCode::GetData));
    let codes = [ErrorCode::Ok, ErrorCode::NoNode, ErrorCode::Ok];
    let frames: Vec<Bytes> =
        xids.iter().zip(codes).map(|(xid, code)| reply_frame(*xid, 5, code, b"body")).collect();
    let mut bytes = BytesMut::from(&frames.concat()[..]);
    talk.session.handle_received(talk.now, &mut bytes);
    let Some(Event::Replied(replies)) = talk.session.poll_event() else { panic!("not together") };
    assert_eq!((replies.count, replies.refused), (3, 1));
    assert_eq!(talk.session.poll_event(), None);
    let outcomes: Vec<_> = replies.outcomes().map(|(_, outcome)| outcome).collect();
    assert!(matches!(
        &outcomes[..],
        [
            Outcome::Answered { .. },
            Outcome::Refused { code: ErrorCode::NoNode, .. },
            Outcome::Answered { .. }
        ]
    ));
    assert_eq!((talk.session.in_flight(), talk.session.zxid().0), (0, 5));
}

#[test]
fn each_request_of_a_run_has_its_own_fate() {
    let mut talk = Talk::connected();
    let writes = submit(&mut talk, 3, set);
    // The last frame is not whole on the wire.
    talk.takes_all_but(1);
    let xids = [0; 2].map(|_| talk.sends_op(OpCode::SetData));
    talk.reply(xids[0], 7, &stat());
    assert!(is_answered(&talk.says_done(writes[0]), 7));
    talk.fin();
    assert_eq!(talk.says_state(), State::Suspended);
    assert!(matches!(talk.says_done(writes[1]), Outcome::NoReply(NoReply::Lost(_))));
    let behind = Outcome::NotSent(NotSent::BehindLostWrite);
    assert_eq!(talk.says_done(writes[2]), behind);
}

#[test]
fn a_reply_to_what_has_not_left_is_nonsense() {
    let mut talk = Talk::connected();
    let writes = submit(&mut talk, 3, set);
    talk.takes_all_but(1);
    let xids = [0; 2].map(|_| talk.sends_op(OpCode::SetData));
    let third = Xid(xids[1].0 + 1);
    let all = [xids[0], xids[1], third].map(|xid| reply_frame(xid, 7, ErrorCode::Ok, b""));
    talk.deliver(&all.concat());
    assert!(is_answered(&talk.says_done(writes[0]), 7));
    assert!(is_answered(&talk.says_done(writes[1]), 7));
    assert_eq!(talk.says_state(), State::Suspended);
    talk.says_nothing();
    talk.dials();
    talk.connects(SESSION);
    talk.grant(SESSION);
    assert_eq!(talk.says_state(), State::Connected);
    let xid = talk.sends_op(OpCode::SetData);
    talk.reply(xid, 9, &stat());
    assert!(is_answered(&talk.says_done(writes[2]), 9));
}

#[test]
fn the_window_takes_as_much_of_a_run_as_fits() {
    let length = frame(&read("/0")).len();
    for (requests, bytes) in [(2, usize::MAX), (100, 2 * length), (100, 3 * length - 1)] {
        let mut config = config(1);
        config.limits.window_requests = requests;
        config.limits.window_bytes = bytes;
        let mut talk = Talk::connected_with(config);
        let tickets = submit(&mut talk, 5, read);
        talk.settle();
        assert_eq!((talk.session.in_flight(), talk.session.queued()), (2, 3), "{requests} {bytes}");
        for ticket in tickets {
            let xid = talk.sends_op(OpCode::GetData);
            talk.reply(xid, 3, &data());
            assert!(is_answered(&talk.says_done(ticket), 3));
        }
        assert_eq!((talk.session.in_flight(), talk.session.queued()), (0, 0));
    }
}

#[test]
fn past_the_bound_the_rest_of_a_run_is_not_sent() {
    let mut config = config(1);
    config.limits.max_requests = 2;
    let mut talk = Talk::connected_with(config);
    let tickets = submit(&mut talk, 4, read);
    for refused in &tickets[2..] {
        assert_eq!(talk.says_done(*refused), Outcome::NotSent(NotSent::QueueFull));
    }
    assert_eq!(talk.session.queued(), 2);
}

#[test]
fn a_deadline_ends_all_of_a_run_and_keeps_its_place() {
    let mut talk = Talk::connected();
    talk.deadline = Some(Duration::from_millis(100));
    let late = submit(&mut talk, 2, read);
    talk.settle();
    let xids = [0; 2].map(|_| talk.sends_op(OpCode::GetData));
    talk.deadline = None;
    let behind = talk.get("/behind");
    talk.settle();
    let xid = talk.sends_op(OpCode::GetData);
    talk.wait(Duration::from_millis(101));
    for ticket in late {
        assert_eq!(talk.says_done(ticket), Outcome::NoReply(NoReply::Deadline));
    }
    for xid in xids {
        talk.reply(xid, 3, &data());
    }
    talk.says_nothing();
    talk.reply(xid, 4, &data());
    assert!(is_answered(&talk.says_done(behind), 4));
}

#[test]
fn a_run_that_is_not_what_it_says_is_malformed() {
    let whole = frame(&read("/a"));
    let two = [&whole[..], &whole].concat();
    let listed = |count: u64| (1..=count).map(Ticket).collect::<Tickets>();
    let from = || Tickets::from(Ticket(1));
    for (tickets, opcode, count, frames) in [
        (from(), OpCode::GetData, 1, two.clone()),
        (from(), OpCode::GetData, 3, two.clone()),
        (from(), OpCode::GetData, 2, two[..two.len() - 1].to_vec()),
        (from(), OpCode::Exists, 2, two.clone()),
        (listed(1), OpCode::GetData, 2, two.clone()),
        (from(), OpCode::Ping, 1, whole.to_vec()),
    ] {
        let mut talk = Talk::connected();
        let (frames, deadline, pinned) = (frames.into(), None, None);
        let run = Run { tickets: tickets.clone(), opcode, count, frames, deadline, pinned };
        talk.session.submit_run(talk.now, run);
        let first = tickets.first().unwrap();
        assert_eq!(talk.says_done(first), Outcome::NotSent(NotSent::Malformed));
        assert_eq!(talk.session.queued(), 0);
    }
}
