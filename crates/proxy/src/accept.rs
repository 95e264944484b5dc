//! Where a proxy listens: connections are taken, or refused by not listening.

use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use tokio::net::{TcpListener, TcpStream};

use crate::line;
use crate::shared::{Shared, State};

/// Connections that the system takes before we do.
const BACKLOG: i32 = 1024;

/// How long to let the system come round when it has no more file descriptors, or the like.
const BREATH: Duration = Duration::from_millis(20);

/// A place to listen at, which nobody else gets while this lives, whether somebody listens or not.
#[derive(Debug)]
pub(crate) struct Place {
    address: SocketAddr,
    /// Bound, and never listening. Where two sockets cannot be bound to one address, there is none.
    _keeper: Option<Socket>,
}

impl Place {
    /// A place at this address, of which port 0 is any that is free, and its first listener.
    pub(crate) fn take(address: SocketAddr) -> io::Result<(Self, StdListener)> {
        let keeper = bind(address)?;
        let bound = keeper.local_addr()?.as_socket();
        let bound = bound.ok_or_else(|| io::Error::other("no address of the internet"))?;
        match listen(bound) {
            Ok(listener) => Ok((Self { address: bound, _keeper: Some(keeper) }, listener)),
            // Not on this system, or somebody listens: which of the two it is shows now.
            Err(_) => {
                drop(keeper);
                Ok((Self { address: bound, _keeper: None }, listen(bound)?))
            }
        }
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }
}

/// A socket with this address that does not listen yet.
fn bind(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // A port that was listened on is free again at once, and is shared with the keeper's.
    // Elsewhere than on Unix it means that anybody may take it at any time.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

fn listen(address: SocketAddr) -> io::Result<StdListener> {
    let socket = bind(address)?;
    socket.set_nonblocking(true)?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// The task that accepts.
pub(crate) struct Acceptor {
    shared: Arc<Shared>,
    address: SocketAddr,
    listener: Option<TcpListener>,
}

impl Acceptor {
    /// To be called within the runtime.
    pub(crate) fn new(
        shared: Arc<Shared>,
        address: SocketAddr,
        listener: StdListener,
    ) -> io::Result<Self> {
        Ok(Self { shared, address, listener: Some(TcpListener::from_std(listener)?) })
    }

    pub(crate) async fn run(mut self) {
        while let Some(problem) = std::future::poll_fn(|context| self.poll(context)).await {
            // Whatever it is, it may pass.
            let _: io::Error = problem;
            tokio::time::sleep(BREATH).await;
        }
    }

    /// `None`: the proxy ends.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Error>> {
        loop {
            let shared = Arc::clone(&self.shared);
            let mut state = shared.lock();
            if state.enter_acceptor(context) {
                return Poll::Ready(None);
            }
            if let Err(error) = self.open_or_close(&mut state) {
                return Poll::Ready(Some(error));
            }
            let Some(listener) = &self.listener else { return Poll::Pending };
            match listener.poll_accept(context) {
                Poll::Ready(Ok((client, address))) => self.take(&mut state, client, address),
                Poll::Ready(Err(error)) => return Poll::Ready(Some(error)),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Listens if connections are to be taken, and only then.
    fn open_or_close(&mut self, state: &mut State) -> io::Result<()> {
        match (&self.listener, state.refusing) {
            (Some(_), true) => self.listener = None,
            (None, false) => {
                let listener = TcpListener::from_std(listen(self.address)?)?;
                self.listener = Some(listener);
            }
            _ => return Ok(()),
        }
        state.listening = self.listener.is_some();
        self.shared.note(state);
        Ok(())
    }

    fn take(&self, state: &mut State, client: TcpStream, address: SocketAddr) {
        // If it fails the client is gone already.
        let _ = client.set_nodelay(true);
        let id = state.open(address);
        self.shared.note(state);
        tokio::spawn(line::serve(Arc::clone(&self.shared), client, id));
    }
}

/// Also when the runtime ends with its tasks.
impl Drop for Acceptor {
    fn drop(&mut self) {
        self.listener = None;
        let mut state = self.shared.lock();
        state.accepting = false;
        self.shared.note(&mut state);
    }
}
