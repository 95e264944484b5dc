//! A conversation with a server: the test plays clients and the clock, in bytes and virtual time,
//! and the machine in the middle is the real one.
//!
//! Methods that begin with a verb in the third person (`says`, `tells`, `closes`) are expectations
//! of the server; the others are what the test does.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use zookit_proto::connect::{ConnectRequest, ConnectResponse, decode_response};
use zookit_proto::frame;
use zookit_proto::header::ReplyHeader;
use zookit_proto::ops::create::{CreateReply, CreateRequest};
use zookit_proto::ops::exists::ExistsRequest;
use zookit_proto::ops::get_children::GetChildrenRequest;
use zookit_proto::ops::get_data::GetDataRequest;
use zookit_proto::ops::notification::WatcherEvent;
use zookit_proto::ops::set_data::SetDataRequest;
use zookit_proto::types::{Acl, CreateMode, EventType, KeeperState, Password, Perms};
use zookit_proto::wire::decode;
use zookit_proto::{ErrorCode, OpCode, Reply, Request, SessionId, Xid, Zxid};

use crate::core::{Config, ConnectionId, Profile, Server, Time};

/// The timeout that clients ask for.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);

/// A transport's end at the client.
#[derive(Default)]
struct End {
    to_server: BytesMut,
    to_client: BytesMut,
    closed: bool,
    next_xid: i32,
}

pub(super) struct Talk {
    pub(super) server: Server,
    pub(super) now: Time,
    ends: BTreeMap<ConnectionId, End>,
    ports: u16,
}

/// What a server says behind the handshake.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    Event { event: EventType, path: String, zxid: Zxid },
    Reply { header: ReplyHeader, body: Bytes },
}

impl Talk {
    pub(super) fn new() -> Self {
        Self::with(config())
    }

    pub(super) fn of(profile: Profile) -> Self {
        Self::with(Config { profile, ..config() })
    }

    pub(super) fn with(config: Config) -> Self {
        let server = Server::new(config, 7);
        Self { server, now: Time::ZERO, ends: BTreeMap::new(), ports: 50_000 }
    }

    // The network and the clock

    /// A transport comes up.
    pub(super) fn dial(&mut self) -> ConnectionId {
        self.ports += 1;
        let peer = SocketAddr::from(([127, 0, 0, 1], self.ports));
        let id = self.server.connect(self.now, peer);
        self.ends.insert(id, End { next_xid: 1, ..End::default() });
        self.settle();
        id
    }

    /// Moves all bytes that can move.
    pub(super) fn settle(&mut self) {
        loop {
            let mut moved = false;
            while let Some(id) = self.server.poll_transmit() {
                self.flush(id);
                moved = true;
            }
            while let Some(id) = self.server.poll_read() {
                moved |= self.deliver(id);
            }
            while let Some(id) = self.server.poll_close() {
                self.flush(id);
                self.server.disconnected(self.now, id);
                if let Some(end) = self.ends.get_mut(&id) {
                    end.closed = true;
                }
                moved = true;
            }
            if !moved {
                return;
            }
        }
    }

    fn flush(&mut self, id: ConnectionId) {
        let chunks: Vec<u8> = self.server.transmit(id).flatten().copied().collect();
        self.server.written(id, chunks.len());
        if let Some(end) = self.ends.get_mut(&id) {
            end.to_client.extend_from_slice(&chunks);
        }
    }

    fn deliver(&mut self, id: ConnectionId) -> bool {
        let Some(end) = self.ends.get_mut(&id) else { return false };
        let before = end.to_server.len();
        self.server.receive(self.now, id, &mut end.to_server);
        end.to_server.len() != before
    }

    /// A client sends bytes.
    pub(super) fn send(&mut self, id: ConnectionId, bytes: &[u8]) {
        self.ends.get_mut(&id).expect("a transport").to_server.extend_from_slice(bytes);
        self.deliver(id);
        self.settle();
    }

    /// A client hangs up.
    pub(super) fn hang_up(&mut self, id: ConnectionId) {
        self.server.disconnected(self.now, id);
        self.ends.remove(&id);
        self.settle();
    }

    /// Lets time pass, waking the server whenever it wants to be woken.
    pub(super) fn wait(&mut self, duration: Duration) {
        let until = self.now.after(duration);
        for _ in 0..100_000 {
            match self.server.poll_timeout() {
                Some(at) if at <= until => {
                    self.now = self.now.max(at);
                    self.server.handle_timeout(self.now);
                    self.settle();
                }
                _ => {
                    self.now = until;
                    return;
                }
            }
        }
        panic!("the server wants to be woken without end");
    }

    // Sessions

    /// A client with a new session.
    pub(super) fn client(&mut self) -> ConnectionId {
        let id = self.dial();
        let response = self.connect(id, &new_session());
        assert!(response.is_accepted());
        id
    }

    /// A handshake that is answered.
    pub(super) fn connect(
        &mut self,
        id: ConnectionId,
        request: &ConnectRequest,
    ) -> ConnectResponse {
        self.send(id, &frame::around(request));
        decode_response(self.frame(id).expect("no handshake")).expect("a handshake")
    }

    /// Takes up a session again on a new transport.
    pub(super) fn reconnect(
        &mut self,
        session: &ConnectResponse,
    ) -> (ConnectionId, ConnectResponse) {
        let id = self.dial();
        let response = self.connect(id, &renewal(session));
        (id, response)
    }

    // Requests

    /// Sends a request without waiting for its reply.
    pub(super) fn ask(&mut self, id: ConnectionId, request: &Request) -> Xid {
        let end = self.ends.get_mut(&id).expect("a transport");
        let xid = if request.opcode() == OpCode::Ping { Xid::PING } else { Xid(end.next_xid) };
        end.next_xid += 1;
        let bytes = request_frame(xid, request);
        self.send(id, &bytes);
        xid
    }

    /// Sends a request; its reply is what the server says next.
    pub(super) fn done(&mut self, id: ConnectionId, request: &Request) -> Result<Reply, ErrorCode> {
        let xid = self.ask(id, request);
        self.answers(id, xid, request.opcode()).1
    }

    pub(super) fn answers(
        &mut self,
        id: ConnectionId,
        xid: Xid,
        opcode: OpCode,
    ) -> (Zxid, Result<Reply, ErrorCode>) {
        match self.says(id) {
            Said::Reply { header, body } => {
                assert_eq!(header.xid, xid, "of the reply");
                let reply = Reply::decode(opcode, body);
                let ok = header.err.is_ok().then(|| reply.expect("a reply of its kind"));
                (header.zxid, ok.ok_or(header.err))
            }
            said @ Said::Event { .. } => panic!("a reply to {opcode} was expected, not {said:?}"),
        }
    }

    pub(super) fn create(&mut self, id: ConnectionId, path: &str) {
        let path = path.to_owned();
        let reply = self.done(id, &create(&path, CreateMode::Persistent));
        assert_eq!(reply, Ok(Reply::Create(CreateReply { path: path.into() })));
    }

    pub(super) fn auth(&mut self, id: ConnectionId, credentials: &'static [u8]) {
        let auth = Some(zookit_proto::types::Credentials::from_static(credentials));
        let scheme = "digest".into();
        let request = zookit_proto::ops::auth::AuthRequest { auth_type: 0, scheme, auth };
        self.send(id, &request_frame(Xid::AUTH, &Request::Auth(request)));
        assert_eq!(self.answers(id, Xid::AUTH, OpCode::Auth), (Zxid(0), Ok(Reply::Auth(()))));
    }

    // What the server says

    pub(super) fn frame(&mut self, id: ConnectionId) -> Option<Bytes> {
        let end = self.ends.get_mut(&id).expect("a transport");
        frame::next(&mut end.to_client, usize::MAX).expect("a frame")
    }

    pub(super) fn says(&mut self, id: ConnectionId) -> Said {
        let payload = self.frame(id).expect("nothing was said");
        let (header, body) = ReplyHeader::split(payload).expect("a header");
        if header.xid != Xid::NOTIFICATION {
            return Said::Reply { header, body };
        }
        let event: WatcherEvent = decode("WatcherEvent", body).expect("an event");
        assert_eq!((event.state, header.err), (KeeperState::SyncConnected, ErrorCode::Ok));
        let path = event.path.to_string();
        Said::Event { event: event.event_type, path, zxid: header.zxid }
    }

    /// Tells of an event; returns its zxid.
    pub(super) fn tells(&mut self, id: ConnectionId, event: EventType, path: &str) -> Zxid {
        match self.says(id) {
            Said::Event { event: was, path: at, zxid } => {
                assert_eq!((was, &*at), (event, path));
                zxid
            }
            said @ Said::Reply { .. } => panic!("{event} {path} was expected, not {said:?}"),
        }
    }

    pub(super) fn says_nothing(&mut self, id: ConnectionId) {
        let end = &self.ends[&id];
        assert_eq!(end.to_client, &b""[..], "was said");
    }

    /// All bytes that were said.
    pub(super) fn bytes(&mut self, id: ConnectionId) -> BytesMut {
        self.ends.get_mut(&id).expect("a transport").to_client.split()
    }

    pub(super) fn text(&mut self, id: ConnectionId) -> String {
        String::from_utf8(self.bytes(id).to_vec()).expect("text")
    }

    /// Has closed the transport, and said nothing more before.
    pub(super) fn closes(&mut self, id: ConnectionId) {
        self.says_nothing(id);
        assert!(self.ends[&id].closed, "it is still open");
    }

    pub(super) fn is_open(&self, id: ConnectionId) -> bool {
        !self.ends[&id].closed
    }

    pub(super) fn session(&self, id: ConnectionId) -> SessionId {
        self.server.session_of(id)
    }
}

pub(super) fn config() -> Config {
    Config { four_letter_words: ["*".to_owned()].into(), ..Config::default() }
}

pub(super) fn new_session() -> ConnectRequest {
    ConnectRequest {
        protocol_version: 0,
        last_zxid_seen: Zxid(0),
        timeout_ms: i32::try_from(TIMEOUT.as_millis()).unwrap(),
        session_id: SessionId::NONE,
        password: Some(Password::zeros()),
        read_only: Some(false),
    }
}

pub(super) fn renewal(session: &ConnectResponse) -> ConnectRequest {
    let (session_id, password) = (session.session_id, session.password.clone());
    ConnectRequest { session_id, password, ..new_session() }
}

pub(super) fn request_frame(xid: Xid, request: &Request) -> BytesMut {
    let mut out = BytesMut::new();
    let number = request.opcode().number();
    frame::append_request(&mut out, xid, number, usize::MAX, |out| request.write(out)).unwrap();
    out
}

/// A frame of any opcode and body.
pub(super) fn raw_frame(xid: i32, opcode: i32, body: &[u8]) -> BytesMut {
    let mut out = BytesMut::new();
    let write = |out: &mut BytesMut| out.extend_from_slice(body);
    frame::append_request(&mut out, Xid(xid), opcode, usize::MAX, write).unwrap();
    out
}

pub(super) fn create(path: &str, mode: CreateMode) -> Request {
    let acl = Some(vec![Acl::world(Perms::ALL)]);
    let data = Some(Bytes::from_static(b"x"));
    Request::Create(CreateRequest { path: path.into(), data, acl, mode })
}

pub(super) fn delete(path: &str) -> Request {
    let path = path.into();
    Request::Delete(zookit_proto::ops::delete::DeleteRequest { path, version: -1 })
}

pub(super) fn get(path: &str, watch: bool) -> Request {
    Request::GetData(GetDataRequest { path: path.into(), watch })
}

pub(super) fn set(path: &str) -> Request {
    let data = Some(Bytes::from_static(b"y"));
    Request::SetData(SetDataRequest { path: path.into(), data, version: -1 })
}

pub(super) fn exists(path: &str, watch: bool) -> Request {
    Request::Exists(ExistsRequest { path: path.into(), watch })
}

pub(super) fn children(path: &str, watch: bool) -> Request {
    Request::GetChildren2(GetChildrenRequest { path: path.into(), watch })
}
