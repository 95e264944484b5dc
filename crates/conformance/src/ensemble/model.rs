//! Our model of an ensemble, in virtual time: bytes go in and come out without a socket, what members
//! tell each other arrives at once unless it is held, and time passes when told to.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use bytes::BytesMut;
use zookit_server::core::{Config, ConnectionId, Ensemble, Message, Profile, Server, Time};

use super::{Members, SIZE, Version, Way};
use crate::Outcome;
use crate::target::Stream;

/// A real member takes at least so long to come back.
const START: Duration = Duration::from_secs(1);

/// Our ensemble, and its clock.
#[derive(Debug)]
pub struct Model {
    state: Rc<RefCell<State>>,
    profile: Profile,
    next_port: u16,
}

/// A connection, at its member.
type LineId = (usize, ConnectionId);

#[derive(Debug)]
struct State {
    ensemble: Ensemble,
    now: Time,
    /// What members have said to each other and has not arrived.
    under_way: VecDeque<Message>,
    held: BTreeSet<(usize, Way)>,
    killed: BTreeSet<usize>,
    /// What clients have sent and their members have not taken.
    unread: BTreeMap<LineId, BytesMut>,
    /// Connections that members want closed once all is sent.
    closing: BTreeSet<LineId>,
}

impl Model {
    /// A new ensemble that behaves as this version, configured as [`Real`](super::Real) is.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        let mut config = Config::default();
        config.profile = profile;
        config.tick = Duration::from_millis(500);
        config.min_session_timeout = Some(Duration::from_secs(1));
        config.max_session_timeout = Some(Duration::from_secs(60));
        config.max_client_connections = 0;
        config.four_letter_words = ["*".to_owned()].into();
        config.extended_types = true;
        config.container_check_interval = Duration::from_secs(1);
        config.handshake_timeout = Duration::from_secs(1);
        config.origin_ms = 1_700_000_000_000;
        let state = State {
            ensemble: Ensemble::new(&config, SIZE, 1),
            now: Time::ZERO,
            under_way: VecDeque::new(),
            held: BTreeSet::new(),
            killed: BTreeSet::new(),
            unread: BTreeMap::new(),
            closing: BTreeSet::new(),
        };
        Self { state: Rc::new(RefCell::new(state)), profile, next_port: 40_000 }
    }
}

impl Members for Model {
    fn version(&self) -> Version {
        // Of a profile it always is one.
        self.profile.version().parse().unwrap_or(Version::NEWEST)
    }

    fn dial(&mut self, member: usize) -> io::Result<Box<dyn Stream>> {
        self.next_port = self.next_port.checked_add(1).unwrap_or(40_000);
        let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, self.next_port));
        let mut state = self.state.borrow_mut();
        if state.killed.contains(&member) {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let now = state.now;
        let server = state.ensemble.member_mut(member).ok_or(io::ErrorKind::NotFound)?;
        let id = (member, server.connect(now, peer));
        state.unread.insert(id, BytesMut::new());
        Ok(Box::new(Line { state: Rc::clone(&self.state), id }))
    }

    fn wait(&mut self, time: Duration) {
        let mut state = self.state.borrow_mut();
        let end = state.now.after(time);
        // Each timer at its own time, as a transport would.
        while let Some(next) = state.ensemble.poll_timeout().filter(|next| *next <= end) {
            state.now = state.now.max(next);
            state.tick();
            if state.ensemble.poll_timeout().is_some_and(|again| again <= next) {
                break;
            }
        }
        state.now = end;
        state.tick();
    }

    fn leader(&mut self) -> Outcome<usize> {
        let mut state = self.state.borrow_mut();
        if let Some(leader) = state.ensemble.leader() {
            return Ok(leader);
        }
        // Real ones would choose one that has seen most: here all of them have, when they meet.
        let now = state.now;
        let leader = (0..SIZE).rev().find(|member| state.ensemble.elect(now, *member));
        state.settle();
        leader.ok_or_else(|| "too few members for a leader".into())
    }

    fn hold(&mut self, follower: usize, way: Way) -> Outcome {
        self.state.borrow_mut().held.insert((follower, way));
        Ok(())
    }

    fn release(&mut self) -> Outcome {
        let mut state = self.state.borrow_mut();
        state.held.clear();
        state.settle();
        Ok(())
    }

    fn kill(&mut self, members: &[usize]) -> Outcome {
        self.state.borrow_mut().cut(members, false);
        Ok(())
    }

    fn revive(&mut self) -> Outcome {
        if self.state.borrow().killed.is_empty() {
            return Ok(());
        }
        self.wait(START);
        {
            let mut state = self.state.borrow_mut();
            let now = state.now;
            for member in std::mem::take(&mut state.killed) {
                state.ensemble.join(now, member);
            }
            state.settle();
        }
        self.leader().map(drop)
    }

    fn leave_alone(&mut self, member: usize) -> Outcome {
        let others: Vec<usize> = (0..SIZE).filter(|other| *other != member).collect();
        self.state.borrow_mut().cut(&others, true);
        Ok(())
    }
}

impl State {
    /// It is so late.
    fn tick(&mut self) {
        let now = self.now;
        self.ensemble.handle_timeout(now);
        self.settle();
    }

    fn cut(&mut self, members: &[usize], read_only: bool) {
        let now = self.now;
        for member in members {
            self.ensemble.cut(now, *member, read_only);
            self.killed.insert(*member);
        }
        self.settle();
    }

    /// Moves all that can move.
    fn settle(&mut self) {
        loop {
            let mut moved = false;
            while let Some(message) = self.ensemble.poll_message() {
                self.under_way.push_back(message);
            }
            if let Some(next) = self.under_way.iter().position(|message| !self.is_held(message)) {
                if let Some(message) = self.under_way.remove(next) {
                    self.ensemble.deliver(self.now, message);
                }
                moved = true;
            }
            for member in 0..SIZE {
                moved |= self.settle_member(member);
            }
            if !moved {
                return;
            }
        }
    }

    fn is_held(&self, message: &Message) -> bool {
        if message.from() == message.to() {
            return false;
        }
        let from_leader = self.ensemble.leader() == Some(message.from());
        let (follower, way) = if from_leader {
            (message.to(), Way::FromLeader)
        } else {
            (message.from(), Way::ToLeader)
        };
        self.held.contains(&(follower, way))
    }

    fn settle_member(&mut self, member: usize) -> bool {
        let mut moved = false;
        let Some(server) = self.ensemble.member_mut(member) else { return false };
        // A client takes what there is when it listens.
        while server.poll_transmit().is_some() {}
        while let Some(id) = server.poll_close() {
            self.closing.insert((member, id));
        }
        while let Some(id) = self.ensemble.member_mut(member).and_then(Server::poll_read) {
            self.receive((member, id), &[]);
            moved = true;
        }
        moved
    }

    /// A member gets bytes, behind what it left.
    fn receive(&mut self, id: LineId, bytes: &[u8]) {
        let (member, connection) = id;
        let Some(unread) = self.unread.get_mut(&id) else { return };
        let Some(server) = self.ensemble.member_mut(member) else { return };
        unread.extend_from_slice(bytes);
        server.receive(self.now, connection, unread);
    }
}

/// A connection to a member.
struct Line {
    state: Rc<RefCell<State>>,
    id: LineId,
}

impl Stream for Line {
    fn set_patience(&mut self, _: Duration) -> io::Result<()> {
        Ok(())
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.state.borrow_mut();
        state.receive(self.id, bytes);
        state.settle();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Line {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut state = self.state.borrow_mut();
        let (member, id) = self.id;
        let closing = state.closing.contains(&self.id);
        let Some(server) = state.ensemble.member_mut(member) else { return Ok(0) };
        let chunk = server.transmit(id).find(|chunk| !chunk.is_empty());
        if let Some(chunk) = chunk {
            let count = chunk.len().min(buffer.len());
            buffer[..count].copy_from_slice(&chunk[..count]);
            server.written(id, count);
            return Ok(count);
        }
        if closing {
            return Ok(0);
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, "the member has nothing to say"))
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let mut state = self.state.borrow_mut();
        let (now, (member, id)) = (state.now, self.id);
        if let Some(server) = state.ensemble.member_mut(member) {
            server.disconnected(now, id);
        }
        state.closing.remove(&self.id);
        state.unread.remove(&self.id);
        state.settle();
    }
}
