//! One connection: reads into its buffer and writes what the session has, both at once.

use std::fmt;
use std::future::Future;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::BytesMut;
use tokio::io::{AsyncReadExt as _, AsyncWrite as _};
use zookit_session::Loss;

use crate::network::Transport;

/// A read asks for this much, as long as there is much to read; frames are slices of it.
const READ_CHUNK: usize = 64 * 1024;

/// A read asks for this much on a connection that is idle: what is to come is a pong of 20 bytes.
/// What is longer takes a second read, with the whole chunk.
const IDLE_CHUNK: usize = 256;

/// A read is not begun with less room than this part of what it would ask for.
const LEAST_ROOM: usize = 16;

/// Chunks of one vectored write, at most.
const MOST_SLICES: usize = 64;

/// A connection and what came over it that the session has not taken yet.
pub(super) struct Connection {
    transport: Box<dyn Transport>,
    pub(super) address: SocketAddr,
    pub(super) received: BytesMut,
    /// How much the next read asks for.
    chunk: usize,
    /// Whether the server has granted the session on it.
    pub(super) established: bool,
    /// Something was written since the last flush.
    flushing: bool,
}

/// What one turn moved.
#[derive(Debug, Default)]
pub(super) struct Moved {
    pub(super) written: usize,
    pub(super) received: usize,
    /// It ended, behind all that.
    pub(super) loss: Option<Loss>,
    /// What it ended with, if reading said so.
    pub(super) error: Option<io::Error>,
}

impl Connection {
    pub(super) fn new(transport: Box<dyn Transport>, address: SocketAddr) -> Self {
        let received = BytesMut::new();
        let chunk = IDLE_CHUNK;
        Self { transport, address, received, chunk, established: false, flushing: false }
    }

    /// Gives memory back: nothing is expected for a while.
    pub(super) fn rest(&mut self) {
        if self.received.is_empty() {
            self.received = BytesMut::new();
            self.chunk = IDLE_CHUNK;
        }
    }

    /// Writes what can be written of `chunks` and reads what there is to be read.
    ///
    /// Reading goes on while a write waits: or two sides that both write without reading would
    /// wait for each other for ever.
    pub(super) fn poll_move<'a>(
        &mut self,
        context: &mut Context<'_>,
        chunks: impl Iterator<Item = &'a [u8]>,
    ) -> Poll<Moved> {
        let mut moved = Moved::default();
        let mut slices = [IoSlice::new(&[]); MOST_SLICES];
        let mut count = 0;
        for (slice, chunk) in slices.iter_mut().zip(chunks.filter(|chunk| !chunk.is_empty())) {
            *slice = IoSlice::new(chunk);
            count += 1;
        }
        let mut failed = false;
        if count > 0 {
            match self.poll_write(context, &slices[..count]) {
                Poll::Ready(Ok(written)) => {
                    moved.written = written;
                    self.flushing = written > 0;
                    failed = written == 0;
                }
                Poll::Ready(Err(_)) => failed = true,
                Poll::Pending => {}
            }
        }
        if self.flushing {
            match Pin::new(&mut self.transport).poll_flush(context) {
                Poll::Ready(Ok(())) => self.flushing = false,
                Poll::Ready(Err(_)) => failed = true,
                Poll::Pending => {}
            }
        }
        match self.poll_read(context) {
            Poll::Ready(Ok(0)) => moved.loss = Some(Loss::Fin),
            Poll::Ready(Ok(received)) => moved.received = received,
            Poll::Ready(Err(error)) => {
                moved.loss = Some(Loss::Reset);
                moved.error = Some(error);
            }
            // What can still be read is read before a failed write ends the connection.
            Poll::Pending if failed => moved.loss = Some(Loss::Reset),
            Poll::Pending if moved.written == 0 => return Poll::Pending,
            Poll::Pending => {}
        }
        Poll::Ready(moved)
    }

    fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let transport = Pin::new(&mut self.transport);
        match slices {
            [slice] => transport.poll_write(context, slice),
            slices => transport.poll_write_vectored(context, slices),
        }
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.received.capacity() - self.received.len() < self.chunk / LEAST_ROOM {
            self.received.reserve(self.chunk);
        }
        let room = self.received.capacity() - self.received.len();
        // The future keeps nothing between two polls, so a fresh one does each time.
        let read = pin!(self.transport.read_buf(&mut self.received)).poll(context);
        if matches!(read, Poll::Ready(Ok(count)) if count == room) {
            self.chunk = READ_CHUNK;
        }
        read
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("address", &self.address).finish_non_exhaustive()
    }
}
