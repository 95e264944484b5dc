//! What level 2 runs: clients with random programs of the public API, in a storm, and then in calm.
//!
//! * `program.rs`, `settling.rs`: what a client does. `notes.rs`: what it is told.
//! * `judge.rs`: what must hold at the end: fates, order, sessions, trust.
//! * Here: a run, and what must hold when all is calm: everything ends, and nothing is left.

mod judge;
mod notes;
mod program;
mod settling;

use std::fmt;
use std::time::Duration;

use fastrand::Rng;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use zookit_client::{Client, CreateMode, OnExpiry, RetryPolicy, SessionId, Version};
use zookit_server::core::Config;

use super::{SimulatedEnsemble, Trouble, run};
use notes::{Notes, watch_states};
use program::Program;

/// What came of a run in which nothing was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// One number for all that passed over the network and all that clients were told.
    pub trace_hash: u64,
    /// Calls of the public API.
    pub calls: u64,
    /// Writes whose callers were told that they were applied.
    pub applied: usize,
    /// Writes of which nobody was told.
    pub in_doubt: usize,
    /// Sessions that ended before their clients did.
    pub expired: usize,
    /// Transactions.
    pub transactions: usize,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} calls, {} transactions, {} writes applied and {} in doubt, {} sessions expired, \
             hash {:016x}",
            self.calls,
            self.transactions,
            self.applied,
            self.in_doubt,
            self.expired,
            self.trace_hash
        )
    }
}

/// What must not be, in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation(String);

impl Violation {
    fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Violation {}

/// The nodes that all programs share.
const SHARED_NODES: usize = 5;

/// Everything that was begun ends within this when nothing is wrong any more: a few session
/// timeouts, the longest back-off included.
const CALM: Duration = Duration::from_secs(120);

/// Runs a seed.
///
/// # Errors
/// Something that must not be.
pub fn run_seed(seed: u64) -> Result<Report, Violation> {
    run(async move { World::start(seed).await?.play().await })
}

/// A run: the ensemble, and the clients with their notes.
struct World {
    rng: Rng,
    trouble: Trouble,
    ensemble: SimulatedEnsemble,
    clients: Vec<(Client, Notes, JoinHandle<()>)>,
}

impl World {
    async fn start(seed: u64) -> Result<Self, Violation> {
        let mut rng = Rng::with_seed(seed);
        let members = [1, 3, 3, 5][rng.usize(0..4)];
        let mut config = Config::default();
        config.tick = Duration::from_millis([200, 1000, 2000][rng.usize(0..3)]);
        let ensemble = SimulatedEnsemble::start_with(&config, members, rng.u64(..));
        ensemble.set_delay(Duration::ZERO, Duration::from_millis([0, 3, 50][rng.usize(0..3)]));
        prepare(&ensemble).await?;
        let trouble = Trouble {
            connections: rng.u8(0..8) > 0,
            members: rng.u8(0..4) > 0,
            replies: rng.u8(0..4) > 0,
            expiry: rng.bool(),
            every: Duration::from_millis([300, 2000, 10_000][rng.usize(0..3)]),
        };
        let mut world = Self { rng, trouble, ensemble, clients: Vec::new() };
        for number in 1..=world.rng.u32(2..5) {
            world.start_client(number);
        }
        Ok(world)
    }

    fn start_client(&mut self, number: u32) {
        let mut options = self.ensemble.options();
        options.session_timeout = Duration::from_millis(self.rng.u64(1000..20_000));
        options.read_only = self.rng.u8(0..4) == 0;
        options.on_expiry = OnExpiry::default();
        let small = self.rng.u8(0..4) == 0;
        if small {
            options.limits.max_requests = 16;
            options.limits.window_requests = 4;
            options.watch_buffer = 2;
        }
        let servers = self.ensemble.connect_string();
        let client = Client::connect_lazy(servers.as_str(), options);
        let client = client.expect("the ensemble's own connect string can be read");
        let notes = Notes::new(number);
        let watching = tokio::spawn(watch_states(client.states(), notes.clone()));
        self.clients.push((client, notes, watching));
    }

    async fn play(mut self) -> Result<Report, Violation> {
        let lasting = Duration::from_secs(self.rng.u64(5..90));
        self.ensemble.storm(self.trouble, lasting);
        let mut programs = Vec::new();
        for (client, notes, _) in &self.clients {
            let rng = self.rng.fork();
            let origin = self.ensemble.origin();
            let program = Program::new(client.clone(), notes.clone(), rng, SHARED_NODES, origin);
            programs.push(tokio::spawn(program.run(lasting)));
        }
        sleep(lasting).await;
        self.ensemble.calm();
        for (place, program) in programs.into_iter().enumerate() {
            let number = place + 1;
            let ended = timeout(CALM, program).await;
            let ended = ended.map_err(|_| {
                let last = self.clients[place].1.last_call();
                let client = &self.clients[place].0;
                let what = format!("client {number}: {last} did not end in calm: {client:?}");
                Violation::new(what)
            })?;
            ended.map_err(|panic| Violation::new(format!("client {number}: {panic}")))??;
        }
        for (client, notes, _) in &self.clients {
            self.is_alive(client, notes.client()).await?;
        }
        for (client, notes, _) in &self.clients {
            nothing_is_left(&self.ensemble, client, notes.client()).await?;
        }
        self.end().await
    }

    /// A client works when nothing is wrong.
    async fn is_alive(&self, client: &Client, number: u32) -> Result<(), Violation> {
        // A connection that has been half-open since the storm takes the first one with it.
        let policy = RetryPolicy { lost_writes: true, ..RetryPolicy::default() };
        let write = client.retry(policy, |_| client.set_data("/w", "calm", Version::Any));
        match timeout(CALM, write).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => {
                let what = format!("client {number}: a write in calm failed: {error}; {client:?}");
                Err(Violation::new(what))
            }
            Err(_) => Err(Violation::new(format!("client {number}: a write in calm did not end"))),
        }
    }

    /// All clients are closed; then all sessions must go, and what was noted must be true.
    async fn end(mut self) -> Result<Report, Violation> {
        let mut closed = Vec::new();
        for (client, notes, watching) in self.clients.drain(..) {
            notes.closes(client.session_id());
            let number = notes.client();
            let end = timeout(CALM, client.close()).await;
            match end {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    return Err(Violation::new(format!("client {number}: close failed: {error}")));
                }
                Err(_) => return Err(Violation::new(format!("client {number}: no end of close"))),
            }
            drop(client);
            if timeout(CALM, watching).await.is_err() {
                let what = format!("client {number}: its stream of states does not end");
                return Err(Violation::new(what));
            }
            closed.push(notes);
        }
        let gone = self.ensemble.until(|server| server.sessions().is_empty());
        if timeout(CALM, gone).await.is_err() {
            let left = self.ensemble.sessions();
            return Err(Violation::new(format!("sessions are left: {left:?}")));
        }
        let history = self.ensemble.history();
        // A member answers pings alone, and a leader that hears of them late or, since the member
        // was cut off, never, ends the session sooner than the client can know: what is left of
        // the promise then is for level 1 to check, which knows what the leader was told.
        let trusted = !self.trouble.expiry && self.ensemble.size() == 1;
        let judged = judge::judge(&closed, &history, trusted)?;
        Ok(Report {
            trace_hash: self.ensemble.trace_hash() ^ judged.hash,
            calls: judged.calls,
            applied: judged.applied,
            in_doubt: judged.in_doubt,
            expired: judged.expired,
            transactions: history.len(),
        })
    }
}

/// The nodes that all programs share.
async fn prepare(ensemble: &SimulatedEnsemble) -> Result<(), Violation> {
    let failed = |error: &dyn fmt::Display| Violation::new(format!("before the storm: {error}"));
    let client = ensemble.connect().await.map_err(|error| failed(&error))?;
    let mut paths = vec!["/w".to_owned(), "/w/q".to_owned()];
    paths.extend((0..SHARED_NODES).map(|node| format!("/w/n{node}")));
    for path in paths {
        let created = client.create(&path, (), CreateMode::Persistent).await;
        created.map_err(|error| failed(&error))?;
    }
    client.close().await.map_err(|error| failed(&error))
}

/// No request waits, no watch is held, no room is kept: neither here nor on the servers.
async fn nothing_is_left(
    ensemble: &SimulatedEnsemble,
    client: &Client,
    number: u32,
) -> Result<(), Violation> {
    let on_servers = |session: SessionId| {
        let watches = ensemble.watches().into_iter();
        watches.filter(move |watch| watch.session == session).map(|watch| watch.path.to_string())
    };
    // A removal of a watch is a request like any other: it may need a moment.
    for _ in 0..600 {
        let stats = client.stats();
        let busy = stats.in_flight + stats.queued > 0 || stats.watches.total() > 0;
        if !busy && on_servers(client.session_id()).next().is_none() {
            break;
        }
        sleep(Duration::from_millis(100)).await;
    }
    let stats = client.stats();
    let left: Vec<_> = on_servers(client.session_id()).collect();
    if stats.in_flight + stats.queued > 0 || stats.watches.total() > 0 || !left.is_empty() {
        let what = format!("client {number}: left when all is over: {stats:?}; watches {left:?}");
        return Err(Violation::new(what));
    }
    // All room there is, though other clients of the run may have small bounds.
    let all = client.reserve(16);
    match timeout(CALM, all).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(Violation::new(format!("client {number}: {error}"))),
        Err(_) => Err(Violation::new(format!("client {number}: room for requests was lost"))),
    }
}
