//! What a program of a recipe is, and who acts in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::{Future, poll_fn};
use std::ops::AddAssign;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use fastrand::Rng;
use tokio::time::{sleep, timeout};
use zookit_client::{BoxFuture, Client, CreateMode, SessionId, StateStream};
use zookit_server::core::Transaction;

use super::super::programs::Broken;
use super::super::{SimulatedEnsemble, Trouble};

/// Whether what must hold does.
pub(super) type Held = Result<(), Broken>;

/// Something does not hold; the checker's name stands in the table of mutants.
pub(super) fn broken<T>(checker: &'static str, what: impl Into<String>) -> Result<T, Broken> {
    Err(Broken { program: checker, what: what.into() })
}

/// What a program is told of its run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting {
    pub(super) members: usize,
    pub(super) trouble: Trouble,
    /// Whether somebody deletes znodes of the recipe now and then, as an operator may.
    pub(super) tampering: bool,
}

impl Setting {
    /// Whether sessions last for as long as their clients trust them, so that what rests on trust
    /// can be asked for: no session is ended by force, and the one member hears every client. A
    /// leader may hear of a session late, and end it sooner than its client can know.
    pub(super) const fn can_be_trusted(self) -> bool {
        self.members == 1 && !self.trouble.expiry && !self.tampering
    }
}

/// The program of a recipe, with its notes and its checker. There is one value of it for a run.
pub(super) trait Play: Send + Sync {
    /// Makes what must be there, before anything goes wrong.
    fn prepare<'a>(&'a self, client: &'a Client) -> BoxFuture<'a, Held>;

    /// Something that a client does with the recipe, to its end: what is held is given back. It must
    /// end when nothing is wrong any more, and may take as long as it likes before.
    fn step<'a>(&'a self, actor: &'a mut Actor) -> BoxFuture<'a, Held>;

    /// What is promised of a recipe when nothing goes wrong, and all it takes to see that: order,
    /// who is woken, that everybody has a turn. Nothing is held at its end.
    fn in_calm<'a>(&'a self, stage: &'a Stage, actors: &'a mut [Actor]) -> BoxFuture<'a, Held>;

    /// Whether this znode may be there when nobody uses the recipe any more. None that is ephemeral
    /// may, whatever this says.
    fn stays(&self, path: &str) -> bool;

    /// Holds what was noted against all that the members agreed on.
    fn judge(&self, history: &[Transaction]) -> Held;
}

/// Below it is what recipes use.
pub(super) const ROOT: &str = "/r";

/// Makes a znode that is to be there.
pub(super) async fn make(client: &Client, path: &str) -> Held {
    match client.create(path, "0", CreateMode::Persistent).await {
        Ok(_) => Ok(()),
        Err(error) => broken("making", error.to_string()),
    }
}

/// Where it all happens.
pub(super) struct Stage {
    pub(super) ensemble: Arc<SimulatedEnsemble>,
}

impl Stage {
    /// Waits until it is so, for as long as anything takes in calm.
    pub(super) async fn until(
        &self,
        checker: &'static str,
        what: &str,
        mut holds: impl FnMut(&SimulatedEnsemble) -> bool,
    ) -> Held {
        for _ in 0..CALM.as_millis() / STEP.as_millis() {
            if holds(&self.ensemble) {
                return Ok(());
            }
            sleep(STEP).await;
        }
        broken(checker, format!("in calm it does not come about that {what}"))
    }
}

/// Everything ends within this when nothing is wrong any more: a few session timeouts, the longest
/// back-off included.
pub(super) const CALM: Duration = Duration::from_secs(120);
const STEP: Duration = Duration::from_millis(10);

/// The value of a future in calm.
pub(super) async fn in_time<T>(
    checker: &'static str,
    what: &str,
    future: impl Future<Output = T>,
) -> Result<T, Broken> {
    match timeout(CALM, future).await {
        Ok(value) => Ok(value),
        Err(_) => broken(checker, format!("{what} does not end in calm")),
    }
}

/// One who uses the recipe.
pub(super) struct Actor {
    /// Counted from 1. Two may have one client.
    pub(super) number: u32,
    pub(super) client: Client,
    pub(super) rng: Rng,
    pub(super) tally: Shared,
    /// All sessions that the client has had.
    pub(super) sessions: Sessions,
}

/// The sessions of a client; clones are the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Sessions(Arc<Mutex<BTreeSet<SessionId>>>);

impl Sessions {
    /// Notes those to come, until the client is closed.
    pub(super) async fn follow(self, mut states: StateStream) {
        while let Some(update) = states.next().await {
            self.lock().insert(update.change.session);
        }
    }

    pub(super) fn has(&self, session: SessionId) -> bool {
        self.lock().contains(&session)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<SessionId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Actor {
    /// Waits for a future as callers do: mostly to its end, or for a moment only, or so many polls,
    /// and then drops it. `None` if it was dropped.
    pub(super) async fn whim<T>(&mut self, future: impl Future<Output = T>) -> Option<T> {
        let value = match self.rng.u8(0..6) {
            0 | 1 => {
                let polls = self.rng.usize(0..12);
                for_so_many_polls(polls, future).await
            }
            2 => {
                let most = [50, 500, 5000][self.rng.usize(0..3)];
                let moment = Duration::from_millis(self.rng.u64(0..most));
                timeout(moment, future).await.ok()
            }
            _ => Some(future.await),
        };
        if value.is_none() {
            self.count("dropped");
        }
        value
    }

    /// Some time passes, so many milliseconds at most.
    pub(super) async fn pause(&mut self, most: u64) {
        sleep(Duration::from_millis(self.rng.u64(0..=most))).await;
    }

    /// One of so many.
    pub(super) fn one_in(&mut self, many: u8) -> bool {
        self.rng.u8(0..many) == 0
    }

    /// Something came about.
    pub(super) fn count(&self, what: &'static str) {
        self.tally.lock().add(what, 1);
    }
}

/// Polls a future so often at most, and drops it as soon as the last of those has come to nothing.
async fn for_so_many_polls<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// What came about in runs, by names that programs give it: a run in which nothing does proves
/// nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<&'static str, u64>);

impl Tally {
    pub(super) fn add(&mut self, what: &'static str, count: u64) {
        *self.0.entry(what).or_default() += count;
    }

    /// How often this came about.
    #[must_use]
    pub fn of(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or(0)
    }

    /// All that came about, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.0.iter().map(|(what, count)| (*what, *count))
    }
}

impl AddAssign<&Self> for Tally {
    fn add_assign(&mut self, other: &Self) {
        for (what, count) in other.iter() {
            self.add(what, count);
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<_> = self.iter().map(|(what, count)| format!("{what} {count}")).collect();
        f.write_str(&all.join(", "))
    }
}

/// The tally of a run; clones are the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Shared(Arc<Mutex<Tally>>);

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, Tally> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
