//! What is going to happen: ordered by time, and among the same time by when it was planned.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use crate::network::{LineId, Way};

/// Something that is going to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// A connection attempt reaches its member.
    Syn(LineId),
    /// The member's answer to it reaches the client.
    Established(LineId),
    /// The refusal of an attempt reaches the client.
    Refused(LineId),
    /// Something may have arrived.
    Arrival(LineId, Way),
    /// A probe has taken too long.
    ProbeTimeout(LineId),
    /// A client wants to be woken.
    WakeClient(u32),
    /// A member wants to be woken.
    WakeMembers,
    /// A message may have arrived from a member at another.
    Message { from: u8, to: u8 },
    /// A client's user does something.
    Act(u32),
    /// Something goes wrong.
    Trouble,
    /// Something that went wrong is over.
    Relief(Relief),
    /// From now on nothing goes wrong any more.
    Calm,
}

/// What is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relief {
    /// A member takes connections again.
    Accepts(u8),
    /// A member is back among the others.
    Joins(u8),
    /// A member takes writes again.
    Writes(u8),
    /// A member goes on after a halt.
    Resumes(u8),
}

#[derive(Debug)]
struct Planned {
    at: u64,
    sequence: u64,
    event: Event,
}

impl PartialEq for Planned {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Planned {}

impl PartialOrd for Planned {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Planned {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.sequence).cmp(&(other.at, other.sequence))
    }
}

/// What is going to happen, in order.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    heap: BinaryHeap<Reverse<Planned>>,
    planned: u64,
}

impl Queue {
    /// Plans an event.
    pub(crate) fn plan(&mut self, at: u64, event: Event) {
        let sequence = self.planned;
        self.planned += 1;
        self.heap.push(Reverse(Planned { at, sequence, event }));
    }

    /// The next event, and when.
    pub(crate) fn next(&mut self) -> Option<(u64, Event)> {
        self.heap.pop().map(|Reverse(planned)| (planned.at, planned.event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_by_time_and_then_in_the_order_of_planning() {
        let mut queue = Queue::default();
        queue.plan(5, Event::Act(1));
        queue.plan(3, Event::Act(2));
        queue.plan(5, Event::Act(3));
        queue.plan(3, Event::Act(4));
        let order: Vec<_> = std::iter::from_fn(|| queue.next()).collect();
        let acts = [(3, 2), (3, 4), (5, 1), (5, 3)];
        assert_eq!(order, acts.map(|(at, client)| (at, Event::Act(client))));
    }
}
