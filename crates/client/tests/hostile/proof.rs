//! The harness notices what it is there to notice.

use std::future::poll_fn;
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use crate::client::{At, Ends, Op, in_time};
use crate::harness::{Case, GROWTH, Play, cpu_time};
use crate::line::Line;

/// A case that must fail, and what the judgement must say.
struct Wrong(Case, &'static str);

fn panics(at: At) -> Play {
    Box::pin(async move {
        // As the driver would: in a task, where nobody looks.
        let task = tokio::spawn(async { panic!("a bug") });
        assert!(task.await.is_err());
        drop(at.connected().await);
    })
}

fn takes_too_much(at: At) -> Play {
    Box::pin(async move {
        let client = at.connected().await;
        let hoard = vec![1_u8; usize::try_from(GROWTH).unwrap()];
        in_time(client.get_data("/a")).await.unwrap();
        assert!(hoard.iter().all(|byte| *byte == 1));
    })
}

/// Known on Linux alone.
#[cfg(target_os = "linux")]
fn spins(at: At) -> Play {
    Box::pin(async move {
        drop(at.connected().await);
        let begun = cpu_time();
        while cpu_time() - begun < Duration::from_millis(600) {
            tokio::task::yield_now().await;
        }
    })
}

fn dials_again_and_again(at: At) -> Play {
    Box::pin(async move {
        for _ in 0..4 {
            drop(tokio::net::TcpStream::connect(at.address).await.unwrap());
        }
    })
}

fn waits_for_ever(_: At) -> Play {
    Box::pin(in_time(std::future::pending()))
}

/// Done, and nobody was woken for it.
fn is_never_woken(_: At) -> Play {
    let end = Instant::now() + Duration::from_millis(100);
    let done = move |_: &mut Context<'_>| match Instant::now() < end {
        true => Poll::Pending,
        false => Poll::Ready(()),
    };
    Box::pin(in_time(poll_fn(done)))
}

/// No timer of the client's own can end this.
fn blocks_its_thread(_: At) -> Play {
    Box::pin(async {
        loop {
            thread::park();
        }
    })
}

const WRONG: &[Wrong] = &[
    Wrong(Case::plays("a panic in a task", Line::serve, panics), "a bug"),
    Wrong(Case::plays("a hoard", Line::serve, takes_too_much), "bytes of heap"),
    #[cfg(target_os = "linux")]
    Wrong(Case::plays("a busy loop", Line::serve, spins), "of CPU time"),
    Wrong(
        Case::plays("a loop of connections", Line::serve, dials_again_and_again),
        "4 connections, and 3 may be",
    ),
    Wrong(
        Case::asks("another arm", Line::serve, Op::Read, Ends::NoReply("lost")),
        "NoReply(\"lost\") was due",
    ),
    Wrong(Case::plays("no answer", Line::serve, waits_for_ever), "no answer within"),
    Wrong(Case::plays("a lost wake-up", Line::serve, is_never_woken), "no answer within"),
    Wrong(
        Case::plays("a thread that is blocked", Line::serve, blocks_its_thread).guard_seconds(1),
        "the client hangs",
    ),
    Wrong(
        Case::asks(
            "a server that finds fault",
            |line| {
                assert_ne!(line.grant()?.timeout_ms, 600, "the client asks for its timeout");
                line.be_kind()
            },
            Op::Read,
            Ends::Value,
        ),
        "the client",
    ),
];

#[test]
fn whatever_is_wrong_is_noticed() {
    let test = "proof::whatever_is_wrong_is_noticed";
    if crate::harness::is_child() {
        return crate::harness::play_one(WRONG.iter().map(|Wrong(case, _)| case));
    }
    for Wrong(case, told) in WRONG {
        let wrong = case.run(test).expect_err(case.name);
        assert!(wrong.contains(told), "{}: {wrong}", case.name);
    }
}
