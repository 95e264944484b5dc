//! How a client connects and what it keeps to.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use zookit_proto::frame::DEFAULT_MAX_BUFFER;
use zookit_session::{
    Backoff, Config, Endpoint, Identity, Limits, Mechanism, OnExpiry, PresumedExpiry, ServerFloor,
};

use crate::deadline::Deadline;
use crate::network::{Dialer, Resolver, SystemResolver, TcpDialer};

/// Everything that can be set about a client. The defaults suit most:
///
/// ```
/// use std::time::Duration;
/// use zookit_client::ConnectOptions;
/// let options = ConnectOptions {
///     session_timeout: Duration::from_secs(30),
///     read_only: true,
///     ..ConnectOptions::default()
/// };
/// assert_eq!(options.connect_timeout, Duration::from_secs(10));
/// ```
#[derive(Debug)]
pub struct ConnectOptions {
    /// The session timeout to ask for, 10 s by default. A server grants what lies within its own
    /// bounds, by default 2 to 20 of its ticks; [`session_timeout`] tells what it was.
    ///
    /// [`session_timeout`]: crate::Client::session_timeout
    pub session_timeout: Duration,
    /// How long [`connect`](crate::Client::connect) waits for the first session; 10 s by default.
    pub connect_timeout: Duration,
    /// Whether a server that only reads will do while none is found that writes. From 3.7 on
    /// Apache's servers need `localSessionsEnabled=true` beside `readonlymode.enabled` for that:
    /// without it they give no session.
    pub read_only: bool,
    /// How long a request waits for its reply, unless [`with_deadline`] says otherwise; by default
    /// the session timeout.
    ///
    /// [`with_deadline`]: crate::Client::with_deadline
    pub default_deadline: Deadline,
    /// What follows when the session expires: by default the next one.
    pub on_expiry: OnExpiry,
    /// When a session from which nothing is heard is presumed gone.
    pub presumed_expiry: PresumedExpiry,
    /// How long to wait between attempts to connect.
    pub backoff: Backoff,
    /// The oldest server that must be served: 3.5 by default. With 3.4, plain creates answer no
    /// stat.
    pub server_floor: ServerFloor,
    /// A session to take up again, instead of opening a new one.
    pub resume: Option<Identity>,
    /// How to authenticate by SASL, before all else on each connection.
    pub sasl: Option<Box<dyn Mechanism>>,
    /// Bounds of memory and patience.
    pub limits: Limits,
    /// The largest request, in bytes of its frame without the length: what the servers have as
    /// `jute.maxbuffer`, 1,048,575 by default. They close the connection on a larger one, so it is
    /// refused here.
    pub max_request: usize,
    /// How many notices a persistent watch keeps for its reader; what does not fit is a gap.
    /// 1,024 by default, at least 1. Their paths take 1 MiB at most, whatever their number.
    pub watch_buffer: usize,
    /// Who turns names into addresses; by default the system's resolver.
    pub resolver: Arc<dyn Resolver>,
    /// Who opens connections; by default TCP.
    pub dialer: Arc<dyn Dialer>,
    /// What everything random follows from: the order of servers, jitter. By default another one
    /// for each client.
    pub seed: Option<u64>,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            session_timeout: Config::DEFAULT_SESSION_TIMEOUT,
            connect_timeout: Duration::from_secs(10),
            read_only: false,
            default_deadline: Deadline::default(),
            on_expiry: OnExpiry::default(),
            presumed_expiry: PresumedExpiry::default(),
            backoff: Backoff::default(),
            server_floor: ServerFloor::default(),
            resume: None,
            sasl: None,
            limits: Limits::default(),
            max_request: DEFAULT_MAX_BUFFER,
            watch_buffer: 1024,
            resolver: Arc::new(SystemResolver),
            dialer: Arc::new(TcpDialer),
            seed: None,
        }
    }
}

impl ConnectOptions {
    /// The seed: the given one, or one taken from the process's own hash keys.
    pub(crate) fn seed(&self) -> u64 {
        self.seed.unwrap_or_else(|| RandomState::new().hash_one("zookit"))
    }

    /// The session's part of the options.
    pub(crate) fn config(&mut self, servers: Vec<Endpoint>) -> Config {
        Config {
            session_timeout: self.session_timeout,
            resume: self.resume.take(),
            read_only: self.read_only,
            presumed_expiry: self.presumed_expiry,
            on_expiry: self.on_expiry,
            backoff: self.backoff,
            server_floor: self.server_floor,
            sent_rule: self.dialer.sent_rule(),
            sasl: self.sasl.take(),
            limits: self.limits,
            ..Config::new(servers)
        }
    }
}
