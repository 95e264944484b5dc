//! Faults that strike requests.

use std::time::Duration;

use zookit_proto::types::{CreateMode, EventType};
use zookit_proto::{ErrorCode, OpCode, Request, Xid, Zxid};

use super::talk::{Talk, create, exists, get, new_session, request_frame, set};
use crate::core::{Effect, Fault, Outcome};

#[test]
fn a_lost_reply_leaves_what_was_done_and_cuts_the_connection() {
    let mut talk = Talk::new();
    let (a, b) = (talk.client(), talk.client());
    assert!(talk.done(b, &exists("/a", true)).is_err());
    assert!(talk.done(a, &exists("/a", true)).is_err());
    let fault = Fault::on(Effect::LoseReply, OpCode::Create, "/a").times(1);
    let fault = talk.server.add_fault(fault);
    let bytes = [
        request_frame(Xid(8), &get("/", false)),
        request_frame(Xid(9), &create("/a", CreateMode::Persistent)),
        request_frame(Xid(10), &get("/", false)),
    ];
    talk.send(a, &bytes.concat());
    assert!(talk.answers(a, Xid(8), OpCode::GetData).1.is_ok());
    talk.closes(a);
    assert_eq!(talk.tells(b, EventType::NodeCreated, "/a"), Zxid(3));
    assert!(talk.done(b, &get("/a", false)).is_ok());
    assert_eq!(talk.server.fault_struck(fault), Some(1));
    assert_eq!(talk.done(b, &create("/a", CreateMode::Persistent)), Err(ErrorCode::NodeExists));
    assert_eq!(talk.server.remove_fault(fault), Some(1));
}

#[test]
fn a_reply_lost_silently_leaves_the_client_waiting() {
    let mut talk = Talk::new();
    let a = talk.dial();
    let session = talk.connect(a, &new_session());
    talk.server.add_fault(Fault::on(Effect::LoseReplySilently, OpCode::SetData, "/"));
    talk.ask(a, &set("/"));
    talk.ask(a, &get("/", false));
    talk.says_nothing(a);
    assert!(talk.is_open(a));
    assert_eq!(talk.server.last_zxid(), Zxid(2));
    talk.server.clear_faults();
    let (b, again) = talk.reconnect(&session);
    assert!(again.is_accepted() && talk.is_open(a));
    assert!(talk.done(b, &get("/", false)).is_ok());
}

#[test]
fn a_lost_request_does_nothing() {
    let mut talk = Talk::new();
    let a = talk.client();
    talk.server.log_requests(10);
    talk.server.add_fault(Fault::new(Effect::LoseRequest, |asked| asked.is_about("/a")));
    talk.ask(a, &create("/a", CreateMode::Persistent));
    talk.closes(a);
    assert_eq!(talk.server.last_zxid(), Zxid(1));
    assert_eq!(
        talk.server.request_log().map(|entry| entry.outcome).collect::<Vec<_>>(),
        [Outcome::Lost]
    );
}

#[test]
fn a_delayed_request_holds_up_its_own_connection_alone() {
    let mut talk = Talk::new();
    let (a, b) = (talk.client(), talk.client());
    let delay = Effect::Delay(Duration::from_secs(2));
    talk.server.add_fault(Fault::on(delay, OpCode::Create, "/a"));
    let slow = talk.ask(a, &create("/a", CreateMode::Persistent));
    let behind = talk.ask(a, &get("/a", false));
    assert_eq!(talk.done(b, &get("/a", false)), Err(ErrorCode::NoNode));
    talk.wait(Duration::from_millis(1999));
    talk.says_nothing(a);
    assert!(!talk.server.wants_to_read(a));
    talk.wait(Duration::from_millis(1));
    assert!(talk.answers(a, slow, OpCode::Create).1.is_ok());
    assert!(talk.answers(a, behind, OpCode::GetData).1.is_ok());
}

#[test]
fn a_delayed_reply_is_done_at_once_and_keeps_its_place() {
    let mut talk = Talk::new();
    let (a, b) = (talk.client(), talk.client());
    let delay = Effect::DelayReply(Duration::from_secs(2));
    talk.server.add_fault(Fault::on(delay, OpCode::Create, "/a"));
    let slow = talk.ask(a, &create("/a", CreateMode::Persistent));
    let behind = talk.ask(a, &get("/a", true));
    assert!(talk.done(b, &set("/a")).is_ok());
    talk.says_nothing(a);
    talk.wait(Duration::from_secs(2));
    assert_eq!(talk.answers(a, slow, OpCode::Create).0, Zxid(3));
    assert!(talk.answers(a, behind, OpCode::GetData).1.is_ok());
    assert_eq!(talk.tells(a, EventType::NodeDataChanged, "/a"), Zxid(4));
}

#[test]
fn a_request_made_to_fail_is_refused_with_a_number_if_it_is_a_write() {
    let mut talk = Talk::new();
    let a = talk.client();
    let fail = Effect::Fail(ErrorCode::OperationTimeout);
    talk.server.add_fault(Fault::new(fail, |asked| asked.opcode() != OpCode::Ping).times(2));
    assert_eq!(talk.done(a, &get("/", false)), Err(ErrorCode::OperationTimeout));
    assert_eq!(talk.server.last_zxid(), Zxid(1));
    let xid = talk.ask(a, &create("/a", CreateMode::Persistent));
    let answer = talk.answers(a, xid, OpCode::Create);
    assert_eq!(answer, (Zxid(2), Err(ErrorCode::OperationTimeout)));
    assert!(talk.done(a, &Request::Ping(())).is_ok());
    talk.create(a, "/a");
}
