//! The read-write lock: its program, its notes, and its checker.
//!
//! Readers look at a counter outside, writers add to it, and some writers become readers.
//!
//! * `holding`, `token`: who reads had no writer before it in the queue, and who writes nobody; by
//!   the history alone, whatever the weather.
//! * `downgrade`: a writer became a reader in one transaction, with its number.
//! * `fencing`: no update is lost where tokens are compared, or writes are guarded.
//! * `trust`: of two who do not share the earlier is not trusted any more.
//! * `patience`: waiting for the lock ends with the lock, whatever happens.
//! * `turns`: in calm all readers hold together, a writer waits for all of them, and a reader that
//!   came later waits for the writer.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::sleep;
use zookit_client::{BoxFuture, Client, Zxid};
use zookit_recipes::{Claim, ClaimOptions, Error, Naming, ReadGuard, ReadWriteLock, WriteGuard};
use zookit_server::core::{Change, Transaction};

use super::super::SimulatedEnsemble;
use super::guarded;
use super::holders::{Access, Note, holding_beside, of_this_session, tamper, trust};
use super::places::{Place, number_of, places};
use super::play::{Actor, Held, Play, ROOT, Setting, Stage, broken, in_time, make};
use super::storage::Storage;

const LOCK: &str = "/r/read-write";

/// The program.
pub(super) struct Sharing {
    setting: Setting,
    noted: Mutex<Noted>,
}

#[derive(Default)]
struct Noted {
    notes: Vec<Note>,
    fenced: Storage,
    /// Writers' znodes, and those of the readers that they became.
    downgraded: Vec<(String, String)>,
}

enum Guard {
    Read(ReadGuard),
    Write(WriteGuard),
}

impl Guard {
    fn claim(&self) -> &Claim {
        match self {
            Self::Read(guard) => guard,
            Self::Write(guard) => guard,
        }
    }

    const fn access(&self) -> Access {
        match self {
            Self::Read(_) => Access::Shared,
            Self::Write(_) => Access::Alone,
        }
    }
}

impl Sharing {
    pub(super) fn new(setting: Setting) -> Self {
        let noted = Noted { fenced: Storage::new(true), ..Noted::default() };
        Self { setting, noted: Mutex::new(noted) }
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, note: Note) {
        self.noted().notes.push(note);
    }

    fn lock(actor: &Actor) -> ReadWriteLock {
        let namings = [Naming::Curator, Naming::Kazoo, Naming::Go];
        let naming = namings[actor.number as usize % namings.len()];
        let data = actor.number.to_string().into();
        let options = ClaimOptions { naming, data, ..ClaimOptions::default() };
        ReadWriteLock::with_options(&actor.client, LOCK, options)
    }

    async fn one_step(&self, actor: &mut Actor) -> Held {
        match actor.rng.u8(0..24) {
            0..6 if self.setting.tampering => {
                let queue = Self::lock(actor).participants().await;
                tamper(actor, queue).await;
            }
            6 => drop(actor.whim(Self::lock(actor).participants()).await),
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
        let lock = Self::lock(actor);
        let within = Duration::from_millis(actor.rng.u64(0..5000));
        let read = |guard: Option<ReadGuard>| guard.map(Guard::Read);
        let write = |guard: Option<WriteGuard>| guard.map(Guard::Write);
        let asked = match actor.rng.u8(0..10) {
            0 => actor.whim(lock.read_within(within)).await.map(|asked| asked.map(read)),
            1 => actor.whim(lock.write_within(within)).await.map(|asked| asked.map(write)),
            // These make one attempt.
            2 => actor.whim(lock.try_read()).await.map(|asked| Ok(asked.ok().and_then(read))),
            3 => actor.whim(lock.try_write()).await.map(|asked| Ok(asked.ok().and_then(write))),
            4..8 => actor.whim(lock.read()).await.map(|asked| asked.map(Some).map(read)),
            _ => actor.whim(lock.write()).await.map(|asked| asked.map(Some).map(write)),
        };
        match asked {
            Some(Ok(Some(guard))) => {
                let access = guard.access();
                actor.count(if access == Access::Shared { "read" } else { "written" });
                self.note(Note::held(actor, guard.claim(), access));
                Ok(Some(guard))
            }
            Some(Err(error)) if self.setting.tampering && error.is_lost() => Ok(None),
            Some(Err(error)) => {
                broken("patience", format!("waiting for the lock ended with {error}"))
            }
            _ => Ok(None),
        }
    }

    async fn hold(&self, actor: &mut Actor, guard: &Guard) -> Held {
        for _ in 0..actor.rng.usize(0..4) {
            self.look(actor, guard.claim())?;
            match (actor.rng.u8(0..4), guard.access()) {
                (0, Access::Alone) => guarded::add(actor, guard.claim()).await,
                (1, Access::Alone) => self.add(actor, guard.claim()).await,
                _ => actor.pause(3000).await,
            }
        }
        self.look(actor, guard.claim())
    }

    fn look(&self, actor: &Actor, claim: &Claim) -> Held {
        if claim.is_trusted() {
            of_this_session(actor, claim)?;
            self.note(Note::Trusted { token: claim.token() });
        } else {
            actor.count("doubtful");
        }
        Ok(())
    }

    /// Reads a counter outside that compares tokens, and writes it back.
    async fn add(&self, actor: &mut Actor, claim: &Claim) {
        let Ok(read) = self.noted().fenced.read(claim.token()) else {
            return actor.count("refused by token");
        };
        actor.pause(5000).await;
        match self.noted().fenced.add_one(claim.token(), read) {
            Ok(()) => actor.count("written outside"),
            Err(_) => actor.count("refused by token"),
        }
    }

    /// Gives the lock back, in one of the ways there are.
    async fn end(&self, actor: &mut Actor, guard: Guard) -> Held {
        let token = guard.claim().token();
        self.note(Note::Ending { token });
        let released = match (actor.rng.u8(0..4), guard) {
            (0, guard) => {
                drop(guard);
                None
            }
            (1, Guard::Write(guard)) => {
                let writer = guard.path().to_owned();
                match actor.whim(guard.downgrade()).await {
                    Some(Ok(reader)) => {
                        actor.count("downgraded");
                        let both = (writer, reader.path().to_owned());
                        self.noted().downgraded.push(both);
                        self.look(actor, &reader)?;
                        actor.pause(2000).await;
                        actor.whim(reader.release()).await
                    }
                    Some(Err(Error::Client(error))) if error.is_transient() => None,
                    other => other.map(|ended| ended.map(drop)),
                }
            }
            (_, Guard::Read(guard)) => actor.whim(guard.release()).await,
            (_, Guard::Write(guard)) => actor.whim(guard.release()).await,
        };
        match released {
            None | Some(Ok(()) | Err(Error::Lost { .. })) => Ok(()),
            Some(Err(error)) if error.is_lost() => Ok(()),
            Some(Err(error)) => broken("patience", format!("a release ended with {error}")),
        }
    }

    /// Readers hold together, a writer behind them waits, and a reader behind that one too.
    async fn take_turns(&self, stage: &Stage, actors: &[Actor]) -> Held {
        let stand = |count: usize| move |ensemble: &SimulatedEnsemble| queue(ensemble) == count;
        stage.until("orphans", "the queue is empty", stand(0)).await?;
        let mut readers = Vec::new();
        for actor in actors {
            let lock = Self::lock(actor);
            readers.push(in_time("turns", "reading beside readers", lock.read()).await?);
        }
        let writer = Self::lock(&actors[0]);
        let writer = tokio::spawn(async move { writer.write().await });
        stage.until("liveness", "the writer stands", stand(readers.len() + 1)).await?;
        let late = Self::lock(&actors[actors.len() - 1]);
        let late = tokio::spawn(async move { late.read().await });
        stage.until("liveness", "the late reader stands", stand(readers.len() + 2)).await?;
        for reader in readers {
            sleep(Duration::from_secs(5)).await;
            if writer.is_finished() || late.is_finished() {
                return broken("turns", "somebody passed by a reader, or by a writer who waits");
            }
            let reader = reader.or_else(|error| broken("turns", error.to_string()))?;
            let released = in_time("liveness", "a release", reader.release()).await?;
            released.or_else(|error| broken("turns", error.to_string()))?;
        }
        let writer = in_time("turns", "the turn of the writer", writer).await?;
        let writer = writer.or_else(|panicked| broken("panic", panicked.to_string()))?;
        let writer = writer.or_else(|error| broken("turns", error.to_string()))?;
        sleep(Duration::from_secs(5)).await;
        if late.is_finished() {
            return broken("turns", "a reader holds beside a writer");
        }
        // Becoming a reader lets the other one in.
        let reader = in_time("liveness", "a downgrade", writer.downgrade()).await?;
        let reader = reader.or_else(|error| broken("turns", error.to_string()))?;
        let late = in_time("turns", "the turn of the late reader", late).await?;
        let late = late.or_else(|panicked| broken("panic", panicked.to_string()))?;
        for held in [Ok(reader), late] {
            let held = held.or_else(|error| broken("turns", error.to_string()))?;
            let released = in_time("liveness", "a release", held.release()).await?;
            released.or_else(|error| broken("turns", error.to_string()))?;
        }
        Ok(())
    }
}

/// How many stand in it.
fn queue(ensemble: &SimulatedEnsemble) -> usize {
    ensemble.agreed(|server| server.tree().children(LOCK)).map_or(0, |children| children.len())
}

/// Whether it stands for a reader, by any of the names that readers have.
fn reads(place: &Place) -> bool {
    let name = place.path.rsplit_once('/').map_or("", |(_, name)| name);
    ["__READ__", "__rlock__"].iter().any(|kind| name.contains(kind))
}

/// Each downgrade put the reader in the writer's place, in one transaction.
fn downgrades(
    downgraded: &[(String, String)],
    places: &BTreeMap<Zxid, Place>,
    history: &[Transaction],
) -> Held {
    for (writer, reader) in downgraded {
        let made = places.values().find(|place| place.path == *reader);
        let exchanged = made.is_some_and(|made| {
            let zxid = made.created;
            let of_it = history.iter().filter(|done| done.zxid == zxid);
            let several = of_it.filter_map(|done| match &done.change {
                Change::Multi(several) => Some(several),
                _ => None,
            });
            let deletes =
                |change: &Change| matches!(change, Change::Delete { path } if *path == **writer);
            several.flatten().any(deletes)
        });
        if !exchanged || number_of(writer) != number_of(reader) {
            let what = format!("{reader} did not take the place of {writer} in one transaction");
            return broken("downgrade", what);
        }
    }
    Ok(())
}

impl Play for Sharing {
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
        Box::pin(self.take_turns(stage, actors))
    }

    fn stays(&self, path: &str) -> bool {
        [ROOT, LOCK, guarded::COUNTER].contains(&path)
    }

    fn judge(&self, history: &[Transaction]) -> Held {
        let noted = self.noted();
        let places = places(history, LOCK);
        holding_beside(&noted.notes, &places, |place| !reads(place))?;
        downgrades(&noted.downgraded, &places, history)?;
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
