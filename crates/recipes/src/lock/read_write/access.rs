//! Who is in whose way.

use zookit_proto::mutant::{self, Mutant};

use crate::naming::Kind;

/// What a lock is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Access {
    Read,
    Write,
}

impl Access {
    /// What its znode stands for.
    pub(super) const fn kind(self) -> Kind {
        match self {
            Self::Read => Kind::Read,
            Self::Write => Kind::Write,
        }
    }

    /// Whether a znode before one's own is in one's way: a reader passes by readers, and nobody
    /// passes by a writer. A plain lock counts as a writer; kazoo's writers are plain locks.
    pub(super) fn waits_for(self, kind: Kind) -> bool {
        match self {
            Self::Read if mutant::on(Mutant::ReaderPassesWriter) => false,
            Self::Read => matches!(kind, Kind::Write | Kind::Lock),
            Self::Write => matches!(kind, Kind::Write | Kind::Lock | Kind::Read),
        }
    }
}

/// The name of the reader that a writer becomes: with its number, so that it keeps its place.
/// `None` if the writer's name has none.
pub(super) fn downgraded(writer: &str, reader: &str) -> Option<String> {
    let (before, _) = crate::Sequence::split(writer)?;
    Some(format!("{reader}{}", &writer[before.len()..]))
}

#[cfg(test)]
mod tests {
    use zookit_client::ChildList;

    use super::*;
    use crate::naming::{Naming, Turn, turn};

    fn names(names: &[&str]) -> ChildList {
        names.iter().collect()
    }

    /// Who of them has its turn.
    fn holders(names: &ChildList) -> Vec<&str> {
        let holds = |name: &&str| {
            let access = match crate::naming::Entry::read(name).map(|entry| entry.kind) {
                Some(Kind::Read) => Access::Read,
                Some(Kind::Write | Kind::Lock) => Access::Write,
                _ => return false,
            };
            turn(names, name, |kind| access.waits_for(kind)) == Turn::Ours
        };
        names.names().filter(holds).collect()
    }

    #[test]
    fn readers_hold_together_and_writers_alone() {
        for (queue, held) in [
            (&["r-__READ__0000000001", "s-__READ__0000000002"][..], 2),
            (&["w-__WRIT__0000000001", "s-__READ__0000000002"], 1),
            (&["w-__WRIT__0000000001", "v-__WRIT__0000000002"], 1),
            // Nobody gets past a writer who waits.
            (&["r-__READ__0000000001", "w-__WRIT__0000000002", "s-__READ__0000000003"], 1),
            // kazoo's, and a plain lock.
            (&["r__rlock__0000000001", "s-__READ__0000000002", "w__lock__0000000003"], 2),
            (&["l-lock-0000000001", "s-__READ__0000000002"], 1),
            // Nobody's.
            (&["config", "lease-0000000001", "s-__READ__0000000002"], 1),
            // Over the turn of the numbers.
            (&["w-__WRIT__2147483647", "s-__READ__-2147483648"], 1),
            // A writer that became a reader, before others; the order of the listing says nothing.
            (&["w-__WRIT__0000000003", "d-__READ__0000000001", "s-__READ__0000000002"], 2),
        ] {
            assert_eq!(holders(&names(queue)).len(), held, "{queue:?}");
        }
    }

    /// A release of a writer wakes those readers alone that wait for it.
    #[test]
    fn a_reader_waits_for_the_last_writer_before_it() {
        let queue = names(&[
            "w-__WRIT__0000000001",
            "r-__READ__0000000002",
            "v-__WRIT__0000000003",
            "s-__READ__0000000004",
            "me-__READ__0000000005",
        ]);
        let turn = |own, access: Access| turn(&queue, own, |kind| access.waits_for(kind));
        assert_eq!(
            turn("me-__READ__0000000005", Access::Read),
            Turn::After("v-__WRIT__0000000003")
        );
        assert_eq!(turn("r-__READ__0000000002", Access::Read), Turn::After("w-__WRIT__0000000001"));
        assert_eq!(
            turn("v-__WRIT__0000000003", Access::Write),
            Turn::After("r-__READ__0000000002")
        );
    }

    #[test]
    fn a_writer_keeps_its_number() {
        let id = "0f0e9aa2-8d24-4a9f-8f2c-4f5c2d6e7b10";
        for naming in [Naming::Curator, Naming::Kazoo, Naming::Go] {
            for number in ["0000000012", "2147483647", "-000000001", "-2147483648"] {
                let writer = format!("{}{number}", naming.name(Kind::Write, "a-b"));
                let reader = downgraded(&writer, &naming.name(Kind::Read, id)).unwrap();
                let sequences = [&writer, &reader].map(|name| crate::Sequence::of(name).unwrap());
                assert_eq!(sequences[0], sequences[1], "{writer} {reader}");
                let queue = names(&[&writer, &reader, "r-__READ__0000000013"]);
                // Both of one number: neither is behind the other.
                assert_eq!(turn(&queue, &reader, |kind| Access::Read.waits_for(kind)), Turn::Ours);
            }
        }
        assert_eq!(downgraded("config", "r-"), None);
    }
}
