//! What the members want: bytes to be sent, connections to be closed, messages to be carried.

use std::collections::VecDeque;

use zookit_proto::SessionId;
use zookit_server::core::{Change, ConnectionId, Message, Server};

use super::queue::Event;
use super::{MS, World, say};
use crate::network::LineId;
use crate::observe::Observation;
use crate::world::client::nanos;

impl World<'_> {
    pub(super) fn wake_members(&mut self) {
        self.members_wake_at = u64::MAX;
        self.ensemble.handle_timeout(self.time());
        self.settle_members();
    }

    /// Does all that the members want, and observes what they agreed on.
    pub(crate) fn settle_members(&mut self) {
        loop {
            let mut idle = true;
            for member in 0..self.ensemble.size() {
                idle &= !self.settle_member(member);
            }
            while let Some(message) = self.ensemble.poll_message() {
                self.carry(message);
                idle = false;
            }
            if idle {
                break;
            }
        }
        self.observe_history();
        if let Some(at) = self.ensemble.poll_timeout() {
            // What is overdue already was looked at just now: it is looked at again, but not at once.
            let at = nanos(at);
            let at = if at <= self.now { self.now + MS } else { at };
            if at < self.members_wake_at {
                self.members_wake_at = at;
                self.queue.plan(at, Event::WakeMembers);
            }
        }
    }

    /// Returns whether there was anything to do.
    fn settle_member(&mut self, member: usize) -> bool {
        let mut busy = false;
        while let Some(id) = self.ensemble.member_mut(member).and_then(Server::poll_transmit) {
            self.write_member(member, id, false);
            busy = true;
        }
        while let Some(id) = self.ensemble.member_mut(member).and_then(Server::poll_close) {
            self.write_member(member, id, true);
            self.close_member_end(member, id);
            busy = true;
        }
        while let Some(id) = self.ensemble.member_mut(member).and_then(Server::poll_read) {
            if let Some(line) = self.line_of_connection(member, id) {
                self.receive_member(line);
            }
            busy = true;
        }
        busy
    }

    pub(super) fn line_of_connection(&self, member: usize, id: ConnectionId) -> Option<LineId> {
        let number = usize::try_from(id.number()).ok()?;
        self.line_of.get(member)?.get(number).copied().flatten()
    }

    /// Gives the transport what it takes of what a member has to send: all of it, if it is the last.
    pub(super) fn write_member(&mut self, member: usize, id: ConnectionId, last: bool) {
        let Some(line) = self.line_of_connection(member, id) else { return };
        let pipe = &mut self.lines[line.0 as usize].down;
        let room = if last { usize::MAX } else { pipe.room() };
        let Some(server) = self.ensemble.member_mut(member) else { return };
        self.scratch.clear();
        for chunk in server.transmit(id) {
            let room = room - self.scratch.len();
            pipe.wanted |= room < chunk.len();
            self.scratch.extend_from_slice(&chunk[..chunk.len().min(room)]);
        }
        server.written(id, self.scratch.len());
        let bytes = std::mem::take(&mut self.scratch);
        if !bytes.is_empty() {
            self.send_down(line, &bytes);
        }
        self.scratch = bytes;
    }

    /// Takes a message that a member has for another.
    fn carry(&mut self, message: Message) {
        let (from, to) = (message.from(), message.to());
        let at = self.now + self.latency();
        let way = &mut self.messages[from * self.line_of.len() + to];
        let at = way.back().map_or(at, |(last, _)| at.max(*last));
        say!(self, "m{from} to m{to}: {message:?}");
        way.push_back((at, message));
        self.plan_message(from, to, at);
    }

    fn plan_message(&mut self, from: usize, to: usize, at: u64) {
        if let (Ok(from), Ok(to)) = (u8::try_from(from), u8::try_from(to)) {
            self.queue.plan(at, Event::Message { from, to });
        }
    }

    /// A message arrives, unless it is kept back. What may overtake those that are, does at times.
    pub(super) fn message(&mut self, from: usize, to: usize) {
        let (now, held) = (self.now, self.lagging_until[to]);
        let lags = from != to && held > now;
        let overtaking = lags && self.rng.bool();
        let way = &mut self.messages[from * self.line_of.len() + to];
        let place = if overtaking {
            way.iter().position(|(at, message)| *at <= now && message.may_overtake())
        } else {
            (!lags).then_some(0)
        };
        let Some(place) = place else { return self.plan_message(from, to, held) };
        let Some((_, message)) = way.remove(place) else { return };
        self.ensemble.deliver(self.time(), message);
        self.settle_members();
    }

    /// Shows the checkers what was agreed on since.
    fn observe_history(&mut self) {
        while let Some(transaction) = self.ensemble.history().get(self.committed).cloned() {
            self.committed += 1;
            self.trace.mix(transaction.zxid.0.unsigned_abs());
            say!(self, "{} {} {:?}", transaction.zxid, transaction.session, transaction.change);
            if let Change::CloseSession { .. } = transaction.change {
                self.ended.insert(transaction.session, transaction.zxid);
                self.observe_untold(transaction.session);
            }
            self.observe(&Observation::Committed(transaction));
        }
    }

    /// The leader ends a session, and may not have been told yet that it was heard of.
    fn observe_untold(&mut self, session: SessionId) {
        let under_way = |way: &VecDeque<(u64, Message)>| way.iter().any(|it| it.1.touches(session));
        let members = 0..self.ensemble.size();
        let untold = |it: &Server| it.has_untold(session);
        let late = self.messages.iter().any(under_way)
            || members.filter_map(|member| self.ensemble.member(member)).any(untold);
        if late {
            self.observe(&Observation::Unheard { session });
        }
    }
}
