//! Credentials refused, connections reset, and closes that do not close.

use std::io;

use bytes::Bytes;
use zookit_client::{Client, ConnectError, ErrorCode, Mechanism, State, Step, Version};
use zookit_proto::OpCode;

use crate::client::Ends::{NoReply, NotSent, Refused, Value};
use crate::client::{At, Op, bears, check, goes_on, hurried, in_time, reaches};
use crate::harness::{Case, Play, run};
use crate::line::{Asked, Line};
use crate::wire::Jute::{Int, Text};
use crate::wire::{self, honest, jute, reply};

fn auth_fails(at: At) -> Play {
    Box::pin(async move {
        let client = at.connected().await;
        let (auth, read) = (client.add_auth("digest", "user:password"), client.get_data("/a"));
        let error = in_time(auth).await.expect_err("the credentials are refused");
        assert!(matches!(error, zookit_client::Error::Refused(_)), "{error:?}");
        in_time(read).await.expect_err("and with them everything behind");
        reaches(&client, State::AuthFailed).await;
        Op::Write.ask(&client, NotSent("authentication failed")).await;
    })
}

/// A mechanism that is never done.
#[derive(Debug)]
struct Endless;

impl Mechanism for Endless {
    fn start(&mut self) -> Bytes {
        Bytes::from_static(b"hello")
    }

    fn step(&mut self, _: Option<Bytes>) -> Step {
        Step::Send(Bytes::from_static(b"go on"))
    }
}

/// The client authenticates by SASL, in vain.
fn sasl_fails(at: At) -> Play {
    Box::pin(async move {
        let mut options = at.options();
        options.sasl = Some(Box::new(Endless));
        let connecting = Client::connect_with(at.address.to_string(), options);
        let error = in_time(connecting).await.expect_err("it never authenticates");
        assert!(matches!(error, ConnectError::Ended { .. }), "{error:?}");
    })
}

/// Serves until this operation is asked for, and answers that with the code.
fn refuses(line: &mut Line, opcode: OpCode, code: i32) -> io::Result<()> {
    line.grant()?;
    loop {
        let asked = line.asked()?;
        if asked.opcode == opcode {
            line.send(&reply(asked.xid, 9, code, &[]))?;
            return line.ignore();
        }
        line.answer(&asked)?;
    }
}

const AUTH: &[Case] = &[
    Case::plays(
        "credentials refused, and the connection left open",
        |line| refuses(line, OpCode::Auth, ErrorCode::AuthFailed.number()),
        auth_fails,
    )
    .connections(1),
    Case::plays(
        "credentials refused by a code that nobody knows",
        |line| refuses(line, OpCode::Auth, 12345),
        auth_fails,
    )
    .connections(1),
    Case::plays(
        "credentials never answered",
        |line| {
            line.grant()?;
            loop {
                let asked = line.asked()?;
                if asked.opcode != OpCode::Auth {
                    line.answer(&asked)?;
                }
            }
        },
        |at| {
            Box::pin(async move {
                let client = at.connected().await;
                Op::Auth.ask(&hurried(&client), NoReply("before its deadline")).await;
                goes_on(client).await;
            })
        },
    ),
    Case::plays(
        "SASL demanded in answer to a write",
        |line| {
            let code = ErrorCode::SessionClosedRequireSaslAuth.number();
            refuses(line, OpCode::SetData, code)
        },
        |at| {
            Box::pin(async move {
                let client = at.connected().await;
                let code = ErrorCode::SessionClosedRequireSaslAuth;
                Op::Write.ask(&client, Refused(code)).await;
                reaches(&client, State::AuthFailed).await;
                Op::Read.ask(&client, NotSent("authentication failed")).await;
            })
        },
    )
    .connections(1),
    Case::plays(
        "rounds of SASL without end",
        |line| {
            line.grant()?;
            loop {
                let asked = line.asked()?;
                line.send(&reply(asked.xid, 9, 0, &jute(&[Text(b"go on")])))?;
            }
        },
        sasl_fails,
    )
    .connections(1),
    Case::plays(
        "a SASL token of two gigabytes",
        |line| {
            line.grant()?;
            let asked = line.asked()?;
            line.send(&reply(asked.xid, 9, 0, &jute(&[Int(i32::MAX)])))?;
            line.ignore()
        },
        sasl_fails,
    )
    .connections(1),
    Case::plays(
        "SASL never answered, with events all the time",
        |line| {
            line.grant()?;
            line.repeat(&wire::changed("/a"), 20)
        },
        |at| {
            Box::pin(async move {
                let mut options = at.options();
                options.sasl = Some(Box::new(Endless));
                let connecting = Client::connect_with(at.address.to_string(), options);
                let error = in_time(connecting).await.expect_err("it never authenticates");
                assert!(matches!(error, ConnectError::TimedOut { .. }), "{error:?}");
            })
        },
    )
    .connections(12),
];

#[test]
fn refused_credentials_end_the_client_and_never_loop() {
    run("ending::refused_credentials_end_the_client_and_never_loop", AUTH);
}

/// Resets the first connection when a request has come, behind so many bytes of the reply.
fn resets_behind(line: &mut Line, bytes: usize) -> io::Result<()> {
    if !line.is_first() {
        return line.serve();
    }
    line.grant()?;
    let first = line.asked()?;
    let whole = honest(first.xid, 9, first.opcode);
    line.send(&whole[..bytes.min(whole.len())])?;
    line.reset()
}

/// Two writes, of which the first may be answered.
fn two_writes(at: At) -> Play {
    Box::pin(async move {
        let client = at.connected().await;
        let (first, second) =
            (client.set_data("/a", "1", Version::Any), client.set_data("/b", "2", Version::Any));
        for write in [in_time(first).await, in_time(second).await] {
            if let Err(error) = write {
                assert!(error.may_have_applied(), "{error}");
            }
        }
        goes_on(client).await;
    })
}

const RESETS: &[Case] = &[
    Case::asks(
        "reset behind the handshake's answer",
        |line| {
            line.grant()?;
            if line.is_first() { line.reset() } else { line.be_kind() }
        },
        Op::Read,
        Value,
    ),
    Case::asks(
        "reset behind the handshake's answer, with a write on its way",
        |line| {
            line.grant()?;
            if line.is_first() { line.reset() } else { line.be_kind() }
        },
        Op::Write,
        NoReply("the connection was reset"),
    ),
    Case::plays("reset before a reply", |line| resets_behind(line, 0), two_writes),
    Case::plays("reset within a length", |line| resets_behind(line, 3), two_writes),
    Case::plays("reset within a header", |line| resets_behind(line, 12), two_writes),
    Case::plays("reset within a body", |line| resets_behind(line, 40), two_writes),
    Case::plays("reset behind a reply", |line| resets_behind(line, 10_000), two_writes),
    Case::plays(
        "reset each time behind the handshake",
        |line| {
            line.grant()?;
            line.reset()
        },
        |at| {
            Box::pin(async move {
                let client = at.lazy();
                let read = client.get_data("/a");
                let error = in_time(read).await.expect_err("nobody answers");
                assert!(!error.may_have_applied());
                bears(800).await;
                // Whether or not a connection lives long enough for it, it ends within its bound.
                let _ = in_time(client.close()).await;
                assert_eq!(client.state(), State::Closed);
            })
        },
    )
    .connections(60),
];

#[test]
fn a_reset_anywhere_is_a_lost_connection() {
    run("ending::a_reset_anywhere_is_a_lost_connection", RESETS);
}

/// Serves until the close, and then does this instead.
fn until_close(
    line: &mut Line,
    instead: impl FnOnce(&mut Line, &Asked) -> io::Result<()>,
) -> io::Result<()> {
    line.grant()?;
    loop {
        let asked = line.asked()?;
        if asked.opcode == OpCode::CloseSession {
            return instead(line, &asked);
        }
        line.answer(&asked)?;
    }
}

fn closes(at: At, ends: crate::client::Ends) -> Play {
    Box::pin(async move {
        let client = at.connected().await;
        Op::Read.ask(&client, Value).await;
        check(in_time(client.close()).await, ends);
        assert_eq!(client.state(), State::Closed);
        Op::Write.ask(&client, NotSent("the client is closed")).await;
        // And nothing comes back to life.
        bears(300).await;
        assert_eq!(client.state(), State::Closed);
    })
}

fn closes_well(at: At) -> Play {
    closes(at, Value)
}

fn closes_unconfirmed(at: At) -> Play {
    closes(at, NoReply("closeSession"))
}

const CLOSES: &[Case] = &[
    Case::plays(
        "a close never answered, on a connection never closed",
        |line| until_close(line, |line, _| line.ignore()),
        closes_unconfirmed,
    ),
    Case::plays(
        "a close never answered, with pongs all the time",
        |line| until_close(line, |line, _| line.repeat(&wire::pong(), 20)),
        closes_unconfirmed,
    )
    .connections(1),
    Case::plays(
        "a close answered, on a connection never closed",
        |line| {
            until_close(line, |line, asked| {
                line.answer(asked)?;
                line.freeze()
            })
        },
        closes_well,
    )
    .connections(1),
    Case::plays(
        "a close answered, with garbage behind it",
        |line| {
            until_close(line, |line, asked| {
                let end = [honest(asked.xid, 9, asked.opcode), vec![0xff; 100_000]].concat();
                line.send(&end)
            })
        },
        closes_well,
    )
    .connections(1),
    Case::plays(
        "a close answered by garbage",
        |line| until_close(line, |line, _| line.send(&[0xff; 1000])),
        closes_unconfirmed,
    )
    .connections(1),
    Case::plays(
        "a close refused",
        |line| until_close(line, |line, asked| line.send(&reply(asked.xid, 9, -102, &[]))),
        |at| closes(at, Refused(ErrorCode::NoAuth)),
    )
    .connections(1),
    Case::plays(
        "a close answered by the end of the connection, and the session gone",
        |line| {
            if !line.is_first() {
                return line.refuse_session();
            }
            until_close(line, |_, _| Ok(()))
        },
        closes_well,
    ),
    Case::plays(
        "a close answered by the end of the connection, each time",
        |line| until_close(line, |_, _| Ok(())),
        closes_unconfirmed,
    )
    .connections(40),
    Case::plays(
        "a close answered by a reset",
        |line| {
            if !line.is_first() {
                return line.refuse_session();
            }
            line.grant()?;
            let asked = line.asked()?;
            line.answer(&asked)?;
            line.reset()
        },
        closes_well,
    ),
    Case::plays("a close before the handshake is answered", Line::ignore_handshake, |at| {
        Box::pin(async move {
            let client = at.lazy();
            let write = client.set_data("/a", "1", Version::Any);
            bears(100).await;
            check(in_time(client.close()).await, Value);
            check(in_time(write).await, NotSent("the client is closed"));
            assert_eq!(client.state(), State::Closed);
        })
    })
    .connections(1),
    Case::plays(
        "a flood of events behind a close",
        |line| {
            until_close(line, |line, asked| {
                line.send(&wire::changed("/a").repeat(20_000))?;
                line.answer(asked)?;
                line.repeat(&wire::changed("/a"), 0)
            })
        },
        closes_well,
    )
    .connections(1)
    .cpu_seconds(3),
];

#[test]
fn a_close_ends_within_its_bound() {
    run("ending::a_close_ends_within_its_bound", CLOSES);
}
