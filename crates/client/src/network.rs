//! Where the network plugs in: names to addresses, addresses to streams of bytes.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use zookit_session::{Endpoint, SentRule};

/// A two-way stream of bytes: what a [`Dialer`] gives.
pub trait Transport: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Transport for T {}

/// A future as a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Turns a server's name into addresses. Asked anew for each attempt to connect, except for hosts
/// that are addresses already.
pub trait Resolver: fmt::Debug + Send + Sync {
    /// The addresses of a host, in the order in which to try them.
    ///
    /// # Errors
    /// There are none, or none for now; the client comes back to it.
    fn resolve<'a>(
        &'a self,
        host: &'a str,
        port: u16,
    ) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>>;
}

/// Opens a connection to an address.
pub trait Dialer: fmt::Debug + Send + Sync {
    /// Connects; `server` is what the connect string says, for whoever checks names.
    ///
    /// The future is dropped when the attempt takes too long.
    ///
    /// # Errors
    /// Nobody answers there, or not as they should.
    fn dial<'a>(
        &'a self,
        address: SocketAddr,
        server: &'a Endpoint,
    ) -> BoxFuture<'a, io::Result<Box<dyn Transport>>>;

    /// When bytes count as sent. A transport that keeps bytes back, as TLS does, must say
    /// [`SentRule::FirstByte`].
    fn sent_rule(&self) -> SentRule {
        SentRule::LastByte
    }
}

/// The system's resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve<'a>(
        &'a self,
        host: &'a str,
        port: u16,
    ) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }
}

/// TCP, without delay.
#[derive(Debug, Clone, Copy, Default)]
pub struct TcpDialer;

impl Dialer for TcpDialer {
    fn dial<'a>(
        &'a self,
        address: SocketAddr,
        _: &'a Endpoint,
    ) -> BoxFuture<'a, io::Result<Box<dyn Transport>>> {
        Box::pin(async move {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as Box<dyn Transport>)
        })
    }
}
