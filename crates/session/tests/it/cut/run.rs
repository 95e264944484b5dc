//! One run of the script, with the connection cut at one place or nowhere.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use zookit_proto::{OpCode, Request, Text, Xid, frame};
use zookit_session::{
    Effect, Event, Loss, NoReply, Outcome, Session, State, Submission, Ticket, Time, WatchNotice,
    WatchRequest, WatcherId,
};

use super::Stream;
use super::script::{NODES, ONE_SHOTS, Others, Step, groups, others};
use super::server::Server;
use crate::talk::config;

/// Where the first connection is cut, and how.
#[derive(Debug, Clone, Copy)]
pub struct Cut {
    pub stream: Stream,
    pub at: usize,
    pub loss: Loss,
}

/// How long the handshake is, each way.
const HANDSHAKE: (usize, usize) = (49, 41);

/// How an operation ended.
#[derive(Debug, Clone)]
pub struct End(Outcome);

impl End {
    /// Answered; exists of a missing znode is answered by `NoNode`.
    pub fn is_answered(&self) -> bool {
        matches!(self.0, Outcome::Answered { .. } | Outcome::Refused { .. })
    }

    pub fn is_lost(&self, loss: Loss) -> bool {
        self.0 == Outcome::NoReply(NoReply::Lost(loss))
    }
}

/// What the uncut run tells of an operation.
#[derive(Debug, Clone)]
pub struct Place {
    pub group: usize,
    pub is_write: bool,
    /// Where its request ends in the stream to the server.
    pub request_end: usize,
    /// Where its reply ends in the stream to the client.
    pub reply_end: usize,
}

/// What came of a run.
pub struct Record {
    pub outcomes: Vec<End>,
    pub steps: Vec<Place>,
    pub bytes_to_server: usize,
    pub bytes_to_client: usize,
    /// How much had passed each way when a group had ended, the handshake first.
    boundaries: Vec<(usize, usize)>,
    bodies: Vec<Bytes>,
    server: Server,
    notices: BTreeMap<u64, Vec<WatchNotice>>,
    changes: Vec<i64>,
    close: Option<Outcome>,
    state: State,
}

impl Record {
    /// How often the operation has been applied.
    pub fn applied(&self, n: usize) -> usize {
        self.server.applied.get(&self.bodies[n]).copied().unwrap_or(0)
    }

    /// Whether the cut happens when one group has ended and the next has not begun.
    pub fn is_between_groups(&self, cut: Cut) -> bool {
        self.boundaries.iter().any(|at| passed(at, cut.stream) == cut.at)
    }

    /// The group whose requests the cut meets; none if it happens in the handshake or, and the
    /// client knows, between two groups.
    pub fn group_at(&self, cut: Cut) -> Option<usize> {
        let ended = self.boundaries.iter().filter(|at| passed(at, cut.stream) <= cut.at).count();
        let known = cut.loss != Loss::Stall;
        if known && self.is_between_groups(cut) { None } else { ended.checked_sub(1) }
    }

    /// What holds wherever the connection is cut.
    pub fn check_invariants(&self, name: &str) {
        for (body, times) in &self.server.applied {
            assert_eq!(*times, 1, "{name}: {body:?} was applied {times} times");
        }
        let places: Vec<_> = self.server.order.iter().map(|body| self.place_of(body)).collect();
        assert!(places.is_sorted(), "{name}: applied in the order {places:?}");
        for watcher in ONE_SHOTS {
            let told = self.notices.get(&watcher).map_or(&[][..], Vec::as_slice);
            let once = matches!(told, [WatchNotice::Event { .. }]);
            assert!(once, "{name}: one-shot watcher {watcher} was told {told:?}");
        }
        for (watcher, change) in [(4, 0), (5, 1), (5, 2), (4, 3)] {
            self.check_seen(name, watcher, self.changes[change]);
        }
        assert!(matches!(self.close, Some(Outcome::Answered { .. })), "{name}: {:?}", self.close);
        assert_eq!(self.state, State::Closed, "{name}");
        // A session whose grant was cut is known to nobody; no other may be left.
        assert!(self.server.sessions() <= 1, "{name}: sessions left");
    }

    fn place_of(&self, body: &Bytes) -> usize {
        self.bodies.iter().position(|other| other == body).expect("nobody submitted this")
    }

    /// A persistent watcher was told of the change, or of a gap that it lies in.
    fn check_seen(&self, name: &str, watcher: u64, change: i64) {
        let told = self.notices.get(&watcher).map_or(&[][..], Vec::as_slice);
        let seen = told.iter().any(|notice| match notice {
            WatchNotice::Event { zxid, .. } => zxid.is_some_and(|zxid| zxid.0 == change),
            WatchNotice::Gap { after, until } => after.0 < change && change <= until.0,
            WatchNotice::Ended(_) => false,
        });
        assert!(seen, "{name}: watcher {watcher} does not know of {change:#x}: {told:?}");
    }
}

fn passed((to_server, to_client): &(usize, usize), stream: Stream) -> usize {
    match stream {
        Stream::ToServer => *to_server,
        Stream::ToClient => *to_client,
    }
}

/// The session, the server, and the two streams between them.
struct Wire {
    session: Session,
    server: Server,
    now: Time,
    cut: Option<Cut>,
    /// Bytes that have passed on the first connection, each way.
    to_server: usize,
    to_client: usize,
    /// Bytes that have come to the session and are not handled.
    inbox: BytesMut,
    connected: bool,
    /// The cut has happened and, in a stall, nobody has noticed yet.
    dead: bool,
    ended: BTreeMap<Ticket, Outcome>,
    /// Where replies ended, by xid, of the uncut run.
    ends: BTreeMap<i32, usize>,
    notices: BTreeMap<u64, Vec<WatchNotice>>,
}

/// Runs the script.
pub fn run(cut: Option<Cut>) -> Record {
    let paths = NODES.iter().map(|path| (*path).to_owned());
    let server = Server::new(paths.chain((2..7).map(|n| format!("/delete/{n}"))));
    let mut config = config(1);
    // Longer than it takes to notice a stall, so that closing too is tried on a second connection.
    config.limits.close_timeout = config.session_timeout;
    let mut wire = Wire {
        session: Session::new(config, 7, Time::ZERO),
        server,
        now: Time::ZERO,
        cut,
        to_server: 0,
        to_client: 0,
        inbox: BytesMut::new(),
        connected: false,
        dead: false,
        ended: BTreeMap::new(),
        ends: BTreeMap::new(),
        notices: BTreeMap::new(),
    };
    let (mut steps, mut bodies, mut changes) = (Vec::new(), Vec::new(), Vec::new());
    let mut boundaries = vec![HANDSHAKE];
    for (group, asked) in groups().into_iter().enumerate() {
        wire.others(group, &mut changes);
        let first = bodies.len();
        for step in asked {
            let n = bodies.len();
            let (body, is_write) = wire.ask(n, step);
            bodies.push(body);
            steps.push(Place { group, is_write, request_end: 0, reply_end: 0 });
        }
        wire.until(|wire| (first..bodies.len()).all(|n| wire.ended.contains_key(&ticket(n))));
        boundaries.push((wire.to_server, wire.to_client));
    }
    wire.fill_places(&mut steps);
    let last = ticket(bodies.len());
    wire.session.close(wire.now, last);
    wire.until(|wire| wire.ended.contains_key(&last));
    let close = wire.ended.remove(&last);
    let (bytes_to_server, bytes_to_client) = (wire.to_server, wire.to_client);
    let outcomes = (0..bodies.len()).map(|n| End(wire.ended[&ticket(n)].clone())).collect();
    let state = wire.session.state();
    let Wire { server, notices, .. } = wire;
    Record {
        outcomes,
        steps,
        bytes_to_server,
        bytes_to_client,
        boundaries,
        bodies,
        server,
        notices,
        changes,
        close,
        state,
    }
}

fn ticket(n: usize) -> Ticket {
    Ticket(n as u64)
}

impl Wire {
    fn others(&mut self, group: usize, changes: &mut Vec<i64>) {
        for other in others(group) {
            match other {
                Others::Set(path) => self.server.others_set(path),
                Others::Create(path) => self.server.others_create(path),
                Others::Delete(path) => self.server.others_delete(path),
            }
            let (Others::Set(path) | Others::Create(path) | Others::Delete(path)) = other;
            if path.starts_with("/persistent") || path.starts_with("/recursive") {
                changes.push(self.server.zxid());
            }
        }
    }

    fn ask(&mut self, n: usize, step: Step) -> (Bytes, bool) {
        let (request, watch) = match step {
            Step::Ask(request, watch) => (request, watch),
            Step::Auth(auth) => {
                let auth_bytes = Bytes::from_static(auth.as_bytes());
                let scheme = Text::from_static("digest");
                self.session.add_auth(self.now, ticket(n), scheme, auth_bytes, None);
                return (Bytes::from_static(b"auth"), false);
            }
        };
        let mut body = BytesMut::new();
        request.write(&mut body);
        let body = body.freeze();
        let opcode = request.opcode();
        let submission = Submission {
            ticket: ticket(n),
            opcode,
            frame: request_frame(&request),
            deadline: None,
            watch: watch.map(|(watcher, kind, path)| {
                let watcher = WatcherId(watcher);
                Box::new(WatchRequest { watcher, kind, path: path.into() })
            }),
            pinned: None,
        };
        self.session.submit(self.now, submission);
        (body, opcode.class() == zookit_proto::Class::Write)
    }

    /// Moves bytes, and time when no bytes move, until that is the case.
    fn until(&mut self, done: impl Fn(&Self) -> bool) {
        for _ in 0..10_000 {
            let moved = self.pump();
            if done(self) {
                // What is on its way arrives before anything new is asked.
                while self.pump() {}
                return;
            }
            if !moved {
                let at = self.session.poll_timeout().expect("nothing will ever happen");
                self.now = self.now.max(at);
                self.session.handle_timeout(self.now);
            }
        }
        panic!("{:?}: the script does not end", self.cut);
    }

    /// Moves what can be moved once; whether anything was.
    fn pump(&mut self) -> bool {
        let mut moved = false;
        while let Some(effect) = self.session.poll_effect() {
            moved = true;
            match effect {
                Effect::Dial { .. } => self.connect(),
                Effect::Hangup => self.disconnect(),
                Effect::Probe { endpoint, word, .. } => {
                    self.session.handle_probed(self.now, &endpoint, word, None);
                }
            }
        }
        while let Some(event) = self.session.poll_event() {
            moved = true;
            match event {
                Event::Completed(ticket, outcome) => {
                    let before = self.ended.insert(ticket, outcome);
                    assert_eq!(before, None, "{ticket:?} ended twice");
                }
                Event::Replied(_) => panic!("the script has no runs"),
                Event::Watch(WatcherId(watcher), notice) => {
                    self.notices.entry(watcher).or_default().push(notice);
                }
                Event::State(_) | Event::Diagnosed(_) => {}
            }
        }
        moved | self.move_to_server() | self.move_to_client()
    }

    fn connect(&mut self) {
        self.server.accept();
        self.inbox.clear();
        self.connected = true;
        self.session.handle_connected(self.now);
    }

    fn disconnect(&mut self) {
        self.connected = false;
        self.dead = false;
    }

    fn move_to_server(&mut self) -> bool {
        if !self.session.poll_transmit(self.now) || !self.connected {
            return false;
        }
        let bytes: Vec<u8> = self.session.transmit().flatten().copied().collect();
        let room = self.room(Stream::ToServer, self.to_server);
        let arrives = bytes.len().min(room);
        let all = arrives == bytes.len() && room > arrives;
        let fin = self.cut.is_some_and(|cut| cut.loss == Loss::Fin);
        let accepted = if all || !fin { bytes.len() } else { arrives };
        if !self.dead {
            self.server.receive(&bytes[..arrives]);
            self.to_server += arrives;
        }
        self.session.handle_written(self.now, accepted);
        if !all && !self.dead {
            // What the server had whole is answered before the connection ends.
            while self.move_to_client() {}
            self.cut_now();
        }
        accepted > 0
    }

    fn move_to_client(&mut self) -> bool {
        if !self.connected || self.dead {
            return false;
        }
        let bytes = self.server.take_output();
        if bytes.is_empty() {
            return false;
        }
        let room = self.room(Stream::ToClient, self.to_client);
        let arrives = bytes.len().min(room);
        self.note_ends(&bytes[..arrives]);
        self.to_client += arrives;
        self.inbox.extend_from_slice(&bytes[..arrives]);
        self.session.handle_received(self.now, &mut self.inbox);
        if room <= bytes.len() {
            self.cut_now();
        }
        true
    }

    /// How many bytes may still pass on this stream before the cut.
    fn room(&self, stream: Stream, passed: usize) -> usize {
        match self.cut {
            Some(_) if self.dead => 0,
            Some(cut) if cut.stream == stream && passed <= cut.at => cut.at - passed,
            _ => usize::MAX,
        }
    }

    fn cut_now(&mut self) {
        let Some(cut) = self.cut else { return };
        // Only the first connection is cut.
        self.to_server = usize::MAX / 2;
        self.to_client = usize::MAX / 2;
        match cut.loss {
            Loss::Stall => self.dead = true,
            loss => {
                self.disconnect();
                self.session.handle_disconnected(self.now, loss);
            }
        }
    }

    /// In the uncut run: where each reply ends.
    fn note_ends(&mut self, bytes: &[u8]) {
        if self.cut.is_some() {
            return;
        }
        let mut at = self.to_client;
        let mut rest = BytesMut::from(bytes);
        while let Some(payload) = frame::next(&mut rest, usize::MAX).unwrap() {
            at += frame::PREFIX + payload.len();
            let xid = i32::from_be_bytes(payload[..4].try_into().unwrap());
            if xid > 0 || xid == Xid::AUTH.0 {
                self.ends.entry(xid).or_insert(at);
            }
        }
    }

    /// In the uncut run: requests lie in the stream as they were asked, the credential first.
    fn fill_places(&self, steps: &mut [Place]) {
        if self.cut.is_some() {
            return;
        }
        let (mut at, _) = HANDSHAKE;
        let mut xid = 0;
        for (place, step) in steps.iter_mut().zip(groups().into_iter().flatten()) {
            let (length, key) = match step {
                Step::Auth(auth) => (4 + 8 + 4 + 4 + 6 + 4 + auth.len(), Xid::AUTH.0),
                Step::Ask(request, _) => {
                    xid += 1;
                    (request_frame(&request).len(), xid)
                }
            };
            at += length;
            place.request_end = at;
            place.reply_end = self.ends[&key];
        }
        assert_eq!(at, self.to_server, "the script is all that was sent");
    }
}

fn request_frame(request: &Request) -> Bytes {
    let mut body = BytesMut::new();
    let start = frame::begin(&mut body);
    let opcode: OpCode = request.opcode();
    body.extend_from_slice(&0_i32.to_be_bytes());
    body.extend_from_slice(&opcode.number().to_be_bytes());
    request.write(&mut body);
    frame::finish(&mut body, start, usize::MAX).unwrap();
    body.freeze()
}
