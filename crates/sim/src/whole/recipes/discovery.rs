//! Discovery: its program, its notes, and its checker.
//!
//! Each actor keeps one instance registered, and one cache, through the whole storm, and registers
//! others for a while: of all types, some by an id that others use too.
//!
//! * `registered`: what was told as registered is a znode that this client made, as the history has
//!   it; and what was kept is there in calm, of the session that its client has then.
//! * `cache`: in calm every cache shows just the instances that are there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::timeout;
use zookit_client::{BoxFuture, Client, Zxid};
use zookit_recipes::discovery::{
    Discovery, Registration, ServiceCache, ServiceInstance, ServiceType,
};
use zookit_server::core::Transaction;

use super::super::SimulatedEnsemble;
use super::places::places;
use super::play::{Actor, Held, Play, Sessions, Stage, broken, in_time};

const BASE: &str = "/services";
const NAME: &str = "s";
const SERVICE: &str = "/services/s";

/// The program.
#[derive(Default)]
pub(super) struct Services {
    noted: Mutex<Noted>,
}

#[derive(Default)]
struct Noted {
    /// What each actor keeps.
    kept: BTreeMap<u32, Kept>,
    told: Vec<Told>,
    sessions: BTreeMap<u32, Sessions>,
}

struct Kept {
    registration: Registration,
    cache: Option<Arc<ServiceCache>>,
}

/// An actor was told that its ephemeral instance is registered.
struct Told {
    by: u32,
    path: String,
    known: Zxid,
}

impl Services {
    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn one_step(&self, actor: &mut Actor) -> Held {
        self.keep(actor).await?;
        match actor.rng.u8(0..4) {
            0 => self.follow(actor).await,
            _ => self.register(actor).await?,
        }
        Ok(())
    }

    /// From the first step on, what this actor keeps.
    async fn keep(&self, actor: &mut Actor) -> Held {
        let number = actor.number;
        if !self.noted().kept.contains_key(&number) {
            let registration = register(&actor.client, kept(number))?;
            let mut noted = self.noted();
            noted.sessions.insert(number, actor.sessions.clone());
            noted.kept.insert(number, Kept { registration, cache: None });
        }
        let wanted = self.noted().kept.get(&number).is_some_and(|kept| kept.cache.is_none());
        if wanted {
            let discovery = Discovery::new(&actor.client, BASE);
            let opened = actor.whim(discovery.cache(NAME)).await;
            let cache = opened.transpose().or_else(|error| broken("cache", error.to_string()))?;
            if let Some(kept) = self.noted().kept.get_mut(&number) {
                kept.cache = cache.map(Arc::new);
            }
        }
        Ok(())
    }

    /// Looks on for a while, and at what is there.
    async fn follow(&self, actor: &mut Actor) {
        let cache = self.noted().kept.get(&actor.number).and_then(|kept| kept.cache.clone());
        if let Some(cache) = cache {
            let moment = Duration::from_millis(actor.rng.u64(0..5000));
            let seen = cache.instances().len();
            if timeout(moment, cache.until(|all| all.len() != seen)).await.is_ok() {
                actor.count("changes seen");
            }
        }
        let discovery = Discovery::new(&actor.client, BASE);
        let _listed = actor.whim(discovery.instances(NAME)).await;
    }

    /// An instance for a while.
    async fn register(&self, actor: &mut Actor) -> Held {
        use ServiceType::{Dynamic, DynamicSequential, Static};
        let shared = actor.one_in(3);
        let types = [Dynamic, Dynamic, DynamicSequential, Static];
        let service_type = if shared { Dynamic } else { types[actor.rng.usize(0..4)] };
        let id = if shared { "all".to_owned() } else { format!("of-{}", actor.number) };
        let mut instance = ServiceInstance::new(NAME, &id, "h", 1);
        instance.service_type = Some(service_type);
        let registration = register(&actor.client, instance)?;
        for _ in 0..actor.rng.usize(0..3) {
            let moment = Duration::from_millis(actor.rng.u64(0..10_000));
            match timeout(moment, registration.registered()).await {
                Ok(Ok(())) => {
                    actor.count("registered");
                    if service_type == Dynamic {
                        let path = format!("{SERVICE}/{id}");
                        let (by, known) = (actor.number, actor.client.zxid());
                        self.noted().told.push(Told { by, path, known });
                    }
                }
                Ok(Err(error)) => return broken("registered", error.to_string()),
                Err(_) => actor.count("not registered in time"),
            }
            let port = actor.rng.u16(..);
            let updated = registration.update(|instance| instance.port = Some(port));
            updated.or_else(|error| broken("registered", error.to_string()))?;
            actor.pause(2000).await;
        }
        if service_type == Static {
            // It stays unless this is waited for.
            let ended = registration.unregister().await;
            return ended.or_else(|error| broken("registered", error.to_string()));
        }
        match actor.rng.bool() {
            true => drop(registration),
            false => drop(actor.whim(registration.unregister()).await),
        }
        Ok(())
    }

    /// What was kept is there, and seen by all; and then it is gone.
    async fn settle(&self, stage: &Stage, actors: &mut [Actor]) -> Held {
        let all: BTreeMap<u32, Kept> = std::mem::take(&mut self.noted().kept);
        let mut expected = BTreeSet::new();
        for actor in &*actors {
            let Some(kept) = all.get(&actor.number) else { continue };
            let registered = kept.registration.registered();
            let registered = in_time("registered", "a registration", registered).await?;
            registered.or_else(|error| broken("registered", error.to_string()))?;
            let id = kept_id(actor.number);
            let what = format!("{id} is there in the session of its client");
            let there = |ensemble: &SimulatedEnsemble| {
                let path = format!("{SERVICE}/{id}");
                let stat = ensemble.agreed(|server| server.tree().stat(&path));
                stat.is_some_and(|stat| stat.ephemeral_owner == actor.client.session_id())
            };
            stage.until("registered", &what, there).await?;
            expected.insert(id);
        }
        for kept in all.values() {
            self.shows(kept, &expected).await?;
        }
        let mut caches = Vec::new();
        for kept in all.into_values() {
            let ended = in_time("registered", "unregistering", kept.registration.unregister());
            ended.await?.or_else(|error| broken("registered", error.to_string()))?;
            caches.extend(kept.cache);
        }
        for cache in caches {
            let empty = cache.until(<[_]>::is_empty);
            in_time("cache", "what is gone being shown", empty).await?;
        }
        Ok(())
    }

    async fn shows(&self, kept: &Kept, expected: &BTreeSet<String>) -> Held {
        let Some(cache) = &kept.cache else { return Ok(()) };
        let same = |all: &[Arc<ServiceInstance>]| {
            all.iter().map(|instance| &instance.id).eq(expected.iter())
        };
        if timeout(super::play::CALM, cache.until(same)).await.is_ok_and(|came| came) {
            return Ok(());
        }
        let shown: Vec<_> = cache.instances().iter().map(|one| one.id.clone()).collect();
        broken("cache", format!("in calm it shows {shown:?}, and there are {expected:?}"))
    }
}

fn kept_id(number: u32) -> String {
    format!("kept-{number}")
}

fn kept(number: u32) -> ServiceInstance {
    ServiceInstance::new(NAME, &kept_id(number), "h", 1)
}

fn register(client: &Client, instance: ServiceInstance) -> Result<Registration, super::Broken> {
    let registered = Discovery::new(client, BASE).register(instance);
    registered.or_else(|error| broken("registered", error.to_string()))
}

impl Play for Services {
    fn prepare<'a>(&'a self, _: &'a Client) -> BoxFuture<'a, Held> {
        Box::pin(async { Ok(()) })
    }

    fn step<'a>(&'a self, actor: &'a mut Actor) -> BoxFuture<'a, Held> {
        Box::pin(self.one_step(actor))
    }

    fn in_calm<'a>(&'a self, stage: &'a Stage, actors: &'a mut [Actor]) -> BoxFuture<'a, Held> {
        Box::pin(self.settle(stage, actors))
    }

    fn stays(&self, path: &str) -> bool {
        [BASE, SERVICE].contains(&path)
    }

    fn judge(&self, history: &[Transaction]) -> Held {
        let noted = self.noted();
        let places = places(history, SERVICE);
        for Told { by, path, known } in &noted.told {
            let sessions = noted.sessions.get(by);
            let own = |session| sessions.is_some_and(|sessions| sessions.has(session));
            let made =
                places.range(..=known).any(|(_, place)| place.path == *path && own(place.session));
            if !made {
                let what = format!("{path} was told as registered by {by}, who had not made it");
                return broken("registered", what);
            }
        }
        Ok(())
    }
}
