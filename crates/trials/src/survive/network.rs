//! The client's network, looked at and led: dials counted, names resolved as a scenario likes.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;
use zookit_client::{BoxFuture, Dialer, Endpoint, Resolver, TcpDialer, Transport};

/// TCP, with a note of every dial.
#[derive(Debug, Clone, Default)]
pub(crate) struct CountingDialer(Arc<Mutex<Vec<(Instant, SocketAddr)>>>);

impl CountingDialer {
    fn lock(&self) -> MutexGuard<'_, Vec<(Instant, SocketAddr)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When dials began, and where to, so far.
    pub(crate) fn dials(&self) -> Vec<(Instant, SocketAddr)> {
        self.lock().clone()
    }
}

impl Dialer for CountingDialer {
    fn dial<'a>(
        &'a self,
        address: SocketAddr,
        server: &'a Endpoint,
    ) -> BoxFuture<'a, io::Result<Box<dyn Transport>>> {
        self.lock().push((Instant::now(), address));
        TcpDialer.dial(address, server)
    }
}

/// Names, and the addresses that they have for now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names(Arc<Mutex<BTreeMap<String, Vec<SocketAddr>>>>);

impl Names {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Vec<SocketAddr>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The name has these addresses from now on.
    pub(crate) fn set(&self, name: &str, addresses: Vec<SocketAddr>) {
        self.lock().insert(name.to_owned(), addresses);
    }
}

impl Resolver for Names {
    fn resolve<'a>(&'a self, host: &'a str, _: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        let found = self.lock().get(host).cloned();
        let missing = || io::Error::new(io::ErrorKind::NotFound, "the name does not resolve");
        Box::pin(async move { found.ok_or_else(missing) })
    }
}

/// TCP of which this end can be made to break while bytes are on their way to the other.
#[derive(Debug, Clone, Default)]
pub(crate) struct BreakingDialer(Arc<Mutex<Break>>);

#[derive(Debug, Default)]
struct Break {
    /// Of the connections before this number, all are broken.
    before: u64,
    dialed: u64,
    reader: Option<Waker>,
}

impl BreakingDialer {
    fn lock(&self) -> MutexGuard<'_, Break> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Breaks the connection there is; what was written to it arrives all the same.
    pub(crate) fn break_off(&self) {
        let mut state = self.lock();
        state.before = state.dialed;
        let reader = state.reader.take();
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

impl Dialer for BreakingDialer {
    fn dial<'a>(
        &'a self,
        address: SocketAddr,
        _: &'a Endpoint,
    ) -> BoxFuture<'a, io::Result<Box<dyn Transport>>> {
        Box::pin(async move {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let mut state = self.lock();
            let number = state.dialed;
            state.dialed += 1;
            drop(state);
            let breaking = Breaking { stream, number, dialer: self.clone() };
            Ok(Box::new(breaking) as Box<dyn Transport>)
        })
    }
}

/// A connection of a [`BreakingDialer`].
struct Breaking {
    stream: TcpStream,
    number: u64,
    dialer: BreakingDialer,
}

impl AsyncRead for Breaking {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        {
            let mut state = self.dialer.lock();
            if self.number < state.before {
                return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
            }
            state.reader = Some(context.waker().clone());
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Breaking {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
