//! The end of a connection: what each side hears of it.

use std::future::poll_fn;
use std::io;
use std::net::Shutdown;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::time::timeout;
use zookit_proto::tap::ConnectionId;

use super::End;
use crate::cut::{Cut, Side};
use crate::shared::Shared;

/// How long a closed side is read on, so that what it still sends does not turn the orderly end into
/// a reset, which would take from it what it has not read yet.
const LINGER: Duration = Duration::from_millis(500);

/// The place of a connection among the others, which it leaves when this is dropped.
pub(super) struct Ending {
    shared: Arc<Shared>,
    id: ConnectionId,
    left: bool,
}

impl Ending {
    pub(super) const fn new(shared: Arc<Shared>, id: ConnectionId) -> Self {
        Self { shared, id, left: false }
    }

    /// Ends the connection. Half-open sides stay until they are cut otherwise.
    pub(super) async fn carry_out(
        mut self,
        end: End,
        client: Arc<TcpStream>,
        server: Option<Arc<TcpStream>>,
    ) {
        let mut sides = [Some(client), server];
        let mut end = end;
        let mut closing = Vec::new();
        while let Some(cut) = end.cut() {
            self.cut(cut, &mut sides, &mut closing);
            if sides.iter().all(Option::is_none) {
                break;
            }
            end = self.next_stop().await;
        }
        drop(sides);
        self.leave();
        for side in closing {
            // Whether its end is heard of or not.
            let _ = timeout(LINGER, drain(side)).await;
        }
    }

    /// Cuts the sides that are left.
    fn cut(
        &self,
        cut: Cut,
        sides: &mut [Option<Arc<TcpStream>>; 2],
        closing: &mut Vec<Arc<TcpStream>>,
    ) {
        let (client, server) = cut.sides();
        for (side, how) in sides.iter_mut().zip([client, server]) {
            let Some(stream) = side.take() else { continue };
            match how {
                Side::Silence => *side = Some(stream),
                // If it fails it is gone already.
                Side::Reset => drop(SockRef::from(&*stream).set_linger(Some(Duration::ZERO))),
                Side::Close => {
                    shut_down(&stream);
                    closing.push(stream);
                }
            }
        }
        // Without a side the connection leaves, which says that it is done.
        if sides.iter().any(Option::is_some) {
            let mut state = self.shared.lock();
            state.cut_is_done(self.id);
            self.shared.note(&mut state);
        }
    }

    async fn next_stop(&self) -> End {
        let stop = poll_fn(|context| match self.shared.lock().enter(self.id, context) {
            Some(stop) => Poll::Ready(stop),
            None => Poll::Pending,
        });
        End::Stop(stop.await)
    }

    fn leave(&mut self) {
        if std::mem::replace(&mut self.left, true) {
            return;
        }
        let mut state = self.shared.lock();
        if let Some(line) = state.lines.remove(&self.id) {
            if let (Some(tap), Some(_)) = (&self.shared.tap, line.server) {
                tap.closed(self.id);
            }
        }
        self.shared.note(&mut state);
    }
}

/// Also when the runtime ends with its tasks.
impl Drop for Ending {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Tells the other end that nothing more comes.
fn shut_down(stream: &TcpStream) {
    // It fails if the other end is gone already.
    let _ = SockRef::from(stream).shutdown(Shutdown::Write);
}

/// Throws away what the other end still sends, until it ends, too.
async fn drain(stream: Arc<TcpStream>) {
    let mut nowhere = [0; 4096];
    while stream.readable().await.is_ok() {
        match stream.try_read(&mut nowhere) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Ok(1..) => {}
            Ok(0) | Err(_) => return,
        }
    }
}
