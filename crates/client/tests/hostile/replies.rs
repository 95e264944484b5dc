//! Replies whose frames are in order and whose contents are not.

use zookit_client::{CreateMode, ErrorCode};

use crate::client::Ends::{NoReply, Refused, Value};
use crate::client::{Op, goes_on, in_time};
use crate::harness::{Case, run};
use crate::line::Asked;
use crate::wire::Jute::{Bool, Int, Raw, Stat, Text};
use crate::wire::{honest, jute, reply};

/// A reply with this body.
fn with(asked: &Asked, body: &[u8]) -> Vec<u8> {
    reply(asked.xid, 9, 0, body)
}

/// A reply that is an error code, and perhaps more.
fn code(asked: &Asked, code: i32) -> Vec<u8> {
    reply(asked.xid, 9, code, &[])
}

const CODES: &[Case] = &[
    Case::asks(
        "a code that nobody knows",
        |line| line.answer_first(|asked| code(asked, -9999)),
        Op::Read,
        Refused(ErrorCode::Unknown(-9999)),
    )
    .connections(1),
    Case::asks(
        "a positive code",
        |line| line.answer_first(|asked| code(asked, 7)),
        Op::Write,
        Refused(ErrorCode::Unknown(7)),
    )
    .connections(1),
    Case::asks(
        "the least code",
        |line| line.answer_first(|asked| code(asked, i32::MIN)),
        Op::Exists,
        Refused(ErrorCode::Unknown(i32::MIN)),
    )
    .connections(1),
    Case::asks(
        "a code with a body behind it",
        |line| line.answer_first(|asked| reply(asked.xid, 9, -101, &[0xff; 5000])),
        Op::Read,
        Refused(ErrorCode::NoNode),
    )
    .connections(1),
    Case::asks(
        "a write answered by ConnectionLoss",
        |line| line.answer_first(|asked| code(asked, -4)),
        Op::Write,
        NoReply("does not say what became"),
    ),
    Case::asks(
        "a multi answered by SystemError",
        |line| line.answer_first(|asked| code(asked, -1)),
        Op::Multi,
        NoReply("does not say what became"),
    ),
    Case::asks(
        "a session said to be expired, and not closed",
        |line| line.answer_first(|asked| code(asked, -112)),
        Op::Read,
        Refused(ErrorCode::SessionExpired),
    ),
    Case::asks(
        "a watch refused by a code that nobody knows",
        |line| line.answer_first(|asked| code(asked, -4242)),
        Op::AddWatch,
        Refused(ErrorCode::Unknown(-4242)),
    ),
    Case::asks(
        "an operation unknown, each time, and the connection closed",
        |line| {
            line.grant()?;
            loop {
                let asked = line.asked()?;
                if asked.opcode == zookit_proto::OpCode::SetAcl {
                    return line.send(&reply(asked.xid, -1, -6, &[]));
                }
                line.answer(&asked)?;
            }
        },
        Op::SetAcl,
        Refused(ErrorCode::Unimplemented),
    ),
];

#[test]
fn every_code_ends_its_request() {
    run("replies::every_code_ends_its_request", CODES);
}

const BODIES: &[Case] = &[
    Case::asks(
        "Ok without a body",
        |line| line.answer_first(|asked| with(asked, &[])),
        Op::Read,
        NoReply("said Ok"),
    )
    .connections(1),
    Case::asks(
        "Ok with more than the body",
        |line| {
            line.answer_first(|asked| {
                with(asked, &jute(&[Text(b"data"), Stat, Raw(&[0xee; 10_000])]))
            })
        },
        Op::Read,
        Value,
    )
    .connections(1),
    Case::asks(
        "null for a child's name",
        |line| line.answer_first(|asked| with(asked, &jute(&[Int(1), Int(-1), Stat]))),
        Op::Children,
        NoReply("null, where a value must be"),
    ),
    Case::asks(
        "null for a created path",
        |line| line.answer_first(|asked| with(asked, &jute(&[Int(-1), Stat]))),
        Op::Create,
        NoReply("null, where a value must be"),
    ),
    Case::asks(
        "null for the children",
        |line| line.answer_first(|asked| with(asked, &jute(&[Int(-1), Stat]))),
        Op::Children,
        NoReply("null, where a value must be"),
    ),
    Case::plays(
        "names that are not UTF-8",
        |line| {
            line.answer_first(|asked| {
                with(asked, &jute(&[Int(2), Text(b"\xff\xfe"), Text(b"a\xed\xa0\xbd"), Stat]))
            })
        },
        |at| {
            Box::pin(async move {
                let client = at.connected().await;
                let children = in_time(client.get_children("/a")).await.unwrap();
                assert_eq!(children.names, ["\u{fffd}\u{fffd}", "a\u{fffd}\u{fffd}\u{fffd}"]);
                goes_on(client).await;
            })
        },
    )
    .connections(1),
    Case::plays(
        "a created path that is not UTF-8 and none of the client's",
        |line| line.answer_first(|asked| with(asked, &jute(&[Text(b"elsewhere\xc3"), Stat]))),
        |at| {
            Box::pin(async move {
                let client = at.connected().await;
                let created = in_time(client.create("/a", "x", CreateMode::Persistent)).await;
                assert_eq!(created.unwrap().path, "elsewhere\u{fffd}");
                goes_on(client).await;
            })
        },
    )
    .connections(1),
    Case::asks(
        "the reply of another operation",
        |line| line.answer_first(|asked| honest(asked.xid, 9, zookit_proto::OpCode::Exists)),
        Op::Children,
        NoReply("said Ok"),
    ),
];

#[test]
fn a_body_that_cannot_be_understood_ends_its_request_alone() {
    run("replies::a_body_that_cannot_be_understood_ends_its_request_alone", BODIES);
}

/// The header of one result of a multi.
fn result(opcode: i32, error: i32) -> Vec<u8> {
    jute(&[Int(opcode), Bool(false), Int(error)])
}

/// An error result: the code stands in the header and once more behind it.
fn failure(error: i32) -> Vec<u8> {
    [result(-1, error), jute(&[Int(error)])].concat()
}

/// The end of the results.
fn end() -> Vec<u8> {
    jute(&[Int(-1), Bool(true), Int(-1)])
}

const CHECK: i32 = 13;
const DELETE: i32 = 2;

/// Of a multi of a check and a delete.
const MULTI: &[Case] = &[
    Case::asks(
        "no results for two operations",
        |line| line.answer_first(|asked| with(asked, &end())),
        Op::Multi,
        NoReply("results of other operations"),
    ),
    Case::asks(
        "one result for two operations",
        |line| line.answer_first(|asked| with(asked, &[result(CHECK, 0), end()].concat())),
        Op::Multi,
        NoReply("results of other operations"),
    ),
    Case::asks(
        "three results for two operations",
        |line| {
            line.answer_first(|asked| {
                let results = [result(CHECK, 0), result(DELETE, 0), result(DELETE, 0), end()];
                with(asked, &results.concat())
            })
        },
        Op::Multi,
        NoReply("results of other operations"),
    ),
    Case::asks(
        "the results in the wrong order",
        |line| {
            line.answer_first(|asked| {
                with(asked, &[result(DELETE, 0), result(CHECK, 0), end()].concat())
            })
        },
        Op::Multi,
        NoReply("results of other operations"),
    ),
    Case::asks(
        "results without an end",
        |line| {
            line.answer_first(|asked| with(asked, &[result(CHECK, 0), result(DELETE, 0)].concat()))
        },
        Op::Multi,
        NoReply("bytes needed"),
    ),
    Case::asks(
        "a result of no operation",
        |line| line.answer_first(|asked| with(asked, &[result(4711, 0), end()].concat())),
        Op::Multi,
        NoReply("cannot stand in a multi"),
    ),
    Case::asks(
        "a failure of an operation that the multi does not have",
        |line| {
            line.answer_first(|asked| {
                let results = [failure(0), failure(0), failure(0), failure(-101), end()];
                with(asked, &results.concat())
            })
        },
        Op::Multi,
        Refused(ErrorCode::NoNode),
    ),
    Case::asks(
        "failures that all blame another",
        |line| line.answer_first(|asked| with(asked, &[failure(-2), failure(-2), end()].concat())),
        Op::Multi,
        Refused(ErrorCode::RuntimeInconsistency),
    ),
    Case::asks(
        "as many results as the cap has room for",
        |line| {
            line.answer_first(|asked| {
                with(asked, &[result(DELETE, 0).repeat(29_000), end()].concat())
            })
        },
        Op::Multi,
        NoReply("results of other operations"),
    )
    // What 9 bytes each decode into: the bound that proto's own tests keep to.
    .stated(40 * crate::client::MAX_RESPONSE as u64),
];

#[test]
fn a_multi_is_believed_only_if_its_results_are_those_of_its_operations() {
    run("replies::a_multi_is_believed_only_if_its_results_are_those_of_its_operations", MULTI);
}
