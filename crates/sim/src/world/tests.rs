//! Of runs: they are the same for the same seed, keep every promise, and much comes about in them.

use super::*;
use crate::workload::{self, ALL, of_seed};

fn report(workload: &'static Workload, seed: u64) -> Report {
    run(workload, seed, &mut Trace::silent())
}

#[test]
fn the_same_seed_is_the_same_run() {
    for workload in ALL {
        for seed in 0..3 {
            assert_eq!(report(workload, seed), report(workload, seed), "{} {seed}", workload.name);
        }
        let (one, other) = (report(workload, 1), report(workload, 2));
        assert_ne!(one.hash, other.hash, "{}", workload.name);
    }
}

#[test]
fn every_promise_is_kept_in_every_workload() {
    for workload in ALL {
        for seed in 1000..1020 {
            let report = report(workload, seed);
            let name = workload.name;
            assert_eq!(report.violation, None, "--seed {seed} --workload {name}");
        }
    }
}

#[test]
fn much_comes_about() {
    let mut sum = Tally::default();
    let mut events = 0;
    for seed in 0..60 {
        let report = report(of_seed(seed), seed);
        sum += report.tally;
        events += report.events;
    }
    let of_calls = [sum.answered, sum.refused, sum.not_sent, sum.no_reply];
    assert!(of_calls.iter().all(|count| *count > 300), "{sum}");
    let of_sessions = [sum.connected, sum.lost, sum.expired];
    assert!(of_sessions.iter().all(|count| *count > 25), "{sum}");
    let of_watches = [sum.watched, sum.gaps, sum.restored];
    assert!(of_watches.iter().all(|count| *count > 300), "{sum}");
    let read_only = workload::named("readonly").unwrap();
    let read_only: u64 = (0..20).map(|seed| report(read_only, seed).tally.read_only).sum();
    assert!(read_only > 5, "{read_only} connections to members that only read");
    assert!((600 * 60..2000 * 60).contains(&events), "{events} events");
}

/// What campaigns and long runs found, by the seeds of their time: a workload that changes gives
/// them another meaning, and the named tests of what was wrong stay.
#[test]
fn seeds_that_broke_a_promise_once_keep_it() {
    let seeds = [
        ("readonly", 723),
        ("ensemble", 10_593),
        ("older", 11_854),
        ("ensemble", 104_077),
        ("ensemble", 139_197),
        ("watches", 302_013),
        ("older", 1_106_856),
        ("ensemble", 1_261_661),
        ("older", 1_365_803),
    ];
    for (name, seed) in seeds {
        let violation = report(workload::named(name).unwrap(), seed).violation;
        assert!(violation.is_none(), "--seed {seed} --workload {name}: {violation:?}");
    }
}
