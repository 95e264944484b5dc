//! The same scripts on two servers, and what is not the same.

mod cells;
mod difference;
mod reachable;
mod shrink;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

pub use cells::{Cell, Cells};
pub use difference::Difference;
pub use reachable::reachable;
pub use shrink::shrink;

use crate::Outcome;
use crate::generate::{self, Options};
use crate::observe::{Item, Seen, observe};
use crate::script::Step;
use crate::target::Which;

/// How long to go on.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// The seed of the first script; those that follow count on.
    pub seed: u64,
    /// So many operations at least.
    pub operations: usize,
    /// But no longer than this.
    pub time: Duration,
    /// Nor longer than until so many kinds of differences were found.
    pub kinds: usize,
}

/// What a run has found.
#[derive(Debug, Default)]
pub struct Report {
    /// Scripts carried out.
    pub scripts: u64,
    /// Operations carried out, on each of the two.
    pub operations: usize,
    /// What was met, on the first of the two.
    pub cells: Cells,
    /// Of each kind of difference the first, and how many scripts had it.
    pub differences: BTreeMap<String, (Difference, u64)>,
}

/// Runs scripts on both servers until the bounds are reached.
///
/// Each new kind of difference is shrunk, and `found` is told of it.
///
/// # Errors
/// A server is not there, or does not let itself be tidied up.
pub fn run(
    servers: &[Which; 2],
    options: Options,
    bounds: &Bounds,
    mut found: impl FnMut(u64, &Difference),
) -> Outcome<Report> {
    let begun = Instant::now();
    let mut report = Report::default();
    let mut seed = bounds.seed;
    while report.operations < bounds.operations
        && begun.elapsed() < bounds.time
        && report.differences.len() < bounds.kinds
    {
        let script = generate::script(seed, options);
        let seen = both(servers, &script)?;
        report.scripts += 1;
        report.operations += carried_out(&script, &seen[0]);
        report.cells.count(&script, &seen[0]);
        if let Some(difference) = Difference::first(&script, &seen) {
            match report.differences.get_mut(&difference.kind) {
                Some((_, count)) => *count += 1,
                None => {
                    let shortest = shrink(servers, difference)?;
                    found(seed, &shortest);
                    report.differences.insert(shortest.kind.clone(), (shortest, 1));
                }
            }
        }
        seed = seed.wrapping_add(1);
    }
    Ok(report)
}

/// How many operations were: a step of a slot without a connection is none.
fn carried_out(script: &[Step], seen: &[Seen]) -> usize {
    let missed = |seen: &Seen| seen.items.iter().any(|(_, item)| *item == Item::NotConnected);
    let steps = script.iter().zip(seen).filter(|(_, seen)| !missed(seen));
    steps.map(|(step, _)| step.operations()).sum()
}

/// Carries a script out on both servers at once.
///
/// # Errors
/// A server is not there, or does not let itself be tidied up.
pub fn both(servers: &[Which; 2], script: &[Step]) -> Outcome<[Vec<Seen>; 2]> {
    let [first, second] = servers;
    let (first, second) = std::thread::scope(|scope| {
        let other = scope.spawn(|| observe(&mut *second.quiet_target(), script));
        let first = observe(&mut *first.quiet_target(), script);
        (first, other.join())
    });
    match second {
        Ok(second) => Ok([first?, second?]),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}
