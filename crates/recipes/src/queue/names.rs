//! The names of items, and their order.

use std::ops::RangeInclusive;

use crate::naming::Sequence;

/// Whose queues these are: how items are called, and what their data is.
///
/// | | an item | with a priority | its data |
/// |---|---|---|---|
/// | kazoo | `entry-100-N` | `entry-PPP-N`: 0 to 999 | the message |
/// | Curator | `queue-N` | `queue-1XXXXXXXXN`: 32 bits, hexadecimal; `0` before a negative one | packed: a version, and one message or more |
/// | simple | `qn-N` | | the message |
///
/// *N* is the [`Sequence`] that the server appends. Items of other names are passed over, as those
/// of Curator's `DistributedIdQueue` and `DistributedDelayQueue`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum QueueLayout {
    /// kazoo's `Queue` and `LockingQueue`.
    #[default]
    Kazoo,
    /// Curator's `DistributedQueue` and `DistributedPriorityQueue`.
    Curator,
    /// Curator's `SimpleDistributedQueue`, and the queue of ZooKeeper's own recipes.
    Simple,
}

/// An item in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) priority: i32,
    pub(super) sequence: Sequence,
}

impl QueueLayout {
    /// What an item has of which none is said.
    pub(super) const fn usual_priority(self) -> i32 {
        match self {
            Self::Kazoo => 100,
            Self::Curator | Self::Simple => 0,
        }
    }

    /// What there is room for; the lower comes first.
    pub(super) const fn priorities(self) -> RangeInclusive<i32> {
        match self {
            Self::Kazoo => 0..=999,
            Self::Curator => i32::MIN..=i32::MAX,
            Self::Simple => 0..=0,
        }
    }

    /// The name of a new item, up to the number. Curator's queue without priorities has none.
    pub(super) fn name(self, priority: Option<i32>) -> String {
        let number = priority.unwrap_or_else(|| self.usual_priority());
        match self {
            Self::Kazoo => format!("entry-{number:03}-"),
            Self::Simple => "qn-".to_owned(),
            Self::Curator if priority.is_none() => "queue-".to_owned(),
            Self::Curator => format!("queue-{}{number:08X}", u8::from(number >= 0)),
        }
    }

    /// `None` for what is no item.
    pub(super) fn read(self, name: &str) -> Option<Entry> {
        let (priority, sequence) = match self {
            Self::Kazoo => {
                let (priority, sequence) = name.strip_prefix("entry-")?.split_at_checked(3)?;
                let digits = priority.bytes().all(|digit| digit.is_ascii_digit());
                (priority.parse().ok().filter(|_| digits)?, sequence.strip_prefix('-')?)
            }
            Self::Simple => (0, name.strip_prefix("qn-")?),
            Self::Curator => {
                let rest = name.strip_prefix("queue-")?;
                // The number has ten digits, or a sign and nine or ten.
                match rest.len() {
                    10 | 11 => (0, rest),
                    _ => {
                        let (priority, sequence) = rest.split_at_checked(9)?;
                        (curators_priority(priority)?, sequence)
                    }
                }
            }
        };
        let sequence = number(sequence)?;
        Some(Entry { name: name.to_owned(), priority, sequence })
    }

    /// The items among these names, in their order: the lower priority first, and the older.
    pub(super) fn in_order<'a>(self, names: impl Iterator<Item = &'a String>) -> Vec<Entry> {
        let mut entries: Vec<_> = names.filter_map(|name| self.read(name)).collect();
        // The oldest is the one that no other is before; distances from it order the rest.
        let sequences = entries.iter().map(|entry| entry.sequence);
        let oldest =
            sequences.reduce(|oldest, one| if one.is_before(oldest) { one } else { oldest });
        if let Some(oldest) = oldest {
            let age = |entry: &Entry| entry.sequence.0.wrapping_sub(oldest.0);
            entries.sort_by_key(|entry| (entry.priority, age(entry)));
        }
        entries
    }
}

/// A sign, and the two's complement.
fn curators_priority(text: &str) -> Option<i32> {
    let (sign, hex) = text.split_at_checked(1)?;
    let priority = i32::from_be_bytes(u32::from_str_radix(hex, 16).ok()?.to_be_bytes());
    (sign == if priority < 0 { "0" } else { "1" }).then_some(priority)
}

fn number(text: &str) -> Option<Sequence> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let written = digits.bytes().all(|digit| digit.is_ascii_digit()) && text.len() >= 10;
    written.then(|| text.parse().ok().map(Sequence))?
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [QueueLayout; 3] = [QueueLayout::Kazoo, QueueLayout::Curator, QueueLayout::Simple];

    #[test]
    fn names_are_those_of_the_others() {
        assert_eq!(QueueLayout::Kazoo.name(None), "entry-100-");
        assert_eq!(QueueLayout::Kazoo.name(Some(7)), "entry-007-");
        assert_eq!(QueueLayout::Simple.name(None), "qn-");
        assert_eq!(QueueLayout::Curator.name(None), "queue-");
        assert_eq!(QueueLayout::Curator.name(Some(10)), "queue-10000000A");
        assert_eq!(QueueLayout::Curator.name(Some(-2)), "queue-0FFFFFFFE");
    }

    #[test]
    fn every_name_that_is_made_is_read() {
        let sequences = [0, 12, -1, i32::MAX, i32::MIN, -1_000_000_000];
        for layout in ALL {
            let range = layout.priorities();
            for priority in [None, Some(*range.start()), Some(0), Some(*range.end())] {
                for sequence in sequences {
                    let name = format!("{}{}", layout.name(priority), Sequence(sequence));
                    let read = layout.read(&name).unwrap_or_else(|| panic!("{name}"));
                    assert_eq!(read.priority, priority.unwrap_or_else(|| layout.usual_priority()));
                    assert_eq!((read.sequence, read.name), (Sequence(sequence), name));
                }
            }
        }
    }

    #[test]
    fn foreign_names_are_passed_over() {
        let names = [
            "",
            "entry-",
            "entry-100",
            "entry-100-",
            "entry-100-7",
            "entry-+10-0000000001",
            "entry-1000-0000000001",
            "qn-",
            "qn-00000000x1",
            "queue-",
            "queue-|id|0000000001",
            "queue-|0000017F|0000000001",
            "queue-0000000050000000001",
            "queue-1FFFFFFFE0000000001",
            "marks",
            "_c_0f0e-mark-0000000001",
        ];
        for layout in ALL {
            for name in names {
                assert_eq!(layout.read(name), None, "{name}");
            }
        }
    }

    #[test]
    fn the_lower_priority_comes_first_and_then_the_older() {
        let order = |layout: QueueLayout, names: &[&str]| -> Vec<String> {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            layout.in_order(names.iter()).into_iter().map(|entry| entry.name).collect()
        };
        assert_eq!(
            order(
                QueueLayout::Kazoo,
                &["entry-100-0000000001", "x", "entry-020-0000000009", "entry-020-0000000003"]
            ),
            ["entry-020-0000000003", "entry-020-0000000009", "entry-100-0000000001"]
        );
        assert_eq!(
            order(
                QueueLayout::Curator,
                &["queue-1000000010000000001", "queue-0FFFFFFFE0000000002", "queue-0000000003"]
            ),
            ["queue-0FFFFFFFE0000000002", "queue-0000000003", "queue-1000000010000000001"]
        );
        assert_eq!(
            order(QueueLayout::Simple, &["qn--2147483648", "qn-2147483647"]),
            ["qn-2147483647", "qn--2147483648"],
            "the order goes on over the turn of the numbers"
        );
    }
}
