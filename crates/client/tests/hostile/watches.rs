//! Events without end or sense, and watches that cannot be set again.

use std::io;
use std::time::Duration;

use zookit_client::{AddWatchMode, Client, State, WatchEnded, WatchNotice};
use zookit_proto::{OpCode, Xid};

use crate::client::Ends::{NoReply, NotSent, Value};
use crate::client::{At, Op, bears, check, goes_on, hurried, in_time, reaches};
use crate::harness::{Case, Play, run};
use crate::line::Line;
use crate::wire::Jute::{Int, Raw};
use crate::wire::{changed, event, honest, jute, reply};

/// Behind addWatch come these bytes, then all is as it should be.
fn behind_watch(line: &mut Line, events: &[u8]) -> io::Result<()> {
    line.grant()?;
    if line.is_first() {
        let asked = line.asked()?;
        assert_eq!(asked.opcode, OpCode::AddWatch);
        line.answer(&asked)?;
        line.send(events)?;
    }
    line.be_kind()
}

/// Leaves a watch, does not read it until all has come, and demands how many notices it then has,
/// and whether the last of them is a gap.
async fn reads_late(at: At, path: &'static str, kept: usize, gap: bool) {
    let client = at.connected().await;
    let mode = AddWatchMode::PersistentRecursive;
    let mut watch = in_time(client.add_watch(path, mode)).await.unwrap();
    // Answered behind the events.
    Op::Read.ask(&client, Value).await;
    let mut notices = Vec::new();
    while let Ok(Some(notice)) = tokio::time::timeout(Duration::from_millis(50), watch.next()).await
    {
        notices.push(matches!(notice, WatchNotice::Gap { .. }));
    }
    assert_eq!((notices.len(), notices.last()), (kept, Some(&gap)));
    drop(watch);
    goes_on(client).await;
}

const FLOODS: &[Case] = &[
    Case::plays(
        "100,000 events that nobody reads",
        |line| behind_watch(line, &changed("/a").repeat(100_000)),
        |at| Box::pin(reads_late(at, "/a", 1025, true)),
    )
    .connections(1)
    .cpu_seconds(10),
    Case::plays(
        "100,000 events of paths that nobody watches",
        |line| behind_watch(line, &changed("/b/c/d").repeat(100_000)),
        |at| {
            Box::pin(async move {
                let client = at.connected().await;
                let watch = client.add_watch("/a", AddWatchMode::Persistent);
                let _watch = in_time(watch).await.unwrap();
                Op::Read.ask(&client, Value).await;
                goes_on(client).await;
            })
        },
    )
    .connections(1)
    .cpu_seconds(10),
    Case::plays(
        "2,000 events with paths of 16 KB that nobody reads",
        |line| behind_watch(line, &changed(&format!("/a/{}", "x".repeat(16_000))).repeat(2_000)),
        |at| {
            Box::pin(async move {
                let client = at.connected().await;
                let mode = AddWatchMode::PersistentRecursive;
                let mut watch = in_time(client.add_watch("/a", mode)).await.unwrap();
                Op::Read.ask(&client, Value).await;
                let mut notices = vec![in_time(watch.next()).await];
                while !matches!(notices.last(), Some(Some(WatchNotice::Gap { .. }))) {
                    notices.push(in_time(watch.next()).await);
                }
                assert!((60..70).contains(&notices.len()), "{} notices", notices.len());
                drop(watch);
                goes_on(client).await;
            })
        },
    )
    // The watch keeps 1 MiB of paths; they are read into as much again.
    .stated(2 << 20)
    .connections(1)
    .cpu_seconds(4),
    Case::plays(
        "a path of 100,000 slashes",
        |line| behind_watch(line, &changed(&"/".repeat(100_000))),
        |at| {
            Box::pin(async move {
                let client = at.connected().await;
                let mode = AddWatchMode::PersistentRecursive;
                let _watch = in_time(client.add_watch("/a", mode)).await.unwrap();
                Op::Read.ask(&client, Value).await;
                goes_on(client).await;
            })
        },
    )
    .connections(1)
    .cpu_seconds(1),
    Case::plays(
        "an event again and again for a watch that fires once",
        |line| {
            line.grant()?;
            let asked = line.asked()?;
            line.answer(&asked)?;
            line.send(&changed("/a").repeat(10_000))?;
            line.be_kind()
        },
        |at| {
            Box::pin(async move {
                let client = at.connected().await;
                let (_, watch) = in_time(client.get_data_and_watch("/a")).await.unwrap();
                assert_eq!(in_time(watch).await.unwrap().path, "/a");
                goes_on(client).await;
            })
        },
    )
    .connections(1)
    .cpu_seconds(1),
];

#[test]
fn a_flood_of_events_is_bounded_and_told_as_a_gap() {
    run("watches::a_flood_of_events_is_bounded_and_told_as_a_gap", FLOODS);
}

/// The watch hears only what is true: one event, behind all the nonsense.
fn hears_one(at: At) -> Play {
    Box::pin(reads_late(at, "/a", 1, false))
}

/// A notification with this body.
fn notification(body: &[u8]) -> Vec<u8> {
    reply(Xid::NOTIFICATION, -1, 0, body)
}

/// An event that ends the connection: the watch hears of a gap when it is set again.
fn hears_a_gap(at: At) -> Play {
    Box::pin(async move {
        let client = at.connected().await;
        let mode = AddWatchMode::PersistentRecursive;
        let mut watch = in_time(client.add_watch("/a", mode)).await.unwrap();
        let notice = in_time(watch.next()).await;
        assert!(matches!(notice, Some(WatchNotice::Gap { .. })), "{notice:?}");
        drop(watch);
        goes_on(client).await;
    })
}

const NONSENSE: &[Case] = &[
    Case::plays(
        "events of types and states that nobody knows",
        |line| {
            let states = notification(&jute(&[Int(3), Int(4711), Int(2), Raw(b"/b")]));
            let types = [99, 0, -1, i32::MIN, i32::MAX, 5, 6, 7].map(|number| event(number, b"/a"));
            behind_watch(line, &[states, types.concat(), changed("/a")].concat())
        },
        hears_one,
    )
    .connections(1),
    Case::plays(
        "events of paths that are none",
        |line| {
            let paths: [&[u8]; 6] = [b"", b"a", b"//", b"\0", b"a/", b"/\xff\xfe/"];
            let events = paths.map(|path| event(3, path)).concat();
            behind_watch(line, &[events, changed("/a")].concat())
        },
        hears_one,
    )
    .connections(1),
    Case::plays(
        "an event of a path that is not UTF-8",
        |line| behind_watch(line, &event(3, b"/a/\xff\xfe")),
        |at| {
            Box::pin(async move {
                let client = at.connected().await;
                let mode = AddWatchMode::PersistentRecursive;
                let mut watch = in_time(client.add_watch("/a", mode)).await.unwrap();
                let Some(WatchNotice::Event(event)) = in_time(watch.next()).await else {
                    panic!("the event is told");
                };
                assert_eq!(event.path, "/a/\u{fffd}\u{fffd}");
                drop(watch);
                goes_on(client).await;
            })
        },
    )
    .connections(1),
    Case::plays(
        "an event of a null path",
        |line| behind_watch(line, &notification(&jute(&[Int(3), Int(3), Int(-1)]))),
        hears_a_gap,
    ),
    Case::plays(
        "an event of a path of two gigabytes",
        |line| behind_watch(line, &notification(&jute(&[Int(3), Int(3), Int(i32::MAX)]))),
        hears_a_gap,
    ),
    Case::plays(
        "an event that ends behind its type",
        |line| behind_watch(line, &notification(&jute(&[Int(3)]))),
        hears_a_gap,
    ),
    Case::plays(
        "an event that says it is an error",
        |line| {
            let body = jute(&[Int(3), Int(3), Int(2), Raw(b"/a")]);
            behind_watch(line, &reply(Xid::NOTIFICATION, i64::MIN, -101, &body))
        },
        hears_one,
    )
    .connections(1),
    Case::asks(
        "an event before the reply that sets its watch",
        |line| {
            line.answer_first(|asked| [changed("/a"), honest(asked.xid, 9, asked.opcode)].concat())
        },
        Op::AddWatch,
        Value,
    )
    .connections(1),
];

#[test]
fn events_without_sense_reach_nobody() {
    run("watches::events_without_sense_reach_nobody", NONSENSE);
}

/// Grants, and loses the first connection behind the first answer. On later ones a restore is
/// answered by `restore`, and all else as it should be.
fn restores(line: &mut Line, restore: fn(&mut Line, Xid) -> io::Result<()>) -> io::Result<()> {
    line.grant()?;
    if line.is_first() {
        let asked = line.asked()?;
        return line.answer(&asked);
    }
    loop {
        let asked = line.asked()?;
        if matches!(asked.opcode, OpCode::SetWatches | OpCode::SetWatches2) {
            restore(line, asked.xid)?;
        } else {
            line.answer(&asked)?;
        }
    }
}

async fn leaves_a_watch(at: At) -> (Client, zookit_client::OneShotWatch) {
    let client = at.connected().await;
    let (_, watch) = in_time(client.get_data_and_watch("/a")).await.unwrap();
    (client, watch)
}

/// The watch is over rather than the client.
fn gives_the_watch_up(at: At) -> Play {
    Box::pin(async move {
        let (client, watch) = leaves_a_watch(at).await;
        assert_eq!(in_time(watch).await, Err(WatchEnded::RestoreFailed));
        goes_on(client).await;
    })
}

/// The end of a connection, from within a script.
fn hang_up() -> io::Error {
    io::ErrorKind::ConnectionAborted.into()
}

const RESTORES: &[Case] = &[
    Case::plays(
        "watches refused when they are set again",
        |line| restores(line, |line, xid| line.send(&reply(xid, 9, -101, &[]))),
        |at| {
            Box::pin(async move {
                let (client, watch) = leaves_a_watch(at).await;
                let ended = in_time(watch).await.expect_err("it cannot be set again");
                assert!(matches!(ended, WatchEnded::RestoreRefused(_)), "{ended:?}");
                goes_on(client).await;
            })
        },
    ),
    Case::plays(
        "setting watches again unknown, and the connection closed, each time",
        |line| {
            restores(line, |line, xid| {
                line.send(&reply(xid, -1, -6, &[]))?;
                Err(hang_up())
            })
        },
        |at| {
            Box::pin(async move {
                let (client, watch) = leaves_a_watch(at).await;
                let ended = in_time(watch).await.expect_err("it cannot be set again");
                assert!(matches!(ended, WatchEnded::RestoreRefused(_)), "{ended:?}");
                goes_on(client).await;
            })
        },
    )
    .connections(4),
    Case::plays(
        "the connection closed each time watches are set again",
        |line| restores(line, |_, _| Err(hang_up())),
        gives_the_watch_up,
    )
    .connections(8),
    Case::plays(
        "garbage each time watches are set again",
        |line| restores(line, |line, _| line.send(&[0xff; 64])),
        gives_the_watch_up,
    )
    .connections(8),
    Case::plays(
        "watches never set again, on a connection that lives",
        |line| restores(line, |_, _| Ok(())),
        |at| {
            Box::pin(async move {
                let (client, _watch) = leaves_a_watch(at).await;
                reaches(&client, State::Suspended).await;
                let hurried = hurried(&client);
                let (read, write) =
                    (hurried.get_data("/a"), hurried.delete("/a", zookit_client::Version::Any));
                check(in_time(read).await, NotSent("deadline"));
                check(in_time(write).await, NotSent("deadline"));
                let _ = in_time(client.close()).await;
                assert_eq!(client.state(), State::Closed);
            })
        },
    )
    .connections(12),
    Case::plays(
        "a flood of events while watches are set again",
        |line| {
            restores(line, |line, xid| {
                line.send(&changed("/a/b").repeat(20_000))?;
                line.send(&reply(xid, 9, 0, &[]))
            })
        },
        |at| {
            Box::pin(async move {
                let client = at.connected().await;
                let mode = AddWatchMode::PersistentRecursive;
                let mut watch = in_time(client.add_watch("/a", mode)).await.unwrap();
                let notice = in_time(watch.next()).await;
                assert!(matches!(notice, Some(WatchNotice::Gap { .. })), "{notice:?}");
                drop(watch);
                goes_on(client).await;
            })
        },
    )
    .cpu_seconds(3),
    Case::plays(
        "watches set again, and said so twice, each time",
        |line| restores(line, |line, xid| line.send(&reply(xid, 9, 0, &[]).repeat(2))),
        |at| {
            Box::pin(async move {
                let (client, watch) = leaves_a_watch(at).await;
                reaches(&client, State::Suspended).await;
                bears(1000).await;
                // Nothing to set again, and the next connection lives.
                drop(watch);
                in_time(async { while in_time(client.get_data("/a")).await.is_err() {} }).await;
                goes_on(client).await;
            })
        },
    )
    .connections(40),
    Case::asks(
        "a watch refused by the end of the connection, each time",
        |line| {
            line.grant()?;
            loop {
                let asked = line.asked()?;
                if asked.opcode == OpCode::AddWatch {
                    return Ok(());
                }
                line.answer(&asked)?;
            }
        },
        Op::AddWatch,
        NoReply("each of the 4 times"),
    )
    .connections(7),
];

#[test]
fn a_refused_restore_ends_the_watches_and_never_loops() {
    run("watches::a_refused_restore_ends_the_watches_and_never_loops", RESTORES);
}
