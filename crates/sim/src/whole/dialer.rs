//! The client's side of the network: names, dialing, and an end of a connection.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::sleep;
use zookit_client::{BoxFuture, Dialer, Endpoint, Resolver, Transport};

use super::line::{End, LineId};
use super::network::Network;
use super::task::Shared;

/// What the names of members begin with; their numbers follow, from 1.
pub(super) const MEMBER: &str = "member";

/// The name of all members.
pub(super) const ALL: &str = "ensemble";

/// The network, as one client has it.
pub(super) struct Wire {
    pub(super) shared: Arc<Shared>,
    pub(super) client: u32,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("client", &self.client).finish_non_exhaustive()
    }
}

impl Resolver for Wire {
    fn resolve<'a>(&'a self, host: &'a str, _: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move {
            let size = self.shared.lock().ensemble.size();
            let all: Vec<_> = (0..size).map(Network::address).collect();
            if host == ALL {
                return Ok(all);
            }
            let number = host.strip_prefix(MEMBER).and_then(|number| number.parse().ok());
            let place = number.and_then(|number: usize| number.checked_sub(1));
            let found = place.and_then(|place| all.get(place));
            let unknown = || io::Error::new(io::ErrorKind::NotFound, "no member has that name");
            found.map(|address| vec![*address]).ok_or_else(unknown)
        })
    }
}

impl Dialer for Wire {
    fn dial<'a>(
        &'a self,
        address: SocketAddr,
        _: &'a Endpoint,
    ) -> BoxFuture<'a, io::Result<Box<dyn Transport>>> {
        Box::pin(async move {
            let delay = self.shared.lock().some_delay();
            sleep(delay).await;
            let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
            let now = self.shared.now();
            let line = {
                let mut network = self.shared.lock();
                network.at(now);
                let member = network.member_at(address).ok_or_else(refused)?;
                if network.stopped {
                    return Err(refused());
                }
                let cut_off = network.partitioned.contains(&(self.client, member));
                if cut_off { None } else { network.connect(self.client, member) }
            };
            match line {
                Some(id) => {
                    let end = ClientEnd { shared: Arc::clone(&self.shared), id };
                    Ok(Box::new(end) as Box<dyn Transport>)
                }
                // Nobody answers, and the client gives up in its own time.
                None => std::future::pending().await,
            }
        })
    }
}

/// An end of a connection, as a stream of bytes.
struct ClientEnd {
    shared: Arc<Shared>,
    id: LineId,
}

impl Drop for ClientEnd {
    fn drop(&mut self) {
        let now = self.shared.now();
        let mut network = self.shared.lock();
        network.at(now);
        network.drop_line(self.id);
        network.follow();
    }
}

fn keep(place: &mut Option<Waker>, context: &Context<'_>) {
    match place {
        Some(waker) => waker.clone_from(context.waker()),
        None => *place = Some(context.waker().clone()),
    }
}

impl AsyncRead for ClientEnd {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut network = self.shared.lock();
        let network = &mut *network;
        let Some(line) = network.lines.get_mut(&self.id) else {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        };
        if line.readable.is_empty() {
            return match line.end {
                Some(End::Fin) => Poll::Ready(Ok(())),
                Some(End::Reset) => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
                None => {
                    keep(&mut line.reader, context);
                    Poll::Pending
                }
            };
        }
        let count = line.readable.len().min(buffer.remaining());
        buffer.put_slice(&line.readable.split_to(count));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for ClientEnd {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let now = self.shared.now();
        let mut network = self.shared.lock();
        network.at(now);
        let broken = network.lines.get(&self.id).is_none_or(|line| line.to_server.ended);
        if broken {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let written = network.write(self.id, bytes);
        if written == 0 && !bytes.is_empty() {
            if let Some(line) = network.lines.get_mut(&self.id) {
                keep(&mut line.writer, context);
            }
            return Poll::Pending;
        }
        if let Some(task) = network.task.take() {
            task.wake();
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
