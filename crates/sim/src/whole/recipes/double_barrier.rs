//! The double barrier: its program, its notes, and its checker.
//!
//! Two are enough for a round. Actors enter for a while, stay for a while, and leave; some are dropped
//! on the way in, on the way out, and inside.
//!
//! * `entering`: who was let in was there, with enough others, at a moment at which a round began.
//! * `leaving`: when one is told that all have left, all who were there when its round began have.
//! * `patience`: neither ends by itself but for a session that is over.
//! * `turns`: in calm all but one of those who are expected wait to enter until the last one comes,
//!   and to leave until the last one leaves.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::sleep;
use zookit_client::{BoxFuture, Client, Version, Zxid};
use zookit_recipes::{DoubleBarrier, Entered, Error};
use zookit_server::core::{Change, Transaction};

use super::places::{Place, changes, places};
use super::play::{Actor, Held, Play, ROOT, Setting, Stage, broken, in_time, make};

const BARRIER: &str = "/r/barrier";
const READY: &str = "/r/barrier/ready";
/// So many are enough.
const ENOUGH: usize = 2;
/// The barrier at which all meet in calm.
const ALL: &str = "/r/all";

/// The program.
pub(super) struct Meetings {
    setting: Setting,
    noted: Mutex<Vec<Passed>>,
}

/// One who was let in, or let out: its znode, and what its client knew of then.
struct Passed {
    path: String,
    token: Zxid,
    known: Zxid,
    out: bool,
}

impl Meetings {
    pub(super) fn new(setting: Setting) -> Self {
        Self { setting, noted: Mutex::default() }
    }

    fn noted(&self) -> MutexGuard<'_, Vec<Passed>> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn one_step(&self, actor: &mut Actor) -> Held {
        if self.setting.tampering && actor.one_in(4) {
            tamper(actor).await;
            return Ok(());
        }
        let barrier = DoubleBarrier::new(&actor.client, BARRIER, ENOUGH);
        let within = Duration::from_millis(actor.rng.u64(0..20_000));
        let entered = match actor.whim(barrier.enter_within(within)).await {
            Some(Ok(Some(entered))) => entered,
            None | Some(Ok(None)) => return Ok(()),
            Some(Err(error)) if error.is_lost() => return Ok(()),
            Some(Err(error)) if error.may_have_applied() => {
                actor.count("nobody can tell");
                return Ok(());
            }
            Some(Err(error)) => return broken("patience", format!("entering: {error}")),
        };
        actor.count("entered");
        let (path, token) = (entered.path().to_owned(), entered.token());
        let passed = Passed { path: path.clone(), token, known: actor.client.zxid(), out: false };
        self.noted().push(passed);
        actor.pause(3000).await;
        if actor.one_in(8) {
            drop(entered);
            return Ok(());
        }
        match actor.whim(entered.leave()).await {
            Some(Ok(())) => {
                actor.count("left");
                let known = actor.client.zxid();
                self.noted().push(Passed { path, token, known, out: true });
            }
            None => {}
            Some(Err(error)) if error.is_lost() => actor.count("lost inside"),
            Some(Err(error)) => return broken("patience", format!("leaving: {error}")),
        }
        Ok(())
    }

    /// All meet, twice.
    async fn meet(&self, stage: &Stage, actors: &[Actor]) -> Held {
        let barrier = |actor: &Actor| DoubleBarrier::new(&actor.client, ALL, actors.len());
        for _ in 0..2 {
            let mut entering = Vec::new();
            for actor in actors {
                none_passed("entering", &entering).await?;
                let barrier = barrier(actor);
                entering.push(tokio::spawn(async move { barrier.enter().await }));
                let so_many = entering.len();
                let there = |ensemble: &super::super::SimulatedEnsemble| {
                    let children = ensemble.agreed(|server| server.tree().children(ALL));
                    let names = children.unwrap_or_default();
                    names.iter().filter(|name| **name != *"ready").count() == so_many
                };
                stage.until("liveness", "one more is there", there).await?;
            }
            let inside: Vec<Entered> = all_passed("entering", entering).await?;
            let mut leaving = Vec::new();
            for entered in inside {
                none_passed("leaving", &leaving).await?;
                leaving.push(tokio::spawn(entered.leave()));
            }
            all_passed("leaving", leaving).await?;
        }
        Ok(())
    }
}

async fn none_passed<T>(checker: &'static str, waiting: &[JoinHandle<T>]) -> Held {
    sleep(Duration::from_secs(3)).await;
    match waiting.iter().position(JoinHandle::is_finished) {
        Some(place) => broken("turns", format!("{checker}: {place} did not wait for the last")),
        None => Ok(()),
    }
}

async fn all_passed<T>(
    checker: &'static str,
    waiting: Vec<JoinHandle<Result<T, Error>>>,
) -> Result<Vec<T>, super::Broken> {
    let mut all = Vec::new();
    for one in waiting {
        let passed = in_time("turns", checker, one).await?;
        let passed = passed.or_else(|panicked| broken("panic", panicked.to_string()))?;
        all.push(passed.or_else(|error| broken("turns", format!("{checker}: {error}")))?);
    }
    Ok(all)
}

/// Somebody deletes a member, or `ready`.
async fn tamper(actor: &mut Actor) {
    if actor.one_in(3) {
        if actor.client.delete(READY, Version::Any).await.is_ok() {
            actor.count("ready deleted by somebody");
        }
        return;
    }
    let Ok(names) = actor.client.get_child_names(BARRIER).await else { return };
    let members: Vec<_> = names.iter().filter(|name| *name != "ready").collect();
    if members.is_empty() {
        return;
    }
    let path = format!("{BARRIER}/{}", members[actor.rng.usize(0..members.len())]);
    if actor.client.delete(&path, Version::Any).await.is_ok() {
        actor.count("members deleted by somebody");
    }
}

/// The moments at which rounds began.
fn beginnings(history: &[Transaction]) -> Vec<Zxid> {
    let begins = |change: &Change| match change {
        Change::Create { path, .. } | Change::SetData { path, .. } => *path == *READY,
        _ => false,
    };
    changes(history).filter(|(_, change)| begins(change)).map(|(zxid, _)| zxid).collect()
}

/// Who was there then.
fn there(places: &BTreeMap<Zxid, Place>, at: Zxid) -> impl Iterator<Item = &Place> {
    let before = places.range(..at).map(|(_, place)| place);
    before.filter(move |place| place.deleted.is_none_or(|deleted| deleted > at))
}

fn passes(passed: &Passed, begun: &[Zxid], places: &BTreeMap<Zxid, Place>) -> Held {
    let Passed { path, token, known, out } = passed;
    // The round in which it was counted.
    let began = begun.iter().copied().find(|began| began > token).filter(|began| began <= known);
    let members: Vec<_> = began.map(|began| there(places, began).collect()).unwrap_or_default();
    if members.len() < ENOUGH || !members.iter().any(|place| place.path == *path) {
        let what = format!("{path} of {token} passed at {known}; at {began:?} began {members:?}");
        return broken("entering", what);
    }
    let stays = |place: &&&Place| place.deleted.is_none_or(|deleted| deleted > *known);
    match members.iter().find(stays) {
        Some(other) if *out => {
            let what =
                format!("{path} was told at {known} that all have left, and {other:?} had not");
            broken("leaving", what)
        }
        _ => Ok(()),
    }
}

impl Play for Meetings {
    fn prepare<'a>(&'a self, client: &'a Client) -> BoxFuture<'a, Held> {
        Box::pin(make(client, ROOT))
    }

    fn step<'a>(&'a self, actor: &'a mut Actor) -> BoxFuture<'a, Held> {
        Box::pin(self.one_step(actor))
    }

    fn in_calm<'a>(&'a self, stage: &'a Stage, actors: &'a mut [Actor]) -> BoxFuture<'a, Held> {
        Box::pin(self.meet(stage, actors))
    }

    fn stays(&self, path: &str) -> bool {
        // Where the last one of a round was gone with its session nobody has taken `ready` along.
        [ROOT, BARRIER, READY, ALL].contains(&path)
    }

    fn judge(&self, history: &[Transaction]) -> Held {
        let (begun, places) = (beginnings(history), places(history, BARRIER));
        self.noted().iter().try_for_each(|passed| passes(passed, &begun, &places))
    }
}
