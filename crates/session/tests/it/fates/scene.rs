//! One cell: a request is brought to where it shall be, the accident happens, and the script
//! watches what becomes of it, over the next connection too.

use std::time::Duration;

use bytes::Bytes;
use zookit_proto::ops::remove_watches::RemoveWatchesRequest;
use zookit_proto::types::WatcherType;
use zookit_proto::wire::{Field, Reader};
use zookit_proto::{ErrorCode, OpCode, Request, SessionId, Xid, header::RequestHeader};
use zookit_session::fates::{Cause, Kind, Stage};
use zookit_session::{Loss, NoReply, NotSent, Outcome, Ticket, Unreadable, WatchKind};

use crate::talk::{Heard, SESSION, TIMEOUT, Talk, config, data, stat};

const SECOND: SessionId = SessionId(0x0100_0000_0000_0002);

/// The deadline of the request under test, where it has one.
const DEADLINE: Duration = Duration::from_secs(1);

/// Where a request is that has reached a stage: every way there is must have the same end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the queue, behind a window that is full.
    Queue,
    /// Given to the transport but for its last byte.
    Buffer,
    /// In the queue, while there is no connection.
    Offline,
    /// Given to the transport, whole.
    Wire,
}

impl Place {
    pub fn all(kind: Kind, stage: Stage, cause: Cause) -> Vec<Self> {
        if matches!(stage, Stage::Sent | Stage::AnsweredLate) {
            return vec![Self::Wire];
        }
        // What is partly given to the transport cannot be held back at its deadline: see
        // `at_its_deadline_what_the_transport_has_begun_to_take_counts_as_sent`.
        let held_back = cause != Cause::Deadline || matches!(kind, Kind::Auth | Kind::Close);
        let outlasts = matches!(cause, Cause::Expiry | Cause::End | Cause::Deadline);
        let mut places = Vec::new();
        // Credentials do not queue.
        if kind != Kind::Auth {
            places.push(Self::Queue);
        }
        if held_back {
            places.push(Self::Buffer);
        }
        if stage == Stage::Unsent && outlasts {
            places.push(Self::Offline);
        }
        places
    }
}

struct Scene {
    talk: Talk,
    kind: Kind,
    x: Ticket,
    /// What the peer has read and not answered.
    pending: Vec<(Xid, Request)>,
    /// What it has read on this connection, by name: `before`, `x`, `after`.
    read: Vec<&'static str>,
    /// Whether there is a request behind it.
    has_after: bool,
    zxid: i64,
}

/// Drives one cell; the word for what became of the request.
pub fn drive(kind: Kind, stage: Stage, cause: Cause, place: Place) -> &'static str {
    let mut scene = Scene::set(kind, stage, cause, place);
    let frames_before = scene.times_read();
    assert_eq!(frames_before, usize::from(place == Place::Wire));
    let late = scene.ends();
    if stage == Stage::AnsweredLate {
        assert_eq!(late, [Outcome::NoReply(NoReply::Deadline)]);
    } else {
        assert_eq!(late, []);
    }
    scene.happens(cause, place);
    let ends = scene.ends();
    scene.go_on();
    let ends_later = scene.ends();
    let frames_after = scene.times_read();
    if kind == Kind::Write {
        assert!(frames_before + frames_after <= 1, "a write was sent twice");
    }
    scene.finish();
    match (&ends[..], &ends_later[..]) {
        ([], []) if stage == Stage::AnsweredLate => {
            assert!(kind == Kind::Auth || frames_after == 0, "sent again, for nobody");
            "-"
        }
        ([], [Outcome::Answered { .. }]) => {
            assert_eq!(frames_after, 1, "sent on the next connection once");
            scene.keeps_order();
            match (kind, frames_before) {
                (Kind::Auth, _) => "replayed",
                (_, 0) => "kept",
                _ => "again",
            }
        }
        ([outcome], []) => {
            assert!(kind == Kind::Auth || frames_after == 0, "sent, after it had ended");
            name(outcome, kind, cause)
        }
        (ends, later) => panic!("it ended with {ends:?}, then {later:?}"),
    }
}

/// The word for an outcome, once its reason is found to be the right one.
fn name(outcome: &Outcome, kind: Kind, cause: Cause) -> &'static str {
    match outcome {
        Outcome::NotSent(NotSent::BehindLostWrite) => "behind",
        Outcome::NotSent(NotSent::Closed) => "closed",
        Outcome::NotSent(NotSent::Deadline) => "deadline",
        Outcome::NotSent(NotSent::SessionLost) => "session",
        Outcome::NoReply(reason) => {
            let expected = match cause {
                Cause::Lost(loss) => NoReply::Lost(loss),
                // The connection goes first, here by a FIN.
                Cause::Expiry => NoReply::Lost(Loss::Fin),
                Cause::End if kind == Kind::Close => NoReply::Deadline,
                Cause::End => NoReply::Lost(Loss::Close),
                Cause::Deadline => NoReply::Deadline,
                Cause::UnreadableReply => NoReply::Unreadable(Unreadable::NotAFrame),
            };
            assert_eq!(*reason, expected);
            "no-reply"
        }
        Outcome::Answered { .. } => "answered",
        other => panic!("no fate: {other:?}"),
    }
}

impl Scene {
    /// A request `before`, the one under test, and a read `after` it.
    fn set(kind: Kind, stage: Stage, cause: Cause, place: Place) -> Self {
        let mut config = config(1);
        if place == Place::Queue {
            config.limits.window_requests = 1;
        }
        if cause == Cause::Lost(Loss::Stall) {
            // A stall must be noticed before the bound of closing.
            config.limits.close_timeout = TIMEOUT;
        }
        let talk = Talk::connected_with(config);
        let (pending, read) = (Vec::new(), Vec::new());
        let mut scene = Self { talk, kind, x: Ticket(0), pending, read, has_after: true, zxid: 10 };
        if place == Place::Offline {
            scene.talk.fin();
        } else if stage == Stage::BehindLostWrite {
            scene.talk.set("/before");
        } else {
            scene.talk.get("/before");
        }
        scene.read();
        scene.talk.stuck = place == Place::Buffer;
        if cause == Cause::Deadline || stage == Stage::AnsweredLate {
            scene.talk.deadline = Some(DEADLINE);
        }
        scene.submit();
        scene.talk.deadline = None;
        if place == Place::Buffer {
            scene.talk.takes_all_but(1);
        }
        scene.has_after = match (kind, cause) {
            // Nothing follows a close.
            (Kind::Close, _) => false,
            // What cannot be read is taken for the answer to the first request in flight, since
            // answers to credentials may come at any time: so there must be no other.
            (Kind::Auth, Cause::UnreadableReply) => false,
            _ => true,
        };
        if scene.has_after {
            scene.talk.get("/after");
        }
        scene.read();
        if stage == Stage::AnsweredLate {
            scene.talk.wait(DEADLINE);
        }
        scene
    }

    fn submit(&mut self) {
        let talk = &mut self.talk;
        self.x = match self.kind {
            Kind::Read => talk.get("/x"),
            Kind::Write => talk.set("/x"),
            Kind::AddWatch => talk.watch(1, WatchKind::Persistent, "/x"),
            Kind::RemoveWatches => {
                let (path, watcher_type) = ("/x".into(), WatcherType::Any);
                let request = RemoveWatchesRequest { path, watcher_type };
                talk.submit(&Request::RemoveWatches(request), None)
            }
            Kind::Auth => talk.add_auth("digest", "u:p"),
            Kind::Close => talk.close(),
        };
    }

    /// The peer reads what was sent.
    fn read(&mut self) {
        while let Some(payload) = self.talk.frame() {
            let (xid, request) = decode(payload);
            self.read.extend(match &request {
                Request::GetData(get) => Some(if get.path == "/x" {
                    "x"
                } else if get.path == "/after" {
                    "after"
                } else {
                    "before"
                }),
                Request::SetData(set) => Some(if set.path == "/x" { "x" } else { "before" }),
                Request::AddWatch(_) => Some("x"),
                // The session itself removes the watch of an addWatch that nobody waits for.
                Request::RemoveWatches(_) if self.kind == Kind::RemoveWatches => Some("x"),
                Request::Auth(_) | Request::CloseSession(()) => Some("x"),
                _ => None,
            });
            self.pending.push((xid, request));
        }
    }

    fn times_read(&self) -> usize {
        self.read.iter().filter(|name| **name == "x").count()
    }

    /// How the request under test has ended since this was last asked.
    fn ends(&mut self) -> Vec<Outcome> {
        self.talk.collect();
        let ends = self.talk.heard.drain(..).filter_map(|heard| match heard {
            Heard::Done(ticket, outcome) if ticket == self.x => Some(outcome),
            _ => None,
        });
        ends.collect()
    }

    /// The accident.
    fn happens(&mut self, cause: Cause, place: Place) {
        match cause {
            Cause::Lost(Loss::Stall) => self.talk.wait(TIMEOUT * 2 / 3),
            Cause::Lost(loss) => self.talk.lose(loss),
            Cause::Expiry => {
                if place != Place::Offline {
                    self.talk.fin();
                }
                self.talk.dials();
                self.talk.connects(SESSION);
                self.talk.refuse_session();
            }
            Cause::End => {
                if self.kind != Kind::Close {
                    self.talk.close();
                }
                self.talk.wait(Duration::from_secs(5));
            }
            Cause::Deadline if self.kind == Kind::Close => self.talk.wait(Duration::from_secs(5)),
            Cause::Deadline => self.talk.wait(DEADLINE),
            Cause::UnreadableReply => {
                if place == Place::Wire {
                    let before = self.pending.remove(0);
                    self.answer(before);
                }
                self.talk.deliver(&[0, 0, 0, 3, 1, 2, 3]);
            }
        }
    }

    /// Whatever can still happen: the next connection, and an answer to all that is asked on it.
    fn go_on(&mut self) {
        if self.talk.session.state().is_terminal() {
            assert_eq!(self.talk.session.poll_timeout(), None);
            self.read.clear();
            return;
        }
        if self.talk.session.server().is_none() {
            self.pending.clear();
            let session = self.talk.session.session_id();
            self.talk.dials();
            self.talk.connects(session);
            self.talk.grant(if session == SESSION { SESSION } else { SECOND });
        }
        self.talk.stuck = false;
        self.read.clear();
        self.read();
        while !self.pending.is_empty() {
            let next = self.pending.remove(0);
            self.answer(next);
            self.read();
        }
    }

    fn answer(&mut self, (xid, request): (Xid, Request)) {
        self.zxid += 1;
        match request {
            Request::GetData(_) => self.talk.reply(xid, self.zxid, &data()),
            Request::SetData(_) => self.talk.reply(xid, self.zxid, &stat()),
            Request::Auth(_) => self.talk.ok(xid, 0),
            _ => self.talk.ok(xid, self.zxid),
        }
    }

    /// On the next connection it stands where it was submitted; credentials stand first.
    fn keeps_order(&self) {
        let order: &[&str] = match self.kind {
            Kind::Auth => &["x", "before", "after"],
            _ => &["before", "x", "after"],
        };
        let place = |name: &&str| order.iter().position(|other| other == name);
        let places: Vec<_> = self.read.iter().map(place).collect();
        assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", self.read);
        assert_eq!(self.read.contains(&"after"), self.has_after, "{:?}", self.read);
    }

    /// Nothing is left behind.
    fn finish(&mut self) {
        assert_eq!((self.talk.session.in_flight(), self.talk.session.queued()), (0, 0));
    }
}

fn decode(payload: Bytes) -> (Xid, Request) {
    let mut reader = Reader::new("RequestHeader", payload);
    let header = RequestHeader::read(&mut reader, "").unwrap();
    let opcode = OpCode::from_number(header.opcode);
    (header.xid, Request::decode(opcode, reader.rest()).unwrap())
}

#[test]
fn at_its_deadline_what_the_transport_has_begun_to_take_counts_as_sent() {
    for kind in [Kind::Read, Kind::Write, Kind::AddWatch, Kind::RemoveWatches] {
        let mut scene = Scene::set(kind, Stage::Unsent, Cause::Deadline, Place::Buffer);
        scene.talk.wait(DEADLINE);
        assert_eq!(scene.ends(), [Outcome::NoReply(NoReply::Deadline)], "{kind:?}");
        scene.go_on();
        assert_eq!(scene.ends(), []);
        assert_eq!(scene.times_read(), 1, "{kind:?} went out all the same");
    }
}

#[test]
fn codes_that_leave_it_open_are_no_reply_and_all_others_are_refusals() {
    for (code, refused) in [(ErrorCode::NoNode, true), (ErrorCode::OperationTimeout, false)] {
        let mut scene = Scene::set(Kind::Write, Stage::Sent, Cause::Deadline, Place::Wire);
        let before = scene.pending.remove(0);
        scene.answer(before);
        let (xid, _) = scene.pending.remove(0);
        scene.talk.refuse(xid, 50, code);
        let ends = scene.ends();
        assert_eq!(matches!(ends[..], [Outcome::Refused { .. }]), refused, "{ends:?}");
        assert_eq!(matches!(ends[..], [Outcome::NoReply(_)]), !refused, "{ends:?}");
    }
}
