//! Sessions over lost connections, and their end.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::oneshot;
use zookit_client::{
    AddWatchMode, BoxFuture, ConnectOptions, CreateMode, Dialer, Endpoint, EventType, State,
    TcpDialer, Transport, Version, WatchNotice,
};

use super::on_each_server;

/// TCP whose newest connection can be cut, without a word to the server.
#[derive(Debug, Default)]
struct Scissors(Mutex<Option<oneshot::Sender<()>>>);

struct Cuttable {
    inner: Box<dyn Transport>,
    cut: oneshot::Receiver<()>,
}

impl Dialer for Scissors {
    fn dial<'a>(
        &'a self,
        address: SocketAddr,
        server: &'a Endpoint,
    ) -> BoxFuture<'a, io::Result<Box<dyn Transport>>> {
        Box::pin(async move {
            let inner = TcpDialer.dial(address, server).await?;
            let (sender, cut) = oneshot::channel();
            *self.0.lock().unwrap() = Some(sender);
            Ok(Box::new(Cuttable { inner, cut }) as Box<dyn Transport>)
        })
    }
}

impl Scissors {
    fn cut(&self) {
        let sender = self.0.lock().unwrap().take().expect("there is a connection");
        sender.send(()).expect("the connection is still there");
    }
}

impl AsyncRead for Cuttable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if Pin::new(&mut self.cut).poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl AsyncWrite for Cuttable {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[test]
fn a_session_and_its_watches_outlive_their_connection() {
    on_each_server("cut", |place| async move {
        let scissors = Arc::new(Scissors::default());
        let options =
            ConnectOptions { dialer: Arc::clone(&scissors) as _, ..place.server.options() };
        let (client, other) = (place.client_with(options).await, place.client().await);
        let session = client.session_id();
        client.create("/e", "0", CreateMode::Ephemeral).await.unwrap();
        let (_, once) = client.get_data_and_watch("/e").await.unwrap();
        let mut watch = None;
        if place.has_persistent_watches() {
            let mode = AddWatchMode::PersistentRecursive;
            watch = Some(client.add_watch("/", mode).await.unwrap());
        }

        let mut states = client.states();
        scissors.cut();
        assert_eq!(states.next().await.unwrap().change.state, State::Suspended);
        let change = states.next().await.unwrap().change;
        assert_eq!((change.state, change.session), (State::Connected, session));
        assert_eq!(change.watches_restored, 1 + usize::from(watch.is_some()), "{change:?}");

        let stat = client.exists("/e").await.unwrap().unwrap();
        assert_eq!(stat.ephemeral_owner, session, "the ephemeral is still ours");
        if let Some(watch) = &mut watch {
            assert!(matches!(watch.next().await, Some(WatchNotice::Gap { .. })));
        }
        other.set_data("/e", "1", Version::Any).await.unwrap();
        assert_eq!(once.await.unwrap().event_type, EventType::NodeDataChanged);
        if let Some(watch) = &mut watch {
            let notice = watch.next().await;
            assert!(matches!(notice, Some(WatchNotice::Event(event)) if event.path == "/e"));
        }
        client.close().await.unwrap();
        other.close().await.unwrap();
    });
}

#[test]
fn no_request_is_lost_or_done_twice_over_many_connections() {
    on_each_server("cuts", |place| async move {
        let scissors = Arc::new(Scissors::default());
        let options =
            ConnectOptions { dialer: Arc::clone(&scissors) as _, ..place.server.options() };
        let client = place.client_with(options).await;
        client.create("/n", (), CreateMode::Persistent).await.unwrap();
        let (mut done, mut unsure) = (0, 0);
        let mut states = client.states();
        for round in 0..9 {
            let create = || client.create("/n/-", (), CreateMode::PersistentSequential);
            let answers: Vec<_> = (0..100).map(|_| create()).collect();
            // In turns: before any has left, when all have, and when one is answered.
            match round % 3 {
                0 => {}
                1 => tokio::task::yield_now().await,
                _ => {
                    client.exists("/n").await.unwrap();
                }
            }
            scissors.cut();
            for answer in answers {
                match answer.await {
                    Ok(_) => done += 1,
                    Err(error) if error.may_have_applied() => unsure += 1,
                    Err(error) => assert!(error.code().is_none(), "{error}"),
                }
            }
            // Each cut is noticed, and mended.
            assert_eq!(states.next().await.unwrap().change.state, State::Suspended);
            assert_eq!(states.next().await.unwrap().change.state, State::Connected);
        }
        client.sync("/n").await.unwrap();
        let there = client.get_children("/n").await.unwrap().names.len();
        assert!(unsure > 0, "some were cut off: {done} {unsure} {there}");
        assert!((done..=done + unsure).contains(&there), "{done} {unsure} {there}");
        client.close().await.unwrap();
    });
}

#[test]
fn an_ephemeral_goes_with_its_session() {
    on_each_server("ephemeral", |place| async move {
        let (client, other) = (place.client().await, place.client().await);
        client.create("/closed", (), CreateMode::Ephemeral).await.unwrap();
        let (_, gone) = other.exists_and_watch("/closed").await.unwrap();
        client.close().await.unwrap();
        assert_eq!(gone.await.unwrap().event_type, EventType::NodeDeleted);

        let client = place.client().await;
        client.create("/dropped", (), CreateMode::Ephemeral).await.unwrap();
        let (_, gone) = other.exists_and_watch("/dropped").await.unwrap();
        drop(client);
        assert_eq!(gone.await.unwrap().event_type, EventType::NodeDeleted);
        other.close().await.unwrap();
    });
}
