//! One process after another of a client.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use fastrand::Rng;
use tokio::time::sleep;

use super::Common;
use crate::chaos::client::{Ended, Operation, Subject};
use crate::chaos::history::{Answer, Outcome, Told};

/// How fast lanes are. Clones are the same.
#[derive(Debug, Clone)]
pub struct Pace(Arc<AtomicU64>);

impl Pace {
    /// So long on average between the end of an operation and the beginning of the next.
    #[must_use]
    pub fn new(pause: Duration) -> Self {
        Self(Arc::new(AtomicU64::new(u64::try_from(pause.as_micros()).unwrap_or(u64::MAX))))
    }

    fn pause(&self, rng: &mut Rng) -> Duration {
        let mean = self.0.load(Ordering::Relaxed);
        Duration::from_micros(rng.u64(0..=mean.saturating_mul(2)))
    }
}

/// Whether lanes are to end. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// They are, each when its operation is over.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether that was said.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// One process after another of a client: the next begins when nobody knows how the last one's
/// operation ended.
#[derive(Debug)]
pub struct Lane {
    /// Whose.
    pub subject: Subject,
    /// What the seed chose for it.
    pub rng: Rng,
    /// What it shares with all others.
    pub common: Arc<Common>,
    /// Whether its driver is another thread's.
    process: u64,
    pace: Pace,
    stop: Stop,
    made: u64,
}

impl Lane {
    /// A lane of this client.
    #[must_use]
    pub fn new(
        subject: &Subject,
        rng: Rng,
        common: &Arc<Common>,
        pace: &Pace,
        stop: &Stop,
    ) -> Self {
        Self {
            process: subject.recorder().process(),
            subject: subject.clone(),
            rng,
            common: Arc::clone(common),
            pace: pace.clone(),
            stop: stop.clone(),
            made: 0,
        }
    }

    /// Waits for a moment; false once it is to end.
    pub async fn goes_on(&mut self) -> bool {
        let pause = self.pace.pause(&mut self.rng);
        sleep(pause).await;
        !self.stop.is_stopped()
    }

    /// Does something, and waits for its end.
    pub async fn run(&mut self, mut operation: Operation) -> Ended {
        // Some are in a hurry.
        if operation.within.is_none() && self.rng.u8(0..16) == 0 {
            operation.within = Some(Duration::from_millis(self.rng.u64(1..300)));
        }
        let ended = self.subject.submit(self.process, operation).await;
        if ended.outcome == Outcome::Info {
            self.process = self.subject.recorder().process();
        }
        ended
    }

    /// Does all of these, submitted before any of them ends, each as a process of its own.
    pub async fn burst(&mut self, operations: Vec<Operation>) -> Vec<Ended> {
        let recorder = self.subject.recorder().clone();
        let submit = |operation| self.subject.submit(recorder.process(), operation);
        let submitted: Vec<_> = operations.into_iter().map(submit).collect();
        let mut ended = Vec::new();
        for operation in submitted {
            ended.push(operation.await);
        }
        ended
    }

    /// Data that nobody else writes: `c3-p17-5`.
    pub fn data(&mut self) -> String {
        self.made += 1;
        format!("c{}-p{}-{}", self.subject.id().0, self.process, self.made)
    }
}

impl Ended {
    /// The last answer, if it took effect.
    #[must_use]
    pub fn answer(&self) -> Option<&Answer> {
        let told = self.told.last().filter(|_| self.outcome == Outcome::Ok)?;
        Told::answer(told)
    }
}
