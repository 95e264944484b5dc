//! A connection: a task that reaches the server, relays both ways, and ends it.
//!
//! ```text
//!          read                          deliver
//! client ───────> opening.rs > requests.rs > queue ───────> server      Pump, to the server
//! client <─────── queue < replies.rs <───────────────────── server      Pump, to the client
//! ```
//! `frames.rs` counts along where frames end. What is delayed waits in the queue; without faults it
//! is empty, and what was read is written from where it was read to.

mod ending;
mod frames;
mod pump;
mod queue;
mod replies;
mod requests;

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::Interest;
use tokio::net::TcpStream;
use zookit_proto::tap::{ConnectionId, Direction};

use self::ending::Ending;
use self::pump::{Gone, Over, Pump};
use crate::cut::Cut;
use crate::shared::{Shared, Stop};

/// How soon a server is tried again at whose address nobody listens yet.
const AGAIN: Duration = Duration::from_millis(10);

/// Relays one connection to its end.
pub(crate) async fn serve(shared: Arc<Shared>, client: TcpStream, id: ConnectionId) {
    let ending = Ending::new(Arc::clone(&shared), id);
    match reach(&shared, id).await {
        Ok(server) => {
            // If it fails the server is gone already, which shows.
            let _ = server.set_nodelay(true);
            let mut line = Line::new(shared, id, client, server);
            let end = poll_fn(|context| line.poll(context)).await;
            let (client, server) = line.into_sides();
            ending.carry_out(end, client, Some(server)).await;
        }
        // Who has reached no server is told that it is not to wait for an answer, as one is who was
        // not accepted yet when the proxy ended.
        Err(End::Stop(Stop::End)) => ending.carry_out(End::Reset, Arc::new(client), None).await,
        Err(end) => ending.carry_out(end, Arc::new(client), None).await,
    }
}

/// Why a connection is not relayed any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Both sides have ended it, or it is one of them that cannot go on.
    Over,
    /// It is to be reset, since one of its sides is.
    Reset,
    /// It is to be stopped.
    Stop(Stop),
}

/// Connects to the server, as soon as the client is not ignored.
async fn reach(shared: &Shared, id: ConnectionId) -> Result<TcpStream, End> {
    let upstream = poll_fn(|context| {
        let mut state = shared.lock();
        if let Some(stop) = state.enter(id, context) {
            return Poll::Ready(Err(End::Stop(stop)));
        }
        let ignored = state.lines.get(&id).is_some_and(|line| line.ignored);
        if ignored { Poll::Pending } else { Poll::Ready(Ok(state.upstream)) }
    });
    let upstream = upstream.await?;
    let begun = Instant::now();
    let connected = loop {
        let connected = unless_stopped(shared, id, TcpStream::connect(upstream)).await?;
        let refused = |error: &io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
        if !connected.as_ref().is_err_and(refused) || begun.elapsed() >= shared.patience {
            break connected;
        }
        unless_stopped(shared, id, tokio::time::sleep(AGAIN)).await?;
    };
    let mut state = shared.lock();
    let Ok(server) = connected else {
        state.statistics.unreached += 1;
        return Err(End::Reset);
    };
    state.statistics.reached += 1;
    if let Some(line) = state.lines.get_mut(&id) {
        line.server = Some(upstream);
        if let Some(tap) = &shared.tap {
            tap.opened(id, line.client(), upstream);
        }
    }
    shared.note(&mut state);
    Ok(server)
}

/// Does something for a connection that has only one side yet, unless that is to end.
async fn unless_stopped<T>(
    shared: &Shared,
    id: ConnectionId,
    doing: impl Future<Output = T>,
) -> Result<T, End> {
    let mut doing = pin!(doing);
    let done = poll_fn(|context| {
        if let Some(stop) = shared.lock().enter(id, context) {
            return Poll::Ready(Err(End::Stop(stop)));
        }
        doing.as_mut().poll(context).map(Ok)
    });
    done.await
}

/// A connection that is relayed.
struct Line {
    shared: Arc<Shared>,
    id: ConnectionId,
    client: Arc<TcpStream>,
    server: Arc<TcpStream>,
    to_server: Pump,
    to_client: Pump,
    client_breaks: Breakage,
    server_breaks: Breakage,
}

/// The reset of a side that has ended its direction before, and so is not read any more.
#[derive(Default)]
struct Breakage(Option<Pin<Box<dyn Future<Output = ()> + Send>>>);

impl Breakage {
    fn poll(&mut self, context: &mut Context<'_>, side: &Arc<TcpStream>) -> Poll<()> {
        let waiting = self.0.get_or_insert_with(|| {
            let side = Arc::clone(side);
            Box::pin(async move { drop(side.ready(Interest::ERROR).await) })
        });
        waiting.as_mut().poll(context)
    }
}

impl Line {
    fn new(shared: Arc<Shared>, id: ConnectionId, client: TcpStream, server: TcpStream) -> Self {
        let to_server = Pump::new(&shared, id, Direction::ToServer);
        let to_client = Pump::new(&shared, id, Direction::ToClient);
        Self {
            shared,
            id,
            client: Arc::new(client),
            server: Arc::new(server),
            to_server,
            to_client,
            client_breaks: Breakage::default(),
            server_breaks: Breakage::default(),
        }
    }

    fn into_sides(self) -> (Arc<TcpStream>, Arc<TcpStream>) {
        (self.client, self.server)
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<End> {
        let shared = Arc::clone(&self.shared);
        let mut state = shared.lock();
        if let Some(stop) = state.enter(self.id, context) {
            return Poll::Ready(End::Stop(stop));
        }
        let before = state.statistics;
        let to_server =
            self.to_server.poll(context, &shared, &mut state, &self.client, &self.server);
        self.to_client.follow(&mut self.to_server);
        let to_client =
            self.to_client.poll(context, &shared, &mut state, &self.server, &self.client);
        if before != state.statistics {
            shared.note(&mut state);
        }
        for gone in [to_server, to_client] {
            match gone {
                Poll::Ready(Gone::Reset) => return Poll::Ready(End::Reset),
                Poll::Ready(Gone::Cut(cut)) => return Poll::Ready(End::Stop(Stop::Cut(cut))),
                Poll::Pending => {}
            }
        }
        let held = [Direction::ToServer, Direction::ToClient]
            .map(|direction| state.lines.get(&self.id).is_some_and(|line| line.is_held(direction)));
        drop(state);
        match (self.to_server.is_over(), self.to_client.is_over()) {
            (Some(Over::Ended), Some(Over::Ended)) => Poll::Ready(End::Over),
            // One side takes nothing any more, and has said its last.
            (Some(_), Some(_)) => Poll::Ready(End::Reset),
            (Some(Over::Ended), None) if !held[0] => {
                self.client_breaks.poll(context, &self.client).map(|()| End::Reset)
            }
            (None, Some(Over::Ended)) if !held[1] => {
                self.server_breaks.poll(context, &self.server).map(|()| End::Reset)
            }
            _ => Poll::Pending,
        }
    }
}

/// How it is cut, if that is why.
impl End {
    const fn cut(self) -> Option<Cut> {
        match self {
            Self::Over | Self::Stop(Stop::End) => None,
            Self::Reset => Some(Cut::Reset),
            Self::Stop(Stop::Cut(cut)) => Some(cut),
        }
    }
}
