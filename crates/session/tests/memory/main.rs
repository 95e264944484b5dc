//! What very many watches cost.
//!
//! In a process of its own, since its allocator counts.

#![allow(unreachable_pub, reason = "a test binary has no outside")]

#[path = "../it/talk.rs"]
#[allow(dead_code, reason = "a conversation has more to say than this")]
mod talk;

use allocation_counter::measure;
use zookit_session::{State, WatchKind};

use talk::{SESSION, Talk};

/// So many one-shot watches, armed; each path is 17 bytes long.
fn armed(watches: u64, path: impl Fn(u64) -> u64) -> Talk {
    let mut talk = Talk::connected();
    for number in 0..watches {
        let path = format!("/bench/w-{:08}", path(number));
        talk.watch(number, WatchKind::Exists, &path);
        let (xid, _) = talk.sends_any();
        talk.ok(xid, 3);
        talk.forget();
    }
    talk.session.rest();
    talk
}

/// Bytes each, without what a session takes in any case.
fn bytes_each(path: impl Fn(u64) -> u64) -> i64 {
    const FEW: u32 = 5000;
    let heap = |watches: u32| {
        let mut talk = None;
        let counted = measure(|| talk = Some(armed(u64::from(watches), &path)));
        counted.bytes_current
    };
    (heap(4 * FEW) - heap(FEW)) / i64::from(3 * FEW)
}

#[test]
fn an_armed_watch_takes_little_memory() {
    let ascending = bytes_each(|number| number);
    assert!(ascending <= 110, "{ascending} bytes each, in ascending order");
    // By a number without a common divisor, so that all are different.
    let scattered = bytes_each(|number| number * 48_271 % 1_000_003);
    assert!(scattered <= 160, "{scattered} bytes each, in no order");
}

#[test]
fn a_restore_takes_memory_for_a_few_batches_however_many_watches_there_are() {
    let mut talk = armed(100_000, |number| number);
    talk.fin();
    assert_eq!(talk.says_state(), State::Suspended);
    talk.dials();
    talk.connects(SESSION);
    // The transport takes nothing.
    talk.stuck = true;
    let counted = measure(|| talk.grant(SESSION));
    assert!(counted.bytes_max > 128 * 1024, "no batch was made");
    assert!(counted.bytes_max < 1024 * 1024, "{} bytes", counted.bytes_max);
}
