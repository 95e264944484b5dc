//! What follows from a call of a member: bytes and messages set out, connections close, leaders are
//! elected, and whoever waits is woken.

use std::ops::RangeInclusive;
use std::task::Waker;
use std::time::Duration;

use zookit_server::core::{ConnectionId, Message, Server};

use super::line::{Direction, End, Parcel};
use super::network::{Happening, Network};

/// How long an election takes, in milliseconds.
const ELECTION_MS: RangeInclusive<u64> = 50..=1000;

impl Network {
    /// All that follows from calls of the members.
    pub(super) fn follow(&mut self) {
        loop {
            let mut anything = false;
            for member in 0..self.ensemble.size() {
                anything |= self.follow_member(member);
            }
            while let Some(message) = self.ensemble.poll_message() {
                anything = true;
                self.carry(message);
            }
            if !anything {
                break;
            }
        }
        self.elect_in_time();
        if let Some(task) = self.task.take() {
            task.wake();
        }
        self.waiting.drain(..).for_each(Waker::wake);
    }

    /// Without a leader the members look for one, which takes a moment.
    fn elect_in_time(&mut self) {
        let all = self.ensemble.size();
        let together = (0..all).filter(|member| !self.ensemble.is_cut(*member)).count();
        if self.ensemble.leader().is_none() && !self.electing && together > all / 2 {
            self.electing = true;
            let wait = Duration::from_millis(self.rng.u64(ELECTION_MS));
            self.schedule(self.now.after(wait), Happening::Election);
        }
    }

    /// One of those that are together leads from now on, if none does.
    pub(super) fn elect_if_needed(&mut self) {
        let all = self.ensemble.size();
        let together: Vec<_> = (0..all).filter(|it| !self.ensemble.is_cut(*it)).collect();
        if self.ensemble.leader().is_none() && !together.is_empty() {
            let leader = together[self.rng.usize(0..together.len())];
            self.ensemble.elect(self.now, leader);
        }
    }

    fn follow_member(&mut self, member: usize) -> bool {
        let mut anything = false;
        while let Some(connection) = self.member(member).and_then(Server::poll_transmit) {
            anything = true;
            self.transmit(member, connection);
        }
        while let Some(connection) = self.member(member).and_then(Server::poll_read) {
            if let Some(id) = self.by_connection.get(&(member, connection)).copied() {
                anything = true;
                self.receive(id, &[]);
            }
        }
        while let Some(connection) = self.member(member).and_then(Server::poll_close) {
            anything = true;
            self.transmit(member, connection);
            match self.by_connection.get(&(member, connection)).copied() {
                Some(id) => {
                    self.post(id, Direction::ToClient, Parcel::End(End::Fin));
                    self.detach(id);
                    self.forget_if_over(id);
                }
                None => {
                    let now = self.now;
                    if let Some(server) = self.member(member) {
                        server.disconnected(now, connection);
                    }
                }
            }
        }
        anything
    }

    /// The machine that has applied all that was agreed on.
    pub(super) fn agreed(&self) -> &Server {
        self.ensemble.agreed().expect("an ensemble has a member")
    }

    pub(super) fn member(&mut self, member: usize) -> Option<&mut Server> {
        self.ensemble.member_mut(member)
    }

    /// What a member has got to send on a connection sets out.
    fn transmit(&mut self, member: usize, connection: ConnectionId) {
        let Some(server) = self.ensemble.member_mut(member) else { return };
        let mut bytes = Vec::new();
        server.transmit(connection).for_each(|chunk| bytes.extend_from_slice(chunk));
        server.written(connection, bytes.len());
        if let Some(id) = self.by_connection.get(&(member, connection)).copied() {
            self.send(id, Direction::ToClient, &bytes);
        }
    }

    /// A message between members sets out, behind the last of the same pair, or past it if it may.
    fn carry(&mut self, message: Message) {
        let pair = (message.from(), message.to());
        let delay = if pair.0 == pair.1 { Duration::ZERO } else { self.some_delay() };
        let lag = self.lag.get(pair.1).copied().unwrap_or_default();
        if message.may_overtake() && self.rng.bool() {
            return self.schedule(self.now.after(delay), Happening::Message(message));
        }
        let last = self.last_message.get(&pair).copied().unwrap_or_default();
        let at = self.now.after(delay).after(lag).max(last);
        self.last_message.insert(pair, at);
        self.schedule(at, Happening::Message(message));
    }
}
