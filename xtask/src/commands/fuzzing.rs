//! The workspace `fuzz/`: it has a lock file of its own, and its targets are bolero's.

use std::process::Command;
use std::time::Duration;

use crate::Outcome;
use crate::process::{cargo, output, root, run as run_program};
use crate::steps::Ended;

/// Its manifest, from the root.
pub(super) const MANIFEST: &str = "fuzz/Cargo.toml";

/// Is there such a workspace?
pub(super) fn present() -> bool {
    root().join(MANIFEST).is_file()
}

/// Fuzzing on stable: bolero's targets are tests, each of which runs for as long as it is told.
pub(super) fn run_for(total: Duration) -> Outcome<Ended> {
    if !present() {
        return Ok(Ended::Skipped(String::from("there is no fuzz/")));
    }
    let list = ["test", "-q", "--manifest-path", MANIFEST, "--", "--list"];
    let targets = count_targets(&output(&mut cargo(&list))?);
    if targets == 0 {
        return Err(String::from("fuzz/ has no targets"));
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let each = time_each(total, targets, threads);
    let threads = format!("--test-threads={threads}");
    let run = ["test", "--manifest-path", MANIFEST, "--", &threads];
    let mut command: Command = cargo(&run);
    command.env("BOLERO_RANDOM_TEST_TIME_MS", each.as_millis().to_string());
    run_program(&mut command).map(|()| Ended::Passed)
}

fn count_targets(list: &str) -> usize {
    list.lines().filter(|line| line.ends_with(": test")).count()
}

/// The targets run side by side on the threads; together they take `total`.
fn time_each(total: Duration, targets: usize, threads: usize) -> Duration {
    let rounds = targets.div_ceil(threads.max(1)).max(1);
    total / u32::try_from(rounds).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_for_fuzzing_is_shared_by_the_targets() {
        let minute = Duration::from_secs(60);
        assert_eq!(time_each(minute, 1, 2), minute);
        assert_eq!(time_each(minute, 5, 2), Duration::from_secs(20));
        assert_eq!(time_each(minute, 0, 0), minute);
    }

    #[test]
    fn targets_are_counted_from_cargos_list() {
        assert_eq!(count_targets("frame: test\nmulti: test\n\n2 tests, 0 benchmarks\n"), 2);
    }
}
