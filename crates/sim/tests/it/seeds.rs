//! Random programs of whole clients in storms: the same seed gives the same run, and no promise is
//! broken.

use zookit_sim::whole::workload::run_seed;

/// So many runs in a moment; the command runs more.
const SEEDS: u64 = 20;

#[test]
fn whole_clients_keep_their_promises_in_storms() {
    let mut doubts = 0;
    for seed in 0..SEEDS {
        let report = run_seed(seed).unwrap_or_else(|violation| panic!("seed {seed}: {violation}"));
        doubts += report.in_doubt;
    }
    assert!(doubts > 50, "the storms do no harm: {doubts} writes in doubt");
}

#[test]
fn the_same_seed_gives_the_same_run_of_whole_clients() {
    let mut hashes = std::collections::BTreeSet::new();
    for seed in 100..105 {
        let first = run_seed(seed);
        assert_eq!(first, run_seed(seed), "seed {seed}");
        hashes.extend(first.map(|report| report.trace_hash));
    }
    assert_eq!(hashes.len(), 5, "two seeds gave the same run, or one failed");
}
