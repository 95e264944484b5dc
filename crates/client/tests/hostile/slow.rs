//! Servers that take their time, stop in the middle, or do not read.

use std::time::Duration;

use zookit_client::{Error, Version};
use zookit_proto::Xid;

use crate::client::Ends::{NoReply, Value};
use crate::client::{At, MAX_RESPONSE, Op, bears, goes_on, hurried, in_time};
use crate::harness::{Case, Play, run};
use crate::line::{MEDIUM_MS, SHORT_MS};
use crate::wire::Jute::{Stat, Text};
use crate::wire::{changed, honest, jute, pong, reply};

/// Eight writes of 900 KB, more than the system's buffers hold: some are on their way for ever.
fn writes_a_lot(at: At) -> Play {
    Box::pin(async move {
        let client = at.connected().await;
        let hurried = hurried(&client);
        let data = bytes::Bytes::from(vec![1; 900_000]);
        let write = || hurried.set_data("/a", data.clone(), Version::Any);
        let writes: Vec<_> = (0..8).map(|_| write()).collect();
        for write in writes {
            let error = in_time(write).await.expect_err("nobody answers");
            assert!(matches!(error, Error::NotSent(_) | Error::NoReply(_)), "{error}");
        }
        let _ = in_time(client.close()).await;
    })
}

/// What the client keeps of [`writes_a_lot`]: the payload, and the frame of each write, whose buffer
/// may have room for as much again.
const WRITTEN: u64 = 900_000 * (1 + 2 * 8);

const STALLS: &[Case] = &[
    Case::asks(
        "a byte now and then in the middle of a reply, to a read",
        |line| {
            line.grant_for(SHORT_MS)?;
            if !line.is_first() {
                return line.be_kind();
            }
            let asked = line.asked()?;
            line.drip(&honest(asked.xid, 9, asked.opcode), Duration::from_millis(60))
        },
        Op::Read,
        Value,
    ),
    Case::asks(
        "a byte now and then in the middle of a reply, to a write",
        |line| {
            line.grant_for(SHORT_MS)?;
            if !line.is_first() {
                return line.be_kind();
            }
            let asked = line.asked()?;
            line.drip(&honest(asked.xid, 9, asked.opcode), Duration::from_millis(60))
        },
        Op::Write,
        NoReply("nothing was heard from the server"),
    ),
    Case::asks(
        "half-open behind the handshake, to a read",
        |line| {
            line.grant_for(SHORT_MS)?;
            if line.is_first() { line.ignore() } else { line.be_kind() }
        },
        Op::Read,
        Value,
    ),
    Case::asks(
        "half-open behind the handshake, to a write",
        |line| {
            line.grant_for(SHORT_MS)?;
            if line.is_first() { line.ignore() } else { line.be_kind() }
        },
        Op::Write,
        NoReply("nothing was heard from the server"),
    ),
    Case::asks(
        "half-open in the middle of a reply, to a multi",
        |line| {
            line.grant_for(SHORT_MS)?;
            if !line.is_first() {
                return line.be_kind();
            }
            let asked = line.asked()?;
            line.send(&honest(asked.xid, 9, asked.opcode)[..10])?;
            line.ignore()
        },
        Op::Multi,
        NoReply("nothing was heard from the server"),
    ),
    Case::plays(
        "half-open each time",
        |line| {
            line.grant_for(SHORT_MS)?;
            line.ignore()
        },
        |at| {
            Box::pin(async move {
                let client = at.connected().await;
                let error = in_time(client.get_data("/a")).await.expect_err("nobody answers");
                assert!(!error.may_have_applied(), "{error}");
                bears(1000).await;
                let _ = in_time(client.close()).await;
            })
        },
    )
    .connections(12),
    Case::asks(
        "a server that reads nothing, once",
        |line| {
            line.grant_for(SHORT_MS)?;
            if line.is_first() { line.freeze() } else { line.be_kind() }
        },
        Op::Read,
        Value,
    ),
    Case::plays(
        "a server that reads nothing of a lot",
        |line| {
            line.grant_for(SHORT_MS)?;
            line.freeze()
        },
        writes_a_lot,
    )
    .stated(WRITTEN)
    .connections(12),
    Case::plays(
        "a server that reads nothing of a lot, and talks all the time",
        |line| {
            line.grant_for(SHORT_MS)?;
            line.repeat(&changed("/elsewhere"), 5)
        },
        writes_a_lot,
    )
    .stated(WRITTEN)
    .connections(12),
];

#[test]
fn a_stall_is_noticed_within_two_thirds_of_the_session_timeout() {
    run("slow::a_stall_is_noticed_within_two_thirds_of_the_session_timeout", STALLS);
}

const PINGS: &[Case] = &[
    Case::plays(
        "pings never answered, while data flows",
        |line| {
            line.grant_for(MEDIUM_MS)?;
            loop {
                let asked = line.request()?;
                if asked.xid != Xid::PING {
                    line.answer(&asked)?;
                }
            }
        },
        |at| {
            Box::pin(async move {
                let client = at.connected().await;
                for _ in 0..16 {
                    Op::Read.ask(&client, Value).await;
                    bears(100).await;
                }
                goes_on(client).await;
            })
        },
    )
    .connections(1),
    Case::plays(
        "pings never answered, while events flow",
        |line| {
            line.grant_for(MEDIUM_MS)?;
            line.repeat(&changed("/a"), 20)
        },
        |at| {
            Box::pin(async move {
                let client = at.connected().await;
                bears(1500).await;
                assert!(client.state().is_connected());
                Op::Read.ask(&hurried(&client), NoReply("before its deadline")).await;
                let _ = in_time(client.close()).await;
            })
        },
    )
    .connections(1),
    Case::plays(
        "only pings answered",
        |line| {
            line.grant_for(MEDIUM_MS)?;
            loop {
                line.asked()?;
            }
        },
        |at| {
            Box::pin(async move {
                let client = at.connected().await;
                let hurried = hurried(&client);
                let (read, write) =
                    (hurried.get_data("/a"), hurried.set_data("/a", "", Version::Any));
                crate::client::check(in_time(read).await, NoReply("before its deadline"));
                crate::client::check(in_time(write).await, NoReply("before its deadline"));
                bears(1000).await;
                assert!(client.state().is_connected());
                let _ = in_time(client.close()).await;
            })
        },
    )
    .connections(1),
    Case::plays(
        "a reply behind its deadline",
        |line| {
            line.grant_for(MEDIUM_MS)?;
            let late = line.asked()?;
            for _ in 0..40 {
                line.pause(20);
                line.send(&pong())?;
            }
            line.answer(&late)?;
            line.be_kind()
        },
        |at| {
            Box::pin(async move {
                let client = at.connected().await;
                Op::Write.ask(&hurried(&client), NoReply("before its deadline")).await;
                Op::Read.ask(&client, Value).await;
                goes_on(client).await;
            })
        },
    )
    .connections(1),
    Case::asks(
        "a large reply in small pieces, slower than a stall but on its way",
        |line| {
            line.grant_for(MEDIUM_MS)?;
            let asked = line.asked()?;
            let body = jute(&[Text(&vec![7; MAX_RESPONSE - 1000]), Stat]);
            for piece in reply(asked.xid, 9, 0, &body).chunks(16 * 1024) {
                line.pause(30);
                line.send(piece)?;
            }
            line.be_kind()
        },
        Op::Read,
        Value,
    )
    .stated(2 * MAX_RESPONSE as u64)
    .connections(1),
    Case::plays(
        "events as fast as they can be sent",
        |line| {
            line.grant_for(MEDIUM_MS)?;
            line.repeat(&changed("/a").repeat(1000), 0)
        },
        |at| {
            Box::pin(async move {
                let client = at.connected().await;
                let mode = zookit_client::AddWatchMode::Persistent;
                let watch = hurried(&client).add_watch("/a", mode);
                crate::client::check(in_time(watch).await, NoReply("before its deadline"));
                Op::Write.ask(&hurried(&client), NoReply("before its deadline")).await;
                let _ = in_time(client.close()).await;
            })
        },
    )
    .connections(1)
    // It reads and throws away for as long as it lives.
    .cpu_seconds(6),
    Case::plays(
        "nothing but pongs",
        |line| {
            line.grant_for(MEDIUM_MS)?;
            line.repeat(&pong(), 1)
        },
        |at| {
            Box::pin(async move {
                let client = at.connected().await;
                Op::Write.ask(&hurried(&client), NoReply("before its deadline")).await;
                let _ = in_time(client.close()).await;
            })
        },
    )
    .connections(1),
];

#[test]
fn a_server_that_is_heard_is_not_given_up_and_requests_end_all_the_same() {
    run("slow::a_server_that_is_heard_is_not_given_up_and_requests_end_all_the_same", PINGS);
}
