//! How the hosts that the docs name are reached: all are the server of the example.

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use zookit_client::admin::AskOptions;
use zookit_client::{
    BoxFuture, ConnectError, ConnectOptions, ConnectString, ConnectStringError, Dialer, Endpoint,
    Resolver, TcpDialer, Transport,
};

thread_local! {
    /// Of each thread that runs an example.
    static SERVER: Cell<Option<SocketAddr>> = const { Cell::new(None) };
}

pub(crate) fn set(server: SocketAddr) {
    SERVER.set(Some(server));
}

/// Where the server of the example is, for examples that are told.
///
/// # Panics
/// This is not the thread of an example.
pub fn address() -> SocketAddr {
    match SERVER.get() {
        Some(server) => server,
        None => panic!("this is not the thread of an example"),
    }
}

/// Stands for every host: for names when they are resolved, for addresses when they are dialed.
#[derive(Debug)]
struct Everywhere(SocketAddr);

impl Everywhere {
    fn here() -> Arc<Self> {
        Arc::new(Self(address()))
    }
}

impl Resolver for Everywhere {
    fn resolve<'a>(&'a self, _: &'a str, _: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async { Ok(vec![self.0]) })
    }
}

impl Dialer for Everywhere {
    fn dial<'a>(
        &'a self,
        _: SocketAddr,
        server: &'a Endpoint,
    ) -> BoxFuture<'a, io::Result<Box<dyn Transport>>> {
        TcpDialer.dial(self.0, server)
    }
}

/// These options, with every host the server of the example.
pub(crate) fn connecting(options: ConnectOptions) -> ConnectOptions {
    let here = Everywhere::here();
    ConnectOptions { resolver: Arc::clone(&here) as _, dialer: here, ..options }
}

/// These options, with every host the server of the example.
pub fn asking(options: AskOptions) -> AskOptions {
    let here = Everywhere::here();
    AskOptions { resolver: Arc::clone(&here) as _, dialer: here, ..options }
}

/// Connects as the client of this name does, to the server of the example, whatever the hosts are.
#[derive(Debug)]
pub struct Client;

impl Client {
    /// As [`connect`](zookit_client::Client::connect).
    ///
    /// # Errors
    /// Those of the same.
    pub async fn connect<S>(servers: S) -> Result<zookit_client::Client, ConnectError>
    where
        S: TryInto<ConnectString>,
        ConnectStringError: From<S::Error>,
    {
        Self::connect_with(servers, ConnectOptions::default()).await
    }

    /// As [`connect_with`](zookit_client::Client::connect_with).
    ///
    /// # Errors
    /// Those of the same.
    pub async fn connect_with<S>(
        servers: S,
        options: ConnectOptions,
    ) -> Result<zookit_client::Client, ConnectError>
    where
        S: TryInto<ConnectString>,
        ConnectStringError: From<S::Error>,
    {
        zookit_client::Client::connect_with(servers, connecting(options)).await
    }

    /// As [`connect_lazy`](zookit_client::Client::connect_lazy).
    ///
    /// # Errors
    /// Those of the same.
    pub fn connect_lazy<S>(
        servers: S,
        options: ConnectOptions,
    ) -> Result<zookit_client::Client, ConnectStringError>
    where
        S: TryInto<ConnectString>,
        ConnectStringError: From<S::Error>,
    {
        zookit_client::Client::connect_lazy(servers, connecting(options))
    }
}
