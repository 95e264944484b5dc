//! Handshake and stream: TCP first, then TLS on it.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;
use zookit_session::{Endpoint, SentRule};

use super::error::{TlsError, TlsFailure, TlsOptionsError};
use super::options::{Roots, TlsOptions};
use super::{diagnosis, load};
use crate::network::{BoxFuture, Dialer, Transport};

/// Opens connections by TLS. Made of [`TlsOptions`] once; what its files become later is not seen,
/// so a client with a renewed certificate is a new client.
///
/// [`dial`](Dialer::dial) ends when the handshake is complete, or with an error in which
/// [`TlsError::of`] finds what is wrong. In TLS 1.3 that is before the server has looked at the
/// client's certificate: a refusal is then the error of the first read.
pub struct TlsDialer {
    configuration: Arc<ClientConfig>,
    options: TlsOptions,
}

impl TlsDialer {
    /// Reads the files that the options name, and blocks while it does.
    ///
    /// # Errors
    /// What the options name cannot be read, is no PEM, or does not belong together.
    pub fn new(options: &TlsOptions) -> Result<Self, TlsOptionsError> {
        let configuration = Arc::new(load::configuration(options)?);
        Ok(Self { configuration, options: options.clone() })
    }

    async fn connect(
        &self,
        address: SocketAddr,
        server: &Endpoint,
    ) -> io::Result<Box<dyn Transport>> {
        let name = self.options.name_for(&server.host);
        let failed = |failure| io::Error::from(TlsError::new(server, address, name, failure));
        let subject = ServerName::try_from(name.to_owned());
        let subject = subject.map_err(|_| failed(TlsFailure::UnusableName))?;
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let has_certificate = self.options.client_certificate.is_some();
        let connector = TlsConnector::from(Arc::clone(&self.configuration));
        let inner = connector.connect(subject, stream).await.map_err(|error| {
            diagnosis::of_handshake(&error, has_certificate).map_or(error, failed)
        })?;
        let (server, name) = (server.clone(), name.to_owned());
        Ok(Box::new(Stream { inner, address, server, name, has_certificate }))
    }
}

impl Dialer for TlsDialer {
    fn dial<'a>(
        &'a self,
        address: SocketAddr,
        server: &'a Endpoint,
    ) -> BoxFuture<'a, io::Result<Box<dyn Transport>>> {
        Box::pin(self.connect(address, server))
    }

    /// TLS may keep back what it has taken, and send it later.
    fn sent_rule(&self) -> SentRule {
        SentRule::FirstByte
    }
}

/// The options, which print no key.
impl fmt::Debug for TlsDialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsDialer").field("options", &self.options).finish_non_exhaustive()
    }
}

/// Whether somebody speaks TLS at an address, with whatever certificate. For whoever has connected
/// there without and found a server that closes: that is what a `secureClientPort` does.
///
/// It takes as long as the other side does: bound it.
///
/// # Errors
/// Nobody takes the connection.
///
/// # Cancel safety
/// Dropping the future closes the connection.
pub async fn speaks_tls(address: SocketAddr) -> io::Result<bool> {
    // No root at all is trusted, so what speaks TLS ends in an error that says so.
    let roots = Roots { system: false, pem: Vec::new() };
    let options = TlsOptions { roots, ..TlsOptions::default() };
    let configuration = load::configuration(&options).map_err(io::Error::other)?;
    let stream = TcpStream::connect(address).await?;
    let connector = TlsConnector::from(Arc::new(configuration));
    let spoken = connector.connect(ServerName::from(address.ip()), stream).await;
    Ok(match spoken {
        Ok(_) => true,
        Err(error) => match diagnosis::of_handshake(&error, false) {
            None | Some(TlsFailure::NotTls | TlsFailure::ClosedInHandshake) => false,
            Some(_) => true,
        },
    })
}

/// An established connection. Errors of TLS are put into our words on the way.
struct Stream {
    inner: TlsStream<TcpStream>,
    address: SocketAddr,
    server: Endpoint,
    name: String,
    has_certificate: bool,
}

impl Stream {
    fn explain(&self, error: io::Error) -> io::Error {
        match diagnosis::of_read(&error, self.has_certificate) {
            Some(failure) => TlsError::new(&self.server, self.address, &self.name, failure).into(),
            None => error,
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.inner).poll_read(context, buffer) {
            // The end without TLS' word for it: frames have their length, so none can be cut short
            // unseen, and it is no more than the end of the connection.
            Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(self.explain(error))),
            other => other,
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        written.map_err(|error| self.explain(error))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(context, slices);
        written.map_err(|error| self.explain(error))
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.inner).poll_flush(context);
        flushed.map_err(|error| self.explain(error))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
