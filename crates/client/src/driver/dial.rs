//! Opening connections: names to addresses, addresses to transports.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use zookit_session::Endpoint;

use super::transport::Connection;
use crate::connect_string::literal_address;
use crate::error::Attempt;
use crate::network::{BoxFuture, Dialer, Resolver, Transport};
use crate::shared::Shared;

/// The attempt under way.
pub(super) type DialFuture = BoxFuture<'static, io::Result<Connection>>;

/// What it takes to open connections.
pub(super) struct Dials {
    resolver: Arc<dyn Resolver>,
    dialer: Arc<dyn Dialer>,
    shared: Arc<Shared>,
    /// How many there have been: which of several addresses comes first.
    count: usize,
}

impl Dials {
    pub(super) fn new(
        resolver: Arc<dyn Resolver>,
        dialer: Arc<dyn Dialer>,
        shared: Arc<Shared>,
    ) -> Self {
        Self { resolver, dialer, shared, count: 0 }
    }

    /// Resolves the endpoint and tries its addresses in turn, within `timeout` for all of it.
    pub(super) fn dial(&mut self, endpoint: Endpoint, timeout: Duration) -> DialFuture {
        let (resolver, dialer) = (Arc::clone(&self.resolver), Arc::clone(&self.dialer));
        let shared = Arc::clone(&self.shared);
        let turn = self.count;
        self.count = self.count.wrapping_add(1);
        Box::pin(async move {
            let end = Instant::now() + timeout;
            let note = |address, answer: &dyn fmt::Display| {
                let (server, answer) = (endpoint.clone(), answer.to_string());
                shared.note_attempt(Attempt { server, address, answer });
            };
            let mut addresses = match resolve(&*resolver, &endpoint).await {
                Ok(addresses) => addresses,
                Err(error) => {
                    note(None, &error);
                    return Err(error);
                }
            };
            // A server that takes connections and serves none must not hide the others of its name.
            let first = turn % addresses.len();
            addresses.rotate_left(first);
            let mut last = None;
            for (index, address) in addresses.iter().enumerate() {
                let (server, answer) = (endpoint.clone(), "no answer yet".to_owned());
                shared.note_begun(Attempt { server, address: Some(*address), answer });
                let share = share_of(end, addresses.len() - index);
                match timeout_at(share, dialer.dial(*address, &endpoint)).await {
                    Ok(Ok(transport)) => return Ok(Connection::new(transport, *address)),
                    Ok(Err(error)) => {
                        note(Some(*address), &error);
                        last = Some(error);
                    }
                    Err(_) => {
                        let error = io::Error::new(io::ErrorKind::TimedOut, "nobody answered");
                        note(Some(*address), &error);
                        last = Some(error);
                    }
                }
            }
            Err(last.unwrap_or_else(|| io::Error::other("no address was left to try")))
        })
    }

    /// A connection of its own, to the first address that takes one.
    pub(super) fn dial_aside(
        &self,
        endpoint: Endpoint,
    ) -> BoxFuture<'static, Option<Box<dyn Transport>>> {
        let (resolver, dialer) = (Arc::clone(&self.resolver), Arc::clone(&self.dialer));
        Box::pin(async move {
            for address in resolve(&*resolver, &endpoint).await.ok()? {
                if let Ok(transport) = dialer.dial(address, &endpoint).await {
                    return Some(transport);
                }
            }
            None
        })
    }
}

/// An even share, for the next of `left` addresses, of the time until `end`.
fn share_of(end: Instant, left: usize) -> Instant {
    let now = Instant::now();
    let left = u32::try_from(left).unwrap_or(u32::MAX).max(1);
    now + end.saturating_duration_since(now) / left
}

/// At least one address.
async fn resolve(resolver: &dyn Resolver, endpoint: &Endpoint) -> io::Result<Vec<SocketAddr>> {
    if let Some(address) = literal_address(&endpoint.host) {
        return Ok(vec![SocketAddr::new(address, endpoint.port)]);
    }
    let addresses = resolver.resolve(&endpoint.host, endpoint.port).await?;
    if addresses.is_empty() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address"));
    }
    Ok(addresses)
}
