//! Counters: two that go up together are always the same, whoever reads them, fence or not.

use super::{Found, Op};
use crate::chaos::history::{Answer, Workload};

/// Checks all reads of both.
#[must_use]
pub fn check(ops: &[Op<'_>]) -> Vec<Found> {
    let reads = ops.iter().filter(|op| op.invoke.workload == Workload::Counter);
    reads.filter_map(judge).collect()
}

fn judge(op: &Op<'_>) -> Option<Found> {
    let Answer::Many(answers) = op.answer()? else { return None };
    match answers.as_slice() {
        [Ok(Answer::Data(one, _)), Ok(Answer::Data(other, _))] if one != other => {
            let what = format!("{} shows {one:?} and {other:?} at one moment", op.words());
            Some(Found::new("counter", what))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Script;
    use super::*;

    #[test]
    fn counters_that_differ_are_caught() {
        let mut script = Script::new(Workload::Counter);
        script.counted("3", "3");
        script.passes(check);
        script.counted("4", "3");
        script.is_caught(check, r#"shows Some("4") and Some("3")"#);
    }
}
