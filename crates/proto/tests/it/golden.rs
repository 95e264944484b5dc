//! Frames byte for byte: their layouts are what real servers send and take, their values chosen
//! for the eye.

use bytes::{Bytes, BytesMut};
use zookit_proto::connect::{self, ConnectRequest, ConnectResponse};
use zookit_proto::header::{ReplyHeader, RequestHeader};
use zookit_proto::ops::auth::AuthRequest;
use zookit_proto::ops::check::CheckRequest;
use zookit_proto::ops::create::{CreateReply, CreateRequest};
use zookit_proto::ops::error::ErrorResponse;
use zookit_proto::ops::multi::{MultiOp, MultiReply, MultiRequest, MultiResult};
use zookit_proto::ops::notification::WatcherEvent;
use zookit_proto::ops::set_data::SetDataRequest;
use zookit_proto::types::{
    Acl, CreateMode, Credentials, EventType, KeeperState, Password, Perms, SessionId, Xid, Zxid,
};
use zookit_proto::wire::{Field, decode, encode};
use zookit_proto::{ErrorCode, OpCode, Reply, Request, frame};

const ZEROS: &str = "00000000 00000000 00000000 00000000";

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let pairs = digits.chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

fn payload_of(golden: &str) -> Bytes {
    let mut buffer = BytesMut::from(&hex(golden)[..]);
    let payload = frame::next(&mut buffer, frame::DEFAULT_MAX_BUFFER).unwrap().unwrap();
    assert!(buffer.is_empty(), "{golden} is one frame");
    payload
}

fn check_request(xid: i32, request: &Request, golden: &str) {
    let mut payload = payload_of(golden);
    let header: RequestHeader = decode("RequestHeader", payload.split_to(8)).unwrap();
    let opcode = request.opcode();
    assert_eq!(header, RequestHeader { xid: Xid(xid), opcode: opcode.number() });
    assert_eq!(Request::decode(opcode, payload).as_ref(), Ok(request));

    let mut out = BytesMut::new();
    let start = frame::begin(&mut out);
    header.write(&mut out);
    request.write(&mut out);
    frame::finish(&mut out, start, frame::DEFAULT_MAX_BUFFER).unwrap();
    assert_eq!(out, hex(golden), "{request:?}");
}

fn check_reply(header: ReplyHeader, reply: Option<&Reply>, golden: &str) {
    let mut payload = payload_of(golden);
    assert_eq!(decode::<ReplyHeader>("ReplyHeader", payload.split_to(16)).as_ref(), Ok(&header));
    match reply {
        Some(reply) => assert_eq!(Reply::decode(reply.opcode(), payload).as_ref(), Ok(reply)),
        None => assert!(payload.is_empty()),
    }

    let mut out = BytesMut::new();
    let start = frame::begin(&mut out);
    header.write(&mut out);
    reply.inspect(|reply| reply.write(&mut out));
    frame::finish(&mut out, start, frame::DEFAULT_MAX_BUFFER).unwrap();
    assert_eq!(out, hex(golden), "{reply:?}");
}

const fn header(xid: i32, zxid: i64, err: ErrorCode) -> ReplyHeader {
    ReplyHeader { xid: Xid(xid), zxid: Zxid(zxid), err }
}

#[test]
fn connect_request() {
    let golden =
        format!("0000002d 00000000 0000000000000000 00007530 0000000000000000 00000010 {ZEROS} 00");
    let request = ConnectRequest {
        protocol_version: 0,
        last_zxid_seen: Zxid(0),
        timeout_ms: 30_000,
        session_id: SessionId::NONE,
        password: Some(Password::zeros()),
        read_only: Some(false),
    };
    assert_eq!(frame::around(&request), hex(&golden));
    assert_eq!(connect::decode_request(payload_of(&golden)), Ok(request));
}

#[test]
fn connect_response() {
    let golden = "00000025 00000000 00007530 0100018f00000000 00000010
        000102030405060708090a0b0c0d0e0f 00";
    let response = ConnectResponse {
        protocol_version: 0,
        timeout_ms: 30_000,
        session_id: SessionId(0x0100_018f_0000_0000),
        password: Some(Password::new((0..16).collect())),
        read_only: Some(false),
    };
    assert_eq!(frame::around(&response), hex(golden));
    assert!(response.is_accepted());
    assert_eq!(connect::decode_response(payload_of(golden)), Ok(response));
}

#[test]
fn connect_response_of_an_expired_session() {
    let golden = format!("00000025 00000000 00000000 0000000000000000 00000010 {ZEROS} 00");
    let response = connect::decode_response(payload_of(&golden)).unwrap();
    assert!(!response.is_accepted());
    assert_eq!(response.session_id, SessionId::NONE);
    assert_eq!(frame::around(&response), hex(&golden));
}

#[test]
fn ping() {
    check_request(-2, &Request::Ping(()), "00000008 fffffffe 0000000b");
    let reply = header(-2, 5, ErrorCode::Ok);
    check_reply(reply, Some(&Reply::Ping(())), "00000010 fffffffe 0000000000000005 00000000");
}

#[test]
fn create() {
    let request = Request::Create(CreateRequest {
        path: "/a".into(),
        data: Some(Bytes::from_static(b"hi")),
        acl: Some(vec![Acl::world(Perms::ALL)]),
        mode: CreateMode::Persistent,
    });
    let golden = "00000033 00000001 00000001 00000002 2f61 00000002 6869
        00000001 0000001f 00000005 776f726c64 00000006 616e796f6e65 00000000";
    check_request(1, &request, golden);
    let reply = Reply::Create(CreateReply { path: "/a".into() });
    let golden = "00000016 00000001 0000000000000002 00000000 00000002 2f61";
    check_reply(header(1, 2, ErrorCode::Ok), Some(&reply), golden);
}

#[test]
fn error_reply() {
    let golden = "00000010 00000002 0000000000000003 ffffff92";
    check_reply(header(2, 3, ErrorCode::NodeExists), None, golden);
}

#[test]
fn notification() {
    let event = WatcherEvent {
        event_type: EventType::NodeDataChanged,
        state: KeeperState::SyncConnected,
        path: "/a".into(),
    };
    let golden = "0000001e ffffffff 0000000000000004 00000000 00000003 00000003 00000002 2f61";
    let reply = Reply::Notification(event);
    check_reply(header(-1, 4, ErrorCode::Ok), Some(&reply), golden);
}

#[test]
fn auth() {
    let request = Request::Auth(AuthRequest {
        auth_type: 0,
        scheme: "digest".into(),
        auth: Some(Credentials::from_static(b"u:p")),
    });
    let golden = "0000001d fffffffc 00000064 00000000 00000006 646967657374 00000003 753a70";
    check_request(-4, &request, golden);
}

#[test]
fn close_session() {
    check_request(3, &Request::CloseSession(()), "00000008 00000003 fffffff5");
}

#[test]
fn multi() {
    let path = "/a";
    let data = Some(Bytes::from_static(b"x"));
    let request = Request::Multi(MultiRequest {
        ops: vec![
            MultiOp::Check(CheckRequest { path: path.into(), version: 0 }),
            MultiOp::SetData(SetDataRequest { path: path.into(), data, version: 0 }),
        ],
    });
    let golden = "0000003c 00000007 0000000e
        0000000d 00 ffffffff 00000002 2f61 00000000
        00000005 00 ffffffff 00000002 2f61 00000001 78 00000000
        ffffffff 01 ffffffff";
    check_request(7, &request, golden);
}

#[test]
fn reply_to_a_multi_that_failed() {
    let results = [ErrorCode::BadVersion, ErrorCode::RuntimeInconsistency]
        .map(|err| MultiResult::Error(ErrorResponse { err }));
    let reply = MultiReply { results: results.to_vec() };
    assert_eq!(reply.first_failure(), Some((0, ErrorCode::BadVersion)));
    let golden = "00000033 00000007 0000000000000006 00000000
        ffffffff 00 ffffff99 ffffff99
        ffffffff 00 fffffffe fffffffe
        ffffffff 01 ffffffff";
    check_reply(header(7, 6, ErrorCode::Ok), Some(&Reply::Multi(reply)), golden);
}

#[test]
fn multi_read_of_clickhouse_keeper() {
    let results = vec![
        MultiResult::Failed { opcode: OpCode::GetData, err: ErrorCode::NoNode },
        MultiResult::Error(ErrorResponse { err: ErrorCode::NoAuth }),
    ];
    let reply = MultiReply { results };
    let golden = "00000004 00 ffffff9b  ffffffff 00 ffffff9a ffffff9a  ffffffff 01 ffffffff";
    assert_eq!(encode(&reply), hex(golden));
    assert_eq!(decode("MultiReply", hex(golden).into()), Ok(reply));
}

#[test]
fn digests() {
    use zookit_proto::digest::digest_id;
    assert_eq!(digest_id("super", "test"), "super:D/InIHSb7yEEbrWz8b9l71RjZJU=");
    assert_eq!(digest_id("u", "p"), "u:Jq7wMyA/w2Vd5WIDAKdu4OIIFEQ=");
}
