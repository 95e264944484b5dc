//! A session in a world that knows no manners: seeded runs of commands, bytes, losses and time in
//! any order, and what must hold however they fall.
//!
//! In every step: nothing panics; each ticket ends once; a watcher hears nothing after its final
//! notice; time that is waited for passes; no write is whole on the wire twice, or out of order, or
//! in another generation than its own, or behind a lost one; a loss is published before what it
//! ends; no session is opened while another may live.
//! At the end, when the handle is closed: all has ended within the bound, and nothing is left.
//!
//! * this file: the callers, and what must hold;
//! * [`world`]: the network, the server, and time.

mod world;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use fastrand::Rng;
use zookit_proto::ops::create::CreateRequest;
use zookit_proto::ops::exists::ExistsRequest;
use zookit_proto::types::{AddWatchMode, CreateMode};
use zookit_proto::{OpCode, Request, SessionId, Text, Xid};
use zookit_session::{
    Effect, Endpoint, Event, Generation, NoReply, OnExpiry, Outcome, PresumedExpiry, Run, SentRule,
    Session, State, Submission, Ticket, Tickets, Time, WatchKind, WatchNotice, WatchRequest,
    WatcherId,
};

use crate::talk::{add_watch, children, config, get, request_frame};
use crate::watches::KINDS;

const SEEDS: u64 = 3000;
const STEPS: u32 = 500;
const CLOSE_BOUND: Duration = Duration::from_secs(5);

/// A write, from its submission on. Its number is its ticket, and in its path.
struct Write {
    generation: Generation,
    times_sent: u32,
}

/// How callers submit many requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Many {
    /// As runs.
    AsRuns,
    /// One after the other.
    OneByOne,
}

struct Chaos {
    rng: Rng,
    many: Many,
    session: Session,
    now: Time,
    /// Whether a dial was asked for, or answered.
    dialing: bool,
    connected: bool,
    /// Bytes the transport took, not yet cut into frames.
    up: BytesMut,
    /// Bytes on their way to the session, and those it has left standing.
    down: BytesMut,
    inbox: BytesMut,
    greeted: bool,
    /// What the server has read on this connection and not answered.
    owed: VecDeque<(Xid, OpCode)>,
    on_this_connection: SessionId,
    sessions_granted: i64,
    sessions_seen: BTreeSet<SessionId>,
    sessions_gone: BTreeSet<SessionId>,
    zxid: i64,
    next: u64,
    tickets: BTreeMap<Ticket, Option<Outcome>>,
    writes: BTreeMap<u64, Write>,
    last_write_sent: u64,
    /// What was submitted before this, and before a loss that took a write, must not follow it.
    stopped_before: u64,
    watchers: BTreeMap<WatcherId, (WatchKind, bool)>,
    state: State,
    /// How often replies to several requests were told together.
    replied_together: usize,
    transcript: DefaultHasher,
}

impl Chaos {
    fn new(seed: u64, many: Many) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mut config = config(rng.u16(0..5).min(3));
        config.limits.window_requests = *rng.choice(&[1, 3, 100]).unwrap();
        config.limits.max_requests = 60;
        config.limits.max_response = 5000;
        config.limits.close_timeout = CLOSE_BOUND;
        config.limits.watch_batch_bytes = *rng.choice(&[1, 20, 1000]).unwrap();
        config.sent_rule = *rng.choice(&[SentRule::LastByte, SentRule::FirstByte]).unwrap();
        config.on_expiry = if rng.u8(0..8) == 0 { OnExpiry::End } else { OnExpiry::NextGeneration };
        config.presumed_expiry = match rng.u8(0..4) {
            0 => PresumedExpiry::Never,
            1 => PresumedExpiry::After(Duration::from_millis(rng.u64(0..3000))),
            _ => PresumedExpiry::FourThirds,
        };
        let session = Session::new(config, seed, Time::ZERO);
        Self {
            rng,
            many,
            session,
            now: Time::ZERO,
            dialing: false,
            connected: false,
            up: BytesMut::new(),
            down: BytesMut::new(),
            inbox: BytesMut::new(),
            greeted: false,
            owed: VecDeque::new(),
            on_this_connection: SessionId::NONE,
            sessions_granted: 0,
            sessions_seen: BTreeSet::new(),
            sessions_gone: BTreeSet::new(),
            zxid: 1,
            next: 1,
            tickets: BTreeMap::new(),
            writes: BTreeMap::new(),
            last_write_sent: 0,
            stopped_before: 0,
            watchers: BTreeMap::new(),
            state: State::Connecting,
            replied_together: 0,
            transcript: DefaultHasher::new(),
        }
    }

    fn step(&mut self) {
        match self.rng.u8(0..100) {
            0..16 => self.submit(),
            16..20 => self.submit_many(),
            20..25 => self.other_command(),
            25..37 => self.network(),
            37..57 => self.write(),
            57..76 => {
                for _ in 0..*self.rng.choice(&[1, 1, 1, 6]).unwrap() {
                    self.serve();
                }
            }
            76 => self.misbehave(),
            77..93 => self.deliver(),
            _ => self.pass_time(),
        }
        self.check();
    }

    // Callers

    fn submit(&mut self) {
        let number = self.next;
        self.next += 1;
        let ticket = Ticket(number);
        let path = Text::from(format!("/{}", self.rng.u8(0..4)).as_str());
        let kind = *self.rng.choice(&KINDS).unwrap();
        let (request, watch) = match self.rng.u8(0..4) {
            0 => (get("/r", false), None),
            1 => {
                let request = match kind {
                    WatchKind::Data => get(&path.to_str(), true),
                    WatchKind::Exists => {
                        Request::Exists(ExistsRequest { path: path.clone(), watch: true })
                    }
                    WatchKind::Children => children(&path.to_str(), true),
                    _ => add_watch(&path.to_str(), AddWatchMode::Persistent),
                };
                (request, Some(WatchRequest { watcher: WatcherId(number), kind, path }))
            }
            _ => (self.create(number, 3000), None),
        };
        let opcode = request.opcode();
        let mut body = BytesMut::new();
        request.write(&mut body);
        let frame = request_frame(opcode, body.freeze());
        let generation = self.session.generation();
        let deadline = self.rng.bool().then(|| self.now.after(self.duration()));
        let pinned = (self.rng.u8(0..8) == 0).then_some(generation);
        if let Some(watch) = &watch {
            self.watchers.insert(watch.watcher, (watch.kind, false));
        }
        if opcode == OpCode::Create {
            self.writes.insert(number, Write { generation, times_sent: 0 });
        }
        self.tickets.insert(ticket, None);
        let watch = watch.map(Box::new);
        let submission = Submission { ticket, opcode, frame, deadline, watch, pinned };
        self.session.submit(self.now, submission);
    }

    /// Some requests of one kind at once.
    fn submit_many(&mut self) {
        let count = self.rng.u64(1..9);
        let first = self.next;
        self.next += count;
        let generation = self.session.generation();
        let reads = self.rng.bool();
        let mut frames = Vec::new();
        for number in first..self.next {
            let request = if reads { get("/r", false) } else { self.create(number, 200) };
            let mut body = BytesMut::new();
            request.write(&mut body);
            frames.push(request_frame(request.opcode(), body.freeze()));
            if !reads {
                self.writes.insert(number, Write { generation, times_sent: 0 });
            }
            self.tickets.insert(Ticket(number), None);
        }
        let opcode = if reads { OpCode::GetData } else { OpCode::Create };
        let deadline = self.rng.bool().then(|| self.now.after(self.duration()));
        let pinned = (self.rng.u8(0..8) == 0).then_some(generation);
        let listed = self.rng.bool();
        if self.many == Many::AsRuns {
            let frames = frames.concat().into();
            let tickets = match listed {
                true => (first..self.next).map(Ticket).collect(),
                false => Tickets::from(Ticket(first)),
            };
            let count = u32::try_from(count).unwrap();
            let run = Run { tickets, opcode, count, frames, deadline, pinned };
            return self.session.submit_run(self.now, run);
        }
        for (ticket, frame) in (first..).map(Ticket).zip(frames) {
            let watch = None;
            let submission = Submission { ticket, opcode, frame, deadline, watch, pinned };
            self.session.submit(self.now, submission);
        }
    }

    fn create(&mut self, number: u64, most: usize) -> Request {
        let path = format!("/write/{number}").as_str().into();
        let (data, acl) = (Some(Bytes::from(vec![0; self.rng.usize(0..most)])), Some(vec![]));
        let mode = CreateMode::Ephemeral;
        Request::Create(CreateRequest { path, data, acl, mode })
    }

    fn other_command(&mut self) {
        let number = self.rng.u64(0..self.next + 2);
        match self.rng.u8(0..12) {
            0..4 => self.session.drop_watcher(self.now, WatcherId(number)),
            4..7 => self.session.abandon(Ticket(number)),
            7 => {
                let servers = (0..self.rng.u16(0..4)).map(|_| self.rng.u16(1..6));
                let servers: Vec<_> = servers.collect();
                let servers = servers.into_iter().map(|port| Endpoint::new("h", port)).collect();
                self.session.update_servers(self.now, servers);
            }
            _ => {
                let ticket = Ticket(self.next);
                self.next += 1;
                self.tickets.insert(ticket, None);
                let auth = Bytes::copy_from_slice(&[self.rng.u8(0..3)]);
                let deadline = self.rng.bool().then(|| self.now.after(self.duration()));
                self.session.add_auth(self.now, ticket, "digest".into(), auth, deadline);
            }
        }
    }

    fn close(&mut self) {
        let ticket = Ticket(self.next);
        self.next += 1;
        self.tickets.insert(ticket, None);
        self.session.close(self.now, ticket);
    }

    fn duration(&mut self) -> Duration {
        Duration::from_millis(
            *self.rng.choice(&[0, 1, 10, 10, 100, 100, 500, 500, 3000, 20_000]).unwrap(),
        )
    }

    // What must hold

    fn check(&mut self) {
        while let Some(effect) = self.session.poll_effect() {
            match effect {
                Effect::Dial { .. } => {
                    assert!(!self.dialing && !self.connected, "two connections at once");
                    self.dialing = true;
                }
                Effect::Hangup => self.disconnect(),
                Effect::Probe { .. } => {}
            }
        }
        while let Some(event) = self.session.poll_event() {
            let event = match event {
                // In the transcript as if they had been told one by one.
                Event::Replied(replies) => {
                    self.replied_together += usize::from(replies.count > 1);
                    for (ticket, outcome) in replies.outcomes() {
                        let event = Event::Completed(ticket, outcome.clone());
                        format!("{event:?}").hash(&mut self.transcript);
                        self.completed(ticket, outcome);
                    }
                    continue;
                }
                event => event,
            };
            format!("{event:?}").hash(&mut self.transcript);
            match event {
                Event::Completed(ticket, outcome) => self.completed(ticket, outcome),
                Event::Replied(_) => unreachable!("taken apart above"),
                Event::Watch(watcher, notice) => self.noticed(watcher, &notice),
                Event::State(change) => {
                    assert!(!self.state.is_terminal(), "{:?} after {:?}", change.state, self.state);
                    self.state = change.state;
                }
                Event::Diagnosed(_) => {}
            }
        }
        assert_eq!(self.state, self.session.state());
        let session = self.session.session_id();
        if session != SessionId::NONE {
            self.sessions_seen.insert(session);
        }
    }

    fn completed(&mut self, ticket: Ticket, outcome: Outcome) {
        if matches!(outcome, Outcome::NoReply(NoReply::Lost(_) | NoReply::Unreadable(_))) {
            assert!(!self.state.is_connected(), "{ticket:?} was lost before the connection was");
            if self.writes.contains_key(&ticket.0) {
                self.stopped_before = self.next;
            }
        }
        let ended = self.tickets.get_mut(&ticket).expect("a ticket of nobody");
        assert_eq!(*ended, None, "{ticket:?} ended twice");
        *ended = Some(outcome);
    }

    fn noticed(&mut self, watcher: WatcherId, notice: &WatchNotice) {
        let (kind, over) = self.watchers.get_mut(&watcher).expect("a watcher of nobody");
        assert!(!*over, "{watcher:?} heard {notice:?} after its end");
        match notice {
            WatchNotice::Event { .. } => *over = kind.is_one_shot(),
            WatchNotice::Gap { .. } => assert!(!kind.is_one_shot()),
            WatchNotice::Ended(_) => *over = true,
        }
    }

    /// Closes the handle in a world that does not answer any more.
    fn end(&mut self) {
        self.close();
        self.check();
        let closed_at = self.now;
        while let Some(at) = self.session.poll_timeout() {
            self.now = self.now.max(at);
            assert!(self.now.since(closed_at) <= CLOSE_BOUND, "still not closed");
            self.wake();
            self.check();
        }
        self.close();
        self.submit();
        self.check();
        assert!(self.state.is_terminal());
        for (ticket, outcome) in &self.tickets {
            assert!(outcome.is_some(), "{ticket:?} never ended");
        }
        for (number, write) in &self.writes {
            match self.tickets.get(&Ticket(*number)).and_then(Option::as_ref) {
                Some(Outcome::NotSent(reason)) => {
                    assert_eq!(write.times_sent, 0, "write {number} was sent, but {reason}");
                }
                Some(Outcome::Answered { .. } | Outcome::Refused { .. }) => {
                    assert_eq!(write.times_sent, 1, "write {number} was answered");
                }
                _ => {}
            }
        }
        let session = &self.session;
        assert_eq!((session.in_flight(), session.queued(), session.watchers()), (0, 0, 0));
        assert!(!self.session.poll_transmit(self.now), "bytes after the end");
        assert!(!self.connected && !self.dialing, "the connection was left open");
    }
}

/// One run; the hash of everything the session made known, and how much came about.
fn run(seed: u64, many: Many) -> (u64, [usize; 5]) {
    let mut chaos = Chaos::new(seed, many);
    chaos.check();
    let mut connected = 0;
    for step in 0..STEPS {
        chaos.step();
        connected += usize::from(chaos.state.is_connected());
        if chaos.rng.u8(0..250) == 0 && step > STEPS / 2 {
            chaos.close();
            chaos.check();
        }
    }
    chaos.end();
    let answered = chaos.tickets.values().flatten();
    let answered = answered.filter(|outcome| matches!(outcome, Outcome::Answered { .. })).count();
    let sent = chaos.writes.values().filter(|write| write.times_sent > 0).count();
    let sessions = chaos.sessions_seen.len();
    let tally = [connected, answered, sent, sessions, chaos.replied_together];
    (chaos.transcript.finish(), tally)
}

#[test]
fn whatever_happens_every_promise_is_kept() {
    let mut tally = [0; 5];
    for seed in 0..SEEDS {
        println!("seed {seed}");
        let (_, counts) = run(seed, Many::AsRuns);
        for (sum, count) in tally.iter_mut().zip(counts) {
            *sum += count;
        }
    }
    let [connected, answered, sent, sessions, together] = tally;
    println!("{connected} steps connected, {answered} answers, {sent} writes, {sessions} sessions");
    println!("{together} times replies were told together");
    // Runs in which nothing comes about prove nothing.
    let seeds = usize::try_from(SEEDS).unwrap();
    assert!(connected > seeds * 40, "{connected} steps connected");
    assert!(answered > seeds * 5, "{answered} answers");
    assert!(sent > seeds * 3, "{sent} writes");
    assert!(sessions > seeds, "{sessions} sessions");
    assert!(together > seeds / 6, "{together} times replies were told together");
}

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in 0..20 {
        assert_eq!(run(seed, Many::AsRuns), run(seed, Many::AsRuns));
    }
}

#[test]
fn a_run_is_the_same_as_its_requests_one_by_one() {
    for seed in 0..SEEDS / 3 {
        let (as_runs, one_by_one) = (run(seed, Many::AsRuns), run(seed, Many::OneByOne));
        assert_eq!(as_runs.0, one_by_one.0, "seed {seed}");
    }
}
