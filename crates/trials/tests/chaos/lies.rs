//! Servers that lie are found out, from the beginning of a run to its end.

use std::sync::Arc;
use std::time::Duration;

use zookit_trials::chaos::check::{self, Report};
use zookit_trials::chaos::run::{Settings, play};
use zookit_trials::chaos::target::{Simulated, Target};

use super::liar::{Lie, Lying};

/// A run on the simulated ensemble, in virtual time.
fn run(make: impl FnOnce(Simulated) -> Arc<dyn Target>, seed: u64) -> Report {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build().unwrap();
    let lasting = Duration::from_secs(40);
    let settings = Settings { seed, lasting, rate: 90, ..Settings::default() };
    runtime.block_on(async {
        let target = make(Simulated::start(3, seed));
        let (history, _) = play(settings, target, None, &|_| {}).await.expect("a run");
        check::check(&history)
    })
}

fn run_with(lie: Lie) -> Report {
    run(|servers| Arc::new(Lying::new(servers, lie)), 5)
}

fn found_by(report: &Report) -> Vec<&'static str> {
    report.found.iter().map(|found| found.checker).collect()
}

#[test]
fn honest_servers_pass() {
    for seed in [5, 6] {
        let report = run(|servers| Arc::new(servers), seed);
        assert!(report.passes(), "{report}");
    }
}

#[test]
fn servers_that_lose_an_acknowledged_write_are_found_out() {
    let report = run_with(Lie::LoseWrites);
    let found = found_by(&report);
    for checker in ["fate", "moments", "linear"] {
        assert!(found.contains(&checker), "{checker}: {report}");
    }
}

#[test]
fn servers_that_swallow_events_are_found_out() {
    let report = run_with(Lie::SwallowEvents);
    assert_eq!(found_by(&report), ["watches"], "{report}");
}

#[test]
fn servers_that_show_the_past_are_found_out() {
    let report = run_with(Lie::OldReads);
    let found = found_by(&report);
    for checker in ["moments", "linear"] {
        assert!(found.contains(&checker), "{checker}: {report}");
    }
}
