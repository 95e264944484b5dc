//! Where a tracer listens.

use bytes::Bytes;

/// Which way a frame went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From a client to a server.
    ToServer,
    /// From a server to a client.
    ToClient,
}

/// A connection, as the side that taps it numbers its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// Sees every frame that a client, a server or a relay handles, in the order of the connection.
///
/// Called on the path of every frame: an implementation returns at once, never blocks, and when
/// it cannot keep up drops what it was given and counts it.
/// Frames carry session passwords and credentials; what keeps or prints them must leave those out.
pub trait Tap: Send + Sync {
    /// A connection was opened between these two addresses, in the text form of its transport.
    fn opened(&self, connection: ConnectionId, client: &str, server: &str);

    /// A frame's payload, without its length. The first each way is the handshake, which has no
    /// header.
    fn frame(&self, connection: ConnectionId, direction: Direction, payload: &Bytes);

    /// The connection ended, for this reason.
    fn closed(&self, connection: ConnectionId, reason: &str);
}
