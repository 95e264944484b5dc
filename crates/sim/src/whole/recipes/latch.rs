//! The latch: its program, its notes, and its checker.
//!
//! Each actor keeps one latch through the whole storm, resigns now and then, and has others stand
//! for a while beside it. Who leads writes to a counter, under the guard of its leadership.
//!
//! * `holding`, `token`: who stood as leading had a znode of its session in the queue, with nobody
//!   before it; by the history alone, whatever the weather.
//! * `trust`: of two leaders the earlier is not trusted any more; nor does it *stand* as leading,
//!   unless it asked to lead on in doubt. And none is trusted in a later session than its znode's.
//! * `fencing`: no guarded write is lost.
//! * `patience`: no latch ends by itself, whatever happens.
//! * `leads`: in calm just one of those that were kept leads, by a znode of the session that its
//!   client has now, and goes on; when it is closed the next does, with a greater token.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{sleep, timeout};
use zookit_client::{BoxFuture, Client, Zxid};
use zookit_recipes::{
    ClaimOptions, ElectionOptions, Error, Latch, LeadUntil, Leadership, Naming, Standing,
};
use zookit_server::core::Transaction;

use super::super::SimulatedEnsemble;
use super::guarded;
use super::holders::{self, Access, Note, of_this_session, tamper};
use super::play::{Actor, Held, Play, ROOT, Setting, Stage, broken, in_time, make};

const PATH: &str = "/r/latch";

/// The program.
pub(super) struct Elections {
    setting: Setting,
    noted: Mutex<Noted>,
}

#[derive(Default)]
struct Noted {
    notes: Vec<Note>,
    kept: BTreeMap<u32, Arc<Stood>>,
}

/// A latch, and what was seen of it.
struct Stood {
    latch: Latch,
    until: LeadUntil,
    /// The token by which it was last seen to lead.
    seen: Mutex<Option<Zxid>>,
}

impl Stood {
    fn start(actor: &mut Actor) -> Self {
        let namings = [Naming::Curator, Naming::Kazoo, Naming::Go];
        let naming = namings[actor.number as usize % namings.len()];
        let data = actor.number.to_string().into();
        let until = if actor.one_in(4) { LeadUntil::Lost } else { LeadUntil::Doubted };
        let claim = ClaimOptions { naming, data, ..ClaimOptions::default() };
        let latch = Latch::start_with(&actor.client, PATH, ElectionOptions { claim, until });
        Self { latch, until, seen: Mutex::default() }
    }
}

impl Elections {
    pub(super) fn new(setting: Setting) -> Self {
        Self { setting, noted: Mutex::default() }
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, note: Note) {
        self.noted().notes.push(note);
    }

    async fn one_step(&self, actor: &mut Actor) -> Held {
        let kept = self.noted().kept.get(&actor.number).cloned();
        let Some(kept) = kept else {
            let stood = Arc::new(Stood::start(actor));
            self.noted().kept.insert(actor.number, stood);
            return Ok(());
        };
        match actor.rng.u8(0..16) {
            0..4 if self.setting.tampering => {
                tamper(actor, kept.latch.participants().await).await;
            }
            4 => drop(actor.whim(kept.latch.participants()).await),
            5 => self.resign(actor, &kept).await?,
            6..9 => self.stand_for_a_while(actor).await?,
            9 => {
                let moment = Duration::from_millis(actor.rng.u64(0..10_000));
                drop(actor.whim(timeout(moment, kept.latch.wait_leading())).await);
            }
            _ => self.lead(actor, &kept).await?,
        }
        self.look(actor, &kept).map(drop)
    }

    async fn stand_for_a_while(&self, actor: &mut Actor) -> Held {
        let stood = Stood::start(actor);
        for _ in 0..actor.rng.usize(0..4) {
            self.lead(actor, &stood).await?;
        }
        self.ending(&stood);
        match actor.rng.bool() {
            true => drop(stood),
            false => match actor.whim(stood.latch.close()).await {
                None | Some(Ok(()) | Err(Error::Lost { .. })) => {}
                Some(Err(error)) => return broken("patience", format!("closing: {error}")),
            },
        }
        Ok(())
    }

    async fn resign(&self, actor: &mut Actor, stood: &Stood) -> Held {
        self.ending(stood);
        match actor.whim(stood.latch.resign()).await {
            Some(Ok(())) => actor.count("resigned"),
            None | Some(Err(Error::Lost { .. })) => {}
            Some(Err(error)) => return broken("patience", format!("resigning: {error}")),
        }
        Ok(())
    }

    /// Some time passes, in which a leader leads.
    async fn lead(&self, actor: &mut Actor, stood: &Stood) -> Held {
        match self.look(actor, stood)? {
            Some(leadership) if actor.rng.bool() => guarded::add(actor, &leadership).await,
            _ => actor.pause(3000).await,
        }
        self.stands_in_no_doubt(stood).await?;
        self.look(actor, stood).map(drop)
    }

    /// Who stops in doubt is not seen to lead in doubt, but for the moment that it takes to tell.
    async fn stands_in_no_doubt(&self, stood: &Stood) -> Held {
        let doubtful = || {
            let standing = stood.latch.standing();
            standing.leadership().filter(|one| !one.is_trusted()).map(|one| one.token())
        };
        let Some(token) = doubtful().filter(|_| stood.until == LeadUntil::Doubted) else {
            return Ok(());
        };
        sleep(Duration::from_millis(10)).await;
        match doubtful() {
            Some(still) if still == token => {
                broken("trust", format!("{token} stands as leading, and is not trusted"))
            }
            _ => Ok(()),
        }
    }

    /// How it stands; the leadership if it leads.
    fn look(&self, actor: &Actor, stood: &Stood) -> Result<Option<Leadership>, super::Broken> {
        let leadership = match stood.latch.standing() {
            Standing::Leading(leadership) => leadership,
            Standing::Waiting(_) => return Ok(None),
            Standing::Ended(why) => {
                return broken("patience", format!("a latch ended by itself: {why:?}"));
            }
        };
        let token = leadership.token();
        let seen = stood.seen.lock().unwrap_or_else(PoisonError::into_inner).replace(token);
        if seen != Some(token) {
            actor.count("led");
            self.note(Note::held(actor, &leadership, Access::Alone));
        }
        if leadership.is_trusted() {
            of_this_session(actor, &leadership)?;
        } else {
            actor.count("doubtful");
        }
        if leadership.is_trusted() || stood.until == LeadUntil::Doubted {
            self.note(Note::Trusted { token });
        }
        Ok(Some(leadership))
    }

    /// From here on nobody relies on it.
    fn ending(&self, stood: &Stood) {
        if let Standing::Leading(leadership) = stood.latch.standing() {
            self.note(Note::Ending { token: leadership.token() });
        }
    }

    /// One leads, and then the next, until none is left.
    async fn settle(&self, stage: &Stage, actors: &[Actor]) -> Held {
        let mut kept = std::mem::take(&mut self.noted().kept);
        let mut before = Zxid(0);
        while !kept.is_empty() {
            let one = |ensemble: &SimulatedEnsemble| only_leader(ensemble, &kept, actors).is_some();
            if let Err(broken) = stage.until("leads", "just one leads", one).await {
                let all = kept.iter().map(|(number, one)| (number, one.latch.standing()));
                let all: Vec<_> = all.collect();
                return Err(super::Broken { what: format!("{}: {all:?}", broken.what), ..broken });
            }
            let Some((number, token)) = only_leader(&stage.ensemble, &kept, actors) else {
                return broken("leads", "who led in calm does so no more");
            };
            if token <= before {
                return broken("leads", format!("{token} leads behind {before}"));
            }
            before = token;
            sleep(Duration::from_secs(15)).await;
            if only_leader(&stage.ensemble, &kept, actors) != Some((number, token)) {
                return broken("leads", format!("in calm {token} does not go on leading"));
            }
            let Some(leader) = kept.remove(&number).and_then(Arc::into_inner) else {
                unreachable!("no step is under way")
            };
            let closed = in_time("liveness", "closing a latch", leader.latch.close()).await?;
            closed.or_else(|error| broken("liveness", format!("closing a latch: {error}")))?;
        }
        stage.until("orphans", "the queue is empty", |ensemble| queue(ensemble).is_empty()).await
    }
}

fn queue(ensemble: &SimulatedEnsemble) -> Vec<String> {
    let children = ensemble.agreed(|server| server.tree().children(PATH)).unwrap_or_default();
    children.iter().map(ToString::to_string).collect()
}

/// Who leads, if it is one alone, and by a znode of its client's session.
fn only_leader(
    ensemble: &SimulatedEnsemble,
    kept: &BTreeMap<u32, Arc<Stood>>,
    actors: &[Actor],
) -> Option<(u32, Zxid)> {
    let standing = kept.iter().map(|(number, stood)| (*number, stood.latch.standing()));
    let leading =
        |(number, standing): (u32, Standing)| Some((number, standing.leadership()?.clone()));
    let mut leading = standing.filter_map(leading);
    let (number, leadership) = leading.next()?;
    let actor = actors.iter().find(|actor| actor.number == number)?;
    let stat = ensemble.agreed(|server| server.tree().stat(leadership.path()))?;
    let own = stat.ephemeral_owner == actor.client.session_id() && leadership.is_trusted();
    (own && leading.next().is_none()).then(|| (number, leadership.token()))
}

impl Play for Elections {
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
        Box::pin(self.settle(stage, actors))
    }

    fn stays(&self, path: &str) -> bool {
        [ROOT, PATH, guarded::COUNTER].contains(&path)
    }

    fn judge(&self, history: &[Transaction]) -> Held {
        let trusted = self.setting.can_be_trusted();
        holders::judge(&self.noted().notes, history, PATH, trusted)?;
        guarded::judge(history)
    }
}
