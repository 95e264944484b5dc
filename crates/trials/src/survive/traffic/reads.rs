//! Reads of the registers, pipelined.

use std::collections::VecDeque;
use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;
use zookit_client::{Answer, Error, NodeData};

use super::home::Register;
use super::notes::{End, Read, Value};
use super::{Going, Subject};

/// Between two batches.
const PACE: Duration = Duration::from_millis(20);

/// A batch is not submitted while so many reads are under way.
const MOST: usize = 64;

#[derive(Default)]
struct Flight(VecDeque<(usize, Answer<NodeData>)>);

impl Flight {
    /// Notes what has ended.
    fn note_ended(&mut self, subject: &Subject, context: &mut Context<'_>) -> Poll<()> {
        while let Some((place, answer)) = self.0.front_mut() {
            let Poll::Ready(result) = Pin::new(answer).poll(context) else { return Poll::Pending };
            end(subject, *place, result);
            self.0.pop_front();
        }
        Poll::Ready(())
    }
}

/// Submits a read and notes that; the answer and its place.
pub(super) fn begin(subject: &Subject, register: Register) -> (usize, Answer<NodeData>) {
    let at_least = subject.notes.newest_version(register);
    let answer = subject.client.get_data(&subject.home.register(register));
    let mut noted = subject.notes.lock();
    noted.reads.push(Read { register, at_least, ended: None });
    (noted.reads.len() - 1, answer)
}

/// Notes how a read ended.
pub(super) fn end(subject: &Subject, place: usize, result: Result<NodeData, Error>) {
    let value = |node: NodeData| {
        let data = node.data.unwrap_or_default();
        Value { data: String::from_utf8_lossy(&data).into_owned(), stat: node.stat }
    };
    let end = End::of(result.map(value));
    subject.notes.lock().reads[place].ended = Some((Instant::now(), end));
}

/// Reads until the traffic ends.
pub(super) async fn read(subject: Subject, mut going: Going) {
    let mut flight = Flight::default();
    while going.on() {
        let _ = poll_fn(|context| Poll::Ready(flight.note_ended(&subject, context))).await;
        if flight.0.len() < MOST {
            let registers = [Register::Set, Register::Swap];
            flight.0.extend(registers.into_iter().cycle().take(4).map(|one| begin(&subject, one)));
        }
        going.pause(PACE).await;
    }
    poll_fn(|context| flight.note_ended(&subject, context)).await;
}
