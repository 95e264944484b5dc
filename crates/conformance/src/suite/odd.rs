//! Requests that are nearly none: what a server stumbles over, and how far it comes before.

use bytes::Bytes;
use zookit_proto::ops::check_watches::CheckWatchesRequest;
use zookit_proto::types::WatcherType;
use zookit_proto::wire::encode;
use zookit_proto::{ErrorCode, OpCode, Request};

use super::bench::{Bench, Client, create, equal, set};
use super::{Case, always, before_3_9, fixed, from_3_9};
use crate::Outcome;
use crate::wire::Heard;

pub(super) const CASES: &[Case] = &[
    Case { name: "a count below -1 is none at all", holds: always, run: below_null },
    Case {
        name: "createSession from a client is another handshake, and a transaction",
        holds: always,
        run: greeted_again,
    },
    Case {
        name: "a multi stumbles over a null ACL before it comes to what is broken",
        holds: fixed,
        run: null_acl,
    },
    Case { name: "a multiRead answers what is before a null path", holds: always, run: null_read },
    Case { name: "watches before a null are set again", holds: always, run: null_watches },
    Case { name: "a null path may be watched", holds: always, run: null_watch },
    Case {
        name: "a watch on a path without a slash could not be asked for",
        holds: before_3_9,
        run: no_slash,
    },
    Case {
        name: "a watch on a path without a slash can be asked for",
        holds: from_3_9,
        run: no_slash_since,
    },
];

const NULL: [u8; 4] = [0xff; 4];
/// The end of a multi, and of its results.
const END: [u8; 9] = [0xff, 0xff, 0xff, 0xff, 1, 0xff, 0xff, 0xff, 0xff];

/// The header of an operation in a multi.
fn header(opcode: OpCode) -> Vec<u8> {
    [&opcode.number().to_be_bytes()[..], &[0], &NULL].concat()
}

/// Asks, and holds the answer against how many zxids it should take, its code and its body.
fn asked(
    zk: &mut Client,
    opcode: OpCode,
    body: Vec<u8>,
    expected: (i64, ErrorCode, &[u8]),
) -> Outcome {
    let (_, before, _) = zk.connection.ask(&Request::Ping(()))?;
    let (_, reply, results) = zk.connection.ask_raw(opcode, Bytes::from(body))?;
    let (_, after, _) = zk.connection.ask(&Request::Ping(()))?;
    let is = (after.zxid.0 - before.zxid.0, reply.err, &results[..]);
    equal(&format!("{opcode}"), is, expected)
}

fn below_null(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    let below = (-7_i32).to_be_bytes();
    let create = [&b"\0\0\0\x02/a\0\0\0\0"[..], &below, &[0; 4]].concat();
    asked(&mut zk, OpCode::Create, create, (1, ErrorCode::InvalidAcl, &[]))?;
    let watches = [&[0; 8][..], &below, &below, &below].concat();
    asked(&mut zk, OpCode::SetWatches, watches, (0, ErrorCode::Ok, &[]))?;
    let text = [&below[..], &[0]].concat();
    asked(&mut zk, OpCode::GetData, text, (0, ErrorCode::MarshallingError, &[]))?;
    let element = [&[0; 8][..], &[0, 0, 0, 1], &below, &[0; 8]].concat();
    asked(&mut zk, OpCode::SetWatches, element, (0, ErrorCode::MarshallingError, &[]))
}

fn greeted_again(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    let (_, before, _) = zk.connection.ask(&Request::Ping(()))?;
    // With another timeout, of which the answer says nothing.
    zk.connection.send(&[(OpCode::CreateSession, Bytes::from_static(&[0, 0, 0x27, 0x10]))]);
    // It has no header, and is taken for a reply out of turn: the first 16 bytes are the version,
    // the timeout and the session, the rest of the session is in what should be the code.
    let Heard::Reply { in_turn: false, header, body, .. } = zk.connection.hear()? else {
        return Err("no handshake".into());
    };
    equal("the version", header.xid.0, 0)?;
    let timeout = i32::try_from(header.zxid.0 >> 32)?;
    equal("the timeout", timeout, zk.session.timeout_ms)?;
    let session =
        (header.zxid.0 << 32) | i64::from(u32::from_be_bytes(header.err.number().to_be_bytes()));
    equal("the session", session, zk.session.session_id.0)?;
    let password = encode(&zk.session.password);
    equal("the password and the byte", &body[..], &[&password[..], &[0]].concat()[..])?;
    asked(&mut zk, OpCode::CreateSession, vec![0, 0], (1, ErrorCode::MarshallingError, &[]))?;
    let (_, after, _) = zk.connection.ask(&Request::Ping(()))?;
    equal("zxids", after.zxid.0, before.zxid.0 + 2)
}

fn null_acl(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    let text = b"\0\0\0\x02/a\0\0\0\0".to_vec();
    let null = [header(OpCode::Create), text.clone(), NULL.to_vec(), vec![0; 4]].concat();
    let unknown_mode = [header(OpCode::Create), text, NULL.to_vec(), vec![0, 0, 0, 77]].concat();
    let broken = vec![0, 0];
    let results: &[u8] = if from_3_9(bench.profile) { &[] } else { &END };
    let code = ErrorCode::MarshallingError;
    asked(&mut zk, OpCode::Multi, [null.clone(), broken.clone()].concat(), (0, code, results))?;
    asked(&mut zk, OpCode::Multi, [unknown_mode, broken.clone()].concat(), (1, code, &[]))?;
    asked(&mut zk, OpCode::Multi, [broken, null].concat(), (1, code, &[]))
}

fn null_read(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    let read = |path: &[u8]| [header(OpCode::GetChildren), path.to_vec(), vec![0]].concat();
    let (root, null) = (read(b"\0\0\0\x01/"), read(&NULL));
    let delete = [header(OpCode::Delete), NULL.to_vec(), NULL.to_vec()].concat();
    let result = [&8_i32.to_be_bytes()[..], &[0; 5], b"\0\0\0\x01\0\0\0\x09zookeeper"].concat();
    let code = ErrorCode::MarshallingError;
    let end = END.to_vec();
    let behind = [result, end.clone()].concat();
    let all = [root.clone(), null.clone(), end.clone()].concat();
    asked(&mut zk, OpCode::MultiRead, all, (0, code, &behind))?;
    let all = [null.clone(), root, end.clone()].concat();
    asked(&mut zk, OpCode::MultiRead, all, (0, code, &END))?;
    let all = [delete.clone(), end.clone()].concat();
    asked(&mut zk, OpCode::MultiRead, all, (0, code, &END))?;
    asked(&mut zk, OpCode::MultiRead, [null, delete, end].concat(), (0, code, &[]))
}

/// Only for the mode in which no version is left with half of a watch for good.
fn null_watch(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    let persistent = [NULL, [0; 4]].concat();
    asked(&mut zk, OpCode::AddWatch, persistent, (0, ErrorCode::Ok, &[0; 4]))
}

fn null_watches(bench: &mut Bench<'_>) -> Outcome {
    let (mut zk, mut other) = (bench.client()?, bench.client()?);
    let (none, one, two) = ([0; 4], b"\0\0\0\x02/1", b"\0\0\0\x02/2");
    let since = i64::MAX.to_be_bytes();
    let exist = [&[0, 0, 0, 3][..], one, &NULL, two].concat();
    let lists = [&since[..], &none, &exist, &none].concat();
    asked(&mut zk, OpCode::SetWatches, lists, (0, ErrorCode::MarshallingError, &[]))?;
    other.expect(ErrorCode::Ok, &create("/1"))?;
    other.expect(ErrorCode::Ok, &create("/2"))?;
    equal("set before the null", zk.events()?, vec![String::from("NodeCreated /1")])?;
    // There is no znode any more that was not there at first.
    let data = [&[0, 0, 0, 2][..], b"\0\0\0\x02/3", &NULL].concat();
    let lists = [&since[..], &data, &none, &none].concat();
    let answer = zk.ask_raw(OpCode::SetWatches, Bytes::from(lists))?;
    equal("the code", answer.code, ErrorCode::MarshallingError)?;
    equal("told before the null", zk.events()?, vec![String::from("NodeDeleted /3")])?;
    let persistent = [&[0, 0, 0, 2][..], &NULL, two].concat();
    let lists = [&since[..], &none, &none, &none, &persistent, &none].concat();
    asked(&mut zk, OpCode::SetWatches2, lists, (0, ErrorCode::Ok, &[]))?;
    other.expect(ErrorCode::Ok, &set("/2", -1))?;
    equal("set behind the null", zk.events()?, vec![String::from("NodeDataChanged /2")])
}

fn check_any(path: &str) -> Request {
    let watcher_type = WatcherType::Any;
    Request::CheckWatches(CheckWatchesRequest { path: path.into(), watcher_type })
}

fn no_slash(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    zk.expect(ErrorCode::MarshallingError, &check_any("foo"))?;
    zk.expect(ErrorCode::NoWatcher, &check_any("")).map(|_| ())
}

fn no_slash_since(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    for path in ["foo", "foo/bar", ""] {
        zk.expect(ErrorCode::NoWatcher, &check_any(path))?;
    }
    Ok(())
}
