//! Numbers: nobody gets one twice, and who comes later gets a larger one.

use std::collections::BTreeMap;

use zookit_proto::path::parse_sequence;

use super::{Found, Op};
use crate::chaos::history::{Answer, Function, Workload};

/// Checks all numbers.
#[must_use]
pub fn check(ops: &[Op<'_>]) -> Vec<Found> {
    let mut keys: BTreeMap<&str, Vec<(i32, Op<'_>)>> = BTreeMap::new();
    for op in ops.iter().filter(|op| op.is(Workload::Ids, Function::Generate)) {
        if let Some(number) = op.answer().and_then(number) {
            keys.entry(&op.invoke.key).or_default().push((number, *op));
        }
    }
    keys.into_values().filter_map(judge).collect()
}

fn number(answer: &Answer) -> Option<i32> {
    match answer {
        Answer::Stat(stat) => Some(stat.version),
        Answer::Created(path, _) => parse_sequence(path.get(path.len().checked_sub(10)?..)?),
        _ => None,
    }
}

fn judge(mut numbers: Vec<(i32, Op<'_>)>) -> Option<Found> {
    numbers.sort_by_key(|(number, op)| (*number, op.begun));
    let mut previous: Option<(i32, Op<'_>)> = None;
    // Of all smaller numbers the one that was begun last.
    let mut newest: Option<(i32, Op<'_>)> = None;
    for (number, op) in numbers {
        let twice = previous.filter(|(other, _)| *other == number);
        if let Some((_, before)) = twice {
            let (one, two) = (before.words(), op.words());
            return Some(Found::new("ids", format!("{number} is told twice: {one}, {two}")));
        }
        let late = newest.filter(|(_, before)| op.over().is_some_and(|over| over < before.begun));
        if let Some((smaller, before)) = late {
            let (one, two) = (op.words(), before.words());
            let what = format!("{one} got {number} before {two} was begun, which got {smaller}");
            return Some(Found::new("ids", what));
        }
        previous = Some((number, op));
        if newest.is_none_or(|(_, before)| before.begun < op.begun) {
            newest = previous;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::testing::Script;
    use super::*;

    #[test]
    fn numbers_grow() {
        let mut good = Script::new(Workload::Ids);
        good.generate(1, 1, 4);
        good.generate(3, 2, 6);
        good.generate(2, 3, 8);
        good.generate(9, 9, 10);
        good.passes(check);
    }

    #[test]
    fn a_number_that_is_told_twice_is_caught() {
        let mut bad = Script::new(Workload::Ids);
        bad.generate(1, 1, 4);
        bad.generate(1, 2, 3);
        bad.is_caught(check, "1 is told twice");
        let mut bad = Script::new(Workload::Ids);
        bad.generate(1, 9, 10);
        bad.generate(2, 2, 12);
        bad.generate(2, 3, 11);
        bad.is_caught(check, "2 is told twice");
    }

    #[test]
    fn a_number_from_the_past_is_caught() {
        let mut bad = Script::new(Workload::Ids);
        bad.generate(5, 1, 2);
        bad.generate(4, 3, 4);
        bad.is_caught(check, "got 5 before");
        let mut bad = Script::new(Workload::Ids);
        bad.generate(7, 1, 2);
        bad.generate(4, 5, 6);
        bad.generate(5, 3, 4);
        bad.is_caught(check, "before");
    }
}
