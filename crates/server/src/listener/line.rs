//! One connection: a task that reads, has the machine do the requests, and writes what it says.
//!
//! Between requests a connection holds no buffer: all of them read into one, since one task runs at
//! a time. What is left of a request that has not come whole is kept in as many bytes as it has, so
//! that ten thousand slow clients take what they have sent and no more.

use std::io::{self, IoSlice};
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::shared::{Shared, State};
use crate::core::ConnectionId;

/// How much is read at once.
const CHUNK: usize = 64 * 1024;

/// What is left of a request is kept in the buffer that it was read into if it is at least so much,
/// rather than copied at every read.
const LARGE: usize = 16 * 1024;

/// Slices for one write.
const SLICES: usize = 16;

/// How long a client has to take what is sent to it before its connection is closed.
const FLUSH_WITHIN: Duration = Duration::from_secs(5);

/// How long a closed connection is read on, so that what the client sends meanwhile does not take
/// the last reply from it: a reset would.
const LINGER: Duration = Duration::from_millis(500);

/// Serves one connection to its end.
pub(super) async fn serve(shared: Arc<Shared>, stream: TcpStream, id: ConnectionId) {
    let mut line = Line { shared, stream, id, kept: BytesMut::new(), gone: false };
    let end = std::future::poll_fn(|context| line.poll(context)).await;
    if matches!(end, End::Close) {
        let flush = std::future::poll_fn(|context| line.poll_flush(context));
        let flushed = matches!(timeout(FLUSH_WITHIN, flush).await, Ok(Ok(())));
        line.forget();
        if flushed && line.stream.shutdown().await.is_ok() {
            // Whether its end is heard of or not.
            let _ = timeout(LINGER, line.drain()).await;
        }
    }
}

/// Why a connection is not served any more.
enum End {
    /// The machine closes it.
    Close,
    /// The peer is gone.
    Gone,
}

struct Line {
    shared: Arc<Shared>,
    stream: TcpStream,
    id: ConnectionId,
    /// Bytes that the machine left: the beginning of a request, or requests it does not want yet.
    kept: BytesMut,
    /// The machine has heard that the connection is gone.
    gone: bool,
}

impl Line {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<End> {
        loop {
            let shared = Arc::clone(&self.shared);
            let mut state = shared.lock();
            state.enter(self.id, context);
            if let Poll::Ready(Err(_)) = self.write(&mut state, context) {
                return Poll::Ready(End::Gone);
            }
            // Asked for only now: what was written may have changed it.
            let doing = state.doing(self.id);
            if doing.closing {
                return Poll::Ready(End::Close);
            }
            if !state.server.wants_to_read(self.id) {
                return Poll::Pending;
            }
            if doing.again && !self.kept.is_empty() {
                let mut bytes = mem::take(&mut self.kept);
                state.incomplete = state.incomplete.saturating_sub(bytes.len());
                self.receive(&mut state, &mut bytes);
                self.keep(&mut state, bytes);
                continue;
            }
            if ready!(self.stream.poll_read_ready(context)).is_err() {
                return Poll::Ready(End::Gone);
            }
            match self.read(&mut state) {
                Ok(true) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(false) | Err(_) => return Poll::Ready(End::Gone),
            }
        }
    }

    /// Reads once, and has what came carried out. `false`: there will be no more, or is too much.
    fn read(&mut self, state: &mut State) -> io::Result<bool> {
        let mut bytes = if self.kept.len() < LARGE {
            let mut spare = mem::take(&mut state.spare);
            spare.extend_from_slice(&self.kept);
            spare
        } else {
            mem::take(&mut self.kept)
        };
        let before = bytes.len();
        bytes.reserve(CHUNK);
        let read = self.stream.try_read_buf(&mut bytes);
        if !matches!(read, Ok(1..)) {
            if self.kept.is_empty() && before > 0 {
                self.kept = bytes;
            } else {
                bytes.clear();
                state.spare = bytes;
            }
            return read.map(|_| false);
        }
        self.kept = BytesMut::new();
        state.incomplete = state.incomplete.saturating_sub(before);
        self.receive(state, &mut bytes);
        self.keep(state, bytes);
        Ok(state.incomplete <= state.limits.incomplete_bytes)
    }

    fn receive(&self, state: &mut State, bytes: &mut BytesMut) {
        let now = self.shared.now();
        state.server.receive(now, self.id, bytes);
        self.shared.follow(state, Some(self.id));
    }

    /// Keeps what the machine left, and gives the buffer back if it is little.
    fn keep(&mut self, state: &mut State, mut bytes: BytesMut) {
        state.incomplete = state.incomplete.saturating_add(bytes.len());
        if bytes.len() >= LARGE {
            self.kept = bytes;
            return;
        }
        self.kept = BytesMut::from(&bytes[..]);
        bytes.clear();
        state.spare = bytes;
    }

    /// Writes until all is written, or the transport takes no more.
    fn write(&self, state: &mut State, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let mut count = 0;
            for (slice, chunk) in slices.iter_mut().zip(state.server.transmit(self.id)) {
                *slice = IoSlice::new(chunk);
                count += 1;
            }
            if count == 0 {
                return Poll::Ready(Ok(()));
            }
            match self.stream.try_write_vectored(&slices[..count]) {
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Ok(written) => {
                    state.server.written(self.id, written);
                    self.shared.follow(state, Some(self.id));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    ready!(self.stream.poll_write_ready(context))?;
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    fn poll_flush(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.shared.lock();
        state.enter(self.id, context);
        self.write(&mut state, context)
    }

    /// The machine hears that the connection is gone, once.
    fn forget(&mut self) {
        if mem::replace(&mut self.gone, true) {
            return;
        }
        let mut state = self.shared.lock();
        state.incomplete = state.incomplete.saturating_sub(mem::take(&mut self.kept).len());
        state.leave(self.id);
        state.server.disconnected(self.shared.now(), self.id);
        self.shared.follow(&mut state, Some(self.id));
    }

    /// Throws away what the client still sends, until it is gone.
    async fn drain(&self) {
        let mut nowhere = [0; 4096];
        while self.stream.readable().await.is_ok() {
            match self.stream.try_read(&mut nowhere) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(1..) => {}
                Ok(0) | Err(_) => return,
            }
        }
    }
}

/// Also when the runtime ends with its tasks.
impl Drop for Line {
    fn drop(&mut self) {
        self.forget();
    }
}
