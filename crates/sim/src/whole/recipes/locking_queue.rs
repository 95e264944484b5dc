//! The queue with locks: its program, its notes, and its checker.
//!
//! Each item has a text of its own, by which the history tells what became of it.
//!
//! * `once`: an item that was told as put was put once, one that was told as not put never, and one
//!   of which nobody heard once at most; and each is ended once, by somebody who asked for it.
//! * `consumed`: who consumed an item, or put it to the end, had the lock on it then, by the history;
//!   and who was told that it did, did, under the lock that it had, unless somebody deletes locks.
//! * `trust`: of two who have an item the earlier is not trusted any more.
//! * `lost`: in calm all that was put and not consumed is handed out again, until nothing is left.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::sleep;
use zookit_client::{BoxFuture, Client, SessionId, Version, Zxid};
use zookit_recipes::{Error, LockingQueue, Taken};
use zookit_server::core::{Change, Transaction};

use super::holders::{Access, Note, of_this_session, trust};
use super::places::{Place, places};
use super::play::{Actor, Held, Play, ROOT, Setting, Stage, broken, in_time, make};

const QUEUE: &str = "/r/work";
const ITEMS: &str = "/r/work/entries";
const LOCKS: &str = "/r/work/taken";
const MARKS: &str = "/r/work/marks";

/// The program.
pub(super) struct Work {
    setting: Setting,
    noted: Mutex<Noted>,
}

#[derive(Default)]
struct Noted {
    handles: BTreeMap<u32, LockingQueue>,
    /// By item; `None` if nobody heard what became of it.
    put: BTreeMap<String, Option<bool>>,
    /// What those who took an item noted.
    holders: BTreeMap<String, Vec<Note>>,
    /// Items that were asked to be ended, or moved.
    asked: BTreeSet<String>,
    ended: Vec<Ended>,
}

/// An actor was told that it consumed an item, or moved it.
struct Ended {
    item: String,
    /// The znode of the item as it was taken.
    path: String,
    token: Zxid,
    moved: bool,
}

impl Work {
    pub(super) fn new(setting: Setting) -> Self {
        Self { setting, noted: Mutex::default() }
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, item: &str, note: Note) {
        self.noted().holders.entry(item.to_owned()).or_default().push(note);
    }

    fn handle(&self, actor: &Actor) -> LockingQueue {
        let mut noted = self.noted();
        let anew = || LockingQueue::new(&actor.client, QUEUE);
        noted.handles.entry(actor.number).or_insert_with(anew).clone()
    }

    async fn one_step(&self, actor: &mut Actor) -> Held {
        match actor.rng.u8(0..16) {
            0..3 if self.setting.tampering => tamper(actor).await,
            3..8 => self.put(actor).await,
            _ => {
                let Some(taken) = self.take(actor).await? else { return Ok(()) };
                self.work(actor, taken).await?;
            }
        }
        Ok(())
    }

    async fn put(&self, actor: &mut Actor) {
        let queue = self.handle(actor);
        let many = if actor.one_in(4) { 3 } else { 1 };
        let mut items = Vec::new();
        for _ in 0..many {
            let mut noted = self.noted();
            let item = format!("{}-{}", actor.number, noted.put.len());
            noted.put.insert(item.clone(), None);
            items.push(item);
        }
        let priority = [None, Some(0), Some(200)][actor.rng.usize(0..3)];
        let put = match (priority, items.as_slice()) {
            (None, [one]) => actor.whim(queue.put(one.clone())).await,
            (Some(priority), [one]) => {
                actor.whim(queue.put_with_priority(one.clone(), priority)).await
            }
            _ => actor.whim(queue.put_all(items.clone(), priority)).await,
        };
        let fate = match put {
            Some(Ok(())) => {
                actor.count("put");
                Some(true)
            }
            Some(Err(error)) if !error.may_have_applied() => Some(false),
            _ => None,
        };
        let mut noted = self.noted();
        noted.put.extend(items.into_iter().map(|item| (item, fate)));
    }

    async fn take(&self, actor: &mut Actor) -> Result<Option<Taken>, super::Broken> {
        let queue = self.handle(actor);
        let within = Duration::from_millis(actor.rng.u64(0..10_000));
        let taken = match actor.rng.u8(0..4) {
            // It makes one attempt.
            0 => actor.whim(queue.try_take()).await.and_then(|taken| taken.ok().flatten()),
            _ => match actor.whim(queue.take_within(within)).await.transpose() {
                Ok(taken) => taken.flatten(),
                Err(error) if self.setting.tampering && error.is_lost() => None,
                // Sent so often in vain; nothing is held.
                Err(Error::Client(error)) if error.is_transient() => None,
                Err(error) => return broken("patience", format!("taking ended with {error}")),
            },
        };
        if let Some(taken) = &taken {
            actor.count("taken");
            self.note(&text(taken), Note::held(actor, taken, Access::Alone));
        }
        Ok(taken)
    }

    async fn work(&self, actor: &mut Actor, taken: Taken) -> Held {
        let item = text(&taken);
        let (path, token) = (taken.item().path.clone(), taken.token());
        for _ in 0..actor.rng.usize(0..3) {
            if taken.is_trusted() {
                of_this_session(actor, &taken)?;
                self.note(&item, Note::Trusted { token });
            }
            actor.pause(4000).await;
        }
        self.note(&item, Note::Ending { token });
        let moved = match actor.rng.u8(0..8) {
            0 => {
                drop(taken);
                return Ok(());
            }
            1 => {
                drop(actor.whim(taken.release()).await);
                return Ok(());
            }
            2 => true,
            _ => false,
        };
        self.noted().asked.insert(item.clone());
        let ended = match moved {
            true => actor.whim(taken.requeue()).await,
            false => actor.whim(taken.consume()).await,
        };
        match ended {
            Some(Ok(())) => {
                actor.count(if moved { "moved" } else { "consumed" });
                self.noted().ended.push(Ended { item, path, token, moved });
            }
            Some(Err(error)) if error.is_lost() => actor.count("lost to another"),
            Some(Err(error)) => return broken("patience", format!("consuming: {error}")),
            None => {}
        }
        Ok(())
    }

    /// What is left is handed out, until there is nothing.
    async fn drain(&self, stage: &Stage, actors: &mut [Actor]) -> Held {
        // Those who were dropped have given back by then, and so have those who are gone.
        let free = |ensemble: &super::super::SimulatedEnsemble| {
            let locks = ensemble.agreed(|server| server.tree().children(LOCKS));
            locks.is_none_or(|locks| locks.is_empty())
        };
        stage.until("orphans", "no item is locked", free).await?;
        sleep(Duration::from_secs(1)).await;
        let mut turn = 0;
        loop {
            let left = stage.ensemble.agreed(|server| server.tree().children(ITEMS));
            if left.is_none_or(|left| left.is_empty()) {
                break;
            }
            turn = (turn + 1) % actors.len();
            let actor = &actors[turn];
            let queue = self.handle(actor);
            let taken = in_time("lost", "taking what is left", queue.take()).await?;
            let taken = taken.or_else(|error| broken("lost", error.to_string()))?;
            let (item, path) = (text(&taken), taken.item().path.clone());
            let token = taken.token();
            self.note(&item, Note::held(actor, &taken, Access::Alone));
            self.noted().asked.insert(item.clone());
            let consumed = in_time("liveness", "consuming", taken.consume()).await?;
            consumed.or_else(|error| broken("lost", format!("consuming in calm: {error}")))?;
            self.noted().ended.push(Ended { item, path, token, moved: false });
        }
        self.noted().handles.clear();
        Ok(())
    }
}

/// What an item says.
fn text(taken: &Taken) -> String {
    String::from_utf8_lossy(&taken.item().raw).into_owned()
}

/// Somebody deletes a lock.
async fn tamper(actor: &mut Actor) {
    let Ok(locks) = actor.client.get_child_names(LOCKS).await else { return };
    if locks.is_empty() {
        return;
    }
    let path = format!("{LOCKS}/{}", locks[actor.rng.usize(0..locks.len())]);
    if actor.client.delete(&path, Version::Any).await.is_ok() {
        actor.count("locks deleted by somebody");
    }
}

/// What became of the items, by the history.
#[derive(Default)]
struct Items {
    /// Znodes that are there, and what they say.
    there: BTreeMap<String, String>,
    /// How often an item was put; moving it does not count.
    put: BTreeMap<String, u64>,
    /// When a znode of an item went, and whether that ended it. Where all are gone and the queue with
    /// them, numbers begin again, so that a path is used twice.
    gone: BTreeMap<(String, Zxid), Went>,
}

/// The end of a znode of an item.
#[derive(Clone, Copy)]
struct Went {
    /// Who asked for it.
    session: SessionId,
    /// Whether the item ended with it, and was not moved.
    ended: bool,
}

impl Items {
    fn of(history: &[Transaction]) -> Self {
        let mut items = Self::default();
        for done in history {
            let one = std::slice::from_ref(&done.change);
            items.look(done, if let Change::Multi(all) = &done.change { all } else { one });
        }
        items
    }

    /// A transaction.
    fn look(&mut self, done: &Transaction, changes: &[Change]) {
        let (zxid, session) = (done.zxid, done.session);
        let mut went = BTreeMap::new();
        for change in changes {
            match change {
                Change::Delete { path } => {
                    let path = path.to_string();
                    if let Some(item) = self.there.remove(&path) {
                        went.insert(item, path);
                    }
                }
                Change::Create { path, data, .. } if path.to_string().starts_with(ITEMS) => {
                    let path = path.to_string();
                    if path == ITEMS {
                        continue;
                    }
                    let data = data.as_deref().unwrap_or_default();
                    let item = String::from_utf8_lossy(data).into_owned();
                    match went.remove(&item) {
                        Some(before) => {
                            self.gone.insert((before, zxid), Went { session, ended: false });
                        }
                        None => *self.put.entry(item.clone()).or_default() += 1,
                    }
                    self.there.insert(path, item);
                }
                _ => {}
            }
        }
        self.gone
            .extend(went.into_values().map(|path| ((path, zxid), Went { session, ended: true })));
    }
}

fn put_once(items: &Items, noted: &Noted) -> Held {
    for (item, count) in &items.put {
        if *count > 1 || !noted.put.contains_key(item) {
            return broken("once", format!("{item} was put {count} times"));
        }
    }
    for (item, told) in &noted.put {
        let put = items.put.contains_key(item);
        if told.is_some_and(|told| told != put) {
            return broken("once", format!("of {item} was told {told:?}, and it was {put}"));
        }
    }
    if let Some((path, item)) = items.there.first_key_value() {
        return broken("lost", format!("{item} is left at {path}"));
    }
    Ok(())
}

/// Who ended an item had the lock on it.
fn ended_by_holders(items: &Items, noted: &Noted, locks: &BTreeMap<Zxid, Place>) -> Held {
    for ((path, zxid), went) in &items.gone {
        let last = lock_before(path, *zxid, locks);
        if last.map(|lock| lock.session) != Some(went.session) {
            let what = format!("{path} went at {zxid} by {}, when {last:?} had it", went.session);
            return broken("consumed", what);
        }
    }
    match items.put.keys().find(|item| !noted.asked.contains(*item)) {
        Some(item) => broken("once", format!("{item} has gone, and nobody asked for that")),
        None => Ok(()),
    }
}

/// Who was told that it ended an item did.
fn ended_as_told(items: &Items, noted: &Noted, locks: &BTreeMap<Zxid, Place>) -> Held {
    let mut told = BTreeSet::new();
    for Ended { item, path, token, moved } in &noted.ended {
        let since = (path.clone(), *token);
        let went = items.gone.range(since..).next().filter(|((gone, _), _)| gone == path);
        let Some(((_, zxid), went)) = went else {
            return broken("consumed", format!("{item} was told as consumed, and was not"));
        };
        if went.ended == *moved || !told.insert((path, zxid)) {
            let what = format!("at {zxid} {path} went, and {item} was told as moved: {moved}");
            return broken("consumed", what);
        }
        let last = lock_before(path, *zxid, locks);
        if last.map(|lock| lock.created) != Some(*token) {
            let what = format!("{item} was consumed by {token} at {zxid}, when {last:?} had it");
            return broken("consumed", what);
        }
    }
    Ok(())
}

/// The last lock of an item before that.
fn lock_before<'a>(item: &str, zxid: Zxid, locks: &'a BTreeMap<Zxid, Place>) -> Option<&'a Place> {
    let name = item.rsplit_once('/').map_or("", |(_, name)| name);
    let lock = format!("{LOCKS}/{name}");
    locks.range(..zxid).rev().map(|(_, place)| place).find(|place| place.path == lock)
}

impl Play for Work {
    fn prepare<'a>(&'a self, client: &'a Client) -> BoxFuture<'a, Held> {
        Box::pin(make(client, ROOT))
    }

    fn step<'a>(&'a self, actor: &'a mut Actor) -> BoxFuture<'a, Held> {
        Box::pin(self.one_step(actor))
    }

    fn in_calm<'a>(&'a self, stage: &'a Stage, actors: &'a mut [Actor]) -> BoxFuture<'a, Held> {
        Box::pin(self.drain(stage, actors))
    }

    fn stays(&self, path: &str) -> bool {
        [ROOT, QUEUE, ITEMS, LOCKS, MARKS].contains(&path)
    }

    fn judge(&self, history: &[Transaction]) -> Held {
        let noted = self.noted();
        let items = Items::of(history);
        put_once(&items, &noted)?;
        let locks = places(history, LOCKS);
        ended_by_holders(&items, &noted, &locks)?;
        // Behind a lost reply, and a lock that somebody else deleted, an item that has gone is told
        // as consumed: nobody can tell by whom it was.
        if !self.setting.tampering {
            ended_as_told(&items, &noted, &locks)?;
        }
        if self.setting.can_be_trusted() {
            noted.holders.values().try_for_each(|notes| trust(notes))?;
        }
        Ok(())
    }
}
