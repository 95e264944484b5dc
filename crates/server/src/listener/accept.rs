//! Connections are taken, one after the other.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

use super::line;
use super::shared::Shared;

/// How long to let the system come round when it has no more file descriptors, or the like.
const BREATH: Duration = Duration::from_millis(20);

pub(super) async fn accept(shared: Arc<Shared>, listener: TcpListener) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => take(&shared, stream, peer),
            Err(_) => tokio::time::sleep(BREATH).await,
        }
    }
}

/// A connection above the limit is closed at once, without a byte, as the real server does.
fn take(shared: &Arc<Shared>, stream: TcpStream, peer: std::net::SocketAddr) {
    // Without it replies would wait for acknowledgements; if it fails the peer is gone already.
    let _ = stream.set_nodelay(true);
    let now = shared.now();
    let mut state = shared.lock();
    let most = state.limits.connections;
    if most > 0 && state.open_lines() >= most {
        state.server.note_rejected();
        return;
    }
    let id = state.server.connect(now, peer);
    state.open(id);
    shared.follow(&mut state, None);
    drop(state);
    tokio::spawn(line::serve(Arc::clone(shared), stream, id));
}
