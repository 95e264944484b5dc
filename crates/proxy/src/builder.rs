//! How a proxy is to be, before it starts.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use crate::accept::{Acceptor, Place};
use crate::opening::{Opening, OpeningRule};
use crate::proxy::Proxy;
use crate::shared::Shared;
use crate::tap::WireTap;
use crate::thread::Thread;

/// How a proxy is to be; from [`Proxy::builder`].
#[must_use = "it starts with `start`"]
pub struct Builder {
    upstream: SocketAddr,
    listen: SocketAddr,
    seed: u64,
    tap: Option<Arc<dyn WireTap>>,
    opening: Option<OpeningRule>,
    patience: Duration,
    thread: Option<Arc<Thread>>,
}

impl Builder {
    pub(crate) fn new(upstream: SocketAddr) -> Self {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let patience = Duration::ZERO;
        Self { upstream, listen, seed: 0, tap: None, opening: None, patience, thread: None }
    }

    /// Where to listen, of port 0 any that is free; without this a free port of 127.0.0.1.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// What decides everything random, which is [jitter](crate::Flow::jitter); without this 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Who sees the bytes that pass.
    pub fn tap(mut self, tap: Arc<dyn WireTap>) -> Self {
        self.tap = Some(tap);
        self
    }

    /// What becomes of the first bytes of each client: the rule is given all that have come so far,
    /// until it does not ask for more. Nothing passes before it has decided; what passes is what
    /// faults and taps see.
    ///
    /// It runs on the proxy's thread, which waits for it, and must not call the proxy.
    pub fn opening(mut self, rule: impl Fn(&[u8]) -> Opening + Send + Sync + 'static) -> Self {
        self.opening = Some(OpeningRule::new(rule));
        self
    }

    /// How long a client is kept while nobody listens at the server's address; without this it is
    /// hung up on at once, which is another thing than being refused: one who was refused would have
    /// tried again.
    pub const fn wait_for_server(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Relays on the thread of another proxy rather than on one of its own: for many proxies, each
    /// with little to do. The thread ends with the last of them.
    pub fn beside(mut self, other: &Proxy) -> Self {
        self.thread = Some(Arc::clone(other.thread()));
        self
    }

    /// Starts it. When this returns it takes connections.
    ///
    /// # Errors
    ///
    /// If it cannot listen where it should, or the system gives no thread.
    pub fn start(self) -> io::Result<Proxy> {
        let (place, listener) = Place::take(self.listen)?;
        let thread = match self.thread {
            Some(thread) => thread,
            None => Arc::new(Thread::start()?),
        };
        let shared = Shared::new(self.upstream, self.seed, self.tap, self.opening, self.patience);
        let shared = Arc::new(shared);
        let _entered = thread.runtime().enter();
        let acceptor = Acceptor::new(Arc::clone(&shared), place.address(), listener)?;
        thread.runtime().spawn(acceptor.run());
        Ok(Proxy::new(shared, place, thread))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("upstream", &self.upstream)
            .field("listen", &self.listen)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
