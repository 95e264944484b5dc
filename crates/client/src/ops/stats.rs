//! Numbers about the client.

use std::time::Duration;

use tokio::time::Instant;

use crate::client::Client;
use crate::shared::{Arms, Latency, WatchCounts};

/// Numbers about a client; see [`Client::stats`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Requests that have left and are not answered, also those whose callers have given up.
    pub in_flight: usize,
    /// Requests not yet sent.
    pub queued: usize,
    /// Their bytes.
    pub queued_bytes: usize,
    /// How often a connection was established, the first one apart.
    pub reconnects: u64,
    /// Since anything was received; `None` before the first byte.
    pub since_heard: Option<Duration>,
    /// How much longer the session is trusted to live if nothing more is heard: what is left until
    /// [`trusted_until`](Client::trusted_until). Zero when that has passed, `None` without a
    /// session.
    pub trusted_for: Option<Duration>,
    /// The watches that this client holds.
    pub watches: WatchCounts,
    /// The requests that have ended, by how they did. A request whose arguments were wrong was
    /// none.
    pub requests: Arms,
    /// How long the server takes to answer, sampled; `None` before the first connection.
    pub latency: Option<Latency>,
}

impl Client {
    /// Numbers about this client: its own and all its clones'. It costs a few reads of memory; the
    /// numbers are those of the driver's last turn, each right by itself.
    ///
    /// # Examples
    /// ```
    /// # async fn f(client: zookit_client::Client) {
    /// let stats = client.stats();
    /// println!("{} in flight, {} watches", stats.in_flight, stats.watches.total());
    /// if let Some(latency) = stats.latency {
    ///     println!("answers take {:?}, at most {:?}", latency.mean, latency.max);
    /// }
    /// # }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "metrics")]
    #[must_use]
    pub fn stats(&self) -> Stats {
        let shared = &self.handle.shared;
        let turn = shared.counters.turn();
        let (waiting, waiting_bytes) = shared.outbox();
        let now = Instant::now();
        let heard = turn.heard.and_then(|since_origin| shared.origin.checked_add(since_origin));
        let trusted = self.trusted_until();
        Stats {
            in_flight: turn.in_flight,
            queued: turn.queued + waiting,
            queued_bytes: turn.queued_bytes + waiting_bytes,
            reconnects: turn.connections.saturating_sub(1),
            since_heard: heard.map(|heard| now.saturating_duration_since(heard)),
            trusted_for: trusted.map(|until| until.saturating_duration_since(now)),
            watches: turn.watches,
            requests: turn.arms,
            latency: shared.counters.latency.read(),
        }
    }
}
