//! What a proxy has done, and what it is doing.

use std::net::SocketAddr;

use zookit_proto::tap::ConnectionId;

/// What a proxy has done since it was started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Connections that were taken, those included that are ignored.
    pub made: u64,
    /// Of those, the ones that are still there, to one of their sides at least.
    pub open: usize,
    /// Those for which the server was reached.
    pub reached: u64,
    /// Those for which the server could not be reached.
    pub unreached: u64,
    /// Bytes given to servers.
    pub to_server: u64,
    /// Bytes given to clients.
    pub to_client: u64,
    /// Bytes thrown away by [`Flow::swallow`](crate::Flow::swallow).
    pub swallowed: u64,
    /// How often [faults](crate::Fault) struck, removed ones too.
    pub struck: u64,
}

/// A connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionInfo {
    /// Its number.
    pub id: ConnectionId,
    /// From where the client connected.
    pub client: SocketAddr,
    /// To which server it goes; `None` as long as that is not reached.
    pub server: Option<SocketAddr>,
    /// Bytes given to the server.
    pub to_server: u64,
    /// Bytes given to the client.
    pub to_client: u64,
}
