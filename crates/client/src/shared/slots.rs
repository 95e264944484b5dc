//! The waiter slots: where a reply meets the future that waits for it.
//!
//! A slab: a ticket says its slot's index and how often the slot had been used before, so nothing
//! is hashed, and a ticket of long ago finds nothing.

use std::mem;
use std::sync::Arc;
use std::task::Waker;

use zookit_proto::mutant::{self, Mutant};
use zookit_session::{Endpoint, NotSent, Outcome, Ticket};

/// How a request ended, and on which server.
#[derive(Debug)]
pub(crate) struct Completion {
    pub(crate) outcome: Outcome,
    /// There for what was refused or got no reply.
    pub(crate) server: Option<Arc<Endpoint>>,
}

#[derive(Debug, Default)]
pub(super) struct Slots {
    slots: Vec<Slot>,
    free: Vec<u32>,
    unanswered: usize,
    /// How often a slot that is new has been used: no ticket is ever given out twice.
    fresh: u32,
}

#[derive(Debug)]
struct Slot {
    /// How often it has been used: the upper half of its ticket, whose highest bit stays clear.
    uses: u32,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Free,
    /// Not answered; the waker of the task that polled last.
    Waiting(Option<Waker>),
    /// Not answered, and nobody will ask.
    Abandoned,
    Completed(Completion),
}

/// Tickets with the highest bit are those of batches.
const fn used_again(uses: u32) -> u32 {
    uses.wrapping_add(1) & (u32::MAX >> 1)
}

/// What a future finds in its slot.
#[derive(Debug)]
pub(super) enum Polled {
    Completed(Completion),
    /// The task will be woken.
    Registered,
    /// Another task, or none, would be woken.
    OtherWaker,
}

/// What an abandoned future left behind; dropped outside the lock.
#[derive(Debug)]
pub(super) struct Left {
    /// Whether the request is still unanswered.
    pub(super) still_waiting: bool,
    _remains: Content,
}

impl Slots {
    /// A fresh ticket.
    pub(super) fn take(&mut self) -> Ticket {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { uses: self.fresh, content: Content::Free });
            u32::try_from(self.slots.len() - 1).expect("the bound on requests is far below 2^32")
        });
        let slot = &mut self.slots[index as usize];
        slot.content = Content::Waiting(None);
        self.unanswered += 1;
        Ticket(u64::from(slot.uses) << 32 | u64::from(index))
    }

    /// Gives memory back, if no ticket is out.
    pub(super) fn rest(&mut self) {
        if self.free.len() < self.slots.len() {
            return;
        }
        let uses = self.slots.iter().map(|slot| used_again(slot.uses));
        self.fresh = uses.max().unwrap_or(self.fresh);
        self.slots = Vec::new();
        self.free = Vec::new();
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.slots.capacity() + self.free.capacity()
    }

    /// How many tickets have no answer yet.
    pub(super) fn unanswered(&self) -> usize {
        self.unanswered
    }

    /// The slot of a ticket, unless it has passed on to another one.
    fn find(&mut self, Ticket(ticket): Ticket) -> Option<(u32, &mut Slot)> {
        let index = (ticket & u64::from(u32::MAX)) as u32;
        let slot = self.slots.get_mut(index as usize)?;
        (u64::from(slot.uses) == ticket >> 32).then_some((index, slot))
    }

    fn release(&mut self, index: u32) -> Content {
        let slot = &mut self.slots[index as usize];
        slot.uses = used_again(slot.uses);
        self.free.push(index);
        mem::replace(&mut slot.content, Content::Free)
    }

    pub(super) fn poll(&mut self, ticket: Ticket, waker: &Waker) -> Polled {
        let Some((index, slot)) = self.find(ticket) else { return Polled::OtherWaker };
        match &slot.content {
            Content::Completed(_) => match self.release(index) {
                Content::Completed(completion) => Polled::Completed(completion),
                _ => Polled::OtherWaker,
            },
            Content::Waiting(Some(registered)) if registered.will_wake(waker) => Polled::Registered,
            _ => Polled::OtherWaker,
        }
    }

    /// As [`poll`](Self::poll), and leaves the waker; gives back the one to be dropped.
    pub(super) fn register(&mut self, ticket: Ticket, waker: Waker) -> (Polled, Option<Waker>) {
        match self.poll(ticket, &waker) {
            Polled::OtherWaker => match self.find(ticket) {
                Some((_, Slot { content: Content::Waiting(registered), .. })) => {
                    (Polled::Registered, registered.replace(waker))
                }
                _ => (Polled::OtherWaker, Some(waker)),
            },
            polled => (polled, Some(waker)),
        }
    }

    /// Gives back the waker to be woken, or the completion that nobody wants.
    pub(super) fn complete(
        &mut self,
        ticket: Ticket,
        completion: Completion,
    ) -> Result<Option<Waker>, Completion> {
        let Some((index, slot)) = self.find(ticket) else { return Err(completion) };
        match &mut slot.content {
            Content::Waiting(waker) => {
                let waker = waker.take();
                slot.content = Content::Completed(completion);
                self.unanswered -= 1;
                Ok(waker)
            }
            Content::Abandoned => {
                self.unanswered -= 1;
                self.release(index);
                Err(completion)
            }
            Content::Completed(_) | Content::Free => {
                debug_assert!(false, "{ticket:?} completed twice");
                Err(completion)
            }
        }
    }

    /// Every ticket without an answer ends *not sent*.
    pub(super) fn complete_all(&mut self, reason: NotSent) -> Vec<Waker> {
        let mut wakers = Vec::new();
        for index in 0..self.slots.len() {
            let slot = &mut self.slots[index];
            let ticket = Ticket(u64::from(slot.uses) << 32 | index as u64);
            if matches!(slot.content, Content::Waiting(_) | Content::Abandoned) {
                let completion = Completion { outcome: Outcome::NotSent(reason), server: None };
                // Such a completion has no payload; dropping it here costs nothing.
                wakers.extend(self.complete(ticket, completion).ok().flatten());
            }
        }
        wakers
    }

    pub(super) fn abandon(&mut self, ticket: Ticket) -> Left {
        let Some((index, slot)) = self.find(ticket) else {
            return Left { still_waiting: false, _remains: Content::Free };
        };
        match &slot.content {
            Content::Waiting(_) if mutant::on(Mutant::SlotFreedEarly) => {
                slot.uses = slot.uses.wrapping_sub(1);
                Left { still_waiting: true, _remains: self.release(index) }
            }
            Content::Waiting(_) => {
                let remains = mem::replace(&mut slot.content, Content::Abandoned);
                Left { still_waiting: true, _remains: remains }
            }
            Content::Completed(_) => Left { still_waiting: false, _remains: self.release(index) },
            Content::Abandoned | Content::Free => {
                Left { still_waiting: false, _remains: Content::Free }
            }
        }
    }
}
