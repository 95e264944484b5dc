//! What a server tells of itself: its sessions, its connections, its watches.

use std::net::SocketAddr;
use std::time::Duration;

use zookit_proto::{SessionId, Text};

use super::super::connection::{Connection, ConnectionId, Line, Stage};
use super::super::statistics::count;
use super::super::watches::{Mode, Modes};
use super::Server;

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionInfo {
    /// Its id.
    pub id: SessionId,
    /// As it was negotiated last.
    pub timeout: Duration,
    /// How long it lives if nothing is heard of it any more.
    pub left: Duration,
    /// The connection it is attached to.
    pub connection: Option<ConnectionId>,
    /// Known to no transaction: it began while the server was read-only, and ends with that.
    pub local: bool,
    /// Its ephemeral znodes.
    pub ephemerals: Vec<Text>,
}

/// A connection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionInfo {
    /// Its number.
    pub id: ConnectionId,
    /// Who is at the other end.
    pub peer: SocketAddr,
    /// Its session; `None` before the handshake.
    pub session: Option<SessionId>,
    /// Whether it is frozen.
    pub frozen: bool,
    /// Whether it is half-open.
    pub half_open: bool,
    /// Whether it is to be closed.
    pub closing: bool,
    /// How many bytes its transport has not taken yet.
    pub unsent: usize,
}

/// How a connection watches a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum WatchMode {
    /// Once, for data, creation and deletion: of getData and exists.
    Data,
    /// Once, for children and deletion: of getChildren.
    Children,
    /// Again and again.
    Persistent,
    /// Again and again, with all below.
    PersistentRecursive,
}

/// A watch. One persistent watch stands once here, though a server keeps it among those on data
/// and those on children.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct WatchInfo {
    /// What is watched.
    pub path: Text,
    /// By which connection.
    pub connection: ConnectionId,
    /// Its session.
    pub session: SessionId,
    /// How.
    pub mode: WatchMode,
}

impl Server {
    /// The sessions that live, by id.
    #[must_use]
    pub fn sessions(&self) -> Vec<SessionInfo> {
        let info = self.sessions.iter().map(|(id, session)| SessionInfo {
            id,
            timeout: session.timeout,
            left: session.expires.since(self.now),
            connection: session.connection,
            local: session.local,
            ephemerals: self.tree.ephemerals(id),
        });
        info.collect()
    }

    /// The connections whose transports are there, by number.
    #[must_use]
    pub fn connections(&self) -> Vec<ConnectionInfo> {
        self.connections.iter().map(|(id, connection)| describe(*id, connection)).collect()
    }

    /// Bytes that transports have not taken yet, of all connections together.
    #[must_use]
    pub const fn unsent_bytes(&self) -> usize {
        self.unsent
    }

    /// The connection whose transport has got the most bytes to take; `None` if none has any.
    #[must_use]
    pub fn most_unsent(&self) -> Option<ConnectionId> {
        let lengths = self.connections.iter().map(|(id, connection)| (connection.weighed, *id));
        lengths.filter(|(length, _)| *length > 0).max().map(|(_, id)| id)
    }

    /// A connection was refused before the machine heard of it: one above a limit of the network.
    pub(crate) const fn note_rejected(&mut self) {
        count(&mut self.statistics.rejected);
    }

    /// How many connections there are that are not to be closed.
    #[must_use]
    pub fn connection_count(&self) -> usize {
        self.connections.values().filter(|connection| connection.stage != Stage::Closing).count()
    }

    /// The watches, by path, connection and mode.
    #[must_use]
    pub fn watches(&self) -> Vec<WatchInfo> {
        let data = self.watches.data().by_path().map(|entry| (WatchMode::Data, entry));
        let child = self.watches.child().by_path().map(|entry| (WatchMode::Children, entry));
        let mut all = Vec::new();
        for (standard, (path, watchers)) in data.chain(child) {
            for (connection, modes) in watchers {
                let session = self.session_of(*connection);
                let info = modes_of(*modes, standard).map(|mode| WatchInfo {
                    path: path.clone(),
                    connection: *connection,
                    session,
                    mode,
                });
                all.extend(info);
            }
        }
        all.sort();
        all.dedup();
        all
    }

    /// The session of a connection; [`SessionId::NONE`] if it has none.
    #[must_use]
    pub fn session_of(&self, id: ConnectionId) -> SessionId {
        self.connections.get(&id).map_or(SessionId::NONE, |connection| connection.session)
    }
}

fn modes_of(modes: Modes, standard: WatchMode) -> impl Iterator<Item = WatchMode> {
    let each = [
        (Mode::Standard, standard),
        (Mode::Persistent, WatchMode::Persistent),
        (Mode::Recursive, WatchMode::PersistentRecursive),
    ];
    each.into_iter().filter(move |(mode, _)| modes.contains(*mode)).map(|(_, mode)| mode)
}

fn describe(id: ConnectionId, connection: &Connection) -> ConnectionInfo {
    ConnectionInfo {
        id,
        peer: connection.peer,
        session: Some(connection.session).filter(|session| *session != SessionId::NONE),
        frozen: connection.line == Line::Frozen,
        half_open: connection.line == Line::HalfOpen,
        closing: connection.stage == Stage::Closing,
        unsent: connection.output.len(),
    }
}
