//! Requests that were made one by one and are alike: a run of them costs the session less.

use std::iter::Peekable;
use std::vec::Drain;

use bytes::BytesMut;
use zookit_session::{Ticket, Tickets};

use crate::shared::{Command, Request, Run};

/// A frame longer than this is not copied together with others.
const LONG: usize = 1024;

/// Memory for so many frames is taken beforehand at most.
const MANY: usize = 256;

/// Whether the two can be parts of one run.
pub(super) fn are_alike(first: &Request, second: &Request) -> bool {
    let short = |request: &Request| request.frame.len() <= LONG && request.watch.is_none();
    short(first)
        && short(second)
        && first.opcode == second.opcode
        && first.deadline == second.deadline
        && first.pinned == second.pinned
}

/// The run that begins with this request and takes all that are like it off the front.
pub(super) fn collect(
    ticket: Ticket,
    first: Request,
    commands: &mut Peekable<Drain<'_, Command>>,
) -> (Tickets, Run) {
    let mut tickets = vec![ticket];
    let mut frames = BytesMut::with_capacity(first.frame.len() * (1 + commands.len()).min(MANY));
    frames.extend_from_slice(&first.frame);
    let alike =
        |next: &Command| matches!(next, Command::Submit(_, next) if are_alike(&first, next));
    while let Some(Command::Submit(ticket, next)) = commands.next_if(alike) {
        tickets.push(ticket);
        frames.extend_from_slice(&next.frame);
    }
    let count = u32::try_from(tickets.len()).expect("the bound on requests is far below 2^32");
    let Request { opcode, deadline, pinned, .. } = first;
    let run = Run { opcode, count, frames: frames.freeze(), deadline, pinned };
    (tickets.into_iter().collect(), run)
}
