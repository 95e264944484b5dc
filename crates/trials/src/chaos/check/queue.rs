//! The queue: every item that was put in comes out once, or is there at the end.

use std::collections::{BTreeMap, BTreeSet};

use super::{Found, Op};
use crate::chaos::history::{Answer, Ask, Function, Outcome, Workload};

/// What became of an item; by the path without its number.
#[derive(Default)]
struct Item<'a> {
    put: Option<Op<'a>>,
    /// Who took it, and knows.
    taken: Vec<Op<'a>>,
    /// Somebody may have taken it.
    maybe_taken: bool,
    /// The last read that is a fence's shows it, or does not.
    is_left: bool,
}

/// Checks the queue. The last read behind a fence is what is left of it.
#[must_use]
pub fn check(ops: &[Op<'_>]) -> Vec<Found> {
    let mut items: BTreeMap<&str, Item<'_>> = BTreeMap::new();
    let of_queue = || ops.iter().filter(|op| op.invoke.workload == Workload::Queue);
    for op in of_queue().filter(|op| op.invoke.function == Function::Enqueue) {
        if let Some(Ask::Create { path, .. }) = op.ask() {
            items.entry(path).or_default().put = Some(*op);
        }
    }
    let mut found = Vec::new();
    for op in of_queue().filter(|op| op.invoke.function == Function::Dequeue) {
        let Some(Ask::Delete { path, .. }) = op.ask() else { continue };
        let item = items.entry(unnumbered(path)).or_default();
        match op.outcome() {
            Outcome::Ok => item.taken.push(*op),
            Outcome::Info => item.maybe_taken = true,
            Outcome::Fail => {}
        }
    }
    let last = of_queue().filter(|op| op.is_fenced()).filter_map(Op::answer).next_back();
    if let Some(Answer::Children(names, _)) = last {
        let left: BTreeSet<_> = names.iter().map(|name| unnumbered(name)).collect();
        for (path, item) in &mut items {
            item.is_left = path.rsplit_once('/').is_some_and(|(_, name)| left.contains(name));
        }
        found.extend(items.values().filter_map(lost));
    }
    found.extend(items.iter().filter_map(|(path, item)| judge(path, item)));
    found
}

fn unnumbered(path: &str) -> &str {
    path.len().checked_sub(10).and_then(|at| path.get(..at)).unwrap_or(path)
}

fn judge(path: &str, item: &Item<'_>) -> Option<Found> {
    let taken = item.taken.first()?;
    let taker = taken.words();
    let what = match (item.taken.get(1), item.put) {
        (Some(again), _) => format!("{path} was taken twice: {taker}, {}", again.words()),
        (None, None) => format!("{taker} took what nobody put in"),
        (None, Some(put)) if put.outcome() == Outcome::Fail => {
            format!("{taker} took what was not put in: {}", put.words())
        }
        (None, Some(put)) if taken.over().is_some_and(|over| over < put.begun) => {
            format!("{taker} took what had not been put in yet")
        }
        (None, Some(_)) if item.is_left => format!("{taker} took it, and it is still there"),
        (None, Some(_)) => return None,
    };
    Some(Found::new("queue", what))
}

fn lost(item: &Item<'_>) -> Option<Found> {
    let put = item.put?;
    match put.outcome() {
        Outcome::Fail if item.is_left => {
            Some(Found::new("queue", format!("{} had no effect, and it is there", put.words())))
        }
        Outcome::Ok if !item.is_left && item.taken.is_empty() && !item.maybe_taken => {
            Some(Found::new("queue", format!("{} is gone, and nobody took it", put.words())))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Script;
    use super::*;

    fn script() -> Script {
        let mut script = Script::new(Workload::Queue);
        script.put("a-", Outcome::Ok);
        script
    }

    #[test]
    fn items_come_out_once() {
        let mut good = script();
        good.put("b-", Outcome::Info);
        good.put("c-", Outcome::Ok);
        good.put("d-", Outcome::Ok);
        good.take("a-0000000000", Outcome::Ok);
        good.take("a-0000000000", Outcome::Fail);
        good.take("b-0000000001", Outcome::Ok);
        good.take("c-0000000002", Outcome::Info);
        good.list(&["d-0000000003"]);
        good.passes(check);
    }

    #[test]
    fn an_item_that_is_taken_twice_is_caught() {
        let mut bad = script();
        bad.take("a-0000000000", Outcome::Ok);
        bad.take("a-0000000000", Outcome::Ok);
        bad.is_caught(check, "was taken twice");
    }

    #[test]
    fn an_item_that_is_lost_is_caught() {
        let mut bad = script();
        bad.list(&[]);
        bad.is_caught(check, "is gone, and nobody took it");
    }

    #[test]
    fn an_item_that_stays_is_caught() {
        let mut bad = script();
        bad.take("a-0000000000", Outcome::Ok);
        bad.list(&["a-0000000000"]);
        bad.is_caught(check, "and it is still there");
    }

    #[test]
    fn an_item_from_nowhere_is_caught() {
        let mut bad = script();
        bad.take("z-0000000000", Outcome::Ok);
        bad.is_caught(check, "took what nobody put in");
        let mut bad = script();
        bad.put("b-", Outcome::Fail);
        bad.take("b-0000000001", Outcome::Ok);
        bad.is_caught(check, "took what was not put in");
        let mut bad = script();
        bad.put("b-", Outcome::Fail);
        bad.list(&["a-0000000000", "b-0000000001"]);
        bad.is_caught(check, "had no effect, and it is there");
        let mut bad = script();
        bad.take("b-0000000001", Outcome::Ok);
        bad.put("b-", Outcome::Ok);
        bad.is_caught(check, "had not been put in yet");
    }
}
