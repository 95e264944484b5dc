//! Linearizability: registers and counters, one key at a time.
//!
//! A history is linearizable if and only if that of each key is (Herlihy and Wing's locality), so
//! keys are looked at alone, and each is used for a while only. What counts are operations of which
//! it is known what they were told, and those of which nobody knows: these may take effect at any
//! time behind their beginning, or never. Reads without a fence promise no such thing, and are left
//! to [`moments`](super::moments).
//!
//! * `search.rs`: the search, by Wing and Gong with Lowe's memory of what was tried;
//! * `register.rs`: what a register and a pair of counters are; what operations say of them.

mod register;
mod search;

use std::collections::BTreeMap;

pub use register::{Action, Cell, Register};
pub use search::{Model, Span, Verdict, search};

use super::{Found, Op};
use crate::chaos::history::Workload;

/// How much the check of one key may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// How many states are remembered; each takes some 100 bytes.
    pub states: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { states: 1_000_000 }
    }
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Judged {
    /// Keys that are not linearizable.
    pub found: Vec<Found>,
    /// Keys that are.
    pub keys: u64,
    /// Operations on them.
    pub operations: u64,
    /// Keys of which it could not be decided.
    pub undecided: Vec<String>,
}

/// Checks all registers and counters.
#[must_use]
pub fn check(ops: &[Op<'_>], bounds: Bounds) -> Judged {
    let mut keys: BTreeMap<(Workload, &str), Vec<Span<Action>>> = BTreeMap::new();
    for op in ops {
        let workload = op.invoke.workload;
        if !matches!(workload, Workload::Register | Workload::Counter) {
            continue;
        }
        let spans = keys.entry((workload, &op.invoke.key)).or_default();
        if let Some(action) = register::action(op) {
            let (begun, over) = (op.begun, op.over());
            // What nobody knows of is never over.
            let over = over.filter(|_| op.outcome() != crate::chaos::history::Outcome::Info);
            spans.push(Span { begun, over, action });
        }
    }
    let mut judged = Judged::default();
    for ((workload, key), spans) in keys {
        let name = format!("{} {key}", workload.name());
        match search(&Register, &spans, bounds.states) {
            Verdict::Linearizable => {
                judged.keys += 1;
                judged.operations += u64::try_from(spans.len()).unwrap_or(u64::MAX);
            }
            Verdict::Undecided => judged.undecided.push(name),
            Verdict::Not { reached } => {
                let told = spans.get(reached).map(|span| format!("{:?}", span.action));
                let what = format!(
                    "{name} is not linearizable: of {} operations no order takes in {}, begun at \
                     line {}",
                    spans.len(),
                    told.unwrap_or_default(),
                    spans.get(reached).map_or(0, |span| span.begun)
                );
                judged.found.push(Found::new("linear", what));
            }
        }
    }
    judged
}

#[cfg(test)]
mod tests;
