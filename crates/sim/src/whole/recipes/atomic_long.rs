//! The atomic long: its program, its notes, and its checker.
//!
//! What is added is a number of its own each time, so that the history tells whose addition each
//! step of the count is.
//!
//! * `counted`: an addition that was answered was made once, from the number and to the number that
//!   were told; one that was refused was not made; one of which nobody heard, or nobody can tell,
//!   was made once at most. Nobody else changes the count.
//! * `patience`: in calm an addition is answered, and so is what is read then.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use zookit_client::{BoxFuture, Client, Version};
use zookit_recipes::{AtomicLong, AtomicOptions, CountChange, Error};
use zookit_server::core::{Change, Transaction};

use super::places::changes;
use super::play::{Actor, Held, Play, ROOT, Setting, Stage, broken, in_time, make};

const COUNT: &str = "/r/count";
const PROMOTED: &str = "/r/promoted";

/// The program.
pub(super) struct Additions {
    setting: Setting,
    noted: Mutex<Noted>,
}

#[derive(Default)]
struct Noted {
    /// What each actor adds with.
    handles: BTreeMap<u32, AtomicLong>,
    /// By what was added.
    fates: BTreeMap<i64, Fate>,
}

/// What an actor was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Nothing, or that nobody can tell.
    Unknown,
    NotMade,
    Made(CountChange),
}

impl Additions {
    pub(super) fn new(setting: Setting) -> Self {
        Self { setting, noted: Mutex::default() }
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// That of the actor, which is a new one now and then.
    fn handle(&self, actor: &mut Actor) -> AtomicLong {
        let anew = actor.one_in(8);
        let mut noted = self.noted();
        if anew {
            noted.handles.remove(&actor.number);
        }
        let handle = noted.handles.entry(actor.number).or_insert_with(|| {
            let mut options = AtomicOptions { attempts: 4, ..AtomicOptions::default() };
            if actor.rng.bool() {
                let lock = zookit_recipes::Mutex::new(&actor.client, PROMOTED);
                options.promotion = Some(lock);
            }
            AtomicLong::with_options(&actor.client, COUNT, options)
        });
        handle.clone()
    }

    async fn one_step(&self, actor: &mut Actor) -> Held {
        match actor.rng.u8(0..16) {
            0 | 1 if self.setting.tampering => tamper(actor).await,
            2 => {
                let handle = self.handle(actor);
                drop(actor.whim(handle.get()).await);
            }
            3 => {
                // Those of one handle go one after another.
                let handle = self.handle(actor);
                let (first, second) = (self.announced(actor), self.announced(actor));
                let other = handle.clone();
                let other = tokio::spawn(async move { other.add(second).await });
                let told = actor.whim(handle.add(first)).await;
                self.told(actor, first, told);
                let told = other.await.or_else(|error| broken("panic", error.to_string()))?;
                self.told(actor, second, Some(told));
            }
            _ => {
                let (handle, delta) = (self.handle(actor), self.announced(actor));
                let told = actor.whim(handle.add(delta)).await;
                self.told(actor, delta, told);
            }
        }
        Ok(())
    }

    /// A number that nobody else adds, and that nobody has heard of yet.
    fn announced(&self, actor: &Actor) -> i64 {
        let mut noted = self.noted();
        let count = i64::try_from(noted.fates.len()).unwrap_or(i64::MAX);
        let delta = (count + 1) * 16 + i64::from(actor.number);
        let delta = if count % 2 == 0 { delta } else { -delta };
        noted.fates.insert(delta, Fate::Unknown);
        delta
    }

    fn told(&self, actor: &Actor, delta: i64, told: Option<Result<CountChange, Error>>) {
        let fate = match told {
            Some(Ok(change)) => {
                actor.count("added");
                Fate::Made(change)
            }
            Some(Err(error)) if !error.may_have_applied() => {
                actor.count("not added");
                Fate::NotMade
            }
            Some(Err(_)) => {
                actor.count("nobody can tell");
                Fate::Unknown
            }
            None => Fate::Unknown,
        };
        self.noted().fates.insert(delta, fate);
    }

    async fn settle(&self, actors: &mut [Actor]) -> Held {
        for actor in actors {
            let (handle, delta) = (self.handle(actor), self.announced(actor));
            let told = in_time("liveness", "an addition", handle.add(delta)).await?;
            if let Err(error) = &told {
                return broken("patience", format!("adding in calm: {error}"));
            }
            self.told(actor, delta, Some(told));
            let read = in_time("liveness", "a count", handle.get()).await?;
            read.or_else(|error| broken("patience", format!("reading in calm: {error}")))?;
        }
        self.noted().handles.clear();
        Ok(())
    }
}

/// Somebody deletes the mark of a writer, as an operator may.
async fn tamper(actor: &mut Actor) {
    let Ok(marks) = actor.client.get_child_names(COUNT).await else { return };
    if marks.is_empty() {
        return;
    }
    let path = format!("{COUNT}/{}", marks[actor.rng.usize(0..marks.len())]);
    if actor.client.delete(&path, Version::Any).await.is_ok() {
        actor.count("marks deleted by somebody");
    }
}

impl Play for Additions {
    fn prepare<'a>(&'a self, client: &'a Client) -> BoxFuture<'a, Held> {
        Box::pin(make(client, ROOT))
    }

    fn step<'a>(&'a self, actor: &'a mut Actor) -> BoxFuture<'a, Held> {
        Box::pin(self.one_step(actor))
    }

    fn in_calm<'a>(&'a self, _: &'a Stage, actors: &'a mut [Actor]) -> BoxFuture<'a, Held> {
        Box::pin(self.settle(actors))
    }

    fn stays(&self, path: &str) -> bool {
        [ROOT, COUNT, PROMOTED].contains(&path)
    }

    fn judge(&self, history: &[Transaction]) -> Held {
        let noted = self.noted();
        let mut made: BTreeMap<i64, CountChange> = BTreeMap::new();
        let mut count = 0;
        for (zxid, change) in changes(history) {
            let data = match change {
                Change::Create { path, data, .. } | Change::SetData { path, data, .. }
                    if *path == *COUNT =>
                {
                    data.as_deref().unwrap_or_default()
                }
                _ => continue,
            };
            let Ok(bytes) = data.try_into() else {
                return broken("counted", format!("at {zxid} the count is {data:?}"));
            };
            let (before, after) = (count, i64::from_be_bytes(bytes));
            count = after;
            let delta = after - before;
            if matches!(change, Change::Create { .. }) && delta == 0 {
                continue;
            }
            if !noted.fates.contains_key(&delta) {
                return broken("counted", format!("at {zxid} somebody added {delta}"));
            }
            if made.insert(delta, CountChange { before, after }).is_some() {
                return broken("counted", format!("at {zxid} {delta} was added again"));
            }
        }
        for (delta, fate) in &noted.fates {
            let made = made.get(delta);
            let is_true = match fate {
                Fate::Unknown => true,
                Fate::NotMade => made.is_none(),
                Fate::Made(change) => made == Some(change),
            };
            if !is_true {
                let what = format!("of {delta} was told {fate:?}, and it was {made:?}");
                return broken("counted", what);
            }
        }
        Ok(())
    }
}
