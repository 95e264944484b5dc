//! Handshakes that are none.

use std::io;
use std::time::Duration;

use zookit_client::Limits;
use zookit_proto::Xid;

use crate::client::Ends::Value;
use crate::client::{At, IN_TIME, MAX_RESPONSE, Op, bears, goes_on};
use crate::harness::{Case, Play, run};
use crate::line::{Line, PASSWORD, SESSION, TIMEOUT_MS};
use crate::wire::Jute::{Bool, Int, Long, Raw, Text};
use crate::wire::{self, frame, jute, reply};

/// The first connection's handshake is answered by these bytes, all others as they should be.
fn answers_first(line: &mut Line, bytes: &[u8]) -> io::Result<()> {
    if !line.is_first() {
        return line.serve();
    }
    line.handshake()?;
    line.send(bytes)?;
    line.be_kind()
}

/// Every handshake is answered by these bytes.
fn answers_all(line: &mut Line, bytes: &[u8]) -> io::Result<()> {
    if line.is_four_letter_word()? {
        return Ok(());
    }
    line.handshake()?;
    line.send(bytes)?;
    line.be_kind()
}

fn never_connected(at: At) -> Play {
    Box::pin(at.is_never_connected("took the connection and"))
}

const GARBAGE: &[Case] = &[
    Case::asks(
        "a reply before the handshake's answer",
        |line| {
            let early = reply(Xid(1), 9, 0, &[0; 68]);
            answers_first(line, &[early, wire::grant(TIMEOUT_MS, SESSION, PASSWORD)].concat())
        },
        Op::Write,
        Value,
    ),
    Case::asks(
        "a notification before the handshake's answer",
        |line| answers_first(line, &wire::changed("/a")),
        Op::Write,
        Value,
    ),
    Case::asks(
        "an answer of HTTP",
        |line| answers_first(line, b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
        Op::Write,
        Value,
    ),
    Case::asks(
        "an answer of TLS",
        |line| answers_first(line, &[0x15, 3, 3, 0, 2, 2, 40]),
        Op::Write,
        Value,
    ),
    Case::asks("an answer of no bytes", |line| answers_first(line, &frame(&[])), Op::Write, Value),
    Case::asks(
        "an answer of negative length",
        |line| answers_first(line, &jute(&[Int(-2)])),
        Op::Write,
        Value,
    ),
    Case::asks(
        "an answer that ends in the middle",
        |line| {
            if !line.is_first() {
                return line.serve();
            }
            line.handshake()?;
            line.send(&wire::grant(TIMEOUT_MS, SESSION, PASSWORD)[..20])
        },
        Op::Write,
        Value,
    ),
    Case::asks(
        "a password of two gigabytes",
        |line| {
            let pieces = [Int(0), Int(TIMEOUT_MS), Long(SESSION), Int(i32::MAX), Raw(PASSWORD)];
            answers_first(line, &frame(&jute(&pieces)))
        },
        Op::Write,
        Value,
    ),
    Case::asks(
        "a password of -2 bytes",
        |line| {
            let pieces = [Int(0), Int(TIMEOUT_MS), Long(SESSION), Int(-2), Bool(false)];
            answers_first(line, &frame(&jute(&pieces)))
        },
        Op::Write,
        Value,
    ),
    Case::plays("HTTP each time", |line| answers_all(line, b"HTTP/1.1 400 Bad"), never_connected)
        .connections(40),
    Case::plays(
        "bytes without end each time",
        |line| answers_all(line, &[7; 4096]),
        never_connected,
    )
    .connections(40),
    Case::plays(
        "an answer within the cap that never ends, as fast as it can",
        |line| {
            line.handshake()?;
            line.send(&jute(&[Int(i32::try_from(Limits::MAX_HANDSHAKE).unwrap())]))?;
            line.send(&vec![0; Limits::MAX_HANDSHAKE - 1])?;
            line.ignore()
        },
        never_connected,
    )
    .connections(6),
    Case::plays(
        "an answer over the cap of handshakes, and within that of replies",
        |line| {
            line.handshake()?;
            line.send(&jute(&[Int(i32::try_from(MAX_RESPONSE).unwrap())]))?;
            line.send(&vec![0; MAX_RESPONSE])?;
            line.ignore()
        },
        never_connected,
    )
    .connections(40),
];

#[test]
fn nonsense_in_the_handshake_is_a_failed_attempt() {
    run("handshake::nonsense_in_the_handshake_is_a_failed_attempt", GARBAGE);
}

/// Says what it has to say to `srvr`, and closes everything else without a word.
fn closes_silently(line: &mut Line, answer: &[u8]) -> io::Result<()> {
    if line.is_four_letter_word()? {
        return line.send(answer);
    }
    line.handshake().map(drop)
}

const SILENCE: &[Case] = &[
    Case::plays("silence", Line::ignore_handshake, never_connected).connections(6),
    Case::asks(
        "silence once",
        |line| if line.is_first() { line.ignore_handshake() } else { line.serve() },
        Op::Write,
        Value,
    ),
    Case::plays(
        "a byte now and then, for ever",
        |line| {
            line.handshake()?;
            line.drip(&[0; 1000], Duration::from_millis(100))
        },
        never_connected,
    )
    .connections(6),
    Case::asks(
        "a byte at a time, but in time",
        |line| {
            line.handshake()?;
            let answer = wire::grant(TIMEOUT_MS, SESSION, PASSWORD);
            line.drip(&answer, Duration::from_millis(3))?;
            line.be_kind()
        },
        Op::Write,
        Value,
    ),
    Case::plays(
        "closed without a word each time, with the reason in srvr",
        |line| {
            let reason = b"This ZooKeeper instance is not currently serving requests\n";
            closes_silently(line, reason)
        },
        |at| Box::pin(at.is_never_connected("it is not part of a quorum")),
    )
    .connections(50),
    Case::plays(
        "closed without a word each time, and srvr answers without end",
        |line| {
            if line.is_four_letter_word()? {
                return line.repeat(&[b'z'; 65536], 0);
            }
            closes_silently(line, b"")
        },
        |at| Box::pin(at.is_never_connected("took the connection and")),
    )
    .connections(50),
    Case::plays("reset each time before the handshake is read", Line::reset, |at| {
        Box::pin(at.is_never_connected("took the connection and"))
    })
    .connections(50),
    Case::asks(
        "reset once before the handshake is read",
        |line| if line.is_first() { line.reset() } else { line.serve() },
        Op::Write,
        Value,
    ),
];

#[test]
fn silence_in_the_handshake_is_a_failed_attempt() {
    run("handshake::silence_in_the_handshake_is_a_failed_attempt", SILENCE);
}

/// Grants in its own way, and is kind then.
fn grants(line: &mut Line, timeout_ms: i32, session: i64, password: &[u8]) -> io::Result<()> {
    answers_all(line, &wire::grant(timeout_ms, session, password))
}

const GRANTS: &[Case] = &[
    Case::plays(
        "a new session with a timeout of zero, each time",
        |line| grants(line, 0, SESSION, PASSWORD),
        never_connected,
    )
    .connections(40),
    Case::plays(
        "a new session with a negative timeout, each time",
        |line| grants(line, -5000, SESSION, PASSWORD),
        never_connected,
    )
    .connections(40),
    Case::plays(
        "a new session with the number 0, each time",
        |line| grants(line, TIMEOUT_MS, 0, PASSWORD),
        never_connected,
    )
    .connections(40),
    Case::plays(
        "a timeout of 24 days",
        |line| grants(line, i32::MAX, SESSION, PASSWORD),
        |at| {
            Box::pin(async move {
                let client = at.connected().await;
                assert_eq!(client.session_timeout(), Duration::from_millis(i32::MAX as u64));
                assert!(client.trusted_until().is_some());
                goes_on(client).await;
            })
        },
    ),
    Case::plays(
        "a timeout of a millisecond",
        |line| grants(line, 1, SESSION, PASSWORD),
        |at| {
            Box::pin(async move {
                let client = at.connected().await;
                // It can live or die, but not in a tight loop.
                bears(1000).await;
                let closed = tokio::time::timeout(IN_TIME, client.close()).await;
                assert!(closed.is_ok(), "the close ends, one way or the other");
            })
        },
    )
    .connections(60),
    Case::asks("a null password", null_password, Op::Write, Value),
    Case::asks(
        "an empty password, asked for again",
        |line| grants_oddly(line, b""),
        Op::Read,
        Value,
    ),
    Case::asks(
        "a password of one byte, asked for again",
        |line| grants_oddly(line, b"x"),
        Op::Read,
        Value,
    ),
    Case::asks(
        "a password of 50 KB, asked for again",
        |line| grants_oddly(line, &[b'x'; 50_000]),
        Op::Read,
        Value,
    ),
    Case::asks(
        "an answer without the byte of read-only servers",
        |line| {
            let pieces = [Int(0), Int(TIMEOUT_MS), Long(SESSION), Text(PASSWORD)];
            answers_all(line, &frame(&jute(&pieces)))
        },
        Op::Write,
        Value,
    ),
    Case::asks(
        "an answer with more behind it, and another protocol version",
        |line| {
            let pieces = [Int(77), Int(TIMEOUT_MS), Long(SESSION), Text(PASSWORD), Raw(&[0; 99])];
            answers_all(line, &frame(&jute(&pieces)))
        },
        Op::Write,
        Value,
    ),
];

fn null_password(line: &mut Line) -> io::Result<()> {
    let pieces = [Int(0), Int(TIMEOUT_MS), Long(SESSION), Int(-1), Bool(false)];
    answers_all(line, &frame(&jute(&pieces)))
}

/// Grants with this password, closes the first connection at the first request, and demands that
/// the client asks for the session by the same password.
fn grants_oddly(line: &mut Line, password: &[u8]) -> io::Result<()> {
    let asked = line.handshake()?;
    if !line.is_first() {
        assert_eq!(asked.session_id.0, SESSION);
        assert_eq!(asked.password.expect("a password").expose(), password);
    }
    line.send(&wire::grant(TIMEOUT_MS, SESSION, password))?;
    if line.is_first() {
        line.asked()?;
        return Ok(());
    }
    line.be_kind()
}

#[test]
fn odd_grants_are_taken_or_refused_and_never_a_loop() {
    run("handshake::odd_grants_are_taken_or_refused_and_never_a_loop", GRANTS);
}
