//! Four of the scenarios of `zookit-trials survive`, on three members of the newest release that
//! `ZOOKIT_REAL_CLASSPATHS` lists; `cargo xtask test` lists it.
//!
//! Without the variable nothing runs here, and one line says so. `ZOOKIT_REQUIRE_REAL`, a list of
//! versions, turns that into an error. All scenarios on all releases: `cargo xtask survive`.

#![cfg(unix)]

use std::io::Write as _;
use std::sync::{Mutex, Once, PoisonError};

use zookit_ensemble::Release;
use zookit_trials::survive::try_one;

/// Three servers and their clients have the machine for themselves.
static ALONE: Mutex<()> = Mutex::new(());

fn holds(scenario: &str) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let listed = Release::listed().unwrap();
    let Some(release) = listed.into_iter().max_by_key(|release| release.version) else {
        return skip();
    };
    let program = env!("CARGO_BIN_EXE_zookit-trials").into();
    if let Err(what) = try_one(scenario, release, 3, program) {
        panic!("{what}");
    }
}

/// One line for the whole binary, past the capturing of output that passed tests are subject to.
fn skip() {
    static ONCE: Once = Once::new();
    let required = std::env::var("ZOOKIT_REQUIRE_REAL").unwrap_or_default();
    assert!(required.is_empty(), "ZOOKIT_REQUIRE_REAL wants {required}, and none is listed");
    ONCE.call_once(|| {
        let _ = writeln!(
            std::io::stderr(),
            "skipped: the trials on real ensembles; `cargo xtask test` runs them"
        );
    });
}

#[test]
fn a_killed_leader_costs_a_connection_and_nothing_else() {
    holds("leader-killed");
}

#[test]
fn a_killed_follower_is_noticed_by_its_own_clients_alone() {
    holds("follower-killed");
}

#[test]
fn a_client_that_is_cut_off_keeps_its_session_and_what_comes_late_changes_nothing() {
    holds("client-partitioned");
}

#[test]
fn what_a_fence_shows_of_lost_writes_stays_so_when_leaders_change() {
    holds("fence-leader-changed");
}
