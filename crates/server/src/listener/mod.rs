//! The network around the machine: a thread of its own with a Tokio runtime on it.
//!
//! ```text
//!             one thread, one runtime                      any thread
//! ┌─────────────────────────────────────────────┐   ┌───────────────────────┐
//! │ accept.rs ──> line.rs, a task a connection  │   │ crate::control, a test │
//! │ clock.rs, one task                          │   └───────────┬───────────┘
//! └──────────────────┬──────────────────────────┘               │
//!                    └────────> shared.rs: one lock <───────────┘
//!                               core::Server, and whom to wake
//! ```
//! Why a thread: a server answers while a test blocks the runtime of its client, works the same for
//! tests that have no runtime, and takes no time from it. Why a lock and not a queue of commands:
//! the tasks of one thread never wait for it, so it costs what an uncontended lock costs, once for
//! each batch of requests; and whatever a test asks of the machine is a plain call that is carried
//! out when it returns, in async code and without.

mod accept;
mod clock;
mod line;
pub(crate) mod looking;
pub(crate) mod shared;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::Builder;

use self::shared::Shared;

/// Connections that the system takes before we do.
const BACKLOG: u32 = 1024;

/// What the network may take. The limits of single connections are those of
/// [`Config`](crate::core::Config): connections from one address, the longest request, the time
/// for the handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Connections altogether (`zookeeper.maxCnxns`); those above are closed at once. Zero: any
    /// number.
    pub connections: usize,
    /// Bytes of requests that have not come whole yet, on all connections together. A connection
    /// whose bytes go beyond it is closed.
    pub incomplete_bytes: usize,
    /// Bytes that clients have not taken yet, on all connections together. When they are more, the
    /// connection with the most of them is closed, until they are not.
    pub unsent_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 0, incomplete_bytes: 1 << 28, unsent_bytes: 1 << 28 }
    }
}

/// A thread that listens. It ends, and every connection with it, when the value is dropped.
#[derive(Debug)]
pub(crate) struct Listening {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Listening {
    /// Listens at an address, of which port 0 is any that is free. When this returns the port is
    /// bound and connections are taken.
    pub(crate) fn start(shared: Arc<Shared>, address: SocketAddr) -> io::Result<Self> {
        Self::on(shared, bind(address)?)
    }

    /// Listens on a socket that is bound.
    pub(crate) fn on(shared: Arc<Shared>, socket: TcpSocket) -> io::Result<Self> {
        let (sender, ready) = mpsc::sync_channel(1);
        let of_thread = Arc::clone(&shared);
        let name = String::from("zookit-server");
        #[expect(clippy::disallowed_methods, reason = "the thread that the core has not")]
        let thread = std::thread::Builder::new().name(name).spawn(move || {
            let prepared = Builder::new_current_thread().enable_all().build().and_then(|runtime| {
                let entered = runtime.enter();
                let listener = socket.listen(BACKLOG)?;
                let address = listener.local_addr()?;
                drop(entered);
                Ok((runtime, listener, address))
            });
            match prepared {
                Ok((runtime, listener, address)) => {
                    let _ = sender.send(Ok(address));
                    // With the runtime goes every connection.
                    runtime.block_on(run(of_thread, listener));
                }
                Err(error) => drop(sender.send(Err(error))),
            }
        })?;
        let ended = |_| io::Error::other("the server's thread ended");
        let address = ready.recv().map_err(ended).and_then(|address| address)?;
        shared.lock().server.set_client_port(address.port());
        Ok(Self { address, shared, thread: Some(thread) })
    }

    /// Where it listens, with the port that was chosen.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes every connection, and keeps the port: nobody can connect to it, and nobody else can
    /// have it.
    pub(crate) fn stop(mut self) -> io::Result<TcpSocket> {
        self.end();
        bind(self.address)
    }

    fn end(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        self.shared.lock().end();
        // It only fails if the thread panicked, which has been said on standard error.
        let _ = thread.join();
        self.shared.lock().ended();
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.end();
    }
}

/// A socket with this address that does not listen yet.
fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A port that was listened on is free again at once. Elsewhere than on Unix it means that
    // somebody else may take it at any time.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

async fn run(shared: Arc<Shared>, listener: TcpListener) {
    tokio::spawn(accept::accept(Arc::clone(&shared), listener));
    tokio::spawn(clock::keep(Arc::clone(&shared)));
    std::future::poll_fn(|context| shared.lock().poll_end(context)).await;
}

#[cfg(test)]
mod tests;
