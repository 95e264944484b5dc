//! What a session is told at its beginning, and every limit it keeps.

use std::time::Duration;

use zookit_proto::SessionId;
use zookit_proto::types::{Password, Zxid};

use crate::endpoint::Endpoint;
use crate::sasl::Mechanism;

/// How a session behaves. [`Config::new`] has the defaults; set what should differ.
#[derive(Debug)]
pub struct Config {
    /// The servers. Shuffled once; an empty list is never connected.
    pub servers: Vec<Endpoint>,
    /// The session timeout to ask for; servers grant what lies within their own bounds.
    pub session_timeout: Duration,
    /// A session to take up again, exported from another handle.
    pub resume: Option<Identity>,
    /// Whether a server that only reads will do while there is none that writes.
    pub read_only: bool,
    /// When to presume the session gone although no server said so.
    pub presumed_expiry: PresumedExpiry,
    /// What follows an expiry.
    pub on_expiry: OnExpiry,
    /// How long to wait between attempts.
    pub backoff: Backoff,
    /// The oldest server that what is sent without being asked for must suit.
    pub server_floor: ServerFloor,
    /// When bytes count as sent.
    pub sent_rule: SentRule,
    /// How to authenticate by SASL, before all else on each connection.
    pub sasl: Option<Box<dyn Mechanism>>,
    /// Bounds of memory and patience.
    pub limits: Limits,
}

impl Config {
    /// The session timeout unless another is asked for.
    pub const DEFAULT_SESSION_TIMEOUT: Duration = Duration::from_secs(10);

    /// The defaults, for these servers.
    #[must_use]
    pub fn new(servers: Vec<Endpoint>) -> Self {
        Self {
            servers,
            session_timeout: Self::DEFAULT_SESSION_TIMEOUT,
            resume: None,
            read_only: false,
            presumed_expiry: PresumedExpiry::default(),
            on_expiry: OnExpiry::default(),
            backoff: Backoff::default(),
            server_floor: ServerFloor::default(),
            sent_rule: SentRule::default(),
            sasl: None,
            limits: Limits::default(),
        }
    }
}

/// What of a [`Config`] matters for as long as the session lives.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) session_timeout: Duration,
    pub(crate) read_only: bool,
    pub(crate) presumed_expiry: PresumedExpiry,
    pub(crate) on_expiry: OnExpiry,
    pub(crate) backoff: Backoff,
    pub(crate) server_floor: ServerFloor,
    pub(crate) sent_rule: SentRule,
    pub(crate) sasl: Option<Box<dyn Mechanism>>,
    pub(crate) limits: Limits,
}

impl Config {
    /// What only matters at the beginning, and the rest.
    pub(crate) fn split(self) -> (Vec<Endpoint>, Option<Identity>, Settings) {
        let Self { servers, session_timeout, resume, read_only, .. } = self;
        let Self { presumed_expiry, on_expiry, backoff, .. } = self;
        let Self { server_floor, sent_rule, sasl, limits, .. } = self;
        let settings = Settings {
            session_timeout,
            read_only,
            presumed_expiry,
            on_expiry,
            backoff,
            server_floor,
            sent_rule,
            sasl,
            limits,
        };
        (servers, resume, settings)
    }
}

/// What it takes to take a session up again elsewhere. Whoever has it has the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The session.
    pub session: SessionId,
    /// Its password; never printed.
    pub password: Password,
    /// The timeout that was granted.
    pub timeout: Duration,
    /// The newest transaction its client has seen.
    pub zxid: Zxid,
}

/// When a session from which nothing is heard is presumed gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PresumedExpiry {
    /// At 4/3 of the granted timeout since anything was heard, as the Java client does.
    #[default]
    FourThirds,
    /// This long after anything was heard.
    After(Duration),
    /// Never: only a server's word counts.
    Never,
}

/// What follows an expiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnExpiry {
    /// The handle opens a new session.
    #[default]
    NextGeneration,
    /// The handle ends: `Expired`, then `Closed`.
    End,
}

/// Waiting between attempts: none before the first retry, then exponential with full jitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The bound of the first wait; each further failure doubles it.
    pub base: Duration,
    /// No wait is bound higher than this, nor than a quarter of the session timeout.
    pub max: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { base: Duration::from_millis(100), max: Duration::from_secs(5) }
    }
}

/// The oldest server that must not be confused by what the session sends without being asked.
///
/// A server answers an operation it does not know with an error and closes the connection.
/// What is asked for explicitly is always sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum ServerFloor {
    /// 3.4: watches are not removed from the server when their last watcher goes.
    V3_4,
    /// 3.5: removeWatches is sent.
    #[default]
    V3_5,
}

/// When a request counts as sent, so that a server may have seen it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SentRule {
    /// When the transport has accepted its last byte: plain TCP.
    #[default]
    LastByte,
    /// When the transport has accepted its first byte: TLS, which buffers.
    FirstByte,
}

/// Bounds of memory and patience. Each has a default that suits most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Requests accepted and not yet answered by the server, also those given up on.
    pub max_requests: usize,
    /// Bytes of requests accepted and not yet answered.
    pub max_request_bytes: usize,
    /// Watchers, armed or to be armed.
    pub max_watchers: usize,
    /// Requests in flight; the rest stays unsent, hence provably *not sent*.
    pub window_requests: usize,
    /// Bytes in flight; one larger request goes alone.
    pub window_bytes: usize,
    /// The largest frame taken from a server.
    pub max_response: usize,
    /// How often a read is sent again after its connection was lost.
    pub max_resends: u32,
    /// How long a connection that is left by choice may take to answer what is in flight.
    pub drain_timeout: Duration,
    /// How long a close may take, over as many connections as it needs.
    pub close_timeout: Duration,
    /// An attempt that took longer than this has failed; a smaller share of the session timeout
    /// (one server's) may end it earlier.
    pub max_attempt: Duration,
    /// Bytes of watched paths in one setWatches.
    pub watch_batch_bytes: usize,
    /// Rounds of a SASL exchange.
    pub sasl_rounds: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_requests: 65_536,
            max_request_bytes: 64 << 20,
            max_watchers: 4_000_000,
            window_requests: 4096,
            window_bytes: 1 << 20,
            max_response: 64 << 20,
            max_resends: 3,
            drain_timeout: Duration::from_secs(2),
            close_timeout: Duration::from_secs(5),
            max_attempt: Duration::from_secs(10),
            watch_batch_bytes: 128 * 1024,
            sasl_rounds: 16,
        }
    }
}

impl Limits {
    /// No attempt is given less than this, however many servers share the session timeout.
    pub const MIN_ATTEMPT: Duration = Duration::from_millis(500);

    /// The largest first frame taken from a server: 37 bytes, with the passwords known.
    pub const MAX_HANDSHAKE: usize = 64 * 1024;

    /// Credentials of one handle.
    pub const MAX_CREDENTIALS: usize = 256;

    /// Connections lost in a row while watches were being set again, before those are over.
    pub const RESTORE_ATTEMPTS: u32 = 5;

    /// For so long a server that does not know an operation is not asked for it again; after that
    /// it may have been upgraded.
    pub const UNSUPPORTED_FOR: Duration = Duration::from_secs(600);

    /// The silent closes in a row after which a server is asked why.
    pub const SILENT_CLOSES: u32 = 3;

    /// How long a four-letter word may take.
    pub const PROBE_TIMEOUT: Duration = Duration::from_secs(1);

    /// A connection that lasted this long was a good one: its server has no penalty.
    pub const STABLE_AFTER: Duration = Duration::from_secs(1);

    /// A ping goes out when nothing was sent for a third of the timeout, and at the latest now.
    pub const MAX_PING_INTERVAL: Duration = Duration::from_secs(10);

    /// The first wait between two searches for a server that writes; each doubles it.
    pub const MIN_SEARCH_INTERVAL: Duration = Duration::from_millis(100);

    /// The longest wait between two such searches.
    pub const MAX_SEARCH_INTERVAL: Duration = Duration::from_secs(60);

    /// Bytes of a frame still incomplete that count as having heard of the server: so slow a
    /// trickle that it does not reach this within the read deadline is a stall.
    pub const PROGRESS_BYTES: usize = 4096;
}
