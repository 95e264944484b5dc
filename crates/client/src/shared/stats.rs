//! Counters: the driver writes them once in a turn, [`Client::stats`](crate::Client::stats) reads
//! them. No lock, no dependency.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use zookit_session::{Outcome, Replies, WatchKind};

use super::latency::Meter;
use crate::answer::Fault;

/// How many requests ended in which way.
///
/// They are counted as the server's replies are read, whether anybody waits for them or not. What
/// only the body of a reply tells is known when its caller has read it: a multi that failed, which
/// the server answers with `Ok`, counts as answered until then, and for good if nobody reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Arms {
    /// The server said `Ok`.
    pub answered: u64,
    /// The server answered with an error code; or it refused one of the operations of a multi, and
    /// with it all. `NoNode` to an [`exists`](crate::Client::exists) counts here, which is a value
    /// to its caller.
    pub refused: u64,
    /// They never left.
    pub not_sent: u64,
    /// They left and no answer came in time, or none that could be read.
    pub no_reply: u64,
}

impl Arms {
    pub(crate) fn count(&mut self, outcome: &Outcome) {
        let arm = match outcome {
            Outcome::Answered { .. } => &mut self.answered,
            Outcome::Refused { .. } => &mut self.refused,
            Outcome::NotSent(_) => &mut self.not_sent,
            Outcome::NoReply(_) => &mut self.no_reply,
        };
        *arm += 1;
    }

    pub(crate) fn count_replies(&mut self, replies: &Replies) {
        self.refused += u64::from(replies.refused);
        self.answered += u64::from(replies.count - replies.refused);
    }
}

/// How many watches of each kind this client holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WatchCounts {
    /// Of [`get_data_and_watch`](crate::Client::get_data_and_watch).
    pub data: u64,
    /// Of [`exists_and_watch`](crate::Client::exists_and_watch).
    pub exists: u64,
    /// Of [`get_children_and_watch`](crate::Client::get_children_and_watch).
    pub children: u64,
    /// Of [`add_watch`](crate::Client::add_watch), on one znode each.
    pub persistent: u64,
    /// Of [`add_watch`](crate::Client::add_watch), each on a znode and all below it.
    pub persistent_recursive: u64,
}

impl WatchCounts {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.data + self.exists + self.children + self.persistent + self.persistent_recursive
    }

    pub(crate) fn of(&mut self, kind: WatchKind) -> &mut u64 {
        match kind {
            WatchKind::Data => &mut self.data,
            WatchKind::Exists => &mut self.exists,
            WatchKind::Children => &mut self.children,
            WatchKind::Persistent => &mut self.persistent,
            WatchKind::PersistentRecursive => &mut self.persistent_recursive,
        }
    }
}

/// What the driver knows at the end of a turn.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Turn {
    pub(crate) arms: Arms,
    pub(crate) watches: WatchCounts,
    pub(crate) in_flight: usize,
    pub(crate) queued: usize,
    pub(crate) queued_bytes: usize,
    pub(crate) connections: u64,
    /// Since the origin; `None` before the first byte.
    pub(crate) heard: Option<Duration>,
}

macro_rules! cells {
    ($($name:ident: $value:expr,)*) => {
        /// A cell for each number of a [`Turn`], those that callers count in themselves, and the
        /// latency.
        #[derive(Debug, Default)]
        pub(crate) struct Counters {
            $($name: AtomicU64,)*
            /// Requests that did not even get into the outbox.
            rejected: AtomicU64,
            /// Multis that failed: answered with `Ok`, and refused by what follows it.
            failed: AtomicU64,
            /// What was answered with `Ok` and cannot be read.
            unread: AtomicU64,
            pub(crate) latency: Meter,
        }

        impl Counters {
            pub(crate) fn set(&self, turn: &Turn) {
                $(self.$name.store($value(turn), Ordering::Relaxed);)*
            }
        }
    };
}

cells! {
    answered: |turn: &Turn| turn.arms.answered,
    refused: |turn: &Turn| turn.arms.refused,
    not_sent: |turn: &Turn| turn.arms.not_sent,
    no_reply: |turn: &Turn| turn.arms.no_reply,
    data: |turn: &Turn| turn.watches.data,
    exists: |turn: &Turn| turn.watches.exists,
    children: |turn: &Turn| turn.watches.children,
    persistent: |turn: &Turn| turn.watches.persistent,
    persistent_recursive: |turn: &Turn| turn.watches.persistent_recursive,
    in_flight: |turn: &Turn| turn.in_flight as u64,
    queued: |turn: &Turn| turn.queued as u64,
    queued_bytes: |turn: &Turn| turn.queued_bytes as u64,
    connections: |turn: &Turn| turn.connections,
    heard: |turn: &Turn| turn.heard.map_or(0, micros),
}

/// Microseconds, at least 1: 0 is never.
fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1)
}

impl Counters {
    /// Counts a request that was not taken.
    pub(crate) fn reject(&self) {
        self.rejected.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a reply whose header said `Ok`, and whose body something else.
    pub(crate) fn fault(&self, fault: &Fault) {
        let cell = match fault {
            Fault::Failed { .. } => &self.failed,
            Fault::Undecodable(_) | Fault::WrongResults => &self.unread,
        };
        cell.fetch_add(1, Ordering::Relaxed);
    }

    /// The numbers of the last turn; each is right by itself.
    pub(crate) fn turn(&self) -> Turn {
        let get = |cell: &AtomicU64| cell.load(Ordering::Relaxed);
        let size = |cell: &AtomicU64| usize::try_from(get(cell)).unwrap_or(usize::MAX);
        let (failed, unread) = (get(&self.failed), get(&self.unread));
        Turn {
            arms: Arms {
                answered: get(&self.answered).saturating_sub(failed + unread),
                refused: get(&self.refused) + failed,
                not_sent: get(&self.not_sent) + get(&self.rejected),
                no_reply: get(&self.no_reply) + unread,
            },
            watches: WatchCounts {
                data: get(&self.data),
                exists: get(&self.exists),
                children: get(&self.children),
                persistent: get(&self.persistent),
                persistent_recursive: get(&self.persistent_recursive),
            },
            in_flight: size(&self.in_flight),
            queued: size(&self.queued),
            queued_bytes: size(&self.queued_bytes),
            connections: get(&self.connections),
            heard: Some(get(&self.heard)).filter(|at| *at > 0).map(Duration::from_micros),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_driver_sets_is_what_is_read_and_rejections_are_added() {
        let counters = Counters::default();
        assert_eq!(counters.turn().heard, None);
        let turn = Turn {
            arms: Arms { answered: 1, refused: 2, not_sent: 3, no_reply: 4 },
            watches: WatchCounts { data: 5, persistent_recursive: 6, ..WatchCounts::default() },
            in_flight: 7,
            queued: 8,
            queued_bytes: 9,
            connections: 10,
            heard: Some(Duration::ZERO),
        };
        counters.set(&turn);
        counters.reject();
        let read = counters.turn();
        assert_eq!(read.arms, Arms { not_sent: 4, ..turn.arms });
        counters.fault(&Fault::Failed { index: 0, code: zookit_proto::ErrorCode::NoNode });
        let arms = Arms { answered: 0, refused: 3, not_sent: 4, no_reply: 4 };
        assert_eq!(counters.turn().arms, arms);
        assert_eq!((read.watches, read.watches.total()), (turn.watches, 11));
        let sizes = (read.in_flight, read.queued, read.queued_bytes, read.connections);
        assert_eq!(sizes, (7, 8, 9, 10));
        assert_eq!(read.heard, Some(Duration::from_micros(1)));
    }
}
