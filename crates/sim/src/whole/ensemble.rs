//! The handle: an ensemble of one, three or five members, and clients that connect to it.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;
use zookit_client::{Client, ConnectError, ConnectOptions, SessionId};
use zookit_server::core::{Config, Server, SessionInfo, Time, Transaction, WatchInfo};

use super::dialer::{MEMBER, Wire};
use super::network::{Cut, Network, PORT};
use super::task::{Shared, run};

/// An ensemble in memory, with the network in front of it, on Tokio's own clock.
///
/// It is for a runtime of one thread whose clock is paused from the start
/// (`#[tokio::test(start_paused = true)]`): then hours pass in milliseconds, and the same seed
/// gives the same run. It stops when it is dropped.
///
/// ```
/// use zookit_client::CreateMode;
/// use zookit_sim::whole::{self, SimulatedEnsemble};
///
/// whole::run(async {
///     let ensemble = SimulatedEnsemble::start(3, 7);
///     let client = ensemble.connect().await?;
///     client.create("/greeting", "hello", CreateMode::Persistent).await?;
///     ensemble.elect(1);
///     assert!(client.retry(Default::default(), |_| client.exists("/greeting")).await?.is_some());
///     # Ok::<(), Box<dyn std::error::Error>>(())
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SimulatedEnsemble {
    shared: Arc<Shared>,
}

impl fmt::Debug for SimulatedEnsemble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatedEnsemble").field("shared", &self.shared).finish_non_exhaustive()
    }
}

impl Drop for SimulatedEnsemble {
    fn drop(&mut self) {
        let mut network = self.shared.lock();
        network.stopped = true;
        if let Some(task) = network.task.take() {
            task.wake();
        }
    }
}

/// Starting, and connecting to it.
impl SimulatedEnsemble {
    /// Starts so many members, 1, 3 or 5, as Apache ZooKeeper 3.9.5 is by default; the first leads.
    ///
    /// # Panics
    /// Outside a Tokio runtime, or for more than 254 members.
    #[must_use]
    pub fn start(members: usize, seed: u64) -> Self {
        Self::start_with(&Config::default(), members, seed)
    }

    /// As [`start`](Self::start), with a configuration.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    #[must_use]
    pub fn start_with(config: &Config, members: usize, seed: u64) -> Self {
        assert!(members < 255, "an ensemble of {members} members");
        let shared = Arc::new(Shared::new(Network::new(config, members, seed)));
        drop(tokio::spawn(run(Arc::clone(&shared))));
        Self { shared }
    }

    /// Connects a client with the [`options`](Self::options).
    ///
    /// # Errors
    /// As [`Client::connect_with`].
    pub async fn connect(&self) -> Result<Client, ConnectError> {
        let options = self.options();
        Client::connect_with(self.connect_string().as_str(), options).await
    }

    /// All members, for [`Client::connect_with`] together with [`options`](Self::options).
    #[must_use]
    pub fn connect_string(&self) -> String {
        let hosts = (1..=self.size()).map(|number| format!("{MEMBER}{number}:{PORT}"));
        hosts.collect::<Vec<_>>().join(",")
    }

    /// The default options, with a resolver and a dialer that lead into this ensemble, and a seed.
    /// Each call is for another client, counted from 1: that is how
    /// [`partition`](Self::partition) names them.
    #[must_use]
    pub fn options(&self) -> ConnectOptions {
        let (client, seed) = {
            let mut network = self.shared.lock();
            (network.client(), network.rng.u64(..))
        };
        let wire = Arc::new(Wire { shared: Arc::clone(&self.shared), client });
        ConnectOptions {
            resolver: Arc::clone(&wire) as Arc<_>,
            dialer: wire,
            seed: Some(seed),
            ..ConnectOptions::default()
        }
    }

    /// How long what is sent takes, each time another number of milliseconds between these: 0 to 3
    /// at first. What is sent on one connection arrives in order.
    pub fn set_delay(&self, from: Duration, to: Duration) {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.with(|network| network.delay = millis(from)..=millis(to).max(millis(from)));
    }

    /// Whether what is sent arrives in pieces, as it does at first.
    pub fn set_splitting(&self, splitting: bool) {
        self.with(|network| network.splitting = splitting);
    }

    /// Cuts the next connection that is dialed behind a byte.
    pub fn cut_next_connection(&self, cut: Cut) {
        self.with(|network| network.cut_next(cut));
    }
}

/// Looking at it.
impl SimulatedEnsemble {
    /// How many members there are.
    #[must_use]
    pub fn size(&self) -> usize {
        self.with(|network| network.ensemble.size())
    }

    /// The member that leads, counted from 0; `None` without a quorum.
    #[must_use]
    pub fn leader(&self) -> Option<usize> {
        self.with(|network| network.ensemble.leader())
    }

    /// All that the members agreed on, in the order in which they did.
    #[must_use]
    pub fn history(&self) -> Vec<Transaction> {
        self.with(|network| network.ensemble.history().to_vec())
    }

    /// The sessions that live, after all that was agreed on. To which connections they are attached
    /// the members know.
    #[must_use]
    pub fn sessions(&self) -> Vec<SessionInfo> {
        self.agreed(Server::sessions)
    }

    /// A look at what was agreed on: the tree, the sessions.
    pub fn agreed<T>(&self, at: impl FnOnce(&Server) -> T) -> T {
        self.with(|network| at(network.agreed()))
    }

    /// The watches that members keep, of all of them.
    #[must_use]
    pub fn watches(&self) -> Vec<WatchInfo> {
        let all = (0..self.size()).filter_map(|member| self.look(member, Server::watches));
        all.flatten().collect()
    }

    /// A look at a member: its tree, its connections. `None` if there is none of that number.
    pub fn look<T>(&self, member: usize, at: impl FnOnce(&Server) -> T) -> Option<T> {
        self.with(|network| network.ensemble.member(member).map(at))
    }

    /// Waits until it is so of what was agreed on, and looks again whenever something happened.
    pub async fn until(&self, mut holds: impl FnMut(&Server) -> bool) {
        poll_fn(|context| {
            let mut network = self.shared.lock();
            if holds(network.agreed()) {
                return Poll::Ready(());
            }
            network.waiting.push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// One number for all that has passed over the network so far. The same seed and the same
    /// program give the same number.
    #[must_use]
    pub fn trace_hash(&self) -> u64 {
        self.with(|network| network.digest.value())
    }

    /// The time as the members count it: since the start.
    #[must_use]
    pub fn now(&self) -> Time {
        self.shared.now()
    }

    /// The member that a session is connected to.
    #[must_use]
    pub fn member_of(&self, session: SessionId) -> Option<usize> {
        self.with(|network| network.end_of_session(session).map(|(member, _)| member))
    }

    /// When it was started.
    pub(super) fn origin(&self) -> Instant {
        self.shared.instant(Time::ZERO)
    }

    /// How many bytes have arrived over the connection of a session: at the member, and at the
    /// client. `None` if it has none.
    #[must_use]
    pub fn bytes_arrived(&self, session: SessionId) -> Option<(usize, usize)> {
        self.with(|network| {
            let line = network.line_of(session).and_then(|id| network.lines.get(&id))?;
            Some((line.to_server.arrived, line.to_client.arrived))
        })
    }

    /// Does something with the network, and all that follows.
    pub(super) fn with<T>(&self, act: impl FnOnce(&mut Network) -> T) -> T {
        let now = self.shared.now();
        let mut network = self.shared.lock();
        network.at(now);
        let result = act(&mut network);
        network.follow();
        result
    }
}
