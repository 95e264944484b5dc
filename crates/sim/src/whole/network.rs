//! The network and the servers in it: pipes with delays, the members, and what is under way.
//!
//! Everything happens in calls, in one order that follows from the seed and from what clients do;
//! [`task`](super::task) makes the calls that time asks for. Times are whole milliseconds, as
//! Tokio's timers are.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::task::Waker;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use fastrand::Rng;
use zookit_server::core::{Config, ConnectionId, Ensemble, Message, Server, Time};

use super::digest::Digest;
use super::line::{Direction, End, Line, LineId, Parcel};
use super::storm::Storm;

/// Where every member listens.
pub(super) const PORT: u16 = 2181;

/// A way takes no more than so many bytes at once, as a kernel's buffers do.
const WINDOW: usize = 64 * 1024;

/// Something that happens at its time.
#[derive(Debug)]
pub(super) enum Happening {
    /// The next parcel of a way arrives.
    Arrival(LineId, Direction),
    /// Members hear of one another.
    Message(Message),
    /// The members that are together choose one that leads.
    Election,
    /// A storm strikes, or ends.
    Storm,
}

/// How a connection is to be cut: behind so many bytes of one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Which of its ways is counted: true, what the client sends.
    pub to_server: bool,
    /// So many bytes still arrive.
    pub at: usize,
    /// What becomes of it then.
    pub how: CutHow,
}

/// What becomes of a connection that is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutHow {
    /// Both sides read its end.
    Fin,
    /// Both sides hear an error.
    Reset,
    /// Neither side hears anything any more.
    Silence,
}

/// All of it. See the parts: `carry.rs`, `follow.rs`, `faults.rs`, `storm.rs`.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) ensemble: Ensemble,
    pub(super) rng: Rng,
    pub(super) now: Time,
    queue: BTreeMap<(Time, u64), Happening>,
    next: u64,
    pub(super) lines: BTreeMap<LineId, Line>,
    pub(super) by_connection: BTreeMap<(usize, ConnectionId), LineId>,
    next_line: u64,
    pub(super) clients: u32,
    /// How long a parcel takes, in milliseconds.
    pub(super) delay: RangeInclusive<u64>,
    /// Whether parcels are cut into pieces.
    pub(super) splitting: bool,
    /// Between which clients and members nothing passes.
    pub(super) partitioned: BTreeSet<(u32, usize)>,
    /// How much longer messages to a member take.
    pub(super) lag: Vec<Duration>,
    /// When the last message of a pair arrives.
    pub(super) last_message: BTreeMap<(usize, usize), Time>,
    /// Whether members are about to choose one that leads.
    pub(super) electing: bool,
    pub(super) storm: Option<Storm>,
    /// Which connection is to be cut, and where.
    pub(super) cut: Option<(LineId, Cut)>,
    pub(super) digest: Digest,
    pub(super) stopped: bool,
    /// Of the task, and of those who wait for something.
    pub(super) task: Option<Waker>,
    pub(super) waiting: Vec<Waker>,
}

impl Network {
    pub(super) fn new(config: &Config, members: usize, seed: u64) -> Self {
        let mut network = Self {
            ensemble: Ensemble::new(config, members, seed),
            rng: Rng::with_seed(seed),
            now: Time::ZERO,
            queue: BTreeMap::new(),
            next: 0,
            lines: BTreeMap::new(),
            by_connection: BTreeMap::new(),
            next_line: 0,
            clients: 0,
            delay: 0..=3,
            splitting: true,
            partitioned: BTreeSet::new(),
            lag: vec![Duration::ZERO; members.max(1)],
            last_message: BTreeMap::new(),
            electing: false,
            storm: None,
            cut: None,
            digest: Digest::default(),
            stopped: false,
            task: None,
            waiting: Vec::new(),
        };
        network.follow();
        network
    }

    /// The next client's number, from 1.
    pub(super) const fn client(&mut self) -> u32 {
        self.clients += 1;
        self.clients
    }

    /// The address of a member, and the other way round.
    pub(super) fn address(member: usize) -> SocketAddr {
        let last = u8::try_from(member + 1).expect("at most 254 members");
        SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, last)), PORT)
    }

    pub(super) fn member_at(&self, address: SocketAddr) -> Option<usize> {
        (0..self.ensemble.size()).find(|member| Self::address(*member) == address)
    }

    /// It is so late.
    pub(super) fn at(&mut self, now: Time) {
        self.now = self.now.max(now);
    }

    pub(super) fn schedule(&mut self, at: Time, happening: Happening) {
        self.queue.insert((at, self.next), happening);
        self.next += 1;
    }

    /// How long the next thing takes.
    pub(super) fn some_delay(&mut self) -> Duration {
        Duration::from_millis(self.rng.u64(self.delay.clone()))
    }

    /// When there is something to do.
    pub(super) fn due(&self) -> Option<Time> {
        let first = self.queue.keys().next().map(|(at, _)| *at);
        [first, self.ensemble.poll_timeout()].into_iter().flatten().min()
    }

    /// Does the first thing that is due, and what follows from it.
    pub(super) fn step(&mut self, now: Time) {
        self.at(now);
        let now = self.now;
        if self.ensemble.poll_timeout().is_some_and(|due| due <= now) {
            self.ensemble.handle_timeout(now);
        } else if self.queue.keys().next().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, happening)) = self.queue.pop_first() {
                self.happen(happening);
            }
        }
        self.follow();
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Arrival(line, direction) => self.arrive(line, direction),
            Happening::Message(message) => self.ensemble.deliver(self.now, message),
            Happening::Election => {
                self.electing = false;
                self.elect_if_needed();
            }
            Happening::Storm => self.strike(),
        }
    }

    /// A member, with the time; what it does to its clients follows.
    pub(super) fn with_member<T>(
        &mut self,
        member: usize,
        act: impl FnOnce(&mut Server, Time) -> T,
    ) -> Option<T> {
        let now = self.now;
        let result = self.ensemble.member_mut(member).map(|server| act(server, now));
        self.follow();
        result
    }

    /// A client's connection is taken, or at once closed, as the member has it.
    pub(super) fn connect(&mut self, client: u32, member: usize) -> Option<LineId> {
        let [high, low] = u16::try_from(client).ok()?.to_be_bytes();
        let id = LineId(self.next_line);
        let port = 1024 + u16::try_from(id.0 % 60_000).unwrap_or(0);
        let peer = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 1, high, low)), port);
        let now = self.now;
        let connection = self.ensemble.member_mut(member)?.connect(now, peer);
        self.next_line += 1;
        self.digest.number(now.as_millis().unsigned_abs() << 16 | id.0);
        self.lines.insert(id, Line::new(client, member, connection));
        self.by_connection.insert((member, connection), id);
        self.follow();
        Some(id)
    }

    /// Cuts the next connection that is dialed.
    pub(super) fn cut_next(&mut self, cut: Cut) {
        self.cut = Some((LineId(self.next_line), cut));
    }

    pub(super) fn cut_of(&self, id: LineId) -> Option<Cut> {
        self.cut.filter(|(line, _)| *line == id).map(|(_, cut)| cut)
    }

    /// How much of it the client's kernel takes; zero: nothing now.
    pub(super) fn write(&mut self, id: LineId, bytes: &[u8]) -> usize {
        let Some(line) = self.lines.get(&id) else { return 0 };
        let mut room = WINDOW.saturating_sub(line.to_server.bytes).min(bytes.len());
        if let Some(cut) = self.cut_of(id).filter(|cut| cut.to_server) {
            // A kernel that took what arrives: what comes behind is known not to have left.
            if cut.how == CutHow::Fin {
                let taken = line.to_server.bytes + line.to_server.arrived;
                room = room.min(cut.at.saturating_sub(taken));
            }
            if cut.how == CutHow::Fin && cut.at == 0 {
                self.cut_now(id, cut.how);
                return 0;
            }
        }
        if self.splitting && room > 1 && self.rng.u8(0..4) == 0 {
            room = self.rng.usize(1..room);
        }
        self.send(id, Direction::ToServer, &bytes[..room]);
        room
    }

    /// Bytes set out, in one piece or in several.
    pub(super) fn send(&mut self, id: LineId, direction: Direction, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let mut piece = bytes.len();
            if self.splitting && piece > 1 && self.rng.u8(0..4) == 0 {
                piece = self.rng.usize(1..piece);
            }
            let (first, rest) = bytes.split_at(piece);
            self.post(id, direction, Parcel::Bytes(Bytes::copy_from_slice(first)));
            bytes = rest;
        }
    }

    /// A parcel sets out.
    pub(super) fn post(&mut self, id: LineId, direction: Direction, parcel: Parcel) {
        let delay = self.some_delay();
        let now = self.now;
        let Some(line) = self.lines.get_mut(&id) else { return };
        let way = line.way(direction);
        if way.ended {
            return;
        }
        let at = way.not_before(now.after(delay));
        match &parcel {
            Parcel::Bytes(bytes) => way.bytes += bytes.len(),
            Parcel::End(_) => way.ended = true,
        }
        way.flight.push_back((at, parcel));
        self.schedule(at, Happening::Arrival(id, direction));
    }

    /// The client lets its end go: what it sent is still under way, or lost with it.
    pub(super) fn drop_line(&mut self, id: LineId) {
        let how = if self.splitting && self.rng.u8(0..4) == 0 { End::Reset } else { End::Fin };
        let Some(line) = self.lines.get_mut(&id) else { return };
        line.dropped = true;
        if how == End::Reset {
            let keep = self.rng.usize(0..=line.to_server.bytes);
            line.to_server.truncate(keep);
        }
        self.post(id, Direction::ToServer, Parcel::End(how));
        self.forget_if_over(id);
    }

    pub(super) fn forget_if_over(&mut self, id: LineId) {
        if self.lines.get(&id).is_some_and(Line::is_over) {
            self.lines.remove(&id);
        }
    }

    /// The member has no end of this connection any more.
    pub(super) fn detach(&mut self, id: LineId) {
        let Some(line) = self.lines.get_mut(&id) else { return };
        let Some(connection) = line.connection.take() else { return };
        let member = line.member;
        line.kept = BytesMut::new();
        self.by_connection.remove(&(member, connection));
        if let Some(server) = self.ensemble.member_mut(member) {
            server.disconnected(self.now, connection);
        }
    }
}
