//! The client's network, looked at and led: dials counted, names resolved as a scenario likes.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
