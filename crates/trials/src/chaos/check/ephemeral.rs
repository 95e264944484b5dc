//! Ephemeral znodes: what a client made in one session is gone before there is any of the next, and
//! is there as long as the session is.

use std::collections::BTreeSet;

use super::{Found, Op};
use crate::chaos::history::{Answer, Workload};

/// Checks all lists of ephemeral znodes.
#[must_use]
pub fn check(ops: &[Op<'_>]) -> Vec<Found> {
    let lists = ops.iter().filter(|op| op.invoke.workload == Workload::Ephemeral);
    lists.filter_map(judge).collect()
}

fn judge(op: &Op<'_>) -> Option<Found> {
    let Answer::Children(names, _) = op.answer()? else { return None };
    let generations: BTreeSet<_> = names.iter().filter_map(|name| name.split('-').next()).collect();
    (generations.len() > 1).then(|| {
        let what = format!("{} shows two generations at once: {}", op.words(), names.join(", "));
        Found::new("ephemeral", what)
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::Script;
    use super::*;

    #[test]
    fn two_generations_at_once_are_caught() {
        let mut script = Script::new(Workload::Ephemeral);
        script.list(&["g1-c1-p1-1", "g1-c1-p1-2"]);
        script.list(&["g2-c1-p9-1"]);
        script.list(&[]);
        script.passes(check);
        script.list(&["g1-c1-p1-1", "g2-c1-p9-1"]);
        script.is_caught(check, "shows two generations at once");
    }
}
