//! A script of 60 operations, and the connection cut at every byte of it.
//!
//! The whole script runs once uncut; that tells where in the two streams each request and each
//! reply ends. Then it runs again for every offset of either stream and every way to end a
//! connection, and each operation must end exactly as the offset says:
//!
//! * its reply had arrived: answered;
//! * a read, a watch, a credential: asked again on the next connection, and answered;
//! * a write whose last byte the transport had accepted: *no reply*, applied if and only if the
//!   server had it whole;
//! * a write of which the transport had accepted less: sent on the next connection, and answered.
//!
//! In every run each write is applied at most once, in the order of submission; every one-shot
//! watch whose znode changed has told it exactly once; every change under a persistent watch was
//! told or lies in a gap; and closing succeeds.
//!
//! A FIN is cut with a transport that accepted just the bytes that arrived, a RST and a stall with
//! one that had accepted everything, so that both sides of *sent* are met.

mod run;
mod script;
mod server;

use run::{Cut, Record, run};
use zookit_session::Loss;

/// Which stream the offset counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stream {
    ToServer,
    ToClient,
}

#[test]
fn the_script_is_answered_when_nothing_is_cut() {
    let record = run(None);
    assert_eq!(record.outcomes.len(), 60);
    record.check_invariants("uncut");
    assert!(record.outcomes.iter().all(run::End::is_answered), "{:?}", record.outcomes);
}

#[test]
fn sixty_operations_end_right_wherever_the_connection_is_cut() {
    let whole = run(None);
    let mut points = 0;
    let mut no_replies = 0;
    for (stream, length) in
        [(Stream::ToServer, whole.bytes_to_server), (Stream::ToClient, whole.bytes_to_client)]
    {
        for at in 0..length {
            for loss in [Loss::Fin, Loss::Reset, Loss::Stall] {
                let cut = Cut { stream, at, loss };
                let record = run(Some(cut));
                no_replies += check(&whole, &record, cut);
                points += 1;
            }
        }
    }
    println!("{points} points, {no_replies} writes without a reply");
    assert!(points >= 20_000, "only {points} points");
    assert!(no_replies >= 20_000, "only {no_replies} writes were lost: the cuts miss them");
}

/// Checks one run against what the uncut one foretells. Returns how many writes had no reply.
fn check(whole: &Record, record: &Record, cut: Cut) -> usize {
    let name = format!("{cut:?}");
    record.check_invariants(&name);
    let group = whole.group_at(cut);
    let mut no_replies = 0;
    for (n, end) in record.outcomes.iter().enumerate() {
        let step = &whole.steps[n];
        let arrived = match cut.stream {
            Stream::ToServer => step.request_end <= cut.at,
            Stream::ToClient => step.reply_end <= cut.at,
        };
        let accepted = cut.stream == Stream::ToClient || cut.loss != Loss::Fin;
        let lost = step.is_write && group == Some(step.group) && !arrived && accepted;
        if !lost {
            assert!(end.is_answered(), "{name}: operation {n} ended {end:?}");
            assert_eq!(record.applied(n), usize::from(step.is_write), "{name}: operation {n}");
            continue;
        }
        assert!(end.is_lost(cut.loss), "{name}: operation {n} ended {end:?}");
        // A stall is dead both ways: what is asked after it reaches nobody.
        let reached = cut.stream == Stream::ToClient && !whole.is_between_groups(cut);
        let reached = usize::from(reached);
        assert_eq!(record.applied(n), reached, "{name}: operation {n}");
        no_replies += 1;
    }
    no_replies
}
