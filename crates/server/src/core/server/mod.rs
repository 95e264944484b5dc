//! The machine: connections, sessions, watches and the tree, and nothing that is not in memory.
//!
//! Four families of methods. What happens to connections: [`connect`](Server::connect),
//! [`receive`](Server::receive), [`written`](Server::written),
//! [`disconnected`](Server::disconnected), and the clock,
//! [`handle_timeout`](Server::handle_timeout). What a transport must do: the `poll_*` methods, to
//! be asked until they say `None` after each call of any other family. What it may ask: getters.
//! And what a test can do, in `control.rs`, `faults.rs` and `log.rs`.
//!
//! Requests are carried out when they are received, one after the other, in the order of the calls:
//! that is the one order of all transactions.
//!
//! ```text
//! receive ─ frames ─┬─ handshake ── sessions
//!                   ├─ words
//!                   └─ requests ─┬─ reads ───────────────────── reply
//!                                ├─ watching ── watches ─────── reply
//!                                └─ writes ─ prepare ─ zxid ─ apply ─ events ─ reply
//! ```

mod control;
mod faults;
mod following;
mod forward;
mod frames;
mod handshake;
mod info;
mod leading;
mod log;
mod malformed;
mod reads;
mod reaping;
mod requests;
mod snapshot;
mod timers;
mod watching;
mod words;
mod writes;

pub use faults::{Asked, Effect, Fault, FaultId};
pub(super) use forward::{Forward, Forwarded, Role, Told};
pub use info::{ConnectionInfo, SessionInfo, WatchInfo, WatchMode};
pub use log::{Logged, Outcome};
pub use snapshot::Snapshot;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::BytesMut;
use zookit_proto::types::Id;
use zookit_proto::{SessionId, Zxid};

use self::faults::Faults;
use self::following::Following;
use self::log::RequestLog;
use self::reaping::Reaping;
use super::connection::{Connection, ConnectionId, Line, Stage};
use super::prepare::Asking;
use super::sessions::Sessions;
use super::statistics::{Statistics, count};
use super::tree::Tree;
use super::watches::Watches;
use super::{Config, Profile, Time, Transaction};

/// Above so many bytes that a client did not take, its requests are not looked at.
const MUCH_OUTPUT: usize = 1 << 20;

/// Above so many bytes that a client did not take, it gets no more events: it is dropped.
const TOO_MUCH_OUTPUT: usize = 1 << 26;

/// A ZooKeeper server as a state machine: no socket, no clock, no task.
#[derive(Debug)]
pub struct Server {
    config: Config,
    /// Now, on the server's own clock: the caller's, moved by `moved`.
    now: Time,
    moved: Duration,
    /// How far the date is from what the clock says, in milliseconds.
    date_moved_ms: i64,
    tree: Tree,
    /// The last transaction.
    zxid: Zxid,
    sessions: Sessions,
    watches: Watches,
    connections: BTreeMap<ConnectionId, Connection>,
    next_connection: u64,
    /// How many connections an address has.
    of_address: BTreeMap<IpAddr, usize>,
    /// When something of a connection is due.
    timers: BTreeSet<(Time, ConnectionId)>,
    reaping: Reaping,
    to_transmit: VecDeque<ConnectionId>,
    to_close: VecDeque<ConnectionId>,
    to_read: VecDeque<ConnectionId>,
    read_only: bool,
    refusing: bool,
    /// Stopped: no connection is taken, and no session's time passes.
    halted: bool,
    faults: Faults,
    log: RequestLog,
    client_port: Option<u16>,
    /// What it is to its leader, as a member of an ensemble.
    following: Option<Box<Following>>,
    /// What it has decided, if that is to be kept.
    history: Option<Vec<Transaction>>,
    received: u64,
    sent: u64,
    statistics: Statistics,
    /// The transactions of which a real server keeps a digest of the tree, oldest first.
    digested: VecDeque<Zxid>,
    /// Bytes that all transports together have not taken.
    unsent: usize,
}

impl Server {
    /// A server with an empty tree, at the origin of time. The seed decides all that is random:
    /// where the ids of sessions begin.
    #[must_use]
    pub fn new(config: Config, seed: u64) -> Self {
        let sessions = Sessions::new(&config, seed);
        let reaping = Reaping::begin(Time::ZERO, &config);
        Self {
            now: Time::ZERO,
            moved: Duration::ZERO,
            date_moved_ms: 0,
            tree: Tree::new(),
            zxid: Zxid(0),
            sessions,
            watches: Watches::new(config.profile),
            connections: BTreeMap::new(),
            next_connection: 1,
            of_address: BTreeMap::new(),
            timers: BTreeSet::new(),
            reaping,
            to_transmit: VecDeque::new(),
            to_close: VecDeque::new(),
            to_read: VecDeque::new(),
            read_only: false,
            refusing: false,
            halted: false,
            faults: Faults::default(),
            log: RequestLog::default(),
            client_port: None,
            following: None,
            history: None,
            received: 0,
            sent: 0,
            statistics: Statistics::default(),
            digested: VecDeque::new(),
            unsent: 0,
            config,
        }
    }

    /// A transport is up. If the server refuses it, [`poll_close`](Self::poll_close) says so at
    /// once, and no byte is sent: it is halted or refuses connections, or there are
    /// [`max_client_connections`](Config::max_client_connections) from that address. A member of an
    /// ensemble that has no leader takes it, and closes it over the handshake.
    pub fn connect(&mut self, now: Time, peer: SocketAddr) -> ConnectionId {
        self.at(now);
        let id = ConnectionId(self.next_connection);
        self.next_connection = self.next_connection.saturating_add(1);
        let deadline = self.now.after(self.config.handshake_timeout);
        let mut connection = Connection::new(self.now, peer, deadline);
        let limit = self.config.max_client_connections;
        let of_address = self.of_address.entry(peer.ip()).or_default();
        let full = limit > 0 && *of_address >= limit;
        *of_address = of_address.saturating_add(1);
        connection.counted = true;
        self.connections.insert(id, connection);
        if full {
            count(&mut self.statistics.rejected);
        }
        let stopped = self.halted && self.following.is_none();
        if full || stopped || self.refusing {
            self.hang_up(id);
        } else {
            self.timers.insert((deadline, id));
        }
        id
    }

    /// Bytes came. Takes whole frames off the front of `bytes` and carries them out; what is left
    /// is the beginning of a frame, or was not looked at since the connection does not
    /// [want to read](Self::wants_to_read): call again with it and what comes behind it, also
    /// when [`poll_read`](Self::poll_read) names the connection.
    ///
    /// After the connection was closed, bytes are thrown away.
    pub fn receive(&mut self, now: Time, id: ConnectionId, bytes: &mut BytesMut) {
        self.at(now);
        self.frames(id, bytes);
    }

    /// The transport is gone, by whoever's doing; also after a [`poll_close`](Self::poll_close),
    /// when it is closed. The session of the connection lives on until its time is over.
    pub fn disconnected(&mut self, now: Time, id: ConnectionId) {
        self.at(now);
        self.forget_line(id);
        if let Some(connection) = self.connections.remove(&id) {
            self.unsent = self.unsent.saturating_sub(connection.weighed);
        }
    }

    /// The next connection that has got something to send since this named it last; then
    /// [`transmit`](Self::transmit) has it. What a transport did not take of it is not named again:
    /// send that when it can.
    pub fn poll_transmit(&mut self) -> Option<ConnectionId> {
        while let Some(id) = self.to_transmit.pop_front() {
            if let Some(connection) = self.connections.get_mut(&id) {
                connection.announced = false;
                if connection.line == Line::Whole && !connection.output.ready().is_empty() {
                    return Some(id);
                }
            }
        }
        None
    }

    /// What is to be sent, in order. Nothing for a connection that is gone, or frozen.
    pub fn transmit(&self, id: ConnectionId) -> impl Iterator<Item = &[u8]> {
        let connection = self.connections.get(&id);
        let connection = connection.filter(|connection| connection.line == Line::Whole);
        let ready = connection.map(|connection| connection.output.ready());
        ready.filter(|ready| !ready.is_empty()).into_iter()
    }

    /// The transport took so many bytes of what [`transmit`](Self::transmit) gave.
    pub fn written(&mut self, id: ConnectionId, count: usize) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let was_much = connection.output.len() >= MUCH_OUTPUT;
        connection.output.sent(count);
        if was_much && connection.output.len() < MUCH_OUTPUT {
            self.to_read.push_back(id);
        }
        self.unsent = connection.weigh(self.unsent);
    }

    /// The next connection to close: send what [`transmit`](Self::transmit) still has for it, then
    /// close, then call [`disconnected`](Self::disconnected). Each is named once.
    pub fn poll_close(&mut self) -> Option<ConnectionId> {
        while let Some(id) = self.to_close.pop_front() {
            if self.connections.contains_key(&id) {
                return Some(id);
            }
        }
        None
    }

    /// The next connection that wants to read again after it did not: call
    /// [`receive`](Self::receive) with what it left, even without new bytes.
    pub fn poll_read(&mut self) -> Option<ConnectionId> {
        while let Some(id) = self.to_read.pop_front() {
            if self.wants_to_read(id) {
                return Some(id);
            }
        }
        None
    }

    /// Whether bytes of this connection are looked at now. Not while it is frozen, while a request
    /// of it is delayed, while its client does not take what it is sent, or once it is to be
    /// closed; then a transport had better not read.
    ///
    /// A half-open connection reads: what comes is thrown away.
    #[must_use]
    pub fn wants_to_read(&self, id: ConnectionId) -> bool {
        self.connections.get(&id).is_some_and(|connection| match connection.line {
            Line::HalfOpen => true,
            Line::Frozen => false,
            Line::Whole => {
                connection.stage != Stage::Closing
                    && connection.delayed.is_none()
                    && !connection.awaits_session
                    && connection.output.len() < MUCH_OUTPUT
            }
        })
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called, on the caller's clock; may
    /// be in the past. Ask again after every other call.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Time> {
        self.next_timeout().map(|at| Time::since_origin(at.since(Time::since_origin(self.moved))))
    }

    /// The time has come, or time has passed: sessions expire, delays end, containers are looked
    /// at. Calling it early does no harm.
    pub fn handle_timeout(&mut self, now: Time) {
        self.at(now);
        self.pass_time();
    }

    /// How it behaves.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The tree.
    #[must_use]
    pub const fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The last transaction.
    #[must_use]
    pub const fn last_zxid(&self) -> Zxid {
        self.zxid
    }
}

/// What the rooms of the machine share.
impl Server {
    /// It is so late, on the caller's clock. Time does not run backwards.
    pub(super) fn at(&mut self, now: Time) {
        self.now = self.now.max(now.after(self.moved));
    }

    /// How late it is for it.
    pub(super) const fn clock(&self) -> Time {
        self.now
    }

    /// The date: milliseconds since the Unix epoch.
    pub(crate) fn date_ms(&self) -> i64 {
        let date = self.config.origin_ms.saturating_add(self.now.as_millis());
        date.saturating_add(self.date_moved_ms)
    }

    fn is_before_3_9(&self) -> bool {
        self.config.profile < Profile::V3_9_5
    }

    /// Who asks, and of what.
    fn asking<'a>(&'a self, session: SessionId, ids: &'a [Id]) -> Asking<'a> {
        Asking { tree: &self.tree, config: &self.config, session, ids }
    }

    /// Output was appended to a connection.
    fn announce(&mut self, id: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(&id) {
            if let Some(bytes) = connection.output.take_frame() {
                self.statistics.response(bytes);
            }
            if !connection.announced {
                connection.announced = true;
                self.to_transmit.push_back(id);
            }
            self.unsent = connection.weigh(self.unsent);
        }
    }

    /// The output of a connection became more or less: it counts as it is.
    fn weigh(&mut self, id: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(&id) {
            self.unsent = connection.weigh(self.unsent);
        }
    }

    /// Closes a connection behind what it still has to send. Its watches are gone at once, and its
    /// session is not attached any more.
    fn close(&mut self, id: ConnectionId) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if connection.stage == Stage::Closing {
            return;
        }
        connection.stage = Stage::Closing;
        connection.delayed = None;
        let frozen = connection.line == Line::Frozen;
        self.forget_line(id);
        if !frozen {
            self.to_close.push_back(id);
        }
    }

    /// Closes a connection at once: what it still had to send is lost.
    fn hang_up(&mut self, id: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.output.clear();
        }
        self.weigh(id);
        self.close(id);
    }

    /// Watches, session and address know nothing of a connection any more.
    fn forget_line(&mut self, id: ConnectionId) {
        self.watches.remove_connection(id);
        let Some(connection) = self.connections.get_mut(&id) else { return };
        self.sessions.detach(connection.session, id);
        if std::mem::take(&mut connection.counted) {
            let address = connection.peer.ip();
            if let Some(count) = self.of_address.get_mut(&address) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    self.of_address.remove(&address);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
