//! A server, and clients of it.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::timeout;
use zookit_client::{
    Acl, Client, ConnectOptions, CreateMode, CreateOptions, Perms, PresumedExpiry, SessionId,
};
use zookit_proto::{OpCode, Request};
use zookit_server::core;
use zookit_server::core::{Effect, Fault};
use zookit_server::testing::Server;

/// Nothing here takes a tenth of it.
pub(crate) const GUARD: Duration = Duration::from_secs(30);

/// An embedded server of its own for a test.
pub(crate) struct Place {
    pub(crate) server: Server,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { server: Server::start() }
    }

    /// A server that ends no session within the hour: what a client fears, and what is so, differ.
    pub(crate) fn that_keeps_sessions() -> Self {
        let hour = Duration::from_secs(3600);
        let builder = Server::builder().config(|config| config.tick = hour);
        Self { server: builder.start().unwrap() }
    }

    /// A client with a session of its own.
    pub(crate) async fn client(&self) -> Client {
        self.client_with(ConnectOptions::default()).await
    }

    /// A client that soon doubts its session, when it hears nothing, and does not give it up.
    pub(crate) async fn doubtful_client(&self) -> Client {
        let session_timeout = Duration::from_millis(400);
        let presumed_expiry = PresumedExpiry::Never;
        let options = ConnectOptions { session_timeout, presumed_expiry, ..Default::default() };
        self.client_with(options).await
    }

    /// A client that soon gives its session up for expired, when it hears nothing.
    pub(crate) async fn impatient_client(&self) -> Client {
        let session_timeout = Duration::from_secs(1);
        self.client_with(ConnectOptions { session_timeout, ..Default::default() }).await
    }

    async fn client_with(&self, options: ConnectOptions) -> Client {
        let options = ConnectOptions { seed: Some(7), ..options };
        let address = self.server.address().to_string();
        bounded(Client::connect_with(address.as_str(), options)).await.unwrap()
    }

    /// Waits until the server is so.
    pub(crate) async fn until(&self, holds: impl FnMut(&core::Server) -> bool) {
        bounded(self.server.until(holds)).await;
    }

    /// The names below a path, in no order; none if there is no such znode.
    pub(crate) fn children(&self, path: &str) -> Vec<String> {
        self.server.look(|server| children(server, path))
    }

    /// Waits until there are so many znodes below a path.
    pub(crate) async fn until_children(&self, path: &str, count: usize) {
        self.until(|server| children(server, path).len() == count).await;
    }

    /// Waits until somebody watches each of these many paths below a path.
    pub(crate) async fn until_watched(&self, path: &str, count: usize) {
        let below = format!("{path}/");
        let watched = |server: &core::Server| {
            server
                .watches()
                .iter()
                .filter(|watch| watch.path.to_string().starts_with(&below))
                .count()
        };
        self.until(|server| watched(server) == count).await;
    }

    /// Ends all connections, and takes no new one until [`reconnect`](Self::reconnect).
    pub(crate) fn disconnect(&self) {
        self.server.refuse_connections(true);
        self.server.drop_connections();
    }

    pub(crate) fn reconnect(&self) {
        self.server.refuse_connections(false);
    }

    /// Waits until somebody watches this very path.
    pub(crate) async fn until_watches(&self, path: &str) {
        let of = |watch: &core::WatchInfo| watch.path == path;
        self.until(|server| server.watches().iter().any(of)).await;
    }

    /// Ends a session as if its time were over.
    pub(crate) fn expire(&self, session: SessionId) {
        assert!(self.server.expire(session));
    }

    /// The reply to the next create below a path is lost with its connection; the create happens.
    pub(crate) fn lose_next_create_below(&self, path: &str) {
        let below = format!("{path}/");
        let lost = Fault::new(Effect::LoseReply, move |asked| {
            let create = matches!(asked.request, Request::Create2(_) | Request::Create(_));
            create && asked.path().is_some_and(|path| path.to_string().starts_with(&below))
        });
        self.server.add_fault(lost.times(1));
    }

    /// The reply to the next request of a kind is lost with its connection; it is carried out.
    pub(crate) fn lose_next(&self, opcode: OpCode) {
        let lost = Fault::new(Effect::LoseReply, move |asked| asked.opcode() == opcode);
        self.server.add_fault(lost.times(1));
    }

    /// A znode of which everybody may see the children and nobody make any.
    pub(crate) async fn closed(&self, client: &Client, path: &str) {
        let acl = vec![Acl::world(Perms::READ)];
        let options = CreateOptions { mode: CreateMode::Persistent, acl, ttl: None };
        client.create(path, (), options).await.unwrap();
    }

    /// What was asked since the log was begun, but for what keeps and ends sessions.
    pub(crate) fn asked(&self) -> Vec<OpCode> {
        let log = self.server.request_log();
        let asked = log.into_iter().map(|entry| entry.opcode);
        asked.filter(|code| !matches!(code, OpCode::Ping | OpCode::CloseSession)).collect()
    }
}

fn children(server: &core::Server, path: &str) -> Vec<String> {
    let children = server.tree().children(path);
    let children = children.unwrap_or_default();
    children.into_iter().map(|name| name.to_string()).collect()
}

/// Polls a future, and says what it has by then.
pub(crate) async fn poll_once<F: Future>(mut future: Pin<&mut F>) -> Option<F::Output> {
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// The value of a future, which comes soon.
#[track_caller]
pub(crate) fn bounded<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let place = std::panic::Location::caller();
    async move {
        match timeout(GUARD, future).await {
            Ok(value) => value,
            Err(_) => panic!("what is waited for at {place} does not come about"),
        }
    }
}
