//! Where a tracer listens.

use std::net::SocketAddr;

use zookit_proto::tap::{ConnectionId, Direction};

/// Sees the bytes of every connection as they pass.
///
/// They are cut wherever the network cut them; frames are for the listener to find. Bytes count as
/// passed when the receiver's system has taken them, so what is lost on the way is not seen, and
/// what is delayed is seen when it arrives.
///
/// Called on the proxy's thread, which waits for it: an implementation returns at once, never blocks,
/// and when it cannot keep up drops what it was given and counts it. It must not call the proxy.
/// Bytes hold passwords of sessions and credentials; what keeps or prints them must leave those out.
pub trait WireTap: Send + Sync {
    /// The server was reached: what one side says is heard by the other from now on.
    fn opened(&self, connection: ConnectionId, client: SocketAddr, server: SocketAddr);

    /// Bytes passed in this direction, behind those of the last call for it.
    fn passed(&self, connection: ConnectionId, direction: Direction, bytes: &[u8]);

    /// The connection ended, or does not hear of its server any more.
    fn closed(&self, connection: ConnectionId);
}
