//! The lock: its program, its notes, and its checker.
//!
//! Who holds adds to three counters, reading and writing as programs do, with pauses between: one
//! outside that takes whatever is written, one outside that compares tokens, and a znode that is
//! written to by guarded transactions. The first loses updates when a holder has lost the lock and
//! does not know; the other two must not, ever.
//!
//! * `holding`: who holds had a znode of its session in the queue, at a moment that its client knows
//!   of, with nobody before it. By the history alone, whatever the weather.
//! * `token`: it is the zxid that created that znode, and no two guards have one.
//! * `fencing`: no update is lost where tokens are compared, or writes are guarded.
//! * `trust`: of two who hold, the earlier is not trusted any more; and a guard of a session that is
//!   over is not.
//! * `patience`: waiting for the lock ends with the lock, whatever happens.
//! * `herd`, `turns`: in calm each waiter watches the one before it and nobody else does, and all
//!   have their turn, in the order of asking.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{sleep, timeout};
use zookit_client::{BoxFuture, Client};
use zookit_recipes::{ClaimOptions, Error, Naming};
use zookit_server::core::Transaction;

use super::guarded;
use super::holders::{Access, Note, holding, of_this_session, tamper, trust};
use super::places::places;
use super::play::{Actor, Held, Play, ROOT, Setting, Stage, broken, in_time, make};
use super::storage::Storage;

const LOCK: &str = "/r/lock";

/// The program.
pub(super) struct Mutual {
    setting: Setting,
    noted: Mutex<Noted>,
}

/// What was noted, in the order in which it happened: all actors are on one thread.
#[derive(Debug, Default)]
struct Noted {
    notes: Vec<Note>,
    plain: Storage,
    fenced: Storage,
}

type Guard = zookit_recipes::MutexGuard;

impl Mutual {
    pub(super) fn new(setting: Setting) -> Self {
        let fenced = Storage::new(true);
        let noted = Noted { fenced, ..Noted::default() };
        Self { setting, noted: Mutex::new(noted) }
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, note: Note) {
        self.noted().notes.push(note);
    }

    /// The lock, by the names that this actor gives: all of them stand in one queue.
    fn lock(actor: &Actor, client: &Client) -> zookit_recipes::Mutex {
        let namings = [Naming::Curator, Naming::Kazoo, Naming::Go];
        let naming = namings[actor.number as usize % namings.len()];
        let data = actor.number.to_string().into();
        let options = ClaimOptions { naming, data, ..ClaimOptions::default() };
        zookit_recipes::Mutex::with_options(client, LOCK, options)
    }

    async fn one_step(&self, actor: &mut Actor) -> Held {
        match actor.rng.u8(0..24) {
            0..6 if self.setting.tampering => {
                let queue = Self::lock(actor, &actor.client).participants().await;
                tamper(actor, queue).await;
            }
            6 => {
                let lock = Self::lock(actor, &actor.client);
                // Whatever it says, there is nothing to be held against it in a storm.
                let _listed = actor.whim(lock.participants()).await;
            }
            _ => {
                let Some(guard) = self.come_by(actor).await? else { return Ok(()) };
                self.hold(actor, &guard).await?;
                self.end(actor, guard).await?;
            }
        }
        Ok(())
    }

    /// Asks for the lock, in some way.
    async fn come_by(&self, actor: &mut Actor) -> Result<Option<Guard>, super::Broken> {
        let pinned = actor.one_in(8);
        let client = if pinned { actor.client.session() } else { actor.client.clone() };
        let lock = Self::lock(actor, &client);
        let within = Duration::from_millis(actor.rng.u64(0..5000));
        let asked = match actor.rng.u8(0..6) {
            0 => actor.whim(lock.acquire_within(within)).await,
            1 => match actor.whim(lock.try_acquire()).await {
                // It makes one attempt.
                Some(Err(_)) => return Ok(None),
                asked => asked,
            },
            _ => actor.whim(lock.acquire()).await.map(|guard| guard.map(Some)),
        };
        match asked {
            Some(Ok(Some(guard))) => {
                actor.count("held");
                self.note(Note::held(actor, &guard, Access::Alone));
                Ok(Some(guard))
            }
            Some(Err(error)) if pinned || self.setting.tampering && error.is_lost() => Ok(None),
            Some(Err(error)) => {
                broken("patience", format!("waiting for the lock ended with {error}"))
            }
            _ => Ok(None),
        }
    }

    /// What a holder does; some hold long, and some do not look at the clock.
    async fn hold(&self, actor: &mut Actor, guard: &Guard) -> Held {
        for _ in 0..actor.rng.usize(0..4) {
            self.look(actor, guard)?;
            match actor.rng.u8(0..8) {
                0 | 1 => self.add(actor, guard, |noted| &mut noted.plain).await,
                2 | 3 => self.add(actor, guard, |noted| &mut noted.fenced).await,
                4 | 5 => guarded::add(actor, guard).await,
                6 => self.wait_for_loss(actor, guard).await?,
                _ => actor.pause(3000).await,
            }
        }
        self.look(actor, guard)
    }

    fn look(&self, actor: &Actor, guard: &Guard) -> Held {
        if !guard.is_trusted() {
            actor.count("doubtful");
            return Ok(());
        }
        of_this_session(actor, guard)?;
        self.note(Note::Trusted { token: guard.token() });
        Ok(())
    }

    /// Reads a counter outside, and writes it back: in between, and on the way, time passes.
    async fn add(&self, actor: &mut Actor, guard: &Guard, of: fn(&mut Noted) -> &mut Storage) {
        let token = guard.token();
        let read = of(&mut self.noted()).read(token);
        let Ok(read) = read else { return actor.count("refused by token") };
        let most = [20, 500, 20_000][actor.rng.usize(0..3)];
        actor.pause(most).await;
        let (written, lost) = {
            let mut noted = self.noted();
            let storage = of(&mut noted);
            let before = storage.lost();
            (storage.add_one(token, read), storage.lost() - before)
        };
        match written {
            Ok(()) => actor.count("written outside"),
            Err(_) => actor.count("refused by token"),
        }
        if lost > 0 {
            actor.count("updates lost");
        }
    }

    async fn wait_for_loss(&self, actor: &mut Actor, guard: &Guard) -> Held {
        let moment = Duration::from_millis(actor.rng.u64(0..10_000));
        if actor.rng.bool() {
            if timeout(moment, guard.doubted()).await.is_ok() && guard.is_trusted() {
                // Only a reply that came since could make it so, and none did.
                return broken("trust", "a guard is trusted at the moment when it is doubted");
            }
        } else if timeout(moment, guard.lost()).await.is_ok() {
            actor.count("lost");
            if guard.is_trusted() {
                return broken("trust", "a guard is trusted that is lost");
            }
        }
        Ok(())
    }

    /// Gives the lock back, in one of the ways there are.
    async fn end(&self, actor: &mut Actor, guard: Guard) -> Held {
        self.note(Note::Ending { token: guard.token() });
        match actor.rng.u8(0..4) {
            0 => drop(guard),
            1 => drop(actor.whim(guard.release()).await),
            _ => match guard.release().await {
                Ok(()) => actor.count("released"),
                Err(Error::Lost { .. }) => actor.count("released and lost"),
                Err(error) => {
                    return broken("patience", format!("a release ended with {error}"));
                }
            },
        }
        Ok(())
    }

    /// All wait for one, and hold one after the other.
    async fn take_turns(&self, stage: &Stage, actors: &mut [Actor]) -> Held {
        let Some((first, others)) = actors.split_first_mut() else { return Ok(()) };
        let lock = Self::lock(first, &first.client);
        let children = |count: usize| {
            move |ensemble: &super::super::SimulatedEnsemble| {
                let children = ensemble.agreed(|server| server.tree().children(LOCK));
                children.map_or(0, |children| children.len()) == count
            }
        };
        stage.until("orphans", "the queue is empty", children(0)).await?;
        let acquired = in_time("liveness", "asking for a free lock", lock.acquire()).await?;
        let mut holder = acquired.or_else(|error| broken("liveness", error.to_string()))?;
        let mut waiting = Vec::new();
        for actor in others {
            let lock = Self::lock(actor, &actor.client);
            waiting.push(tokio::spawn(async move { lock.acquire().await }));
            let (stand, wait) = (waiting.len() + 1, waiting.len());
            stage.until("liveness", "one more stands in the queue", children(stand)).await?;
            let watched = |ensemble: &_| watched(ensemble).len() == wait;
            stage.until("herd", "each who waits watches another znode", watched).await?;
        }
        for (place, next) in waiting.into_iter().enumerate() {
            let before = watched(&stage.ensemble);
            for (path, watchers) in &before {
                if *watchers > 1 {
                    let what = format!("{path} is watched by {watchers}: its end wakes them all");
                    return broken("herd", what);
                }
            }
            let token = holder.token();
            if let Err(error) = in_time("liveness", "a release", holder.release()).await? {
                return broken("liveness", format!("a release in calm: {error}"));
            }
            let turn = format!("the turn of waiter {place}");
            let next = in_time("turns", &turn, next).await?;
            let next = next.or_else(|panicked| broken("panic", panicked.to_string()))?;
            holder = next.or_else(|error| broken("turns", error.to_string()))?;
            if holder.token() <= token {
                let what = format!("{} held behind {token}", holder.token());
                return broken("turns", what);
            }
            // A connection that has been half-open since the storm takes its watches along, and they
            // are set again; or its session ends, and with it a znode of the queue.
            let others_sleep = |ensemble: &super::super::SimulatedEnsemble| {
                let after = watched(ensemble);
                let is_there = |path: &str| ensemble.agreed(|server| server.tree().contains(path));
                before.keys().all(|path| after.contains_key(path) || !is_there(path))
            };
            stage.until("herd", "a release wakes nobody but the next", others_sleep).await?;
        }
        if let Err(error) = in_time("liveness", "the last release", holder.release()).await? {
            return broken("liveness", format!("a release in calm: {error}"));
        }
        Ok(())
    }
}

/// How many watch each znode of the queue.
fn watched(ensemble: &super::super::SimulatedEnsemble) -> BTreeMap<String, usize> {
    let mut paths = BTreeMap::new();
    for watch in ensemble.watches() {
        let path = watch.path.to_string();
        if path.starts_with(LOCK) {
            *paths.entry(path).or_default() += 1;
        }
    }
    paths
}

impl Play for Mutual {
    fn prepare<'a>(&'a self, client: &'a Client) -> BoxFuture<'a, Held> {
        Box::pin(async move {
            make(client, ROOT).await?;
            guarded::prepare(client).await
        })
    }

    fn step<'a>(&'a self, actor: &'a mut Actor) -> BoxFuture<'a, Held> {
        Box::pin(self.one_step(actor))
    }

    fn in_calm<'a>(&'a self, stage: &'a Stage, actors: &'a mut [Actor]) -> BoxFuture<'a, Held> {
        Box::pin(async move {
            self.take_turns(stage, actors).await?;
            // Behind the last release, whose client may lag: nobody is left in the list.
            sleep(Duration::from_secs(1)).await;
            for actor in actors {
                let lock = Self::lock(actor, &actor.client);
                let listed = in_time("liveness", "listing", lock.participants()).await?;
                match listed {
                    Ok(left) if left.is_empty() => {}
                    Ok(left) => return broken("orphans", format!("in the queue: {left:?}")),
                    Err(error) if is_no_node(&error) => {}
                    Err(error) => return broken("liveness", format!("listing: {error}")),
                }
            }
            Ok(())
        })
    }

    fn stays(&self, path: &str) -> bool {
        [ROOT, LOCK, guarded::COUNTER].contains(&path)
    }

    fn judge(&self, history: &[Transaction]) -> Held {
        let noted = self.noted();
        holding(&noted.notes, &places(history, LOCK))?;
        if self.setting.can_be_trusted() {
            trust(&noted.notes)?;
        }
        if noted.fenced.lost() > 0 {
            let what = format!("{} updates lost though tokens are compared", noted.fenced.lost());
            return broken("fencing", what);
        }
        guarded::judge(history)
    }
}

fn is_no_node(error: &Error) -> bool {
    error.as_client().is_some_and(zookit_client::Error::is_no_node)
}
