//! Bytes that are no requests, or none that make sense: the reactions of a real server.

use zookit_proto::ops::auth::AuthRequest;
use zookit_proto::ops::check::CheckRequest;
use zookit_proto::ops::create::CreateRequest;
use zookit_proto::ops::get_data::GetDataRequest;
use zookit_proto::ops::multi::{MultiOp, MultiRequest};
use zookit_proto::ops::multi_read::MultiRead;
use zookit_proto::ops::sasl::{SaslReply, SaslRequest};
use zookit_proto::ops::set_watches::SetWatchesRequest;
use zookit_proto::types::{CreateMode, Credentials};
use zookit_proto::{ErrorCode, OpCode, Operation, Reply, Request, Xid, Zxid};

use super::talk::{Said, Talk, create, get, raw_frame, request_frame};
use crate::core::{Config, Profile};

#[test]
fn lengths_that_cannot_be_followed_close_without_a_word() {
    for length in [-1, 0, 7, i32::MIN, 0x10_0000, i32::MAX] {
        let mut talk = Talk::new();
        let a = talk.client();
        talk.send(a, &i32::to_be_bytes(length));
        if length == 7 {
            assert!(talk.is_open(a), "the frame is not whole yet");
            talk.send(a, &[0; 7]);
        }
        talk.closes(a);
    }
}

#[test]
fn the_largest_frame_is_taken() {
    let mut talk = Talk::new();
    let a = talk.client();
    let mut frame = request_frame(Xid(1), &get("/", false));
    frame.resize(4 + 0xf_ffff, 0);
    frame[..4].copy_from_slice(&0xf_ffff_i32.to_be_bytes());
    talk.send(a, &frame);
    assert!(talk.answers(a, Xid(1), OpCode::GetData).1.is_ok(), "what is behind is ignored");
}

#[test]
fn a_first_frame_that_is_no_handshake_closes() {
    for bytes in [&[0, 0, 0, 0][..], &[0, 0, 0, 3, 1, 2, 3], &[0xff; 8], &[0x7f; 8]] {
        let mut talk = Talk::new();
        let id = talk.dial();
        talk.send(id, bytes);
        talk.closes(id);
        assert!(talk.server.sessions().is_empty());
    }
}

#[test]
fn a_body_that_is_none_is_refused_and_the_connection_kept() {
    for (profile, writes) in [(Profile::V3_8_0, 1), (Profile::V3_8_6, 1), (Profile::V3_9_5, 0)] {
        let mut talk = Talk::of(profile);
        let a = talk.client();
        for (opcode, taken) in [
            (OpCode::GetData, 0),
            (OpCode::SetWatches, 0),
            (OpCode::Create, writes),
            (OpCode::SetData, writes),
            (OpCode::Multi, 1),
        ] {
            let before = talk.server.last_zxid();
            talk.send(a, &raw_frame(9, opcode.number(), &[0, 0, 0, 9, b'/']));
            let after = Zxid(before.0 + taken);
            let answer = talk.answers(a, Xid(9), opcode);
            assert_eq!(answer, (after, Err(ErrorCode::MarshallingError)), "{profile} {opcode}");
            assert_eq!(talk.server.last_zxid(), after);
        }
        assert!(talk.done(a, &get("/", false)).is_ok());
    }
}

/// As a real 3.9.5 answers.
#[test]
fn a_null_where_there_is_none_to_be_is_decoded_and_stumbled_over() {
    let mut talk = Talk::new();
    let a = talk.client();
    let null = [0xff; 4];
    let any = [&null[..], &null, &null, &null].concat();
    for (opcode, zxid, err) in [
        (OpCode::Create, 2, ErrorCode::MarshallingError),
        (OpCode::SetData, 3, ErrorCode::BadArguments),
        (OpCode::Delete, 4, ErrorCode::MarshallingError),
        (OpCode::GetData, 4, ErrorCode::MarshallingError),
        (OpCode::Exists, 4, ErrorCode::MarshallingError),
    ] {
        talk.send(a, &raw_frame(9, opcode.number(), &any));
        assert_eq!(talk.answers(a, Xid(9), opcode), (Zxid(zxid), Err(err)), "{opcode}");
    }
    talk.send(a, &raw_frame(9, OpCode::Sync.number(), &null));
    let Said::Reply { header, body } = talk.says(a) else { panic!() };
    assert_eq!((header.err, &body[..]), (ErrorCode::Ok, &null[..]));
    talk.send(a, &raw_frame(9, OpCode::GetEphemerals.number(), &null));
    assert!(talk.answers(a, Xid(9), OpCode::GetEphemerals).1.is_ok());
    let scheme = [&[0; 4][..], &null, &null].concat();
    talk.send(a, &raw_frame(-4, OpCode::Auth.number(), &scheme));
    let answer = talk.answers(a, Xid::AUTH, OpCode::Auth);
    assert_eq!(answer, (Zxid(0), Err(ErrorCode::AuthFailed)));
    talk.closes(a);
}

/// As a real 3.9.5 answers: what is behind the null does not decode, so nothing was decoded.
#[test]
fn a_null_before_what_does_not_decode_is_no_null() {
    let mut talk = Talk::new();
    let a = talk.client();
    let before = talk.server.last_zxid();
    for opcode in [OpCode::Create, OpCode::SetData, OpCode::SetAcl] {
        talk.send(a, &raw_frame(9, opcode.number(), b"\xff\xff\xff\xff/a/b"));
        let answer = talk.answers(a, Xid(9), opcode);
        assert_eq!(answer, (before, Err(ErrorCode::MarshallingError)), "{opcode}");
    }
    talk.send(a, &raw_frame(9, OpCode::DeleteContainer.number(), &[0xff; 4]));
    let answer = talk.answers(a, Xid(9), OpCode::DeleteContainer);
    assert_eq!(answer, (before, Err(ErrorCode::MarshallingError)));
}

#[test]
fn before_3_9_a_broken_reconfig_took_no_number_and_a_container_was_no_path() {
    for profile in [Profile::V3_8_0, Profile::V3_8_6] {
        let mut talk = Talk::of(profile);
        let a = talk.client();
        let before = talk.server.last_zxid();
        talk.send(a, &raw_frame(9, OpCode::Reconfig.number(), b"\0\0\0\x09"));
        let answer = talk.answers(a, Xid(9), OpCode::Reconfig);
        assert_eq!(answer, (before, Err(ErrorCode::MarshallingError)));
        talk.send(a, &raw_frame(9, OpCode::DeleteContainer.number(), b"\0\0\0\x02/"));
        let answer = talk.answers(a, Xid(9), OpCode::DeleteContainer);
        assert_eq!(answer, (Zxid(before.0 + 1), Err(ErrorCode::BadArguments)));
    }
}

/// As a real 3.8.6 and a real 3.9.5 answer.
#[test]
fn a_multi_with_a_null_acl_had_the_end_of_its_results_behind_the_refusal() {
    let end = &[0xff, 0xff, 0xff, 0xff, 1, 0xff, 0xff, 0xff, 0xff][..];
    for (profile, behind) in [(Profile::V3_8_6, end), (Profile::V3_9_5, &[])] {
        let mut talk = Talk::of(profile);
        let a = talk.client();
        let create = CreateRequest {
            path: "/a".into(),
            data: None,
            acl: None,
            mode: CreateMode::Persistent,
        };
        let ops = vec![MultiOp::Create(create)];
        talk.send(a, &request_frame(Xid(9), &Request::Multi(MultiRequest { ops })));
        let Said::Reply { header, body } = talk.says(a) else { panic!() };
        assert_eq!((header.err, &body[..]), (ErrorCode::MarshallingError, behind), "{profile}");
    }
}

/// As a real 3.9.5 answers: what comes first in the multi does not decode first.
#[test]
fn a_multi_of_both_kinds_before_a_null_acl_takes_a_number() {
    let read = MultiOp::GetData(GetDataRequest { path: "/".into(), watch: false });
    let (data, mode) = (None, CreateMode::Persistent);
    let null = MultiOp::Create(CreateRequest { path: "/a".into(), data, acl: None, mode });
    let check = MultiOp::Check(CheckRequest { path: "/".into(), version: -1 });
    for (ops, taken) in [
        (vec![read.clone(), check.clone(), null.clone()], 1),
        (vec![check.clone(), read.clone(), null.clone()], 1),
        (vec![check, null.clone()], 0),
        (vec![read, null], 0),
    ] {
        let mut talk = Talk::new();
        let a = talk.client();
        let after = Zxid(talk.server.last_zxid().0 + taken);
        let xid = talk.ask(a, &Request::Multi(MultiRequest { ops }));
        let answer = talk.answers(a, xid, OpCode::Multi);
        assert_eq!(answer, (after, Err(ErrorCode::MarshallingError)));
    }
}

#[test]
fn a_replayed_event_has_its_path_as_java_writes_it() {
    let mut talk = Talk::new();
    let a = talk.client();
    let request = Request::SetWatches(SetWatchesRequest {
        relative_zxid: Zxid(0),
        data_watches: vec!["/\u{1f600}".into()],
        exist_watches: Vec::new(),
        child_watches: Vec::new(),
    });
    talk.ask(a, &request);
    let frame = talk.frame(a).unwrap();
    assert!(frame.ends_with(b"/\xed\xa0\xbd\xed\xb8\x80"), "{frame:?}");
}

#[test]
fn unknown_operations_are_refused_and_close() {
    for opcode in [0, -1, 10, 23, 999, i32::MIN] {
        let mut talk = Talk::new();
        let a = talk.client();
        talk.send(a, &raw_frame(3, opcode, b""));
        let Said::Reply { header, .. } = talk.says(a) else { panic!() };
        let expected = (Xid(3), Zxid(-1), ErrorCode::Unimplemented);
        assert_eq!((header.xid, header.zxid, header.err), expected, "{opcode}");
        talk.closes(a);
        assert_eq!(talk.server.sessions().len(), 1, "the session lives on");
    }
}

#[test]
fn any_xid_is_echoed() {
    let mut talk = Talk::new();
    let a = talk.client();
    for xid in [0, -1000, i32::MAX, i32::MIN] {
        talk.send(a, &request_frame(Xid(xid), &get("/", false)));
        assert!(talk.answers(a, Xid(xid), OpCode::GetData).1.is_ok());
    }
    talk.send(a, &raw_frame(77, OpCode::Ping.number(), b""));
    assert!(talk.answers(a, Xid::PING, OpCode::Ping).1.is_ok());
}

#[test]
fn authentication_that_fails_closes() {
    let auth = |scheme: &str, auth| {
        Request::Auth(AuthRequest { auth_type: 0, scheme: scheme.into(), auth })
    };
    let some = Some(Credentials::from_static(b"anyone"));
    for request in [auth("world", some.clone()), auth("sasl", some), auth("digest", None)] {
        let mut talk = Talk::new();
        let a = talk.client();
        talk.send(a, &request_frame(Xid::AUTH, &request));
        let answer = talk.answers(a, Xid::AUTH, OpCode::Auth);
        assert_eq!(answer, (Zxid(0), Err(ErrorCode::AuthFailed)));
        talk.closes(a);
    }
    let mut talk = Talk::new();
    let a = talk.client();
    talk.send(a, &raw_frame(-4, OpCode::Auth.number(), &[0]));
    talk.closes(a);
}

#[test]
fn a_server_without_sasl_answers_a_null_token() {
    let mut talk = Talk::new();
    let a = talk.client();
    let token = Some(Credentials::from_static(b"token"));
    let xid = talk.ask(a, &Request::Sasl(SaslRequest { token }));
    let reply = Reply::Sasl(SaslReply { token: None });
    assert_eq!(talk.answers(a, xid, OpCode::Sasl), (Zxid(0), Ok(reply)));
    talk.ask(a, &Request::Sasl(SaslRequest { token: None }));
    talk.closes(a);
}

#[test]
fn a_multi_read_of_writes_is_refused_with_the_end_of_its_results() {
    let mut talk = Talk::new();
    let a = talk.client();
    let Request::Create(op) = create("/a", CreateMode::Persistent) else { panic!() };
    let ops = vec![MultiOp::Create(op)];
    let request = Request::MultiRead(MultiRequest { ops });
    assert_eq!(request.opcode().number(), MultiRead::NUMBER);
    talk.ask(a, &request);
    let Said::Reply { header, body } = talk.says(a) else { panic!() };
    assert_eq!(header.err, ErrorCode::MarshallingError);
    assert_eq!(body, [0xff, 0xff, 0xff, 0xff, 1, 0xff, 0xff, 0xff, 0xff][..]);
}

#[test]
fn a_word_behind_the_handshake_is_a_huge_length() {
    let mut talk = Talk::new();
    let a = talk.client();
    talk.send(a, b"ruok");
    talk.closes(a);
}

#[test]
fn a_small_limit_is_kept() {
    let mut talk = Talk::with(Config { max_buffer: 64, ..super::talk::config() });
    let a = talk.client();
    talk.send(a, &65_i32.to_be_bytes());
    talk.closes(a);
}
