//! Our model of an ensemble: messages between members are carried at once, unless they are held.

use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use bytes::BytesMut;
use zookit_server::core::{Config, ConnectionId, Ensemble, Message, Profile, Time};

use super::Members;
use crate::Outcome;
use crate::target::Stream;

/// An ensemble in memory, and its clock.
#[derive(Debug)]
pub struct Model {
    machine: Rc<RefCell<Machine>>,
    next_port: u16,
}

#[derive(Debug)]
struct Machine {
    ensemble: Ensemble,
    now: Time,
    read_only: bool,
    /// Whose words to whom are held.
    held: BTreeSet<(usize, usize)>,
    under_way: VecDeque<Message>,
    /// Connections that a member wants closed once all is sent.
    closing: BTreeSet<(usize, ConnectionId)>,
}

impl Model {
    /// Three members that behave as this version; those that are cut off serve whoever only reads,
    /// or nobody.
    #[must_use]
    pub fn new(profile: Profile, read_only: bool) -> Self {
        let mut config = Config::default();
        config.profile = profile;
        config.tick = Duration::from_millis(500);
        config.min_session_timeout = Some(Duration::from_secs(1));
        let machine = Machine {
            ensemble: Ensemble::new(&config, 3, 1),
            now: Time::ZERO,
            read_only,
            held: BTreeSet::new(),
            under_way: VecDeque::new(),
            closing: BTreeSet::new(),
        };
        Self { machine: Rc::new(RefCell::new(machine)), next_port: 40_000 }
    }
}

impl Members for Model {
    fn dial(&mut self, member: usize) -> io::Result<Box<dyn Stream>> {
        self.next_port += 1;
        let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, self.next_port));
        let mut machine = self.machine.borrow_mut();
        let now = machine.now;
        let server = machine.ensemble.member_mut(member).ok_or(io::ErrorKind::NotFound)?;
        let id = server.connect(now, peer);
        machine.settle();
        let machine = Rc::clone(&self.machine);
        Ok(Box::new(Pipe { machine, member, id, incoming: BytesMut::new() }))
    }

    fn wait(&mut self, time: Duration) {
        self.machine.borrow_mut().pass(time);
    }

    fn leader(&mut self) -> Outcome<usize> {
        Ok(self.machine.borrow().ensemble.leader().ok_or("nobody leads")?)
    }

    fn hold(&mut self, from: usize, to: usize) {
        self.machine.borrow_mut().held.insert((from, to));
    }

    fn release(&mut self) {
        let mut machine = self.machine.borrow_mut();
        machine.held.clear();
        machine.settle();
    }

    fn cut_off(&mut self, member: usize) -> Outcome {
        let mut machine = self.machine.borrow_mut();
        let (now, read_only) = (machine.now, machine.read_only);
        machine.ensemble.cut(now, member, read_only);
        machine.elect();
        Ok(())
    }

    fn join(&mut self, member: usize) -> Outcome {
        let mut machine = self.machine.borrow_mut();
        let now = machine.now;
        machine.ensemble.join(now, member);
        machine.elect();
        machine.ensemble.leader().map(drop).ok_or_else(|| "nobody leads".into())
    }
}

impl Machine {
    /// If nobody leads, the first does that can.
    fn elect(&mut self) {
        let candidates = (0..3).filter(|_| self.ensemble.leader().is_none());
        for candidate in candidates.collect::<Vec<_>>() {
            if self.ensemble.elect(self.now, candidate) {
                break;
            }
        }
        self.settle();
    }

    /// Carries what is not held, and takes note of what members want done.
    fn settle(&mut self) {
        loop {
            while let Some(message) = self.ensemble.poll_message() {
                self.under_way.push_back(message);
            }
            let free = |message: &Message| !self.held.contains(&(message.from(), message.to()));
            let Some(next) = self.under_way.iter().position(free) else { break };
            let message = self.under_way.remove(next);
            if let Some(message) = message {
                self.ensemble.deliver(self.now, message);
            }
        }
        for member in 0..3 {
            let Some(server) = self.ensemble.member_mut(member) else { continue };
            while server.poll_transmit().is_some() {}
            while let Some(id) = server.poll_close() {
                self.closing.insert((member, id));
            }
        }
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now.after(time);
        while let Some(next) = self.ensemble.poll_timeout().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            self.ensemble.handle_timeout(self.now);
            self.settle();
            if self.ensemble.poll_timeout().is_some_and(|again| again <= next) {
                break;
            }
        }
        self.now = end;
        self.ensemble.handle_timeout(end);
        self.settle();
    }
}

/// A connection to a member.
struct Pipe {
    machine: Rc<RefCell<Machine>>,
    member: usize,
    id: ConnectionId,
    /// What was sent and not taken yet: the beginning of a frame.
    incoming: BytesMut,
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut machine = self.machine.borrow_mut();
        machine.pass(Duration::from_millis(1));
        let now = machine.now;
        self.incoming.extend_from_slice(bytes);
        if let Some(server) = machine.ensemble.member_mut(self.member) {
            server.receive(now, self.id, &mut self.incoming);
        }
        machine.settle();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut machine = self.machine.borrow_mut();
        machine.settle();
        let (member, now, id) = (self.member, machine.now, self.id);
        let server = machine.ensemble.member_mut(member).ok_or(io::ErrorKind::NotFound)?;
        // What stands behind an answer that was waited for is looked at now.
        server.receive(now, id, &mut self.incoming);
        machine.settle();
        let server = machine.ensemble.member_mut(member).ok_or(io::ErrorKind::NotFound)?;
        let chunk = server.transmit(id).find(|chunk| !chunk.is_empty());
        if let Some(chunk) = chunk {
            let count = chunk.len().min(buffer.len());
            buffer[..count].copy_from_slice(&chunk[..count]);
            server.written(id, count);
            return Ok(count);
        }
        if machine.closing.contains(&(member, id)) {
            return Ok(0);
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, "the member has nothing to say"))
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        let mut machine = self.machine.borrow_mut();
        let now = machine.now;
        if let Some(server) = machine.ensemble.member_mut(self.member) {
            server.disconnected(now, self.id);
        }
        machine.closing.remove(&(self.member, self.id));
        machine.settle();
    }
}
