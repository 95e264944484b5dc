//! A read-only server, held to what a member of a real ensemble answered: 3.9.5, three members with
//! `readonlymode.enabled` and `localSessionsEnabled`, of which two were killed.
//!
//! Without `localSessionsEnabled` it gives no session at all: it answers the handshake with a
//! reply, `NotReadOnly`. That is not imitated.

use zookit_proto::connect::{ConnectRequest, ConnectResponse, decode_response};
use zookit_proto::frame;
use zookit_proto::types::{CreateMode, Password};
use zookit_proto::{ErrorCode, OpCode, Reply, Request, SessionId, Xid, Zxid};

use super::talk::{Said, Talk, children, create, exists, get, new_session, raw_frame, renewal};
use crate::core::ConnectionId;

/// A server with `/a`, `/a/b` and the ephemeral `/e`, which has just lost its quorum; the session
/// that made them, and a client of the read-only server.
fn alone() -> (Talk, ConnectResponse, ConnectionId) {
    let mut talk = Talk::new();
    let a = talk.dial();
    let session = talk.connect(a, &new_session());
    talk.create(a, "/a");
    talk.create(a, "/a/b");
    assert!(talk.done(a, &create("/e", CreateMode::Ephemeral)).is_ok());
    talk.server.set_read_only(talk.now, true);
    talk.settle();
    talk.closes(a);
    let id = talk.dial();
    let response = talk.connect(id, &willing());
    assert!(response.is_accepted());
    (talk, session, id)
}

/// What a client sends that can do with a read-only server.
fn willing() -> ConnectRequest {
    ConnectRequest { read_only: Some(true), ..new_session() }
}

/// What a server answers to a handshake; `None`: it closes without a word.
fn greeted(talk: &mut Talk, request: &ConnectRequest) -> Option<ConnectResponse> {
    let id = talk.dial();
    talk.send(id, &frame::around(request));
    talk.frame(id).map(|payload| decode_response(payload).unwrap())
}

#[test]
fn whom_it_takes() {
    let (mut talk, session, _) = alone();
    for read_only in [Some(false), None] {
        assert_eq!(greeted(&mut talk, &ConnectRequest { read_only, ..new_session() }), None);
    }
    let resumed = ConnectRequest { read_only: Some(true), ..renewal(&session) };
    assert_eq!(greeted(&mut talk, &resumed), None, "a session of the ensemble");
    let password = Some(Password::new(vec![b'x'; 16].into()));
    assert_eq!(greeted(&mut talk, &ConnectRequest { password, ..resumed }), None);
    let ahead = ConnectRequest { last_zxid_seen: Zxid(1 << 60), ..willing() };
    assert_eq!(greeted(&mut talk, &ahead), None);

    let unknown = ConnectRequest { session_id: SessionId(0x77), ..willing() };
    let gone = greeted(&mut talk, &unknown).unwrap();
    assert_eq!((gone.timeout_ms, gone.session_id), (0, SessionId::NONE));
    assert_eq!((gone.password, gone.read_only), (Some(Password::zeros()), Some(true)));
    let taken = greeted(&mut talk, &willing()).unwrap();
    assert_eq!((taken.is_accepted(), taken.read_only), (true, Some(true)));
}

#[test]
fn reads_are_answered_and_take_nothing() {
    let (mut talk, _, id) = alone();
    let before = talk.server.last_zxid();
    assert!(talk.done(id, &exists("/a", true)).is_ok());
    assert_eq!(talk.done(id, &exists("/nono", true)), Err(ErrorCode::NoNode));
    assert!(talk.done(id, &get("/a", true)).is_ok());
    assert!(talk.done(id, &children("/a", false)).is_ok());
    assert!(talk.done(id, &Request::WhoAmI(())).is_ok());
    for (opcode, body) in [
        (OpCode::GetAcl, &b"\0\0\0\x02/a"[..]),
        (OpCode::GetAllChildrenNumber, b"\0\0\0\x01/"),
        (OpCode::GetEphemerals, b"\0\0\0\x01/"),
        (OpCode::MultiRead, b"\xff\xff\xff\xff\x01\xff\xff\xff\xff"),
        (OpCode::AddWatch, b"\0\0\0\x02/a\0\0\0\x01"),
        (OpCode::CheckWatches, b"\0\0\0\x02/a\0\0\0\x03"),
        (OpCode::RemoveWatches, b"\0\0\0\x02/a\0\0\0\x03"),
        (OpCode::SetWatches, &[0; 20]),
        (OpCode::SetWatches2, &[0; 28]),
    ] {
        talk.send(id, &raw_frame(9, opcode.number(), body));
        let (zxid, answer) = talk.answers(id, Xid(9), opcode);
        assert!(answer.is_ok(), "{opcode}: {answer:?}");
        assert_eq!(zxid, before, "{opcode}");
    }
    talk.auth(id, b"u:p");
    assert_eq!(talk.server.last_zxid(), before);
}

#[test]
fn writes_are_refused_before_anything_else_is_looked_at() {
    let (mut talk, _, id) = alone();
    let before = talk.server.last_zxid();
    for opcode in [
        OpCode::Create,
        OpCode::Create2,
        OpCode::CreateContainer,
        OpCode::CreateTtl,
        OpCode::Delete,
        OpCode::DeleteContainer,
        OpCode::SetData,
        OpCode::SetAcl,
        OpCode::Multi,
        OpCode::Reconfig,
        OpCode::Sync,
    ] {
        // Broken or not.
        for body in [&b"\0"[..], b"\0\0\0\x02/a\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\0\0"]
        {
            talk.send(id, &raw_frame(9, opcode.number(), body));
            let Said::Reply { header, body } = talk.says(id) else { panic!("{opcode}") };
            assert_eq!((header.err, header.zxid), (ErrorCode::NotReadOnly, before), "{opcode}");
            assert!(body.is_empty(), "{opcode}");
        }
    }
    talk.send(id, &raw_frame(9, OpCode::GetData.number(), b"\0"));
    let answer = talk.answers(id, Xid(9), OpCode::GetData);
    assert_eq!(answer, (before, Err(ErrorCode::MarshallingError)));
    assert_eq!(talk.server.last_zxid(), before);
    talk.send(id, &raw_frame(9, OpCode::Check.number(), b"\0"));
    let answer = talk.answers(id, Xid(9), OpCode::Check);
    assert_eq!(answer, (Zxid::NONE, Err(ErrorCode::Unimplemented)));
    talk.closes(id);
}

#[test]
fn its_sessions_are_known_to_no_transaction() {
    let (mut talk, _, _) = alone();
    let before = talk.server.last_zxid();
    let a = talk.dial();
    let session = talk.connect(a, &willing());
    talk.send(a, &raw_frame(9, OpCode::CreateSession.number(), &[0, 0, 0, 100]));
    let again = decode_response(talk.frame(a).unwrap()).unwrap();
    assert_eq!(again, session, "greeted again, without a zxid");

    let resumed = ConnectRequest { read_only: Some(true), ..renewal(&session) };
    let b = talk.dial();
    assert_eq!(talk.connect(b, &resumed), session);
    talk.closes(a);
    assert_eq!(talk.done(b, &Request::CloseSession(())), Ok(Reply::CloseSession(())));
    talk.closes(b);
    let gone = greeted(&mut talk, &resumed).unwrap();
    assert_eq!((gone.is_accepted(), gone.read_only), (false, Some(true)));
    assert_eq!(talk.server.last_zxid(), before);
}

#[test]
fn the_words_tell_of_it() {
    let (mut talk, _, id) = alone();
    talk.hang_up(id);
    let mut ask = |word: &[u8]| {
        let id = talk.dial();
        talk.send(id, word);
        talk.text(id)
    };
    assert_eq!(ask(b"isro"), "ro");
    for word in [b"srvr", b"stat"] {
        let text = ask(word);
        let second = text.lines().nth(1);
        assert_eq!(second, Some("READ-ONLY mode; serving only read-only clients"), "{text}");
        assert!(text.contains("\nMode: read-only\n"), "{text}");
    }
    let mntr = ask(b"mntr");
    for line in ["zk_server_state\tread-only", "zk_global_sessions\t1", "zk_ephemerals_count\t1"] {
        assert!(mntr.lines().any(|there| there == line), "{line} in {mntr}");
    }
}
