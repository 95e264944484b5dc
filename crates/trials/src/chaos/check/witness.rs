//! The simulator's checkers, fed with a history.
//!
//! They want to see what happened in an order in which it can have. What clients did and were told
//! has its order in the history. A transaction has none there, only its zxid and the leader's clock,
//! so it is shown as late as can be: before the first line that tells of it, or of a later one; and
//! in any case when the leader's clock, which is everybody's here, says that it is past.
//!
//! What the public client does not tell is found out as far as it follows: which transaction a read
//! with a watch showed at least follows from the stat of its reply (`arming.rs`), and when a lost reply
//! was told at the latest from the connection that the client is on (`lost.rs`).

mod arming;
mod feed;
mod lost;

use zookit_sim::check::{Bounds, Checkers, ClientLeft, MemberLeft, Violation};

use super::Found;
use crate::chaos::history::{Event, History};
use feed::Feed;

/// Checks a history up to where all is settled.
#[must_use]
pub fn check(history: &History) -> Vec<Found> {
    let violation = judge(history).err();
    let found = violation
        .map(|Violation { checker, time, what }| Found::new(checker, format!("at {time}: {what}")));
    found.into_iter().collect()
}

fn judge(history: &History) -> Result<(), Violation> {
    // When all has ended is looked at where all is settled, which bounds itself.
    let calm = std::time::Duration::from_secs(3_600);
    let bounds = Bounds { calm, in_order: false, ..Bounds::default() };
    let mut feed = Feed::new(history, Checkers::within(history.start.members, bounds));
    let end = history.lines.iter().position(|line| matches!(line.event, Event::Settled));
    let end = end.unwrap_or(history.lines.len());
    for at in 0..end {
        feed.line(at)?;
    }
    let (clients, members) = left(history, end);
    feed.finish(end, clients, members)
}

/// What everybody has at the end.
fn left(history: &History, end: usize) -> (Vec<ClientLeft>, Vec<MemberLeft>) {
    let (mut clients, mut members) = (Vec::new(), Vec::new());
    for line in history.lines.get(end..).unwrap_or_default() {
        match &line.event {
            Event::ClientLeft(left) => clients.push(left.clone()),
            Event::MemberLeft(left) => members.push(left.clone()),
            _ => {}
        }
    }
    (clients, members)
}

#[cfg(test)]
mod tests;
