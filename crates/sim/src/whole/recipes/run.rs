//! A run of a program: a storm, and then calm.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use zookit_client::{Client, RetryPolicy, Version};
use zookit_server::core::{Config, Owner, Server};

use super::super::digest::Digest;
use super::super::programs::Broken;
use super::super::{SimulatedEnsemble, Trouble, run};
use super::Program;
use super::play::{
    Actor, Held, Play, Sessions, Setting, Shared, Stage, Tally, broken, in_time, make,
};

/// What came of a run in which nothing was wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// One number for all that passed over the network and all that came about.
    pub trace_hash: u64,
    /// Steps of all actors.
    pub steps: u64,
    /// Transactions.
    pub transactions: usize,
    /// What came about.
    pub tally: Tally,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { trace_hash, steps, transactions, tally } = self;
        write!(f, "{steps} steps, {transactions} transactions, hash {trace_hash:016x}; {tally}")
    }
}

/// Written to by clients that are to show that they can.
const ALIVE: &str = "/alive";

/// Runs a seed.
///
/// # Errors
/// Something that must not be.
///
/// # Panics
/// If there is a runtime already on this thread.
pub fn run_seed(program: &Program, seed: u64) -> Result<Report, Broken> {
    run(async move { World::start(program, seed).await?.play().await })
}

struct World {
    rng: Rng,
    setting: Setting,
    stage: Stage,
    play: Arc<dyn Play>,
    clients: Vec<Client>,
    /// Of each client.
    sessions: Vec<Sessions>,
    tally: Shared,
}

impl World {
    async fn start(program: &Program, seed: u64) -> Result<Self, Broken> {
        let mut rng = Rng::with_seed(seed);
        let members = [1, 1, 3, 3, 5][rng.usize(0..5)];
        let mut config = Config::default();
        config.tick = Duration::from_millis([200, 1000, 2000][rng.usize(0..3)]);
        let ensemble = SimulatedEnsemble::start_with(&config, members, rng.u64(..));
        ensemble.set_delay(Duration::ZERO, Duration::from_millis([0, 3, 50][rng.usize(0..3)]));
        let trouble = Trouble {
            connections: rng.u8(0..8) > 0,
            members: rng.u8(0..4) > 0,
            replies: rng.u8(0..4) > 0,
            expiry: rng.bool(),
            every: Duration::from_millis([300, 2000, 10_000][rng.usize(0..3)]),
        };
        let setting = Setting { members, trouble, tampering: rng.u8(0..4) == 0 };
        let play = (program.play)(setting);
        let client = match ensemble.connect().await {
            Ok(client) => client,
            Err(error) => return broken("connecting", error.to_string()),
        };
        make(&client, ALIVE).await?;
        play.prepare(&client).await?;
        drop(client);
        let stage = Stage { ensemble: Arc::new(ensemble) };
        let (clients, sessions, tally) = (Vec::new(), Vec::new(), Shared::default());
        let mut world = Self { rng, setting, stage, play, clients, sessions, tally };
        for _ in 0..world.rng.usize(2..5) {
            world.start_client();
        }
        Ok(world)
    }

    fn start_client(&mut self) {
        let mut options = self.stage.ensemble.options();
        options.session_timeout = Duration::from_millis(self.rng.u64(1000..10_000));
        let servers = self.stage.ensemble.connect_string();
        let client = Client::connect_lazy(servers.as_str(), options);
        let client = client.expect("the ensemble's own connect string can be read");
        let sessions = Sessions::default();
        drop(tokio::spawn(sessions.clone().follow(client.states())));
        self.clients.push(client);
        self.sessions.push(sessions);
    }

    /// One a client, and some clients have two.
    fn actors(&mut self) -> Vec<Actor> {
        let more = self.rng.usize(0..3);
        let clients = self.clients.iter().cloned().zip(self.sessions.iter().cloned());
        let numbered = (1..).zip(clients.clone().chain(clients.take(more)));
        let (rng, tally) = (&mut self.rng, &self.tally);
        let actor = |(number, (client, sessions))| {
            let tally = tally.clone();
            Actor { number, client, rng: rng.fork(), tally, sessions }
        };
        numbered.map(actor).collect()
    }

    async fn play(mut self) -> Result<Report, Broken> {
        let lasting = Duration::from_secs(self.rng.u64(5..60));
        self.stage.ensemble.storm(self.setting.trouble, lasting);
        let mut acting = Vec::new();
        for actor in self.actors() {
            acting.push(tokio::spawn(act(Arc::clone(&self.play), actor, lasting)));
        }
        sleep(lasting).await;
        self.stage.ensemble.calm();
        let (mut actors, mut steps) = (Vec::new(), 0);
        for acting in acting {
            let (actor, made) = ended(acting).await??;
            actors.push(actor);
            steps += made;
        }
        for client in &self.clients {
            is_alive(client).await?;
        }
        self.play.in_calm(&self.stage, &mut actors).await?;
        drop(actors);
        self.nothing_is_left().await?;
        self.end(steps).await
    }

    /// Neither znodes, nor watches, nor requests.
    async fn nothing_is_left(&self) -> Held {
        let play = &*self.play;
        let gone = |ensemble: &SimulatedEnsemble| ensemble.agreed(|at| left(at, play)).is_empty();
        let waited = self.stage.until("orphans", "all znodes are gone", gone).await;
        if waited.is_err() {
            let left = self.stage.ensemble.agreed(|server| left(server, play));
            return broken("orphans", format!("left when all is over: {}", left.join(", ")));
        }
        let idle = |client: &Client| {
            let stats = client.stats();
            stats.in_flight + stats.queued == 0 && stats.watches.total() == 0
        };
        let over = |ensemble: &SimulatedEnsemble| {
            ensemble.watches().is_empty() && self.clients.iter().all(idle)
        };
        let waited = self.stage.until("leaks", "all watches and requests are gone", over).await;
        if waited.is_err() {
            let watches = self.stage.ensemble.watches();
            let stats: Vec<_> = self.clients.iter().map(Client::stats).collect();
            return broken("leaks", format!("left when all is over: {watches:?}, {stats:?}"));
        }
        Ok(())
    }

    /// All clients are closed; then all sessions must go, and what was noted must be true.
    async fn end(self, steps: u64) -> Result<Report, Broken> {
        for client in self.clients {
            if let Err(error) = in_time("liveness", "closing", client.close()).await? {
                return broken("liveness", format!("close failed: {error}"));
            }
        }
        let gone = |ensemble: &SimulatedEnsemble| ensemble.sessions().is_empty();
        self.stage.until("leaks", "all sessions are gone", gone).await?;
        let history = self.stage.ensemble.history();
        self.play.judge(&history)?;
        let tally = self.tally.lock().clone();
        let mut digest = Digest::default();
        for (what, count) in tally.iter() {
            digest.bytes(what.as_bytes());
            digest.number(count);
        }
        let trace_hash = self.stage.ensemble.trace_hash() ^ digest.value();
        Ok(Report { trace_hash, steps, transactions: history.len(), tally })
    }
}

/// Steps for so long.
async fn act(
    play: Arc<dyn Play>,
    mut actor: Actor,
    lasting: Duration,
) -> Result<(Actor, u64), Broken> {
    let end = Instant::now() + lasting;
    let mut steps = 0;
    while Instant::now() < end {
        play.step(&mut actor).await?;
        steps += 1;
        let pause = [0, 20, 500][actor.rng.usize(0..3)];
        actor.pause(pause).await;
    }
    Ok((actor, steps))
}

/// The last step of an actor, which ends in calm.
async fn ended<T>(task: JoinHandle<T>) -> Result<T, Broken> {
    match in_time("liveness", "a step", task).await? {
        Ok(value) => Ok(value),
        Err(panicked) => broken("panic", panicked.to_string()),
    }
}

/// A client works when nothing is wrong. A connection that has been half-open since the storm takes
/// the first write with it.
async fn is_alive(client: &Client) -> Held {
    let policy = RetryPolicy { lost_writes: true, ..RetryPolicy::default() };
    let write = client.retry(policy, |_| client.set_data(ALIVE, "1", Version::Any));
    match in_time("liveness", "a write", write).await? {
        Ok(_) => Ok(()),
        Err(error) => broken("liveness", format!("a write in calm failed: {error}")),
    }
}

/// Znodes that should not be there any more.
fn left(server: &Server, play: &dyn Play) -> Vec<String> {
    let znodes = server.tree().znodes().filter(|znode| {
        let path = znode.path.to_string();
        let own = path.is_empty() || path == "/" || path.starts_with("/zookeeper");
        let stays = own || path == ALIVE || play.stays(&path);
        !stays || matches!(znode.owner, Owner::Session(_))
    });
    znodes.map(|znode| format!("{} of {:?}", znode.path, znode.owner)).collect()
}
