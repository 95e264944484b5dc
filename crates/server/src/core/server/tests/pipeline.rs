//! Requests and replies: their order, and the numbers they carry.

use std::time::Duration;

use bytes::BytesMut;
use zookit_proto::frame;
use zookit_proto::ops::close_session;
use zookit_proto::ops::create_ttl::CreateTtlRequest;
use zookit_proto::ops::multi::{MultiOp, MultiRequest};
use zookit_proto::ops::sync::{SyncReply, SyncRequest};
use zookit_proto::types::{Acl, CreateMode, EventType, Perms};
use zookit_proto::{ErrorCode, OpCode, Reply, Request, SessionId, Xid, Zxid};

use super::talk::{Talk, config, create, delete, exists, get, new_session, request_frame, set};
use crate::core::{Config, Profile};

#[test]
fn a_session_of_reads_and_writes() {
    let mut talk = Talk::new();
    let a = talk.client();
    talk.create(a, "/a");
    let Ok(Reply::GetData(reply)) = talk.done(a, &get("/a", true)) else { panic!() };
    assert_eq!(reply.data.as_deref(), Some(&b"x"[..]));
    assert_eq!(reply.stat.czxid, Zxid(2));
    assert_eq!(talk.done(a, &Request::Ping(())), Ok(Reply::Ping(())));

    let xid = talk.ask(a, &set("/a"));
    assert_eq!(talk.tells(a, EventType::NodeDataChanged, "/a"), Zxid(3));
    assert!(talk.answers(a, xid, OpCode::SetData).1.is_ok());

    let xid = talk.ask(a, &Request::CloseSession(()));
    let closed = talk.answers(a, xid, OpCode::CloseSession);
    assert_eq!(closed, (Zxid(4), Ok(Reply::CloseSession(()))));
    talk.closes(a);
    assert!(talk.server.sessions().is_empty());
}

#[test]
fn replies_come_in_the_order_of_requests_sent_at_once() {
    let mut talk = Talk::new();
    let a = talk.client();
    let requests =
        [create("/a", CreateMode::Persistent), get("/a", false), delete("/b"), get("/a", false)];
    let mut bytes = Vec::new();
    for (request, xid) in requests.iter().zip(1..) {
        bytes.extend_from_slice(&request_frame(Xid(xid), request));
    }
    talk.send(a, &bytes);
    assert!(talk.answers(a, Xid(1), OpCode::Create).1.is_ok());
    assert_eq!(talk.answers(a, Xid(2), OpCode::GetData).0, Zxid(2));
    assert_eq!(talk.answers(a, Xid(3), OpCode::Delete), (Zxid(3), Err(ErrorCode::NoNode)));
    assert_eq!(talk.answers(a, Xid(4), OpCode::GetData).0, Zxid(3));
}

#[test]
fn bytes_may_come_one_by_one() {
    let mut talk = Talk::new();
    let a = talk.client();
    for byte in &request_frame(Xid(5), &get("/", false)) {
        talk.says_nothing(a);
        talk.send(a, &[*byte]);
    }
    assert!(talk.answers(a, Xid(5), OpCode::GetData).1.is_ok());
}

#[test]
fn what_takes_a_number_and_what_does_not() {
    let mut talk = Talk::new();
    let a = talk.client();
    assert_eq!(talk.server.last_zxid(), Zxid(1), "of the session");
    let sync = Request::Sync(SyncRequest { path: "/none".into() });
    assert_eq!(talk.done(a, &sync), Ok(Reply::Sync(SyncReply { path: "/none".into() })));
    assert!(talk.done(a, &exists("/none", true)).is_err());
    assert!(talk.done(a, &get("/", true)).is_ok());
    talk.auth(a, b"u:p");
    assert_eq!(talk.server.last_zxid(), Zxid(1), "of reads");

    assert_eq!(talk.done(a, &delete("/none")), Err(ErrorCode::NoNode));
    assert_eq!(talk.server.last_zxid(), Zxid(2), "of a write that was refused");
    assert!(talk.done(a, &Request::Multi(MultiRequest::default())).is_ok());
    assert_eq!(talk.server.last_zxid(), Zxid(3), "of an empty multi");
    let both = [create("/a", CreateMode::Persistent), create("/a/b", CreateMode::Persistent)];
    let ops = both.map(|request| match request {
        Request::Create(request) => MultiOp::Create(request),
        _ => unreachable!(),
    });
    assert!(talk.done(a, &Request::Multi(MultiRequest { ops: ops.to_vec() })).is_ok());
    assert_eq!(talk.server.last_zxid(), Zxid(4), "of a multi of two");
}

#[test]
fn two_clients_see_one_history() {
    let mut talk = Talk::new();
    let (a, b) = (talk.client(), talk.client());
    talk.create(a, "/a");
    assert!(talk.done(b, &get("/a", true)).is_ok());
    let xid = talk.ask(a, &delete("/a"));
    assert_eq!(talk.tells(b, EventType::NodeDeleted, "/a"), Zxid(4));
    assert_eq!(talk.answers(a, xid, OpCode::Delete).0, Zxid(4));
    assert_eq!(talk.done(b, &get("/a", false)), Err(ErrorCode::NoNode));
}

#[test]
fn ephemeral_znodes_go_with_their_session_before_its_reply() {
    let mut talk = Talk::new();
    let (a, b) = (talk.client(), talk.client());
    assert!(talk.done(a, &create("/e", CreateMode::Ephemeral)).is_ok());
    assert!(talk.done(a, &exists("/e", true)).is_ok());
    assert!(talk.done(b, &exists("/e", true)).is_ok());
    let xid = talk.ask(a, &Request::CloseSession(()));
    let zxid = talk.tells(b, EventType::NodeDeleted, "/e");
    assert_eq!(talk.tells(a, EventType::NodeDeleted, "/e"), zxid);
    assert_eq!(talk.answers(a, xid, OpCode::CloseSession).0, zxid);
    talk.closes(a);
}

#[test]
fn nothing_behind_closing_the_session_is_answered() {
    let mut talk = Talk::new();
    let a = talk.client();
    let close = <close_session::CloseSession as zookit_proto::Operation>::NUMBER;
    let bytes = [
        request_frame(Xid(1), &get("/", false)),
        super::talk::raw_frame(2, close, b""),
        request_frame(Xid(3), &create("/late", CreateMode::Persistent)),
    ];
    talk.send(a, &bytes.concat());
    assert!(talk.answers(a, Xid(1), OpCode::GetData).1.is_ok());
    assert!(talk.answers(a, Xid(2), OpCode::CloseSession).1.is_ok());
    talk.closes(a);
    assert_eq!(talk.server.last_zxid(), Zxid(2));
}

#[test]
fn a_standalone_check_is_unknown_or_unanswered() {
    let check = zookit_proto::ops::check::CheckRequest { path: "/".into(), version: -1 };
    let check = Request::Check(check);
    for profile in [Profile::V3_8_6, Profile::V3_9_5] {
        let mut talk = Talk::of(profile);
        let a = talk.client();
        let xid = talk.ask(a, &check);
        let answer = talk.answers(a, xid, OpCode::Check);
        assert_eq!(answer, (Zxid::NONE, Err(ErrorCode::Unimplemented)));
        talk.closes(a);
    }
    let mut talk = Talk::of(Profile::V3_8_0);
    let a = talk.client();
    talk.ask(a, &check);
    talk.says_nothing(a);
    assert_eq!(talk.server.last_zxid(), Zxid(2));
}

#[test]
fn a_client_that_takes_nothing_is_not_read_from() {
    let mut talk = Talk::new();
    let a = talk.client();
    let big = Some(bytes::Bytes::from(vec![b'x'; 600_000]));
    let request =
        zookit_proto::ops::set_data::SetDataRequest { path: "/".into(), data: big, version: -1 };
    assert!(talk.done(a, &Request::SetData(request)).is_ok());
    let mut bytes = BytesMut::new();
    for xid in 1..=10 {
        bytes.extend_from_slice(&request_frame(Xid(xid), &get("/", false)));
    }
    talk.server.receive(talk.now, a, &mut bytes);
    assert!(!bytes.is_empty() && !talk.server.wants_to_read(a));
    let waiting: usize = talk.server.transmit(a).map(<[u8]>::len).sum();
    assert!(waiting < 2_000_000, "{waiting}");
    talk.server.written(a, waiting);
    assert_eq!(talk.server.poll_read(), Some(a));
    assert!(talk.server.wants_to_read(a));
}

#[test]
fn containers_are_looked_at_once_a_minute() {
    let mut talk = Talk::new();
    let a = talk.client();
    let Request::Create(request) = create("/c", CreateMode::Container) else { panic!() };
    assert!(talk.done(a, &Request::CreateContainer(request)).is_ok());
    assert!(talk.done(a, &create("/c/child", CreateMode::Persistent)).is_ok());
    assert!(talk.done(a, &delete("/c/child")).is_ok());
    assert!(talk.done(a, &exists("/c", true)).is_ok());
    for _ in 0..12 {
        talk.says_nothing(a);
        assert!(talk.done(a, &Request::Ping(())).is_ok());
        talk.wait(Duration::from_secs(5));
    }
    assert_eq!(talk.tells(a, EventType::NodeDeleted, "/c"), Zxid(5));
    assert_eq!(talk.server.last_zxid(), Zxid(5));
}

#[test]
fn what_is_reaped_goes_at_a_limited_pace() {
    let config = Config { extended_types: true, container_max_per_minute: 2, ..config() };
    let mut talk = Talk::with(config);
    for name in ["a", "b", "c"] {
        let request = CreateTtlRequest {
            path: format!("/{name}").into(),
            data: None,
            acl: Some(vec![Acl::world(Perms::ALL)]),
            mode: CreateMode::PersistentWithTtl,
            ttl_ms: 59_999,
        };
        let request = Request::CreateTtl(request);
        assert!(talk.server.execute(talk.now, SessionId::NONE, &request).is_ok());
    }
    let there = |talk: &Talk| {
        ["/a", "/b", "/c"].into_iter().filter(|path| talk.server.tree().contains(path)).count()
    };
    for (seconds, left) in [(59, 3), (1, 2), (29, 2), (1, 1), (29, 1), (1, 0)] {
        talk.wait(Duration::from_secs(seconds));
        assert_eq!(there(&talk), left, "at {:?}", talk.now);
    }
    assert_eq!(talk.server.last_zxid(), Zxid(6));
}

#[test]
fn however_bytes_are_split_the_answers_are_the_same() {
    let mut bytes = BytesMut::from(&frame::around(&new_session())[..]);
    let requests = [
        create("/a", CreateMode::Persistent),
        exists("/a", true),
        set("/a"),
        delete("/none"),
        Request::Ping(()),
        Request::CloseSession(()),
    ];
    for (request, xid) in requests.iter().zip(1..) {
        bytes.extend_from_slice(&request_frame(Xid(xid), request));
    }
    let mut whole = Talk::new();
    let id = whole.dial();
    whole.send(id, &bytes);
    let expected = whole.bytes(id);
    assert!(!expected.is_empty() && !whole.is_open(id));
    for cut in 1..bytes.len() {
        let mut talk = Talk::new();
        let id = talk.dial();
        talk.send(id, &bytes[..cut]);
        talk.send(id, &bytes[cut..]);
        assert_eq!(talk.bytes(id), expected, "cut at {cut}");
    }
}
