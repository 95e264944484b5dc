//! What a test can do to a server that runs: plain calls, from any thread, in async code or not.
//!
//! Each is carried out when it returns, and waits for nothing but the end of what the server is just
//! doing. Only [`until`](Control::until) and its twin [`wait`](Control::wait) wait, for something
//! to become so: no test needs a sleep.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use zookit_proto::{Class, ErrorCode, Reply, Request, SessionId, Zxid};

use crate::core::{
    ConnectionId, ConnectionInfo, Effect, Fault, FaultId, Logged, Server, SessionInfo, WatchInfo,
};
use crate::json::{self, LoadError};
use crate::listener::looking;
use crate::listener::shared::Shared;

/// A handle on a server. Clones are handles on the same one; they do not keep it running.
#[derive(Clone)]
pub struct Control {
    shared: Arc<Shared>,
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").finish_non_exhaustive()
    }
}

impl Control {
    pub(crate) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    pub(crate) const fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

/// Sessions.
impl Control {
    /// The sessions that live, by id.
    #[must_use]
    pub fn sessions(&self) -> Vec<SessionInfo> {
        self.look(Server::sessions)
    }

    /// Ends a session as if its time were over: its ephemeral znodes go in one transaction, and its
    /// connection is closed. False if there is no such session.
    pub fn expire(&self, session: SessionId) -> bool {
        self.shared.with(|server, now| server.expire_session(now, session))
    }

    /// Ends a session behind its client's back: as [`expire`](Self::expire), but its connection is
    /// half-open from then on, so that the client believes in the session until it misses the
    /// answers. False if there is no such session.
    pub fn kill(&self, session: SessionId) -> bool {
        self.shared.with(|server, now| server.kill_session(now, session))
    }
}

/// Connections.
impl Control {
    /// The connections there are, by number.
    #[must_use]
    pub fn connections(&self) -> Vec<ConnectionInfo> {
        self.look(Server::connections)
    }

    /// The connection of a session, if it has one.
    #[must_use]
    pub fn connection_of(&self, session: SessionId) -> Option<ConnectionId> {
        self.sessions().into_iter().find(|info| info.id == session)?.connection
    }

    /// Closes a connection; what it still had to send is lost, its session lives on. False if there
    /// is none to close.
    pub fn drop_connection(&self, id: ConnectionId) -> bool {
        self.shared.with(|server, now| server.drop_connection(now, id))
    }

    /// Closes all connections, as [`drop_connection`](Self::drop_connection) closes one.
    pub fn drop_connections(&self) {
        self.shared.with(|server, now| {
            for ConnectionInfo { id, .. } in server.connections() {
                server.drop_connection(now, id);
            }
        });
    }

    /// Nothing passes on a connection from now on, neither way, until it is thawed; both sides
    /// notice by silence alone. False if there is none to freeze.
    pub fn freeze(&self, id: ConnectionId) -> bool {
        self.shared.with(|server, now| server.freeze_connection(now, id))
    }

    /// A frozen connection goes on where it was. False if it is not frozen.
    pub fn thaw(&self, id: ConnectionId) -> bool {
        self.shared.with(|server, now| server.thaw_connection(now, id))
    }

    /// The server forgets a connection and does not tell: what its client sends is thrown away, and
    /// nothing is ever sent to it. Its session lives on, until its time is over. False if there is
    /// none.
    pub fn half_open(&self, id: ConnectionId) -> bool {
        self.shared.with(|server, now| server.half_open_connection(now, id))
    }

    /// Whether new connections are closed at once, without a byte; those there are stay.
    pub fn refuse_connections(&self, refuse: bool) {
        self.shared.with(|server, _| server.refuse_connections(refuse));
    }
}

/// Faults that strike requests.
impl Control {
    /// Adds a fault, behind those there are: the first that wants a request has it.
    ///
    /// Its predicate runs on the server's thread, and must not call this handle: the server waits
    /// for it.
    pub fn add_fault(&self, fault: Fault) -> FaultId {
        self.shared.with(|server, _| server.add_fault(fault))
    }

    /// The next write about this path is carried out, and its reply is lost with its connection.
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
        self.shared.with(|server, _| server.remove_fault(id))
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.shared.with(|server, _| server.clear_faults());
    }

    /// How often a fault struck; `None` if it is not there.
    #[must_use]
    pub fn fault_struck(&self, id: FaultId) -> Option<u64> {
        self.look(|server| server.fault_struck(id))
    }
}

/// The server as a whole.
impl Control {
    /// Whether it only reads, as a member of an ensemble without its quorum does. All connections
    /// are closed when that changes.
    pub fn set_read_only(&self, read_only: bool) {
        self.shared.with(|server, now| server.set_read_only(now, read_only));
    }

    /// Moves its clock forward, and the date with it: sessions expire, containers and TTL znodes
    /// go.
    pub fn advance_clock(&self, by: Duration) {
        self.shared.with(|server, now| server.advance_clock(now, by));
    }

    /// Moves the date alone, by so many milliseconds, also back.
    pub fn move_date(&self, by_ms: i64) {
        self.shared.with(|server, _| server.move_date(by_ms));
    }

    /// A new leader: all connections are closed, and the next transaction is the first of the next
    /// epoch.
    pub fn bump_epoch(&self) {
        self.shared.with(Server::bump_epoch);
    }

    /// The last transaction.
    #[must_use]
    pub fn last_zxid(&self) -> Zxid {
        self.look(Server::last_zxid)
    }

    /// Goes on counting transactions behind this one; false if it is not newer than the last. What
    /// would be the last of its epoch, `0xffffffff`, makes the leader step down instead.
    pub fn set_zxid(&self, zxid: Zxid) -> bool {
        self.shared.with(|server, _| server.set_zxid(zxid))
    }

    /// Carries out a request by the server itself, as super user, in the name of a session or of
    /// [none](SessionId::NONE): what ACLs forbid it may do, and watchers are told.
    ///
    /// # Errors
    ///
    /// What a client would be answered. `BadArguments` for what only a connection can ask.
    pub fn execute(&self, session: SessionId, request: &Request) -> Result<Reply, ErrorCode> {
        self.shared.with(|server, now| server.execute(now, session, request))
    }
}

/// What there is to see.
impl Control {
    /// The watches, by path, connection and mode.
    #[must_use]
    pub fn watches(&self) -> Vec<WatchInfo> {
        self.look(Server::watches)
    }

    /// Keeps the newest so many requests, from now on; none at first.
    pub fn log_requests(&self, capacity: usize) {
        self.shared.with(|server, _| server.log_requests(capacity));
    }

    /// The requests that were kept, oldest first.
    #[must_use]
    pub fn request_log(&self) -> Vec<Logged> {
        self.look(|server| server.request_log().cloned().collect())
    }

    /// Looks at the machine itself. The server waits meanwhile.
    ///
    /// # Panics
    ///
    /// If the closure calls this server's control, as those of [`until`](Self::until) and
    /// [`wait`](Self::wait) must not either: it is given all there is.
    pub fn look<T>(&self, look: impl FnOnce(&Server) -> T) -> T {
        looking::look(&self.shared, &self.shared.lock().server, look)
    }

    /// Waits until something is so: asked at once, and then whenever the server has done anything.
    ///
    /// It waits as long as it takes; give it a bound with your runtime's `timeout`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the waiting, and nothing else.
    pub fn until(&self, mut holds: impl FnMut(&Server) -> bool) -> impl Future<Output = ()> {
        std::future::poll_fn(move |context| {
            let mut state = self.shared.lock();
            if looking::look(&self.shared, &state.server, &mut holds) {
                return Poll::Ready(());
            }
            state.wait(context);
            Poll::Pending
        })
    }

    /// Waits until something is so, as [`until`](Self::until), without a runtime; false if that
    /// takes longer than `within`.
    #[must_use]
    pub fn wait(&self, within: Duration, holds: impl FnMut(&Server) -> bool) -> bool {
        self.shared.wait(within, holds)
    }
}

/// The tree, as JSON; [`json`] has its form.
impl Control {
    /// The whole server: its znodes but those of its own, its sessions, its last transaction.
    #[must_use]
    pub fn dump(&self) -> String {
        self.look(json::dump)
    }

    /// Puts what a dump or a hand-written file says into the tree.
    ///
    /// # Errors
    ///
    /// If it is not of that form, or a znode cannot be; then nothing has changed.
    pub fn load(&self, text: &str) -> Result<(), LoadError> {
        let document = json::parse(text)?;
        self.shared.with(|server, now| json::load(server, now, document))
    }
}
