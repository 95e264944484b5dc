//! A conversation with a session: the test plays the callers, the network, the clock and the
//! server, and the session in the middle is the real one.
//!
//! Every method that begins with a verb in the third person (`dials`, `sends`, `says`) is an
//! expectation of the session; the others are what the test does.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use zookit_proto::connect::{ConnectRequest, ConnectResponse, decode_request};
use zookit_proto::header::{ReplyHeader, RequestHeader};
use zookit_proto::ops::add_watch::AddWatchRequest;
use zookit_proto::ops::exists::ExistsRequest;
use zookit_proto::ops::get_children::GetChildrenRequest;
use zookit_proto::ops::get_data::{GetDataReply, GetDataRequest};
use zookit_proto::ops::notification::WatcherEvent;
use zookit_proto::ops::set_data::{SetDataReply, SetDataRequest};
use zookit_proto::types::{AddWatchMode, EventType, KeeperState, Password};
use zookit_proto::wire::{Field, Reader};
use zookit_proto::{ErrorCode, OpCode, Reply, Request, SessionId, Stat, Text, Xid, Zxid, frame};
use zookit_session::{
    Config, Effect, Endpoint, Event, Loss, Outcome, Session, State, StateChange, Submission,
    Ticket, Time, WatchKind, WatchNotice, WatchRequest, WatcherId,
};

/// The session that servers grant unless a test says otherwise.
pub const SESSION: SessionId = SessionId(0x0100_0000_0000_0001);

/// The timeout they grant.
pub const TIMEOUT: Duration = Duration::from_secs(9);

/// What the session made known, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    State(State),
    Done(Ticket, Outcome),
    Watch(WatcherId, WatchNotice),
}

pub struct Talk {
    pub session: Session,
    pub now: Time,
    /// Bytes on their way to the session.
    to_client: BytesMut,
    /// Bytes the session has written on this connection, not yet read by the test.
    to_server: BytesMut,
    connected: bool,
    /// The transport takes no bytes any more, as when its buffers are full.
    pub stuck: bool,
    pub effects: VecDeque<Effect>,
    pub heard: VecDeque<Heard>,
    pub changes: Vec<StateChange>,
    pub diagnoses: Vec<zookit_session::Diagnosis>,
    /// What the next submission carries besides its frame.
    pub deadline: Option<Duration>,
    pub pinned: Option<zookit_session::Generation>,
    next_ticket: u64,
}

impl Talk {
    /// A session with one server, `a:1`.
    pub fn new() -> Self {
        Self::with(config(1))
    }

    /// A session with this configuration.
    pub fn with(config: Config) -> Self {
        let mut talk = Self {
            session: Session::new(config, 7, Time::ZERO),
            now: Time::ZERO,
            to_client: BytesMut::new(),
            to_server: BytesMut::new(),
            connected: false,
            stuck: false,
            effects: VecDeque::new(),
            heard: VecDeque::new(),
            changes: Vec::new(),
            diagnoses: Vec::new(),
            deadline: None,
            pinned: None,
            next_ticket: 1,
        };
        talk.settle();
        talk
    }

    /// A session that is connected, with [`SESSION`] and [`TIMEOUT`].
    pub fn connected() -> Self {
        Self::connected_with(config(1))
    }

    pub fn connected_with(config: Config) -> Self {
        let mut talk = Self::with(config);
        talk.dials();
        talk.connects(SessionId::NONE);
        talk.grant(SESSION);
        assert_eq!(talk.says_state(), State::Connected);
        talk
    }

    // The clock and the network

    /// Moves everything that can move: effects, events, bytes out.
    pub fn settle(&mut self) {
        while self.session.poll_transmit(self.now) && !self.stuck {
            let chunks: Vec<u8> = self.session.transmit().flatten().copied().collect();
            self.to_server.extend_from_slice(&chunks);
            self.session.handle_written(self.now, chunks.len());
        }
        self.collect();
    }

    /// The transport takes all bytes but the last so many, and is stuck then.
    pub fn takes_all_but(&mut self, last: usize) {
        assert!(self.session.poll_transmit(self.now), "nothing to take");
        let mut bytes: Vec<u8> = self.session.transmit().flatten().copied().collect();
        bytes.truncate(bytes.len() - last);
        self.to_server.extend_from_slice(&bytes);
        self.session.handle_written(self.now, bytes.len());
        self.stuck = true;
    }

    /// Takes effects and events, without moving bytes.
    pub fn collect(&mut self) {
        while let Some(event) = self.session.poll_event() {
            self.heard.push_back(match event {
                Event::Completed(ticket, outcome) => Heard::Done(ticket, outcome),
                Event::Replied(replies) => {
                    let each = replies.outcomes();
                    self.heard.extend(each.map(|(ticket, outcome)| Heard::Done(ticket, outcome)));
                    continue;
                }
                Event::Watch(watcher, notice) => Heard::Watch(watcher, notice),
                Event::State(change) => {
                    let state = change.state;
                    self.changes.push(*change);
                    Heard::State(state)
                }
                Event::Diagnosed(diagnosis) => {
                    self.diagnoses.push(*diagnosis);
                    continue;
                }
            });
        }
        while let Some(effect) = self.session.poll_effect() {
            if effect == Effect::Hangup {
                self.disconnect();
            }
            self.effects.push_back(effect);
        }
    }

    fn disconnect(&mut self) {
        self.connected = false;
        self.stuck = false;
        self.to_client.clear();
        self.to_server.clear();
    }

    /// Lets time pass, waking the session whenever it wants to be woken.
    pub fn wait(&mut self, duration: Duration) {
        let until = self.now.after(duration);
        for _ in 0..100_000 {
            match self.session.poll_timeout() {
                Some(at) if at <= until => {
                    self.now = self.now.max(at);
                    self.session.handle_timeout(self.now);
                    self.settle();
                }
                _ => {
                    self.now = until;
                    return;
                }
            }
        }
        panic!("the session wants to be woken without end");
    }

    /// The server closes the connection.
    pub fn fin(&mut self) {
        self.lose(Loss::Fin);
    }

    pub fn lose(&mut self, loss: Loss) {
        assert!(self.connected, "there is no connection to lose");
        self.disconnect();
        self.session.handle_disconnected(self.now, loss);
        self.settle();
    }

    /// The transport was lost behind the script's back, by a call to the session itself.
    pub fn cut(mut self) -> Self {
        self.disconnect();
        self
    }

    /// The dial fails.
    pub fn dial_fails(&mut self) {
        self.session.handle_dial_failed(self.now);
        self.settle();
    }

    // What the session does about connections

    /// Dials, at once or by the clock, and the transport comes up. Returns where to.
    pub fn dials(&mut self) -> Endpoint {
        let endpoint = self.dials_only();
        self.comes_up();
        endpoint
    }

    /// The transport that was dialed is up.
    pub fn comes_up(&mut self) {
        assert!(!self.connected, "the old connection is still up");
        self.connected = true;
        self.session.handle_connected(self.now);
        self.settle();
    }

    /// Dials; the transport is not up yet.
    pub fn dials_only(&mut self) -> Endpoint {
        for _ in 0..1000 {
            while let Some(effect) = self.effects.pop_front() {
                match effect {
                    Effect::Dial { endpoint, .. } => return endpoint,
                    Effect::Hangup => {}
                    Effect::Probe { .. } => panic!("a probe, where a dial was expected"),
                }
            }
            let at = self.session.poll_timeout().expect("nothing will ever be dialed");
            let wait = at.since(self.now);
            self.wait(wait);
        }
        panic!("nothing was dialed");
    }

    /// Asks for a session in the handshake.
    pub fn connects(&mut self, session: SessionId) -> ConnectRequest {
        let payload = self.frame().expect("no handshake was sent");
        let request = decode_request(payload).expect("the handshake does not decode");
        assert_eq!(request.session_id, session, "in the handshake");
        request
    }

    // What the server says

    pub fn grant(&mut self, session: SessionId) {
        self.grant_with(session, TIMEOUT, false);
    }

    pub fn grant_with(&mut self, session: SessionId, timeout: Duration, read_only: bool) {
        let response = ConnectResponse {
            protocol_version: 0,
            timeout_ms: i32::try_from(timeout.as_millis()).unwrap(),
            session_id: session,
            password: Some(Password::new(Bytes::from_static(b"password-16-byte"))),
            read_only: Some(read_only),
        };
        self.deliver(&frame::around(&response));
    }

    /// The session is gone, says the server, and closes.
    pub fn refuse_session(&mut self) {
        self.refuse_session_with(false);
    }

    pub fn refuse_session_with(&mut self, read_only: bool) {
        let response = ConnectResponse {
            protocol_version: 0,
            timeout_ms: 0,
            session_id: SessionId::NONE,
            password: Some(Password::zeros()),
            read_only: Some(read_only),
        };
        self.deliver(&frame::around(&response));
    }

    /// Bytes arrive at the session.
    pub fn deliver(&mut self, bytes: &[u8]) {
        assert!(self.connected, "there is no connection");
        self.to_client.extend_from_slice(bytes);
        self.session.handle_received(self.now, &mut self.to_client);
        self.settle();
    }

    pub fn reply(&mut self, xid: Xid, zxid: i64, reply: &Reply) {
        let mut body = BytesMut::new();
        reply.write(&mut body);
        self.deliver(&reply_frame(xid, zxid, ErrorCode::Ok, &body));
    }

    /// A reply that is a header alone.
    pub fn ok(&mut self, xid: Xid, zxid: i64) {
        self.deliver(&reply_frame(xid, zxid, ErrorCode::Ok, &[]));
    }

    pub fn refuse(&mut self, xid: Xid, zxid: i64, code: ErrorCode) {
        self.deliver(&reply_frame(xid, zxid, code, &[]));
    }

    pub fn notify(&mut self, event: EventType, path: &str, zxid: i64) {
        let frame = event_frame(event, path, zxid);
        self.deliver(&frame);
    }

    // What the session sends

    /// The payload of the next frame the session wrote.
    pub fn frame(&mut self) -> Option<Bytes> {
        self.settle();
        frame::next(&mut self.to_server, usize::MAX).expect("the session wrote no frame")
    }

    /// Sends something.
    pub fn sends_any(&mut self) -> (Xid, Request) {
        let payload = self.frame().expect("nothing was sent");
        let mut reader = Reader::new("RequestHeader", payload);
        let header = RequestHeader::read(&mut reader, "").unwrap();
        let opcode = OpCode::from_number(header.opcode);
        (header.xid, Request::decode(opcode, reader.rest()).unwrap())
    }

    /// Sends this request, with an ordinary xid.
    pub fn sends(&mut self, expected: &Request) -> Xid {
        let (xid, request) = self.sends_any();
        assert_eq!(&request, expected);
        xid
    }

    /// Sends a request of this kind.
    pub fn sends_op(&mut self, expected: OpCode) -> Xid {
        let (xid, request) = self.sends_any();
        assert_eq!(request.opcode(), expected, "{request:?}");
        xid
    }

    pub fn sends_nothing(&mut self) {
        if let Some(frame) = self.frame() {
            panic!("{frame:?} was sent");
        }
    }

    pub fn pings(&mut self) {
        assert_eq!(self.sends_op(OpCode::Ping), Xid::PING);
    }

    // What callers do

    pub fn submit(&mut self, request: &Request, watch: Option<WatchRequest>) -> Ticket {
        let ticket = self.ticket();
        let mut body = BytesMut::new();
        request.write(&mut body);
        let frame = request_frame(request.opcode(), body.freeze());
        let submission = Submission {
            ticket,
            opcode: request.opcode(),
            frame,
            deadline: self.deadline.map(|deadline| self.now.after(deadline)),
            watch: watch.map(Box::new),
            pinned: self.pinned,
        };
        self.session.submit(self.now, submission);
        self.collect();
        ticket
    }

    pub fn ticket(&mut self) -> Ticket {
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        ticket
    }

    pub fn get(&mut self, path: &str) -> Ticket {
        self.submit(&get(path, false), None)
    }

    pub fn set(&mut self, path: &str) -> Ticket {
        self.submit(&set(path), None)
    }

    /// A request that arms a watcher; the number names it.
    pub fn watch(&mut self, number: u64, kind: WatchKind, path: &str) -> Ticket {
        let watcher = WatcherId(number);
        let text = Text::from(path);
        let watch = Some(WatchRequest { watcher, kind, path: text.clone() });
        let request = match kind {
            WatchKind::Data => get(path, true),
            WatchKind::Exists => Request::Exists(ExistsRequest { path: text, watch: true }),
            WatchKind::Children => children(path, true),
            WatchKind::Persistent => add_watch(path, AddWatchMode::Persistent),
            WatchKind::PersistentRecursive => add_watch(path, AddWatchMode::PersistentRecursive),
        };
        self.submit(&request, watch)
    }

    pub fn drop_watcher(&mut self, number: u64) {
        self.session.drop_watcher(self.now, WatcherId(number));
        self.collect();
    }

    pub fn close(&mut self) -> Ticket {
        let ticket = self.ticket();
        self.session.close(self.now, ticket);
        self.settle();
        ticket
    }

    pub fn add_auth(&mut self, scheme: &str, auth: &'static str) -> Ticket {
        let ticket = self.ticket();
        let deadline = self.deadline.map(|deadline| self.now.after(deadline));
        let auth = Bytes::from_static(auth.as_bytes());
        self.session.add_auth(self.now, ticket, scheme.into(), auth, deadline);
        self.settle();
        ticket
    }

    // What callers hear

    pub fn says(&mut self) -> Heard {
        self.collect();
        self.heard.pop_front().expect("nothing was said")
    }

    pub fn says_nothing(&mut self) {
        self.collect();
        assert_eq!(self.heard, [], "nothing should have been said");
    }

    pub fn says_state(&mut self) -> State {
        match self.says() {
            Heard::State(state) => state,
            other => panic!("a state was expected, not {other:?}"),
        }
    }

    pub fn says_done(&mut self, expected: Ticket) -> Outcome {
        match self.says() {
            Heard::Done(ticket, outcome) if ticket == expected => outcome,
            other => panic!("the end of {expected:?} was expected, not {other:?}"),
        }
    }

    /// A watcher hears of an event.
    pub fn says_event(&mut self, number: u64, event: EventType, path: &str) {
        match self.says() {
            Heard::Watch(WatcherId(watcher), WatchNotice::Event { event: was, path: at, .. }) => {
                assert_eq!((watcher, was, &*at.to_str()), (number, event, path));
            }
            other => panic!("{event} for watcher {number} was expected, not {other:?}"),
        }
    }

    pub fn says_notice(&mut self, number: u64) -> WatchNotice {
        match self.says() {
            Heard::Watch(WatcherId(watcher), notice) if watcher == number => notice,
            other => panic!("news for watcher {number} was expected, not {other:?}"),
        }
    }

    pub fn forget(&mut self) {
        self.collect();
        self.heard.clear();
    }
}

/// Bytes as a record: a body that is encoded already.
struct Raw(Bytes);

impl Field for Raw {
    const AT_LEAST: usize = 0;

    fn write(&self, out: &mut BytesMut) {
        out.extend_from_slice(&self.0);
    }

    fn read(reader: &mut Reader, _: &'static str) -> Result<Self, zookit_proto::wire::DecodeError> {
        Ok(Self(reader.rest()))
    }
}

/// A whole request frame, its xid still open.
pub fn request_frame(opcode: OpCode, body: Bytes) -> Bytes {
    let frame = frame::request(Xid::default(), opcode.number(), &Raw(body), usize::MAX);
    frame.unwrap().freeze()
}

/// The defaults, for so many servers: `a:1`, `b:2`, ...
pub fn config(servers: u16) -> Config {
    let names = ('a'..='z').zip(1_u16..).take(usize::from(servers));
    let mut config = Config::new(names.map(|(name, port)| Endpoint::new(name, port)).collect());
    config.session_timeout = TIMEOUT;
    config
}

pub fn get(path: &str, watch: bool) -> Request {
    Request::GetData(GetDataRequest { path: path.into(), watch })
}

pub fn set(path: &str) -> Request {
    let data = Some(Bytes::from_static(b"x"));
    Request::SetData(SetDataRequest { path: path.into(), data, version: -1 })
}

pub fn children(path: &str, watch: bool) -> Request {
    Request::GetChildren2(GetChildrenRequest { path: path.into(), watch })
}

pub fn add_watch(path: &str, mode: AddWatchMode) -> Request {
    Request::AddWatch(AddWatchRequest { path: path.into(), mode })
}

pub fn data() -> Reply {
    Reply::GetData(GetDataReply { data: Some(Bytes::from_static(b"x")), stat: Stat::default() })
}

pub fn stat() -> Reply {
    Reply::SetData(SetDataReply { stat: Stat::default() })
}

pub fn reply_frame(xid: Xid, zxid: i64, err: ErrorCode, body: &[u8]) -> Bytes {
    let mut out = BytesMut::new();
    let start = frame::begin(&mut out);
    ReplyHeader { xid, zxid: Zxid(zxid), err }.write(&mut out);
    out.extend_from_slice(body);
    frame::finish(&mut out, start, usize::MAX).unwrap();
    out.freeze()
}

pub fn event_frame(event: EventType, path: &str, zxid: i64) -> Bytes {
    let body =
        WatcherEvent { event_type: event, state: KeeperState::SyncConnected, path: path.into() };
    let body = zookit_proto::wire::encode(&body);
    reply_frame(Xid::NOTIFICATION, zxid, ErrorCode::Ok, &body)
}

/// The outcome of a read that was answered at this transaction.
pub fn is_answered(outcome: &Outcome, at: i64) -> bool {
    matches!(outcome, Outcome::Answered { zxid, .. } if *zxid == Zxid(at))
}
