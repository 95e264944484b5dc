//! Requests that were made one by one and are alike: a run of them costs the session less.

use std::iter::Peekable;
use std::vec::Drain;

use bytes::BytesMut;
use zookit_session::{Ticket, Tickets};

use crate::shared::{Command, Request, Run};

/// A frame longer than this is not copied together with others.
const LONG: usize = 1024;

/// With fewer commands than this behind it no run is begun: its list of tickets would cost more than
/// it saves.
pub(super) const FEWEST: usize = 8;

/// So much memory is taken at once.
const CHUNK: usize = 16 * 1024;

/// Whether the two can be parts of one run.
pub(super) fn are_alike(first: &Request, second: &Request) -> bool {
    let short = |request: &Request| request.frame.len() <= LONG && request.watch.is_none();
    short(first)
        && short(second)
        && first.opcode == second.opcode
        && first.deadline == second.deadline
        && first.pinned == second.pinned
}

/// Where the frames of runs are put together.
#[derive(Debug, Default)]
pub(super) struct Runs {
    chunk: BytesMut,
}

impl Runs {
    /// The run that begins with this request and takes all that are like it off the front.
    pub(super) fn collect(
        &mut self,
        ticket: Ticket,
        first: Request,
        commands: &mut Peekable<Drain<'_, Command>>,
    ) -> (Tickets, Run) {
        let expected = first.frame.len().saturating_mul(1 + commands.len());
        if self.chunk.capacity() < expected.min(CHUNK) {
            self.chunk = BytesMut::with_capacity(CHUNK);
        }
        self.chunk.extend_from_slice(&first.frame);
        let mut tickets = Vec::with_capacity(1 + commands.len());
        tickets.push(ticket);
        let alike =
            |next: &Command| matches!(next, Command::Submit(_, next) if are_alike(&first, next));
        while let Some(Command::Submit(ticket, next)) = commands.next_if(alike) {
            tickets.push(ticket);
            self.chunk.extend_from_slice(&next.frame);
        }
        let count = u32::try_from(tickets.len()).expect("the bound on requests is below 2^32");
        let Request { opcode, deadline, pinned, .. } = first;
        let frames = self.chunk.split().freeze();
        (tickets.into_iter().collect(), Run { opcode, count, frames, deadline, pinned })
    }

    /// Gives memory back: nothing is expected for a while.
    pub(super) fn rest(&mut self) {
        self.chunk = BytesMut::new();
    }
}
