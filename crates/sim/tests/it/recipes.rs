//! The programs of recipes in storms: the same seed gives the same run, what is promised holds, and
//! much comes about.

use std::collections::BTreeSet;

use zookit_sim::whole::recipes::{ALL, Program, Report, Tally, named, run_seed};

/// So many runs of each in a moment; the command runs more.
const SEEDS: u64 = 30;

fn report(program: &Program, seed: u64) -> Report {
    let name = program.name;
    run_seed(program, seed).unwrap_or_else(|broken| panic!("seed {seed} of {name}: {broken}"))
}

#[test]
fn recipes_keep_their_promises_in_storms() {
    for program in ALL {
        for seed in 0..SEEDS {
            report(program, seed);
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_run_of_a_recipe() {
    for program in ALL {
        let mut hashes = BTreeSet::new();
        for seed in 100..104 {
            let first = report(program, seed);
            assert_eq!(first, report(program, seed), "seed {seed} of {}", program.name);
            hashes.insert(first.trace_hash);
        }
        assert_eq!(hashes.len(), 4, "two seeds of {} gave the same run", program.name);
    }
}

/// That none is lost otherwise is what every run checks.
#[test]
fn a_lock_loses_updates_where_no_token_is_compared_and_no_write_is_guarded() {
    let mutex = named("mutex").unwrap();
    let mut tally = Tally::default();
    for seed in 0..2 * SEEDS {
        tally += &report(mutex, seed).tally;
    }
    assert!(tally.of("updates lost") > 0, "{tally}");
    for what in ["refused by token", "refused by guard", "doubtful", "lost", "released and lost"] {
        assert!(tally.of(what) > 0, "{what}: {tally}");
    }
    for what in ["held", "dropped", "written outside", "written under guard", "released"] {
        assert!(tally.of(what) > 50, "{what}: {tally}");
    }
}

/// What comes about in so many runs of a program, and how often at least: a run in which nothing
/// does proves nothing.
fn much_comes_about(name: &str, least: &[(&str, u64)]) {
    let program = named(name).unwrap();
    let mut tally = Tally::default();
    for seed in 0..SEEDS {
        tally += &report(program, seed).tally;
    }
    for (what, least) in least {
        assert!(tally.of(what) >= *least, "{what}: {tally}");
    }
}

#[test]
fn leaders_come_and_go_and_write_under_guard() {
    let least = [("led", 50), ("resigned", 10), ("written under guard", 20), ("dropped", 50)];
    much_comes_about("latch", &[least.as_slice(), &[("deleted by somebody", 5)]].concat());
}

#[test]
fn caches_are_told_of_much_and_slow_listeners_miss_some() {
    much_comes_about("tree_cache", &[("written", 500), ("events", 1000), ("missed", 1)]);
}

#[test]
fn rounds_of_a_double_barrier_begin_and_end() {
    let least = [("entered", 50), ("left", 20), ("dropped", 50), ("lost inside", 1)];
    let tampered = [("members deleted by somebody", 1), ("ready deleted by somebody", 1)];
    much_comes_about("double_barrier", &[least.as_slice(), &tampered].concat());
}

#[test]
fn items_are_put_and_taken_and_consumed_and_lost_to_others() {
    let least = [("put", 100), ("taken", 50), ("consumed", 30), ("moved", 3)];
    let lost = [("locks deleted by somebody", 1), ("lost to another", 1)];
    much_comes_about("locking_queue", &[least.as_slice(), &lost].concat());
}

#[test]
fn additions_are_made_and_refused_and_some_are_known_to_nobody() {
    let least = [("added", 100), ("not added", 5), ("nobody can tell", 1), ("dropped", 50)];
    much_comes_about(
        "atomic_long",
        &[least.as_slice(), &[("marks deleted by somebody", 1)]].concat(),
    );
}

#[test]
fn readers_and_writers_come_by_the_lock_and_writers_become_readers() {
    let least = [("read", 50), ("written", 30), ("downgraded", 3), ("doubtful", 1)];
    let written = [("written outside", 5), ("written under guard", 5)];
    much_comes_about("read_write", &[least.as_slice(), &written].concat());
}
