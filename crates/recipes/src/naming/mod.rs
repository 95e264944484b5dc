//! The names on disk: whose clients can stand in the same queue.
//!
//! | | lock | read, write | latch | lease |
//! |---|---|---|---|---|
//! | Curator | `_c_UUID-lock-N` | `_c_UUID-__READ__N`, `_c_UUID-__WRIT__N` | `_c_UUID-latch-N` | `_c_UUID-lease-N` |
//! | kazoo | `HEX__lock__N` | `HEX__rlock__N`, `HEX__lock__N` | as a lock | |
//! | go-zookeeper | `_c_HEX-lock-N` | | | |
//!
//! *N* is the number that the server appends: ten digits, or a sign and nine, of a signed 32-bit
//! number. Which names a client *makes* is chosen by [`Naming`]; it *reads* all of them, whatever it
//! makes, and passes over what it cannot read. (go-zookeeper does not: its `Lock` fails on a name
//! without `lock-` or `__` in it.)

mod order;
mod sequence;

pub(crate) use order::{Turn, in_order, turn};
pub use sequence::Sequence;

/// Whose names the znodes of a recipe get.
///
/// All clients of one lock should use one: Curator does not know kazoo's names, nor kazoo Curator's
/// (unless it is given them as `extra_lock_patterns`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Naming {
    /// Apache Curator's; go-zookeeper's locks stand in the same queues.
    #[default]
    Curator,
    /// kazoo's.
    Kazoo,
    /// go-zookeeper's: as Curator's, with the id in 32 digits.
    Go,
}

/// What a znode in a queue stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    Lock,
    Write,
    Read,
    Latch,
    Lease,
    /// Not in a queue: one of those who pass a barrier, or share a set.
    Member,
    /// Not in a queue: a client's own, by which it knows what became of its writes.
    Mark,
}

/// What stands before the number, and what it says. The first that fits counts.
const MARKS: [(&str, Kind); 9] = [
    ("__READ__", Kind::Read),
    ("__rlock__", Kind::Read),
    ("__WRIT__", Kind::Write),
    ("__lock__", Kind::Lock),
    ("latch-", Kind::Latch),
    ("lease-", Kind::Lease),
    ("lock-", Kind::Lock),
    ("member-", Kind::Member),
    ("mark-", Kind::Mark),
];

impl Naming {
    /// The name of a new znode, up to the number. The id is a UUID.
    pub(crate) fn name(self, kind: Kind, id: &str) -> String {
        let hex = || id.replace('-', "");
        match (self, kind) {
            (Self::Kazoo, Kind::Read) => format!("{}__rlock__", hex()),
            (Self::Kazoo, Kind::Lock | Kind::Write | Kind::Latch) => format!("{}__lock__", hex()),
            (Self::Go, _) => format!("_c_{}-{}", hex(), Self::mark(kind)),
            (Self::Curator | Self::Kazoo, _) => format!("_c_{id}-{}", Self::mark(kind)),
        }
    }

    /// Curator's.
    const fn mark(kind: Kind) -> &'static str {
        match kind {
            Kind::Lock => "lock-",
            Kind::Write => "__WRIT__",
            Kind::Read => "__READ__",
            Kind::Latch => "latch-",
            Kind::Lease => "lease-",
            Kind::Member => "member-",
            Kind::Mark => "mark-",
        }
    }
}

/// A name that was understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    pub(crate) name: &'a str,
    pub(crate) kind: Kind,
    pub(crate) sequence: Sequence,
}

impl<'a> Entry<'a> {
    /// `None` for what is nobody's that we know.
    pub(crate) fn read(name: &'a str) -> Option<Self> {
        let (before, sequence) = Sequence::split(name)?;
        let (_, kind) = MARKS.iter().find(|(mark, _)| before.ends_with(mark))?;
        Some(Self { name, kind: *kind, sequence })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0f0e9aa2-8d24-4a9f-8f2c-4f5c2d6e7b10";

    #[test]
    fn names_are_those_of_the_others() {
        let hex = ID.replace('-', "");
        let made = |naming: Naming, kind| naming.name(kind, ID);
        assert_eq!(made(Naming::Curator, Kind::Lock), format!("_c_{ID}-lock-"));
        assert_eq!(made(Naming::Curator, Kind::Read), format!("_c_{ID}-__READ__"));
        assert_eq!(made(Naming::Curator, Kind::Write), format!("_c_{ID}-__WRIT__"));
        assert_eq!(made(Naming::Curator, Kind::Latch), format!("_c_{ID}-latch-"));
        assert_eq!(made(Naming::Curator, Kind::Lease), format!("_c_{ID}-lease-"));
        assert_eq!(made(Naming::Kazoo, Kind::Lock), format!("{hex}__lock__"));
        assert_eq!(made(Naming::Kazoo, Kind::Write), format!("{hex}__lock__"));
        assert_eq!(made(Naming::Kazoo, Kind::Read), format!("{hex}__rlock__"));
        assert_eq!(made(Naming::Go, Kind::Lock), format!("_c_{hex}-lock-"));
    }

    #[test]
    fn every_name_that_is_made_is_read() {
        for naming in [Naming::Curator, Naming::Kazoo, Naming::Go] {
            for kind in [Kind::Lock, Kind::Write, Kind::Read, Kind::Latch, Kind::Lease] {
                let name = format!("{}0000000012", naming.name(kind, ID));
                let read = Entry::read(&name).unwrap();
                assert_eq!(read.sequence, Sequence(12));
                // kazoo has one name for all that excludes.
                let kazoo = naming == Naming::Kazoo && matches!(kind, Kind::Write | Kind::Latch);
                assert_eq!(read.kind, if kazoo { Kind::Lock } else { kind });
            }
        }
    }

    #[test]
    fn foreign_names_are_passed_over() {
        for name in ["", "config", "lock", "lock-", "lock-12", "0000000012", "lock-00000000x2"] {
            assert_eq!(Entry::read(name), None, "{name}");
        }
    }
}
