//! Clients of an ensemble, and messages that are carried when the test says so.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use zookit_proto::connect::{ConnectRequest, ConnectResponse, decode_response};
use zookit_proto::frame;
use zookit_proto::header::ReplyHeader;
use zookit_proto::ops::create::CreateRequest;
use zookit_proto::ops::exists::ExistsRequest;
use zookit_proto::ops::sync::SyncRequest;
use zookit_proto::types::{Acl, CreateMode, Password, Perms};
use zookit_proto::{Request, SessionId, Xid, Zxid};

use super::super::{Ensemble, Message};
use crate::core::{Config, ConnectionId, Time};

/// What clients ask for.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);

/// An ensemble, and what is on its way in it.
pub(super) struct Talk {
    pub(super) ensemble: Ensemble,
    pub(super) now: Time,
    under_way: VecDeque<Message>,
    ports: u16,
}

/// A client's connection to a member.
pub(super) struct Line {
    pub(super) member: usize,
    id: ConnectionId,
    unread: BytesMut,
    heard: BytesMut,
    pub(super) closed: bool,
    next_xid: i32,
}

impl Talk {
    pub(super) fn of(members: usize) -> Self {
        let words = ["*".to_owned()].into();
        let config = Config { four_letter_words: words, ..Config::default() };
        let ensemble = Ensemble::new(&config, members, 3);
        Self { ensemble, now: Time::ZERO, under_way: VecDeque::new(), ports: 40_000 }
    }

    /// Carries all messages that this is true of, and those that follow from them.
    pub(super) fn carry(&mut self, which: impl Fn(&Message) -> bool) {
        loop {
            while let Some(message) = self.ensemble.poll_message() {
                self.under_way.push_back(message);
            }
            let Some(next) = self.under_way.iter().position(&which) else { return };
            let message = self.under_way.remove(next).unwrap();
            self.ensemble.deliver(self.now, message);
        }
    }

    pub(super) fn carry_all(&mut self) {
        self.carry(|_| true);
    }

    pub(super) fn pass(&mut self, time: Duration) {
        self.now = self.now.after(time);
        self.ensemble.handle_timeout(self.now);
    }

    /// A client dials a member.
    fn connect(&mut self, member: usize) -> Line {
        self.ports += 1;
        let peer = SocketAddr::from(([127, 0, 0, 1], self.ports));
        let id = self.ensemble.member_mut(member).unwrap().connect(self.now, peer);
        let (unread, heard) = (BytesMut::new(), BytesMut::new());
        Line { member, id, unread, heard, closed: false, next_xid: 1 }
    }

    /// What a member answers to a four-letter word.
    pub(super) fn word(&mut self, member: usize, word: &[u8; 4]) -> String {
        let mut line = self.connect(member);
        self.send(&mut line, word);
        assert!(line.closed);
        String::from_utf8(line.heard.to_vec()).unwrap()
    }

    /// A client dials a member and shakes hands.
    pub(super) fn dial(
        &mut self,
        member: usize,
        session: Option<&ConnectResponse>,
        seen: Zxid,
    ) -> Line {
        let mut line = self.connect(member);
        let hello = ConnectRequest {
            protocol_version: 0,
            last_zxid_seen: seen,
            timeout_ms: i32::try_from(TIMEOUT.as_millis()).unwrap(),
            session_id: session.map_or(SessionId::NONE, |session| session.session_id),
            password: session
                .and_then(|session| session.password.clone())
                .or_else(|| Some(Password::zeros())),
            read_only: Some(false),
        };
        let mut bytes = BytesMut::new();
        let start = frame::begin(&mut bytes);
        zookit_proto::wire::Field::write(&hello, &mut bytes);
        frame::finish(&mut bytes, start, usize::MAX).unwrap();
        self.send(&mut line, &bytes);
        line
    }

    /// A client with a session of its own.
    pub(super) fn client(&mut self, member: usize) -> (Line, ConnectResponse) {
        let mut line = self.dial(member, None, Zxid(0));
        self.carry_all();
        let greeting = self.greeting(&mut line).unwrap();
        (line, greeting)
    }

    pub(super) fn greeting(&mut self, line: &mut Line) -> Option<ConnectResponse> {
        let payload = self.frame(line)?;
        Some(decode_response(payload).unwrap())
    }

    fn send(&mut self, line: &mut Line, bytes: &[u8]) {
        line.unread.extend_from_slice(bytes);
        self.look(line);
    }

    /// Moves a client's bytes, both ways.
    pub(super) fn look(&mut self, line: &mut Line) {
        let server = self.ensemble.member_mut(line.member).unwrap();
        server.receive(self.now, line.id, &mut line.unread);
        let chunks: Vec<u8> = server.transmit(line.id).flatten().copied().collect();
        server.written(line.id, chunks.len());
        line.heard.extend_from_slice(&chunks);
        while let Some(id) = server.poll_close() {
            line.closed |= id == line.id;
        }
    }

    pub(super) fn ask(&mut self, line: &mut Line, request: &Request) -> Xid {
        let xid = Xid(line.next_xid);
        line.next_xid += 1;
        self.ask_as(line, xid, request);
        xid
    }

    pub(super) fn ask_as(&mut self, line: &mut Line, xid: Xid, request: &Request) {
        let mut bytes = BytesMut::new();
        let number = request.opcode().number();
        frame::append_request(&mut bytes, xid, number, usize::MAX, |out| request.write(out))
            .unwrap();
        self.send(line, &bytes);
    }

    fn frame(&mut self, line: &mut Line) -> Option<Bytes> {
        self.look(line);
        let length = u32::from_be_bytes(*line.heard.first_chunk::<4>()?) as usize;
        let whole = line.heard.split_to(4 + length).freeze();
        Some(whole.slice(4..))
    }

    /// The next reply.
    pub(super) fn reply(&mut self, line: &mut Line) -> Option<ReplyHeader> {
        let payload = self.frame(line)?;
        Some(ReplyHeader::split(payload).unwrap().0)
    }
}

pub(super) fn create(path: &str, mode: CreateMode) -> Request {
    let acl = vec![Acl::new(Perms::ALL, "world", "anyone")];
    Request::Create(CreateRequest { path: path.into(), data: None, acl: Some(acl), mode })
}

pub(super) fn exists(path: &str) -> Request {
    Request::Exists(ExistsRequest { path: path.into(), watch: false })
}

pub(super) fn sync() -> Request {
    Request::Sync(SyncRequest { path: "/".into() })
}
