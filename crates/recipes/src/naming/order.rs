//! Whose turn it is: from a listing to a decision.
//!
//! A number is given out once, and in the order of creation. So of those before us nobody comes who
//! is not there: once none of them stands in our way it is our turn, and stays so.

use zookit_client::ChildList;
use zookit_proto::mutant::{self, Mutant};

use super::{Entry, Kind, Sequence};

/// What a listing says to one who stands in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn<'a> {
    /// Nobody is in the way.
    Ours,
    /// This one is, and it is the last of those who are: its going may make it our turn, and if
    /// others have gone by then, nobody need be woken for them.
    After(&'a str),
    /// Our own znode is not there.
    Gone,
}

/// Whose turn it is, for the znode `own`: those before it are in its way whose kind is.
pub(crate) fn turn<'a>(
    names: &'a ChildList,
    own: &str,
    in_the_way: impl Fn(Kind) -> bool,
) -> Turn<'a> {
    let Some(own) = Entry::read(own) else { return Turn::Gone };
    let mut present = false;
    let mut last: Option<Entry<'a>> = None;
    for name in names.names() {
        // The number first: of a long queue few are before us, and of those few nearer than the
        // nearest so far; the mark need be looked for in those alone.
        let Some(sequence) = Sequence::of(name) else { continue };
        if sequence.is_before(own.sequence) {
            let nearer = last.is_none_or(|last| {
                last.sequence.is_before(sequence) != mutant::on(Mutant::WaitsForTheFirst)
            });
            if nearer {
                last = Entry::read(name).filter(|entry| in_the_way(entry.kind)).or(last);
            }
        } else if sequence == own.sequence {
            present |= name == own.name;
        }
    }
    match last {
        _ if !present => Turn::Gone,
        Some(entry) => Turn::After(entry.name),
        None => Turn::Ours,
    }
}

/// All that were understood, in their order.
pub(crate) fn in_order(names: &ChildList) -> Vec<Entry<'_>> {
    let mut entries: Vec<_> = names.names().filter_map(Entry::read).collect();
    // The oldest is the one that no other is before; distances from it order the rest.
    let oldest = entries.iter().map(|entry| entry.sequence);
    let oldest = oldest.reduce(|oldest, one| if one.is_before(oldest) { one } else { oldest });
    if let Some(oldest) = oldest {
        entries.sort_by_key(|entry| (entry.sequence.0.wrapping_sub(oldest.0), entry.kind));
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> ChildList {
        names.iter().collect()
    }

    const ANY: fn(Kind) -> bool = |_| true;

    #[test]
    fn it_is_the_turn_of_the_first() {
        let names = names(&["b-lock-0000000002", "a-lock-0000000001"]);
        assert_eq!(turn(&names, "a-lock-0000000001", ANY), Turn::Ours);
        assert_eq!(turn(&names, "b-lock-0000000002", ANY), Turn::After("a-lock-0000000001"));
        assert_eq!(turn(&names, "c-lock-0000000003", ANY), Turn::Gone);
    }

    #[test]
    fn one_waits_for_the_nearest_before() {
        let names = names(&[
            "a-lock-0000000001",
            "z-lock-0000000009",
            "c__lock__0000000003",
            "_c_x-lock-0000000002",
            "me-lock-0000000004",
        ]);
        assert_eq!(turn(&names, "me-lock-0000000004", ANY), Turn::After("c__lock__0000000003"));
    }

    #[test]
    fn who_is_not_in_the_way_is_not_waited_for() {
        let names = names(&["w__WRIT__0000000001", "r__READ__0000000002", "s__READ__0000000003"]);
        let writers = |kind| kind != Kind::Read;
        let turn = turn(&names, "s__READ__0000000003", writers);
        assert_eq!(turn, Turn::After("w__WRIT__0000000001"));
    }

    #[test]
    fn the_turn_of_the_numbers_changes_nothing() {
        let names = names(&["a-lock-2147483647", "b-lock--2147483648", "c-lock--2147483647"]);
        assert_eq!(turn(&names, "a-lock-2147483647", ANY), Turn::Ours);
        assert_eq!(turn(&names, "c-lock--2147483647", ANY), Turn::After("b-lock--2147483648"));
        let order: Vec<_> = in_order(&names).iter().map(|entry| entry.sequence.0).collect();
        assert_eq!(order, [i32::MAX, i32::MIN, i32::MIN + 1]);
    }

    #[test]
    fn a_reader_with_its_writers_number_is_not_behind_it() {
        // As a downgrade leaves them.
        let names = names(&["_c_a-__WRIT__0000000004", "__READ__0000000004"]);
        assert_eq!(turn(&names, "__READ__0000000004", |kind| kind != Kind::Read), Turn::Ours);
        assert_eq!(in_order(&names)[0].name, "_c_a-__WRIT__0000000004");
    }
}
