//! Sessions that end, change, or run backwards.

use std::io;
use std::time::Duration;

use zookit_client::{State, Version, WatchEnded};
use zookit_proto::OpCode;

use crate::client::Ends::{NoReply, Value};
use crate::client::{Op, bears, check, goes_on, hurried, in_time, reaches};
use crate::harness::{Case, run};
use crate::line::{Line, PASSWORD, SESSION, SHORT_MS, TIMEOUT_MS};
use crate::wire::Jute::{Bool, Int, Long, Text};
use crate::wire::{self, frame, honest, jute, reply};

/// The first connection ends with the first request; what follows is `later`.
fn lost_once(line: &mut Line, later: fn(&mut Line) -> io::Result<()>) -> io::Result<()> {
    if !line.is_first() {
        return later(line);
    }
    line.grant()?;
    line.asked().map(drop)
}

/// Grants a session of its own on every connection, whatever is asked for.
fn another_session(line: &mut Line) -> io::Result<()> {
    line.handshake()?;
    let session = SESSION + 1 + i64::try_from(line.turn).unwrap();
    line.send(&wire::grant(TIMEOUT_MS, session, PASSWORD))
}

const ENDINGS: &[Case] = &[
    Case::plays(
        "every handshake refused, from the second on",
        |line| lost_once(line, Line::refuse_session),
        |at| {
            Box::pin(async move {
                let client = at.connected().await;
                let mut states = client.states();
                let lost = client.set_data("/a", "1", Version::Any);
                check(in_time(lost).await, NoReply("closed the connection"));
                while in_time(states.next()).await.unwrap().change.state != State::Expired {}
                let waiting = hurried(&client).set_data("/a", "2", Version::Any);
                let error = in_time(waiting).await.expect_err("there is no session");
                assert!(!error.may_have_applied(), "{error}");
                bears(1000).await;
                assert_eq!(client.state(), State::Connecting);
                check(in_time(client.close()).await, Value);
            })
        },
    )
    .connections(50),
    Case::plays(
        "every session granted, and gone at once",
        |line| {
            let asked = line.handshake()?;
            let known = asked.session_id.0 != 0;
            let timeout = if known { 0 } else { TIMEOUT_MS };
            line.send(&wire::grant(timeout, if known { 0 } else { SESSION }, PASSWORD))
        },
        |at| {
            Box::pin(async move {
                let client = at.lazy();
                bears(1500).await;
                let _ = in_time(client.close()).await;
                assert_eq!(client.state(), State::Closed);
            })
        },
    )
    .connections(80),
    Case::plays(
        "another session than the one asked for",
        |line| {
            lost_once(line, |line| {
                another_session(line)?;
                line.be_kind()
            })
        },
        |at| {
            Box::pin(async move {
                let client = at.connected().await;
                let mut states = client.states();
                Op::Read.ask(&client, Value).await;
                assert_eq!(client.session_id().0, SESSION + 2);
                let mut seen = Vec::new();
                while seen.last() != Some(&State::Connected) {
                    seen.push(in_time(states.next()).await.unwrap().change.state);
                }
                assert!(seen.contains(&State::Expired), "{seen:?}");
                goes_on(client).await;
            })
        },
    ),
    Case::plays("another session each time, and gone at once", another_session, |at| {
        Box::pin(async move {
            let client = at.lazy();
            bears(1500).await;
            let _ = in_time(client.close()).await;
            assert_eq!(client.state(), State::Closed);
        })
    })
    .connections(80),
    Case::plays(
        "silence until the session must be gone, and no grave",
        |line| match line.turn {
            0 => {
                line.grant_for(SHORT_MS)?;
                line.asked().and_then(|asked| line.answer(&asked))?;
                line.ignore()
            }
            1..=3 => line.ignore_handshake(),
            // The session is still there, and cannot be closed.
            _ => {
                line.grant_for(SHORT_MS)?;
                let asked = line.asked()?;
                assert_eq!(asked.opcode, OpCode::CloseSession);
                line.send(&reply(asked.xid, 9, -1, &[]))
            }
        },
        |at| {
            Box::pin(async move {
                let client = at.connected().await;
                let (_, watch) = in_time(client.get_data_and_watch("/a")).await.unwrap();
                let write = client.set_data("/a", "1", Version::Any);
                check(in_time(write).await, NoReply("may or may not have been applied"));
                assert_eq!(in_time(watch).await, Err(WatchEnded::SessionLost));
                let _ = in_time(client.close()).await;
                assert_eq!(client.state(), State::Closed);
            })
        },
    )
    .connections(30),
    Case::plays(
        "a session presumed gone that is still there is closed first",
        |line| {
            if line.turn == 0 {
                line.grant_for(SHORT_MS)?;
                return line.ignore();
            }
            let asked = line.handshake()?;
            if line.turn < 3 {
                return line.ignore();
            }
            let id = if asked.session_id.0 == 0 { SESSION + 9 } else { asked.session_id.0 };
            line.send(&wire::grant(TIMEOUT_MS, id, PASSWORD))?;
            line.be_kind()
        },
        |at| {
            Box::pin(async move {
                let client = at.connected().await;
                reaches(&client, State::Expired).await;
                reaches(&client, State::Connected).await;
                assert_eq!(client.session_id().0, SESSION + 9);
                goes_on(client).await;
            })
        },
    )
    .connections(8),
];

#[test]
fn sessions_that_end_again_and_again_are_told_and_never_a_tight_loop() {
    run("sessions::sessions_that_end_again_and_again_are_told_and_never_a_tight_loop", ENDINGS);
}

/// Answers the first three requests with these zxids, closes, and is shown the newest.
fn zxids(line: &mut Line, zxids: [i64; 3], newest: i64) -> io::Result<()> {
    let asked = line.grant()?;
    if !line.is_first() {
        assert_eq!(asked.last_zxid_seen.0, newest);
        return line.be_kind();
    }
    for zxid in zxids {
        let asked = line.asked()?;
        line.send(&honest(asked.xid, zxid, asked.opcode))?;
    }
    Ok(())
}

async fn reads_three(at: crate::client::At, newest: i64) {
    let client = at.connected().await;
    for _ in 0..3 {
        Op::Read.ask(&client, Value).await;
    }
    assert_eq!(client.zxid().0, newest);
    goes_on(client).await;
}

const ZXIDS: &[Case] = &[
    Case::plays(
        "a zxid that goes back",
        |line| zxids(line, [100, 50, 99], 100),
        |at| Box::pin(reads_three(at, 100)),
    ),
    Case::plays(
        "negative zxids",
        |line| zxids(line, [-1, i64::MIN, -7], 0),
        |at| Box::pin(reads_three(at, 0)),
    ),
    Case::plays(
        "the greatest zxid",
        |line| zxids(line, [i64::MAX, 0, 1], i64::MAX),
        |at| Box::pin(reads_three(at, i64::MAX)),
    ),
];

#[test]
fn the_zxid_of_a_client_never_goes_back() {
    run("sessions::the_zxid_of_a_client_never_goes_back", ZXIDS);
}

/// Grants as a server that only reads.
fn grants_read_only(line: &mut Line) -> io::Result<()> {
    line.handshake()?;
    let session = SESSION + i64::try_from(line.turn).unwrap();
    let pieces = [Int(0), Int(TIMEOUT_MS), Long(session), Text(PASSWORD), Bool(true)];
    line.send(&frame(&jute(&pieces)))
}

const ROLES: &[Case] = &[
    Case::plays(
        "a server that grants only to read, and says that it writes when it is asked",
        |line| {
            if line.is_four_letter_word()? {
                return line.send(b"rw");
            }
            grants_read_only(line)?;
            line.be_kind()
        },
        |at| {
            Box::pin(async move {
                let client = at.connected().await;
                assert_eq!(client.state(), State::ConnectedReadOnly);
                bears(1000).await;
                let _ = in_time(client.close()).await;
                assert_eq!(client.state(), State::Closed);
            })
        },
    )
    // Its word is asked for behind 100, 200 and 400 ms, and each time believed once more.
    .connections(8),
    Case::plays(
        "a server that grants only to read, and is silent when it is asked",
        |line| {
            if line.is_four_letter_word()? {
                return line.freeze();
            }
            grants_read_only(line)?;
            line.be_kind()
        },
        |at| {
            Box::pin(async move {
                let client = at.connected().await;
                bears(1000).await;
                assert_eq!(client.state(), State::ConnectedReadOnly);
                goes_on(client).await;
            })
        },
    ),
    Case::plays(
        "another timeout on each connection",
        |line| {
            let timeout = [TIMEOUT_MS, 90_000, 3000][line.turn.min(2)];
            line.grant_for(timeout)?;
            let asked = line.asked()?;
            line.answer(&asked)?;
            if line.turn < 2 { Ok(()) } else { line.be_kind() }
        },
        |at| {
            Box::pin(async move {
                let client = at.connected().await;
                for _ in 0..3 {
                    Op::Read.ask(&client, Value).await;
                    reaches(&client, State::Connected).await;
                }
                in_time(async {
                    while client.session_timeout() != Duration::from_secs(3) {
                        Op::Exists.ask(&client, Value).await;
                    }
                })
                .await;
                goes_on(client).await;
            })
        },
    ),
];

#[test]
fn a_server_that_changes_its_mind_is_followed_and_never_in_a_tight_loop() {
    run("sessions::a_server_that_changes_its_mind_is_followed_and_never_in_a_tight_loop", ROLES);
}
