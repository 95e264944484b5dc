//! The model must be able to fail: with one rule broken, the checker finds the promise that the
//! rule was there to keep. Each test names the fact.

use std::collections::BTreeSet;

use stateright::{Checker, HasDiscoveries, Model};

use crate::properties as promise;
use crate::rules::{Rule, Scope};
use crate::scopes;
use crate::world::Zoo;

/// Breaks a rule and expects one promise to fall; the run ends with the first, shortest example.
fn breaks(scope: Scope, rule: Rule, promise: &'static str) {
    let zoo = Zoo { scope, broken: Some(rule) };
    let first = HasDiscoveries::AnyOf(BTreeSet::from([promise]));
    let checker = zoo.checker().finish_when(first).spawn_bfs().join();
    let Some(path) = checker.discovery(promise) else {
        panic!("{rule:?} is broken, and still: {promise}");
    };
    println!("{rule:?} broken, not so: {promise}: {:?}", path.into_actions());
}

#[test]
fn a_write_sent_again_is_applied_twice() {
    breaks(scopes::FATES, Rule::WritesAreSentOnce, promise::APPLIED_AS_TOLD);
}

#[test]
fn a_sent_write_told_not_sent_is_applied_all_the_same() {
    breaks(scopes::FATES, Rule::SentIsNotUnsent, promise::APPLIED_AS_TOLD);
}

#[test]
fn a_write_sent_behind_a_lost_one_leaves_a_hole() {
    breaks(scopes::FATES, Rule::NothingFollowsALostWrite, promise::NO_HOLE);
}

#[test]
fn a_write_kept_over_an_expiry_is_applied_in_the_wrong_generation() {
    breaks(scopes::GENERATIONS, Rule::WritesStayInTheirGeneration, promise::OWN_GENERATION);
}

#[test]
fn without_burial_ephemerals_of_two_sessions_coexist() {
    breaks(scopes::GENERATIONS, Rule::ThePresumedDeadAreBuried, promise::ONE_EPHEMERAL_OWNER);
}

#[test]
fn a_close_that_was_only_sent_buries_nobody() {
    breaks(scopes::GENERATIONS, Rule::BurialIsConfirmed, promise::ONE_EPHEMERAL_OWNER);
}

#[test]
fn a_write_behind_a_new_handshake_leaves_an_ephemeral_nobody_can_bury() {
    let rule = Rule::NothingRidesBehindANewHandshake;
    breaks(scopes::GENERATIONS, rule, promise::ONE_EPHEMERAL_OWNER);
}

#[test]
fn a_burial_that_reports_expiry_reports_it_twice() {
    breaks(scopes::GENERATIONS, Rule::ExpiryIsReportedOnce, promise::REPORTED_ONCE);
}

#[test]
fn a_handshake_without_the_zxid_seen_lets_time_run_backwards() {
    breaks(scopes::LAGGING, Rule::HandshakesCarryTheZxidSeen, promise::NEVER_BACK);
}

#[test]
fn a_handshake_that_counts_replies_alone_lets_a_read_fall_behind_an_event() {
    let rule = Rule::EventsRaiseTheZxidOfTheHandshake;
    breaks(scopes::LAGGING, rule, promise::NEVER_BEHIND_EVENTS);
}

#[test]
fn set_watches_that_counts_an_event_misses_its_twin() {
    let rule = Rule::EventsDoNotRaiseTheZxidOfSetWatches;
    breaks(scopes::ONE_SHOTS, rule, promise::NO_SILENCE);
}

#[test]
fn a_second_batch_with_a_newer_zxid_misses_a_change() {
    breaks(scopes::ONE_SHOTS, Rule::OneZxidForAllBatches, promise::NO_SILENCE);
}

#[test]
fn a_restore_cut_short_that_moves_the_zxid_misses_a_change() {
    let rule = Rule::AnInterruptedRestoreStartsFromTheSameZxid;
    breaks(scopes::ONE_SHOTS, rule, promise::NO_SILENCE);
}

#[test]
fn watches_that_are_not_set_again_fall_silent() {
    breaks(scopes::ONE_SHOTS, Rule::WatchesAreSetAgain, promise::NO_SILENCE);
}

#[test]
fn watches_that_are_not_set_again_let_a_read_show_a_change_before_its_event() {
    breaks(scopes::LAGGING, Rule::WatchesAreSetAgain, promise::EVENT_FIRST);
}

#[test]
fn a_one_shot_watch_that_rides_on_a_stream_unlisted_falls_silent() {
    breaks(scopes::STREAMS, Rule::SharedOneShotsAreListed, promise::NO_SILENCE);
}

#[test]
fn a_stream_without_a_gap_misses_a_change_in_silence() {
    breaks(scopes::STREAMS, Rule::GapsArePublished, promise::NOTHING_UNTOLD);
}

#[test]
fn a_gap_that_waits_for_the_last_batch_comes_behind_an_event() {
    breaks(scopes::STREAMS, Rule::TheGapComesFirst, promise::GAP_FIRST);
}

#[test]
fn a_read_without_a_fence_misjudges_a_lost_write() {
    breaks(scopes::JUDGING, Rule::FenceBeforeJudging, promise::JUDGED_RIGHT);
}

#[test]
fn a_moved_session_heard_on_its_old_connection_takes_writes_out_of_order() {
    let rule = Rule::AMovedSessionIsDeafToItsOldConnection;
    breaks(scopes::FATES, rule, promise::IN_ORDER);
}

#[test]
fn a_moved_session_heard_on_its_old_connection_outruns_a_fence() {
    let rule = Rule::AMovedSessionIsDeafToItsOldConnection;
    breaks(scopes::JUDGING, rule, promise::JUDGED_RIGHT);
}
