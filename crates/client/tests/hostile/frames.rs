//! Frames that end too soon, and replies to nobody.

use zookit_client::ErrorCode;
use zookit_proto::Xid;

use crate::client::Ends::{NoReply, Value};
use crate::client::{Op, check, goes_on, in_time};
use crate::harness::{Case, run};
use crate::line::{Asked, Line, PASSWORD, SESSION, TIMEOUT_MS};
use crate::wire::{self, honest, pong, reply};

/// An honest reply that says it answers another request.
fn as_if_to(xid: i32, asked: &Asked) -> Vec<u8> {
    honest(Xid(xid), 9, asked.opcode)
}

/// On the first connection: an honest reply, of which this many bytes are missing.
fn cut_short(line: &mut Line, missing: usize) -> std::io::Result<()> {
    line.grant()?;
    if !line.is_first() {
        return line.be_kind();
    }
    let asked = line.asked()?;
    let whole = honest(asked.xid, 9, asked.opcode);
    line.send(&whole[..whole.len() - missing])
}

/// On the first connection: the session and something else at once, before anything is asked.
fn grants_and_says(line: &mut Line, more: &[u8]) -> std::io::Result<()> {
    if !line.is_first() {
        return line.serve();
    }
    line.handshake()?;
    line.send(&[&wire::grant(TIMEOUT_MS, SESSION, PASSWORD), more].concat())?;
    line.be_kind()
}

const XIDS: &[Case] = &[
    Case::asks(
        "a reply to a later request",
        |line| line.answer_first(|asked| as_if_to(asked.xid.0 + 7, asked)),
        Op::Read,
        NoReply("where xid 1 was due"),
    ),
    Case::asks(
        "a reply to xid 0, of a write",
        |line| line.answer_first(|asked| as_if_to(0, asked)),
        Op::Write,
        NoReply("answers xid 0"),
    ),
    Case::asks(
        "a reply to the reserved xid -3",
        |line| line.answer_first(|asked| as_if_to(-3, asked)),
        Op::Read,
        NoReply("answers xid -3"),
    ),
    Case::asks(
        "a reply to the C client's setWatches",
        |line| line.answer_first(|asked| as_if_to(Xid::SET_WATCHES.0, asked)),
        Op::Read,
        NoReply("answers xid -8"),
    ),
    Case::asks(
        "a reply to the least xid",
        |line| line.answer_first(|asked| as_if_to(i32::MIN, asked)),
        Op::Read,
        NoReply("answers xid -2147483648"),
    ),
    Case::asks(
        "a reply to the greatest xid",
        |line| line.answer_first(|asked| as_if_to(i32::MAX, asked)),
        Op::Multi,
        NoReply("answers xid 2147483647"),
    ),
    Case::asks(
        "a reply twice",
        |line| line.answer_first(|asked| honest(asked.xid, 9, asked.opcode).repeat(2)),
        Op::Write,
        Value,
    ),
    Case::asks(
        "a reply before there is a request",
        |line| grants_and_says(line, &reply(Xid(1), 9, 0, &[])),
        Op::Read,
        Value,
    ),
    Case::plays(
        "two replies in the wrong order",
        |line| {
            line.grant()?;
            if line.is_first() {
                let (first, second) = (line.asked()?, line.asked()?);
                line.answer(&second)?;
                line.answer(&first)?;
            }
            line.be_kind()
        },
        |at| {
            Box::pin(async move {
                let client = at.connected().await;
                let (first, second) = (client.get_data("/a"), client.get_data("/b"));
                check(in_time(first).await, NoReply("answers xid 2 where xid 1 was due"));
                check(in_time(second).await, Value);
                goes_on(client).await;
            })
        },
    ),
    Case::plays(
        "two writes in the wrong order",
        |line| {
            line.grant()?;
            if line.is_first() {
                let (first, second) = (line.asked()?, line.asked()?);
                line.answer(&second)?;
                line.answer(&first)?;
            }
            line.be_kind()
        },
        |at| {
            Box::pin(async move {
                let client = at.connected().await;
                let version = zookit_client::Version::Any;
                let (first, second) =
                    (client.set_data("/a", "1", version), client.set_data("/b", "2", version));
                check(in_time(first).await, NoReply("may or may not have been applied"));
                check(in_time(second).await, NoReply("may or may not have been applied"));
                goes_on(client).await;
            })
        },
    ),
];

#[test]
fn a_reply_to_nobody_ends_the_connection_and_never_another_request() {
    run("frames::a_reply_to_nobody_ends_the_connection_and_never_another_request", XIDS);
}

const UNASKED: &[Case] = &[
    Case::asks(
        "pongs without pings, 100,000 of them",
        |line| {
            line.answer_first(|asked| {
                [pong().repeat(100_000), honest(asked.xid, 9, asked.opcode)].concat()
            })
        },
        Op::Read,
        Value,
    )
    .connections(1)
    .cpu_seconds(6),
    Case::asks(
        "answers to credentials that were never sent",
        |line| {
            line.answer_first(|asked| {
                let refused = reply(Xid::AUTH, 0, ErrorCode::AuthFailed.number(), &[]);
                let taken = reply(Xid::AUTH, 0, 0, &[]);
                [refused, taken, honest(asked.xid, 9, asked.opcode)].concat()
            })
        },
        Op::Write,
        Value,
    )
    .connections(1),
    Case::asks(
        "pongs that are errors, with something behind them",
        |line| {
            line.answer_first(|asked| {
                let pong = reply(Xid::PING, i64::MIN, -1, b"and so on");
                [pong.repeat(100), honest(asked.xid, 9, asked.opcode)].concat()
            })
        },
        Op::Read,
        Value,
    )
    .connections(1),
    Case::asks(
        "a second answer to the handshake",
        |line| {
            line.answer_first(|asked| {
                let again = wire::grant(600, 0x7002, b"another password");
                [again, honest(asked.xid, 9, asked.opcode)].concat()
            })
        },
        Op::Read,
        NoReply("could not be read"),
    ),
    Case::plays(
        "a second answer to the handshake, and nothing was asked",
        |line| grants_and_says(line, &wire::grant(600, 0x7002, b"another password")),
        |at| {
            Box::pin(async move {
                let client = at.connected().await;
                Op::Write.ask(&client, Value).await;
                assert_eq!(client.session_id().0, SESSION);
                goes_on(client).await;
            })
        },
    ),
];

#[test]
fn what_nobody_asked_for_changes_nothing() {
    run("frames::what_nobody_asked_for_changes_nothing", UNASKED);
}

const CUT: &[Case] = &[
    Case::asks(
        "a reply cut short by the end of the connection, to a read",
        |line| cut_short(line, 1),
        Op::Read,
        Value,
    ),
    Case::asks(
        "a reply cut short by the end of the connection, to a write",
        |line| cut_short(line, 1),
        Op::Write,
        NoReply("the server closed the connection"),
    ),
    Case::asks(
        "a header cut short, to a write",
        |line| cut_short(line, 70),
        Op::Write,
        NoReply("the server closed the connection"),
    ),
    Case::asks(
        "a length cut short, to a multi",
        |line| {
            line.grant()?;
            if line.is_first() {
                line.asked()?;
                return line.send(&[0, 0]);
            }
            line.be_kind()
        },
        Op::Multi,
        NoReply("the server closed the connection"),
    ),
    Case::asks(
        "a reply cut short each time, to a read",
        |line| {
            line.grant()?;
            if line.turn > 4 {
                return line.be_kind();
            }
            let asked = line.asked()?;
            let whole = honest(asked.xid, 9, asked.opcode);
            line.send(&whole[..whole.len() - 1])
        },
        Op::Read,
        NoReply("the connection was lost each of the 4 times it was sent"),
    )
    .connections(7),
];

#[test]
fn a_reply_that_ends_too_soon_is_none() {
    run("frames::a_reply_that_ends_too_soon_is_none", CUT);
}
