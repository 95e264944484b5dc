//! Writes in four ways, pipelined, in one order.
//!
//! A create by a name that is used once is there in the end or is not; a sequential one can be
//! there twice, if it was sent twice; a register that is set in any version counts how often it
//! was; and one that is set in the version that it must have by then shows a write that went
//! missing between two others.

use std::collections::VecDeque;
use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use zookit_client::{Answer, CreateMode, Created, Error, Stat, Version};

use super::home::Register;
use super::notes::{Deed, Done, End};
use super::{Going, Subject};

/// Between two batches.
const PACE: Duration = Duration::from_millis(25);

/// A batch is not submitted while so many writes are under way.
const MOST: usize = 64;

/// A write under way.
enum Flying {
    Create(Answer<Created>),
    Set(String, Answer<Stat>),
}

impl Flying {
    fn poll(&mut self, context: &mut std::task::Context<'_>) -> Poll<Result<Done, Error>> {
        match self {
            Self::Create(answer) => Pin::new(answer)
                .poll(context)
                .map(|result| result.map(|Created { path, stat }| Done { path, stat })),
            Self::Set(path, answer) => Pin::new(answer)
                .poll(context)
                .map(|result| result.map(|stat| Done { path: path.clone(), stat: Some(stat) })),
        }
    }
}

/// The writes under way of one task, in the order of their submission.
#[derive(Default)]
struct Flight {
    flying: VecDeque<(usize, Flying)>,
    /// The version that the register of swaps will have when all under way are done; `None` when
    /// one of them ended otherwise.
    version: Option<i32>,
}

impl Flight {
    /// Notes what has ended.
    fn note_ended(&mut self, subject: &Subject, context: &mut std::task::Context<'_>) -> Poll<()> {
        while let Some((place, flying)) = self.flying.front_mut() {
            let Poll::Ready(result) = flying.poll(context) else { return Poll::Pending };
            if result.is_err() {
                self.version = None;
            }
            subject.notes.end_write(*place, End::of(result));
            self.flying.pop_front();
        }
        Poll::Ready(())
    }

    fn submit(&mut self, subject: &Subject, deed: Deed, number: usize) {
        let Subject { client, home, notes } = subject;
        let value = format!("{}-{number}", notes.lock().index);
        let place = notes.begin_write(deed, value.clone(), client.generation());
        let flying = match deed {
            Deed::Create => {
                let path = format!("{}/{value}", home.creates());
                Flying::Create(client.create(&path, (), CreateMode::Persistent))
            }
            Deed::Append | Deed::Ephemeral => {
                let path = format!("{}/n-", home.appends());
                Flying::Create(client.create(&path, value, CreateMode::PersistentSequential))
            }
            Deed::Set(register, version) => {
                let path = home.register(register);
                let version = version.map_or(Version::Any, Version::Exactly);
                let answer = client.set_data(&path, value, version);
                Flying::Set(path, answer)
            }
        };
        self.flying.push_back((place, flying));
    }

    fn submit_batch(&mut self, subject: &Subject, number: usize) {
        let any = Deed::Set(Register::Set, None);
        for (index, deed) in [Deed::Create, any, Deed::Append, any].into_iter().enumerate() {
            self.submit(subject, deed, number + index);
        }
        if let Some(version) = self.version {
            self.submit(subject, Deed::Set(Register::Swap, Some(version)), number + 4);
            self.version = Some(version.wrapping_add(1));
        }
    }
}

/// Numbers of a batch.
const BATCH: usize = 5;

/// Writes until the traffic ends.
pub(super) async fn write(subject: Subject, mut going: Going) {
    let mut flight = Flight { version: Some(0), ..Flight::default() };
    let mut number = 0;
    while going.on() {
        // What has ended is noted first: what is submitted next comes behind it.
        let done = poll_fn(|context| Poll::Ready(flight.note_ended(&subject, context))).await;
        if done.is_ready() && flight.version.is_none() {
            flight.version = version_now(&subject).await;
        }
        if flight.flying.len() < MOST {
            flight.submit_batch(&subject, number);
            number += BATCH;
        }
        going.pause(PACE).await;
    }
    poll_fn(|context| flight.note_ended(&subject, context)).await;
}

/// What version the register of swaps has, now that all its writes are decided; `None` if nobody
/// can say.
async fn version_now(subject: &Subject) -> Option<i32> {
    let path = subject.home.register(Register::Swap);
    let read = subject.client.linearizable_read(|client| client.get_data(&path)).await;
    read.ok().map(|node| node.stat.version)
}
