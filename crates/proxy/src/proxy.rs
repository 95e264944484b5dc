//! The handle on a proxy.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use zookit_proto::Class;
use zookit_proto::tap::{ConnectionId, Direction};

use crate::accept::Place;
use crate::builder::Builder;
use crate::cut::Cut;
use crate::fault::{Effect, Fault, FaultId};
use crate::flow::Flow;
use crate::shared::{Shared, State};
use crate::statistics::{ConnectionInfo, Statistics};
use crate::thread::Thread;

/// A relay that runs. Clones are handles on the same one; when the last of them is dropped its port
/// and all its connections are closed.
///
/// Calls are done when they return: what they change holds for everything that is relayed
/// afterwards. They may be made in async code; none of them waits for the network.
#[derive(Clone)]
pub struct Proxy {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    place: Place,
    thread: Arc<Thread>,
}

impl Proxy {
    /// Starts a relay to a server, on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// If there is no free port, or the system gives no thread.
    pub fn start(upstream: SocketAddr) -> io::Result<Self> {
        Self::builder(upstream).start()
    }

    /// Starts one that is otherwise.
    pub fn builder(upstream: SocketAddr) -> Builder {
        Builder::new(upstream)
    }

    pub(crate) fn new(shared: Arc<Shared>, place: Place, thread: Arc<Thread>) -> Self {
        Self { inner: Arc::new(Inner { shared, place, thread }) }
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.inner.shared
    }

    pub(crate) fn thread(&self) -> &Arc<Thread> {
        &self.inner.thread
    }

    /// Where it listens. Print it, and it is what a client connects to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.inner.place.address()
    }

    /// The server that new connections go to.
    #[must_use]
    pub fn upstream(&self) -> SocketAddr {
        self.shared().lock().upstream
    }

    /// New connections go to this server from now on; those there are stay where they are.
    pub fn set_upstream(&self, upstream: SocketAddr) {
        self.shared().lock().upstream = upstream;
    }
}

/// What is wrong on the way.
impl Proxy {
    /// What clients send.
    pub const fn to_server(&self) -> Flow<'_> {
        Flow::new(self, &[Direction::ToServer])
    }

    /// What servers send.
    pub const fn to_client(&self) -> Flow<'_> {
        Flow::new(self, &[Direction::ToClient])
    }

    /// What either sends.
    pub const fn both_ways(&self) -> Flow<'_> {
        Flow::new(self, &[Direction::ToServer, Direction::ToClient])
    }
}

/// What happens to connections.
impl Proxy {
    /// Cuts all connections. What is on its way is lost.
    pub fn cut(&self, cut: Cut) {
        let mut state = self.shared().lock();
        let lines: Vec<ConnectionId> = state.lines.keys().copied().collect();
        for line in lines {
            state.cut(line, cut);
        }
        drop(state);
        self.follow(State::none_is_being_cut);
    }

    /// Cuts one connection. `false` if there is none of this number.
    pub fn cut_connection(&self, connection: ConnectionId, cut: Cut) -> bool {
        let there = self.shared().lock().cut(connection, cut);
        self.follow(State::none_is_being_cut);
        there
    }

    /// Whether new connections are refused, as on a port where nobody listens. The port stays this
    /// proxy's; connections that are there stay, too.
    pub fn refuse_connections(&self, refuse: bool) {
        let mut state = self.shared().lock();
        state.refusing = refuse;
        state.rouse_acceptor();
        drop(state);
        self.follow(|state| state.listening != state.refusing);
    }

    /// Whether new connections are taken and never answered: nothing is read from them, and the
    /// server hears nothing of them. When that is over they are relayed.
    pub fn ignore_connections(&self, ignore: bool) {
        let mut state = self.shared().lock();
        state.ignoring = ignore;
        if !ignore {
            state.change_lines(|line| line.ignored = false);
        }
    }

    /// All is well again: nothing is wrong on the way of any connection, new ones are taken, faults
    /// are removed, and what is held goes on. Connections that are half-open, or lost something, are
    /// reset: nobody could go on with them.
    pub fn heal(&self) {
        self.shared().lock().heal();
        self.follow(|state| state.listening && state.none_is_being_cut());
    }

    /// Waits for the thread, unless this is it.
    fn follow(&self, done: impl FnMut(&State) -> bool) {
        if !self.inner.thread.is_current() {
            self.shared().follow(done);
        }
    }
}

/// What happens to ZooKeeper's requests.
impl Proxy {
    /// Adds a fault, behind those there are: the first that wants a request has it.
    ///
    /// ```
    /// # fn f(proxy: zookit_proxy::Proxy) {
    /// use zookit_proto::{Class, OpCode};
    /// use zookit_proxy::{Cut, Effect, Fault};
    ///
    /// // The third getData of /a from now on does not arrive.
    /// proxy.add_fault(Fault::on(Effect::LoseRequest, OpCode::GetData, "/a").after(2).times(1));
    /// // No write is answered any more, and clients are left to find that out.
    /// let writes = |asked: &zookit_proxy::Asked<'_>| asked.opcode().class() == Class::Write;
    /// proxy.add_fault(Fault::new(Effect::LoseReply, writes).by(Cut::Silence));
    /// # }
    /// ```
    pub fn add_fault(&self, fault: Fault) -> FaultId {
        self.shared().lock().faults.add(fault)
    }

    /// The next write about this path is passed on, and its reply is lost with its connection.
    ///
    /// For more see [`add_fault`](Self::add_fault).
    pub fn lose_next_reply(&self, path: impl Into<String>) -> FaultId {
        let path = path.into();
        let lost = Fault::new(Effect::LoseReply, move |asked| {
            asked.opcode().class() == Class::Write && asked.is_about(&path)
        });
        self.add_fault(lost.times(1))
    }

    /// Removes a fault, and tells how often it struck; `None` if it is not there.
    pub fn remove_fault(&self, id: FaultId) -> Option<u64> {
        self.shared().lock().faults.remove(id)
    }

    /// Removes all faults. What they struck stays struck.
    pub fn clear_faults(&self) {
        self.shared().lock().faults.clear();
    }

    /// How often a fault struck; `None` if it is not there.
    #[must_use]
    pub fn fault_struck(&self, id: FaultId) -> Option<u64> {
        self.shared().lock().faults.struck(id)
    }
}

/// What there is to see.
impl Proxy {
    /// What it has done so far.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.shared().lock().statistics()
    }

    /// The connections there are, by number.
    #[must_use]
    pub fn connections(&self) -> Vec<ConnectionInfo> {
        self.shared().lock().connections()
    }

    /// Waits until something is so: asked at once, and then whenever the proxy has done anything.
    /// The proxy waits for the answer, which must not call it.
    ///
    /// It waits as long as it takes; give it a bound with your runtime's `timeout`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the waiting, and nothing else.
    pub fn until(&self, mut holds: impl FnMut(&Statistics) -> bool) -> impl Future<Output = ()> {
        std::future::poll_fn(move |context| self.shared().lock().poll_until(context, &mut holds))
    }

    /// Waits until something is so, as [`until`](Self::until), without a runtime; `false` if that
    /// takes longer than `within`.
    #[must_use]
    pub fn wait(&self, within: Duration, mut holds: impl FnMut(&Statistics) -> bool) -> bool {
        self.shared().wait(within, |state| holds(&state.statistics()))
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (address, upstream) = (self.address(), self.upstream());
        f.debug_struct("Proxy")
            .field("address", &address)
            .field("upstream", &upstream)
            .finish_non_exhaustive()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shared.lock().end();
        if !self.thread.is_current() {
            self.shared.follow(State::is_over);
        }
    }
}
