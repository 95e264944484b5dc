//! Whether one is inside, and whether all are out: from what is on the server to a decision.

use std::collections::BTreeSet;

use zookit_client::Zxid;

/// The child that says that a round has begun.
pub(super) const READY: &str = "ready";

/// What one who wants to enter does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entering<'a> {
    /// A round has begun in which it was counted.
    Inside,
    /// Another round is not over: this member of it is there.
    After(&'a str),
    /// Enough are there: the round is to be begun.
    Begin,
    /// Others are to come.
    Wait,
}

/// `ready` is when the last round was begun that is marked as such; `own` when one's own znode was
/// created; `others` are those of whom it is known when theirs were, which is asked for only if
/// there is a `ready`.
pub(super) fn entering<'a>(
    ready: Option<Zxid>,
    own: Zxid,
    others: &'a [(String, Option<Zxid>)],
    members: usize,
) -> Entering<'a> {
    if let Some(ready) = ready {
        if ready > own {
            return Entering::Inside;
        }
        // The first by name is the last of its round to leave.
        let former = others.iter().filter(|(_, made)| made.is_some_and(|made| made < ready));
        if let Some((name, _)) = former.min_by_key(|(name, _)| name) {
            return Entering::After(name);
        }
    }
    if others.len() + 1 >= members { Entering::Begin } else { Entering::Wait }
}

/// What one who wants to leave does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaving<'a> {
    /// All are out.
    Over,
    /// All others are out.
    Last,
    /// One's own znode stays until the others have gone, of whom this one is there.
    StayFor(&'a str),
    /// One's own znode goes, and this one says when all have.
    GoAndWaitFor(&'a str),
}

/// `left` are the members of the round whose znodes are there.
pub(super) fn leaving<'a>(left: &'a BTreeSet<String>, own: &str) -> Leaving<'a> {
    let (Some(lowest), Some(highest)) = (left.first(), left.last()) else { return Leaving::Over };
    if lowest != own {
        Leaving::GoAndWaitFor(lowest)
    } else if highest == own {
        Leaving::Last
    } else {
        Leaving::StayFor(highest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn others(others: &[(&str, i64)]) -> Vec<(String, Option<Zxid>)> {
        others.iter().map(|(name, made)| ((*name).to_owned(), Some(Zxid(*made)))).collect()
    }

    #[test]
    fn enough_begin_and_fewer_wait() {
        let one = others(&[("a", 3)]);
        assert_eq!(entering(None, Zxid(4), &one, 2), Entering::Begin);
        assert_eq!(entering(None, Zxid(4), &one, 3), Entering::Wait);
        assert_eq!(entering(None, Zxid(4), &[], 1), Entering::Begin);
        assert_eq!(entering(None, Zxid(4), &[], 0), Entering::Begin);
    }

    #[test]
    fn a_round_is_of_those_who_were_there_when_it_began() {
        let one = others(&[("a", 3)]);
        assert_eq!(entering(Some(Zxid(5)), Zxid(4), &one, 2), Entering::Inside);
        // Also when the others have gone by now.
        assert_eq!(entering(Some(Zxid(5)), Zxid(4), &[], 2), Entering::Inside);
        assert_eq!(entering(Some(Zxid(5)), Zxid(6), &one, 2), Entering::After("a"));
    }

    #[test]
    fn a_former_rounds_children_are_not_counted() {
        let all = others(&[("c", 8), ("b", 2), ("a", 3)]);
        assert_eq!(entering(Some(Zxid(5)), Zxid(7), &all, 2), Entering::After("a"));
        // What it left behind holds nobody up.
        let new = others(&[("c", 8)]);
        assert_eq!(entering(Some(Zxid(5)), Zxid(7), &new, 2), Entering::Begin);
        assert_eq!(entering(Some(Zxid(5)), Zxid(7), &new, 3), Entering::Wait);
    }

    #[test]
    fn the_lowest_stays_until_the_others_have_gone() {
        let left = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(leaving(&left(&["a", "b", "c"]), "a"), Leaving::StayFor("c"));
        assert_eq!(leaving(&left(&["a", "b", "c"]), "b"), Leaving::GoAndWaitFor("a"));
        assert_eq!(leaving(&left(&["a"]), "a"), Leaving::Last);
        assert_eq!(leaving(&left(&["a"]), "gone"), Leaving::GoAndWaitFor("a"));
        assert_eq!(leaving(&left(&[]), "gone"), Leaving::Over);
    }
}
