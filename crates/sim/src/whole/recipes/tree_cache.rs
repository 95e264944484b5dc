//! The cache of a tree: its program, its notes, and its checker.
//!
//! Each actor keeps a cache through the whole storm, by persistent or by one-shot watches, and writes
//! to the tree. A listener, a slow one now and then, makes a tree of what it is told.
//!
//! * `events`: each is about the tree that those before it make: who is created was not there, what
//!   is said to have been was; and no znode goes back.
//! * `shown`: data with which a znode was shown were written, in the transaction that is said.
//! * `equal`: in calm, and again behind each few writes then, the cache is the server's tree, and so
//!   is the tree that the listener made.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use tokio::time::sleep;
use zookit_client::{BoxFuture, Client, CreateMode, Transaction as Multi, Version, Zxid};
use zookit_recipes::TreeCache;
use zookit_recipes::cache::{CacheOptions, Cached, Event, Listener};
use zookit_server::core::{Change, Transaction};

use super::super::SimulatedEnsemble;
use super::places::changes;
use super::play::{Actor, Held, Play, Setting, Stage, broken, in_time, make};

const TREE: &str = "/tree";

/// The program.
pub(super) struct Trees {
    setting: Setting,
    kept: Mutex<BTreeMap<u32, Kept>>,
    /// What listeners were told.
    logs: Mutex<Vec<Arc<Mutex<Log>>>>,
}

struct Kept {
    cache: TreeCache,
    log: Arc<Mutex<Log>>,
}

/// A znode, as far as a cache must show it: what identifies its state, and its data.
#[derive(Debug, Clone, PartialEq, Eq)]
struct State {
    created: Zxid,
    set: Zxid,
    version: i32,
    data: Option<Vec<u8>>,
}

impl State {
    fn of(cached: &Cached) -> Self {
        let stat = &cached.stat;
        let data = cached.data.as_ref().map(|data| data.to_vec());
        Self { created: stat.czxid, set: stat.mzxid, version: stat.version, data }
    }
}

type Nodes = BTreeMap<String, State>;

/// What a listener makes of what it is told.
#[derive(Default)]
struct Log {
    tree: Nodes,
    /// All that was told of, by path and transaction.
    shown: BTreeMap<(String, Zxid), State>,
    /// The newest that was told of a path.
    newest: BTreeMap<String, Zxid>,
    wrong: Option<String>,
    events: u64,
    missed: u64,
}

impl Log {
    fn told(&mut self, event: Event) {
        self.events += 1;
        let told = format!("{event:?}");
        let is_right = match event {
            Event::Created { path, now } => {
                let was = self.is(&path, &now);
                was.is_none()
            }
            Event::Changed { path, old, now } => {
                let (old, same) = (State::of(&old), old.stat.czxid == now.stat.czxid);
                let was = self.is(&path, &now);
                same && was.is_some_and(|was| was == old)
            }
            Event::Deleted { path, old } => {
                self.tree.remove(&*path).is_some_and(|was| was == State::of(&old))
            }
            // Nothing is too large, or not to be read, or too much.
            Event::Unread { .. } | Event::Unlisted { .. } | Event::Full { .. } => false,
            _ => true,
        };
        if !is_right {
            self.wrong.get_or_insert(told);
        }
    }

    /// From now on a znode is this; answers what it was.
    fn is(&mut self, path: &str, now: &Cached) -> Option<State> {
        let state = State::of(now);
        let newest = self.newest.entry(path.to_owned()).or_insert(Zxid(0));
        if state.set < *newest {
            let (now, wrong) = (state.set, &mut self.wrong);
            wrong.get_or_insert_with(|| format!("{path} goes back from {newest} to {now}"));
        }
        *newest = state.set.max(*newest);
        self.shown.insert((path.to_owned(), state.set), state.clone());
        self.tree.insert(path.to_owned(), state)
    }
}

fn lock(log: &Mutex<Log>) -> MutexGuard<'_, Log> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes down what is told until the cache is dropped; sometimes it stands still.
async fn listen(mut listener: Listener, log: Arc<Mutex<Log>>, mut rng: Rng) {
    while let Some(event) = listener.next().await {
        if event == Event::Missed {
            let tree = listener.resume(|tree| {
                tree.iter().map(|node| (node.path(), node.to_cached())).collect::<Vec<_>>()
            });
            let mut log = lock(&log);
            log.missed += 1;
            log.tree.clear();
            for (path, cached) in tree {
                log.is(&path, &cached);
            }
            continue;
        }
        lock(&log).told(event);
        if rng.u8(0..16) == 0 {
            sleep(Duration::from_millis(rng.u64(0..2000))).await;
        }
    }
}

impl Trees {
    pub(super) fn new(setting: Setting) -> Self {
        Self { setting, kept: Mutex::default(), logs: Mutex::default() }
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<u32, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From the first step on, what this actor keeps; now and then another one.
    fn keep(&self, actor: &mut Actor) {
        if actor.one_in(64) {
            self.kept().remove(&actor.number);
        }
        if self.kept().contains_key(&actor.number) {
            return;
        }
        let options = CacheOptions {
            persistent_watches: actor.rng.bool(),
            listener_buffer: [4, 64, 65_536][actor.rng.usize(0..3)],
            in_flight: [1, 5, 1024][actor.rng.usize(0..3)],
            ..CacheOptions::default()
        };
        let cache = TreeCache::with_options(&actor.client, TREE, options);
        let log = Arc::default();
        drop(tokio::spawn(listen(cache.listen(), Arc::clone(&log), actor.rng.fork())));
        self.logs.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&log));
        self.kept().insert(actor.number, Kept { cache, log });
    }

    async fn one_step(&self, actor: &mut Actor) -> Held {
        self.keep(actor);
        let many = if self.setting.tampering { 8 } else { 2 };
        for _ in 0..actor.rng.usize(0..many) {
            write(actor).await;
        }
        actor.pause(500).await;
        self.unbroken()
    }

    fn unbroken(&self) -> Held {
        let logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        match logs.iter().find_map(|log| lock(log).wrong.clone()) {
            Some(wrong) => broken("events", wrong),
            None => Ok(()),
        }
    }

    /// All caches, and what their listeners made, are what the server has.
    async fn are_equal(&self, stage: &Stage) -> Held {
        let equal = |ensemble: &SimulatedEnsemble| self.differs(ensemble).is_none();
        if stage.until("equal", "caches are equal", equal).await.is_ok() {
            return self.unbroken();
        }
        let what = self.differs(&stage.ensemble).unwrap_or_default();
        broken("equal", format!("in calm {what}"))
    }

    fn differs(&self, ensemble: &SimulatedEnsemble) -> Option<String> {
        let there = ensemble.agreed(nodes);
        self.kept().iter().find_map(|(number, Kept { cache, log })| {
            let cached = cache.with(|tree| {
                let state = |cached: Cached| State::of(&cached);
                let all =
                    tree.iter().map(|node| (node.path().to_string(), state(node.to_cached())));
                all.collect::<Nodes>()
            });
            let synchronized = cache.is_synchronized();
            [("the cache", &cached), ("the listener", &lock(log).tree)].into_iter().find_map(
                |(whose, seen)| {
                    let mut paths = seen.keys().chain(there.keys());
                    let path = paths.find(|path| seen.get(*path) != there.get(*path))?;
                    let (seen, there) = (seen.get(path), there.get(path));
                    Some(format!(
                        "{whose} of {number} (synchronized: {synchronized}) has {seen:?} at {path}, \
                         and there is {there:?}"
                    ))
                },
            )
        })
    }

    async fn settle(&self, stage: &Stage, actors: &mut [Actor]) -> Held {
        for kept in self.kept().values() {
            let is_over = kept.cache.over();
            if let Some(error) = is_over {
                return broken("patience", format!("a cache ended by itself: {error}"));
            }
        }
        for round in 0..4 {
            self.are_equal(stage).await?;
            if round < 3 {
                for actor in &mut *actors {
                    for _ in 0..actor.rng.usize(0..6) {
                        in_time("liveness", "a write", write(actor)).await?;
                    }
                }
            }
        }
        for (_, Kept { cache, log }) in std::mem::take(&mut *self.kept()) {
            let log = lock(&log);
            if let Some(actor) = actors.first() {
                let mut tally = actor.tally.lock();
                tally.add("events", log.events);
                tally.add("missed", log.missed);
            }
            drop(cache);
        }
        self.unbroken()
    }
}

/// What the server has.
fn nodes(server: &zookit_server::core::Server) -> Nodes {
    let below = format!("{TREE}/");
    let all = server.tree().znodes().map(|znode| znode.path.to_string());
    let all = all.filter(|path| path == TREE || path.starts_with(&below));
    let state = |path: String| {
        let stat = server.tree().stat(&path)?;
        let data = server.tree().data(&path)?.map(|data| data.to_vec());
        let state = State { created: stat.czxid, set: stat.mzxid, version: stat.version, data };
        Some((path, state))
    };
    all.filter_map(state).collect()
}

/// Something is written somewhere.
async fn write(actor: &mut Actor) {
    let mut path = TREE.to_owned();
    for _ in 0..actor.rng.usize(0..4) {
        path.push_str(["/a", "/b", "/c"][actor.rng.usize(0..3)]);
    }
    let data = actor.rng.u32(..).to_string();
    let client = actor.client.clone();
    let mode = CreateMode::Persistent;
    let create = client.create(&path, data.clone(), mode);
    let written = match actor.rng.u8(0..8) {
        0..4 => actor.whim(create).await.is_some_and(|done| done.is_ok()),
        4 | 5 => {
            let set = client.set_data(&path, data, Version::Any);
            actor.whim(set).await.is_some_and(|done| done.is_ok())
        }
        6 => {
            let delete = client.delete(&path, Version::Any);
            actor.whim(delete).await.is_some_and(|done| done.is_ok())
        }
        // Another znode of the same name, in one transaction.
        _ => {
            let anew = Multi::new().delete(&path, Version::Any).create(&path, data, mode);
            actor.whim(client.multi(anew)).await.is_some_and(|done| done.is_ok())
        }
    };
    if written {
        actor.count("written");
    }
}

impl Play for Trees {
    fn prepare<'a>(&'a self, client: &'a Client) -> BoxFuture<'a, Held> {
        Box::pin(make(client, TREE))
    }

    fn step<'a>(&'a self, actor: &'a mut Actor) -> BoxFuture<'a, Held> {
        Box::pin(self.one_step(actor))
    }

    fn in_calm<'a>(&'a self, stage: &'a Stage, actors: &'a mut [Actor]) -> BoxFuture<'a, Held> {
        Box::pin(self.settle(stage, actors))
    }

    fn stays(&self, path: &str) -> bool {
        path.starts_with(TREE)
    }

    fn judge(&self, history: &[Transaction]) -> Held {
        let mut written: BTreeMap<(String, Zxid), Option<Vec<u8>>> = BTreeMap::new();
        for (zxid, change) in changes(history) {
            if let Change::Create { path, data, .. } | Change::SetData { path, data, .. } = change {
                let data = data.as_ref().map(|data| data.to_vec());
                written.insert((path.to_string(), zxid), data);
            }
        }
        let logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        for log in &*logs {
            for (at, shown) in &lock(log).shown {
                if written.get(at) != Some(&shown.data) {
                    let what =
                        format!("{at:?} was shown as {shown:?}, and is {:?}", written.get(at));
                    return broken("shown", what);
                }
            }
        }
        Ok(())
    }
}
