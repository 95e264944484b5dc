//! A peer in memory: the other end of every connection that a client opens, in the test's hands.

use std::io;
use std::net::SocketAddr;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::mpsc;
use zookit_client::{
    BoxFuture, Client, ConnectOptions, Dialer, Endpoint, ErrorCode, Stat, Transport, Zxid,
};
use zookit_proto::connect::{ConnectRequest, ConnectResponse};
use zookit_proto::header::{ReplyHeader, RequestHeader};
use zookit_proto::ops::create2::Create2Reply;
use zookit_proto::ops::get_data::GetDataReply;
use zookit_proto::ops::notification::WatcherEvent;
use zookit_proto::ops::set_data::SetDataReply;
use zookit_proto::types::{EventType, KeeperState, Password};
use zookit_proto::wire::{Field, Reader, decode};
use zookit_proto::{OpCode, Operation, Request, SessionId, Xid, frame};

use crate::guard::Guard;

/// The session that peers grant.
pub(crate) const SESSION: SessionId = SessionId(0x7001);

/// The session timeout that peers grant, in milliseconds.
pub(crate) const TIMEOUT_MS: i32 = 6000;

/// Where every client of these tests connects to.
pub(crate) const SERVER: &str = "127.0.0.1:7001";

/// The connections that a client opens.
pub(crate) struct Peer {
    dialed: mpsc::UnboundedReceiver<DuplexStream>,
    /// Dials to be refused before one is taken.
    refusals: Arc<AtomicUsize>,
    /// Whoever has a peer waits for it or for the client.
    _guard: Guard,
}

#[derive(Debug)]
struct PipeDialer {
    dialed: mpsc::UnboundedSender<DuplexStream>,
    refusals: Arc<AtomicUsize>,
    capacity: usize,
}

impl Dialer for PipeDialer {
    fn dial<'a>(
        &'a self,
        _: SocketAddr,
        _: &'a Endpoint,
    ) -> BoxFuture<'a, io::Result<Box<dyn Transport>>> {
        Box::pin(async move {
            let left = self.refusals.load(Ordering::Relaxed);
            if left > 0 {
                self.refusals.store(left - 1, Ordering::Relaxed);
                return Err(io::ErrorKind::ConnectionRefused.into());
            }
            let (ours, theirs) = duplex(self.capacity);
            self.dialed.send(theirs).map_err(|_| io::ErrorKind::ConnectionRefused)?;
            Ok(Box::new(ours) as Box<dyn Transport>)
        })
    }
}

/// Options under which a client connects to the peer.
pub(crate) fn options_with_pipes_of(capacity: usize) -> (ConnectOptions, Peer) {
    let (dialed, connections) = mpsc::unbounded_channel();
    let refusals = Arc::new(AtomicUsize::new(0));
    let dialer = PipeDialer { dialed, refusals: Arc::clone(&refusals), capacity };
    let options =
        ConnectOptions { dialer: Arc::new(dialer), seed: Some(7), ..ConnectOptions::default() };
    (options, Peer { dialed: connections, refusals, _guard: Guard::new() })
}

pub(crate) fn options() -> (ConnectOptions, Peer) {
    options_with_pipes_of(1 << 20)
}

/// A client and its peer; nothing is connected yet.
pub(crate) fn lazy() -> (Client, Peer) {
    let (options, peer) = options();
    (Client::connect_lazy(SERVER, options).unwrap(), peer)
}

/// A client with a session, its peer, and the connection.
pub(crate) async fn connected() -> (Client, Peer, Line) {
    connected_at(SERVER).await
}

pub(crate) async fn connected_at(connect_string: &str) -> (Client, Peer, Line) {
    let (options, mut peer) = options();
    let client = Client::connect_lazy(connect_string, options).unwrap();
    let line = peer.accept().await;
    client.wait_connected().await.unwrap();
    (client, peer, line)
}

impl Peer {
    /// The next connection, and the bytes on it.
    pub(crate) async fn dialed(&mut self) -> Line {
        let stream = self.dialed.recv().await.expect("the client is there and dials");
        Line { stream, received: BytesMut::new() }
    }

    /// The next connection, and its session granted.
    pub(crate) async fn accept(&mut self) -> Line {
        let mut line = self.dialed().await;
        line.grant().await;
        line
    }

    /// Whether the client's dialer is gone, and with it the driver. Connections that were waiting
    /// to be accepted are dropped.
    pub(crate) async fn is_forsaken(&mut self) -> bool {
        while self.dialed.recv().await.is_some() {}
        true
    }

    /// Refuses this many dials to come.
    pub(crate) fn refuse(&self, dials: usize) {
        self.refusals.store(dials, Ordering::Relaxed);
    }
}

/// One connection, seen from the server.
pub(crate) struct Line {
    pub(crate) stream: DuplexStream,
    received: BytesMut,
}

/// A request, and the number by which to answer it.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) xid: Xid,
    pub(crate) request: Request,
}

impl Line {
    /// The next frame; `None` when the client has closed the connection.
    async fn frame(&mut self) -> Option<Bytes> {
        loop {
            if let Some(frame) = frame::next(&mut self.received, 1 << 24).unwrap() {
                return Some(frame);
            }
            if self.stream.read_buf(&mut self.received).await.unwrap() == 0 {
                return None;
            }
        }
    }

    /// Takes the handshake and grants the session.
    pub(crate) async fn grant(&mut self) -> ConnectRequest {
        let asked = self.handshake().await;
        self.answer_handshake(TIMEOUT_MS, SESSION).await;
        asked
    }

    pub(crate) async fn handshake(&mut self) -> ConnectRequest {
        let payload = self.frame().await.expect("a client begins with the handshake");
        decode("ConnectRequest", payload).unwrap()
    }

    pub(crate) async fn answer_handshake(&mut self, timeout_ms: i32, session_id: SessionId) {
        self.send(&handshake_frame(timeout_ms, session_id)).await;
    }

    /// The next request that is no ping; pings are answered on the way.
    pub(crate) async fn asked(&mut self) -> Asked {
        self.next_asked().await.expect("the client asks before it closes the connection")
    }

    /// As [`asked`](Self::asked); `None` when the client has closed the connection.
    pub(crate) async fn next_asked(&mut self) -> Option<Asked> {
        loop {
            let mut reader = Reader::new("RequestHeader", self.frame().await?);
            let RequestHeader { xid, opcode } = RequestHeader::read(&mut reader, "").unwrap();
            let request = Request::decode(OpCode::from_number(opcode), reader.rest()).unwrap();
            if xid == Xid::PING {
                // Whoever has asked may be gone by now.
                let pong = reply_frame(Xid::PING, Zxid(0), ErrorCode::Ok, &());
                let _ = self.stream.write_all(&pong).await;
            } else {
                return Some(Asked { xid, request });
            }
        }
    }

    /// Takes a ping and answers it; nothing else must come.
    pub(crate) async fn pinged(&mut self) {
        let mut reader = Reader::new("RequestHeader", self.frame().await.expect("a ping"));
        let header = RequestHeader::read(&mut reader, "").unwrap();
        assert_eq!(header.xid, Xid::PING, "{header:?}");
        self.send(&reply_frame(Xid::PING, Zxid(0), ErrorCode::Ok, &())).await;
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    pub(crate) async fn answer<T: Field>(
        &mut self,
        xid: Xid,
        zxid: Zxid,
        err: ErrorCode,
        body: &T,
    ) {
        self.send(&reply_frame(xid, zxid, err, body)).await;
    }

    /// Answers with `Ok` and the operation's own record.
    pub(crate) async fn reply<O: Operation>(&mut self, asked: &Asked, zxid: i64, body: &O::Reply) {
        assert_eq!(asked.request.opcode().number(), O::NUMBER, "{asked:?}");
        self.answer(asked.xid, Zxid(zxid), ErrorCode::Ok, body).await;
    }

    /// Answers with an error.
    pub(crate) async fn refuse(&mut self, asked: &Asked, zxid: i64, err: ErrorCode) {
        self.answer(asked.xid, Zxid(zxid), err, &()).await;
    }

    /// Closes the connection.
    pub(crate) fn hang_up(self) {
        drop(self.stream);
    }
}

/// The answer to a handshake.
pub(crate) fn handshake_frame(timeout_ms: i32, session_id: SessionId) -> Bytes {
    frame::around(&ConnectResponse {
        protocol_version: 0,
        timeout_ms,
        session_id,
        password: Some(Password::new(Bytes::from_static(b"sixteen bytes...")))
            .filter(|_| timeout_ms > 0)
            .or_else(|| Some(Password::zeros())),
        read_only: Some(false),
    })
}

pub(crate) fn reply_frame<T: Field>(xid: Xid, zxid: Zxid, err: ErrorCode, body: &T) -> BytesMut {
    let mut out = BytesMut::new();
    let start = frame::begin(&mut out);
    ReplyHeader { xid, zxid, err }.write(&mut out);
    body.write(&mut out);
    frame::finish(&mut out, start, usize::MAX).unwrap();
    out
}

/// A notification.
pub(crate) fn event_frame(event_type: EventType, path: &str, zxid: i64) -> BytesMut {
    let event = WatcherEvent { event_type, state: KeeperState::SyncConnected, path: path.into() };
    reply_frame(Xid::NOTIFICATION, Zxid(zxid), ErrorCode::Ok, &event)
}

pub(crate) fn got(data: &'static str) -> GetDataReply {
    GetDataReply { data: Some(Bytes::from_static(data.as_bytes())), stat: Stat::sample() }
}

pub(crate) fn set() -> SetDataReply {
    SetDataReply { stat: Stat::sample() }
}

pub(crate) fn created(path: &str) -> Create2Reply {
    Create2Reply { path: path.into(), stat: Stat::sample() }
}
