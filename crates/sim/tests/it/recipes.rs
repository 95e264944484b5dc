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
