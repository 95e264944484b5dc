//! TCP that loses what it is told to lose: the replies, or the requests, and then itself.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use zookit_client::{BoxFuture, Client, ConnectOptions, Dialer, Endpoint, TcpDialer, Transport};

use super::Place;

/// What becomes of the newest connection of a client.
#[derive(Debug, Default)]
pub(crate) struct Lossy(Mutex<Arc<Control>>);

#[derive(Debug, Default)]
struct Control {
    /// What the server says is not heard.
    deaf: AtomicBool,
    /// What the client says is taken and not passed on.
    mute: AtomicBool,
    cut: AtomicBool,
    reader: Mutex<Option<Waker>>,
}

struct Connection {
    inner: Box<dyn Transport>,
    control: Arc<Control>,
}

impl Lossy {
    /// A client whose connections are in the test's hands.
    pub(crate) async fn client(place: &Place) -> (Client, Arc<Self>) {
        let lossy = Arc::new(Self::default());
        let dialer = Arc::clone(&lossy) as Arc<dyn Dialer>;
        let options = ConnectOptions { dialer, ..place.server.options() };
        (place.client_with(options).await, lossy)
    }

    fn control(&self) -> Arc<Control> {
        Arc::clone(&self.0.lock().unwrap())
    }

    /// Loses the replies from here on.
    pub(crate) fn deafen(&self) {
        self.control().deaf.store(true, Ordering::SeqCst);
    }

    /// Loses the requests from here on.
    pub(crate) fn mute(&self) {
        self.control().mute.store(true, Ordering::SeqCst);
    }

    /// Ends the connection; the next one loses nothing.
    pub(crate) fn cut(&self) {
        let control = self.control();
        control.cut.store(true, Ordering::SeqCst);
        if let Some(reader) = control.reader.lock().unwrap().take() {
            reader.wake();
        }
    }
}

impl Dialer for Lossy {
    fn dial<'a>(
        &'a self,
        address: SocketAddr,
        server: &'a Endpoint,
    ) -> BoxFuture<'a, io::Result<Box<dyn Transport>>> {
        Box::pin(async move {
            let inner = TcpDialer.dial(address, server).await?;
            let control = Arc::new(Control::default());
            *self.0.lock().unwrap() = Arc::clone(&control);
            Ok(Box::new(Connection { inner, control }) as Box<dyn Transport>)
        })
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        *self.control.reader.lock().unwrap() = Some(context.waker().clone());
        if self.control.cut.load(Ordering::SeqCst) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        if self.control.deaf.load(Ordering::SeqCst) {
            return Poll::Pending;
        }
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.control.mute.load(Ordering::SeqCst) {
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
