//! Sets: an element that was added is there for whoever looks from then on; one that was not, never.
//!
//! For each element there must be a moment at which it came: behind the beginning of its add, and not
//! behind its end; behind the beginning of every read that does not show it, and before the end of
//! every read that does.

use std::collections::{BTreeMap, BTreeSet};

use super::{Found, Op};
use crate::chaos::history::{Answer, Ask, Function, Outcome, Workload};

/// What is known of an element.
struct Element<'a> {
    add: Op<'a>,
    /// The last beginning of a read that does not show it.
    absent: Option<usize>,
    /// The first end of a read that does.
    present: Option<usize>,
}

/// Checks all sets.
#[must_use]
pub fn check(ops: &[Op<'_>]) -> Vec<Found> {
    let mut elements: BTreeMap<&str, BTreeMap<&str, Element<'_>>> = BTreeMap::new();
    for op in ops.iter().filter(|op| op.is(Workload::Set, Function::Add)) {
        let Some(Ask::Create { path, .. }) = op.ask() else { continue };
        let (_, name) = path.rsplit_once('/').unwrap_or_default();
        let element = Element { add: *op, absent: None, present: None };
        elements.entry(&op.invoke.key).or_default().insert(name, element);
    }
    let mut found = Vec::new();
    for op in ops.iter().filter(|op| op.is(Workload::Set, Function::Read)) {
        let (Some(Answer::Children(names, _)), Some(over)) = (op.answer(), op.over()) else {
            continue;
        };
        let known = elements.entry(&op.invoke.key).or_default();
        let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        for (name, element) in known.iter_mut() {
            if names.contains(name) {
                element.present = Some(element.present.map_or(over, |at| at.min(over)));
            } else {
                element.absent = Some(element.absent.map_or(op.begun, |at| at.max(op.begun)));
            }
        }
        if let Some(name) = names.iter().find(|name| !known.contains_key(**name)) {
            found.push(Found::new(
                "set",
                format!("{} shows {name}, which nobody added", op.words()),
            ));
        }
    }
    found.extend(elements.values().flat_map(BTreeMap::values).filter_map(judge));
    found
}

fn judge(element: &Element<'_>) -> Option<Found> {
    let Element { add, absent, present } = element;
    let told = add.outcome();
    if told == Outcome::Fail {
        let what = || format!("{} had no effect, and a read shows it", add.words());
        return present.map(|_| Found::new("set", what()));
    }
    let from = absent.map_or(add.begun, |absent| absent.max(add.begun));
    let over = add.over().filter(|_| told == Outcome::Ok);
    let until = [over, *present].into_iter().flatten().min()?;
    (from >= until).then(|| {
        let what = format!(
            "{}: a read that was begun at line {from} does not show it, and by line {until} it was \
             there",
            add.words()
        );
        Found::new("set", what)
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::Script;
    use super::*;

    fn script() -> Script {
        let mut script = Script::new(Workload::Set);
        script.add("a", Outcome::Ok);
        script
    }

    #[test]
    fn what_was_added_is_there() {
        let mut good = script();
        good.list(&["a"]);
        good.add("b", Outcome::Info);
        good.list(&["a"]);
        good.list(&["a", "b"]);
        good.add("c", Outcome::Fail);
        good.list(&["a", "b"]);
        good.passes(check);
    }

    #[test]
    fn an_element_that_is_lost_is_caught() {
        let mut bad = script();
        bad.list(&[]);
        bad.is_caught(check, "does not show it");
    }

    #[test]
    fn an_element_that_goes_again_is_caught() {
        let mut bad = script();
        bad.add("b", Outcome::Info);
        bad.list(&["a", "b"]);
        bad.list(&["a"]);
        bad.is_caught(check, "does not show it");
    }

    #[test]
    fn an_element_that_was_refused_and_is_there_is_caught() {
        let mut bad = script();
        bad.add("b", Outcome::Fail);
        bad.list(&["a", "b"]);
        bad.is_caught(check, "had no effect, and a read shows it");
    }

    #[test]
    fn an_element_from_nowhere_is_caught() {
        let mut bad = script();
        bad.list(&["a", "z"]);
        bad.is_caught(check, "which nobody added");
    }

    #[test]
    fn a_read_before_its_add_is_caught() {
        let mut bad = script();
        bad.list(&["a", "b"]);
        bad.add("b", Outcome::Ok);
        bad.is_caught(check, "by line");
    }
}
