//! The machine: connections, sessions, watches and the tree, and nothing that is not in memory.
//!
//! Four families of methods. What happens to connections: [`connect`](Server::connect),
//! [`receive`](Server::receive), [`written`](Server::written),
//! [`disconnected`](Server::disconnected), and the clock,
//! [`handle_timeout`](Server::handle_timeout). What a transport must do: the `poll_*` methods, to
//! be asked until they say `None` after each call of the first family and of the last. What it
//! may ask: getters. And what a test can do, in `control.rs`.
//!
//! Requests are carried out when they are received, one after the other, in the order of the calls:
//! that is the one order of all transactions.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use bytes::BytesMut;

use super::connection::ConnectionId;
use super::{Config, Time};

/// A ZooKeeper server as a state machine: no socket, no clock, no task.
#[derive(Debug)]
pub struct Server {
    config: Config,
    next_connection: u64,
    connections: BTreeMap<ConnectionId, SocketAddr>,
    to_close: VecDeque<ConnectionId>,
}

impl Server {
    /// A server with an empty tree, at the origin of time. The seed decides all that is random.
    #[must_use]
    pub fn new(config: Config, seed: u64) -> Self {
        let _ = seed;
        Self { config, next_connection: 1, connections: BTreeMap::new(), to_close: VecDeque::new() }
    }

    /// A transport is up. If the server refuses it, [`poll_close`](Self::poll_close) says so at
    /// once, and no byte is sent.
    pub fn connect(&mut self, now: Time, peer: SocketAddr) -> ConnectionId {
        let _ = now;
        let id = ConnectionId(self.next_connection);
        self.next_connection = self.next_connection.saturating_add(1);
        self.connections.insert(id, peer);
        id
    }

    /// Bytes came. Takes whole frames off the front of `bytes` and carries them out; what is left
    /// is the beginning of a frame, or was not looked at since the connection does not
    /// [want to read](Self::wants_to_read): call again with it and what comes behind it, also
    /// when [`poll_read`](Self::poll_read) names the connection.
    ///
    /// After the connection was closed, bytes are thrown away.
    pub fn receive(&mut self, now: Time, id: ConnectionId, bytes: &mut BytesMut) {
        let _ = (now, id);
        bytes.clear();
    }

    /// The transport is gone, by whoever's doing; also after a [`poll_close`](Self::poll_close),
    /// when it is closed. The session of the connection lives on until its time is over.
    pub fn disconnected(&mut self, now: Time, id: ConnectionId) {
        let _ = now;
        self.connections.remove(&id);
    }

    /// The next connection that has got something to send since this named it last; then
    /// [`transmit`](Self::transmit) has it.
    pub fn poll_transmit(&mut self) -> Option<ConnectionId> {
        None
    }

    /// What is to be sent, in order. Nothing for a connection that is gone.
    pub fn transmit(&self, id: ConnectionId) -> impl Iterator<Item = &[u8]> {
        let _ = id;
        std::iter::empty()
    }

    /// The transport took so many bytes of what [`transmit`](Self::transmit) gave.
    pub fn written(&mut self, id: ConnectionId, count: usize) {
        let _ = (id, count);
    }

    /// The next connection to close: send what [`transmit`](Self::transmit) still has for it, then
    /// close, then call [`disconnected`](Self::disconnected). Each is named once.
    pub fn poll_close(&mut self) -> Option<ConnectionId> {
        self.to_close.pop_front()
    }

    /// The next connection that wants to read again after it did not: call
    /// [`receive`](Self::receive) with what it left, even without new bytes.
    pub fn poll_read(&mut self) -> Option<ConnectionId> {
        None
    }

    /// Whether bytes of this connection are looked at now. Not while it is frozen, while a request
    /// of it is delayed, or once it is to be closed; then a transport had better not read.
    #[must_use]
    pub fn wants_to_read(&self, id: ConnectionId) -> bool {
        self.connections.contains_key(&id)
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called; may be in the past. Ask
    /// again after every other call.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Time> {
        None
    }

    /// The time has come, or time has passed: sessions expire, delays end, containers are looked
    /// at. Calling it early does no harm.
    pub fn handle_timeout(&mut self, now: Time) {
        let _ = now;
    }

    /// How it behaves.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }
}
