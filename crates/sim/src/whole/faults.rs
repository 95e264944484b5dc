//! What can be done to an ensemble, to its network and to the sessions in it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use zookit_client::SessionId;
use zookit_proto::Class;
use zookit_server::core::{ConnectionId, Effect, Fault, Server};

use super::ensemble::SimulatedEnsemble;
use super::line::LineId;
use super::network::{CutHow, Network};
use super::storm::Trouble;

/// Members.
impl SimulatedEnsemble {
    /// A member loses its fellows: it closes its clients' connections, and serves nobody until it
    /// [joins](Self::join) them again. If it led, or there is no quorum without it, the same
    /// becomes of all others; where there is a quorum they elect another within a second.
    pub fn cut(&self, member: usize) {
        self.part(member, false);
    }

    /// As [`cut`](Self::cut), and meanwhile it serves reads to clients that say that this will do.
    pub fn cut_readonly(&self, member: usize) {
        self.part(member, true);
    }

    fn part(&self, member: usize, readonly: bool) {
        self.with(|network| {
            network.ensemble.cut(network.now, member, readonly);
        });
    }

    /// A member that was cut off is back, with all that was agreed on meanwhile.
    pub fn join(&self, member: usize) {
        self.with(|network| {
            network.ensemble.join(network.now, member);
        });
    }

    /// Another member leads from now on: all connections are closed, and sessions have their full
    /// timeouts. False, and nothing happens, if it has no quorum.
    pub fn elect(&self, leader: usize) -> bool {
        self.with(|network| network.ensemble.elect(network.now, leader))
    }

    /// A member stops and starts again: its connections are closed, its sessions live on.
    pub fn restart(&self, member: usize) {
        self.with(|network| network.restart_member(member));
    }

    /// What others tell a member takes so much longer: it lags behind them.
    pub fn lag(&self, member: usize, lag: Duration) {
        self.with(|network| {
            if let Some(of_member) = network.lag.get_mut(member) {
                *of_member = lag;
            }
        });
    }
}

/// Sessions and their connections.
impl SimulatedEnsemble {
    /// Ends a session as if its time were over: its ephemeral znodes go in one transaction, and its
    /// connection is closed. False if there is no such session, or nobody leads.
    pub fn expire(&self, session: SessionId) -> bool {
        self.with(|network| network.ensemble.expire_session(network.now, session))
    }

    /// Closes the connection of a session, which lives on. False if it has none.
    pub fn drop_connection(&self, session: SessionId) -> bool {
        self.on_connection(session, Server::drop_connection)
    }

    /// The member forgets the connection of a session and does not tell: what the client sends is
    /// thrown away, and it hears nothing. False if it has none.
    pub fn half_open(&self, session: SessionId) -> bool {
        self.on_connection(session, Server::half_open_connection)
    }

    /// The connection of a session is reset: what is under way is lost from some byte on, both
    /// ways. False if it has none.
    pub fn reset_connection(&self, session: SessionId) -> bool {
        self.with(|network| {
            let line = network.line_of(session);
            line.map(|id| network.reset_line(id)).is_some()
        })
    }

    /// The connection of a session carries nothing any more, and nobody is told. False if it has
    /// none.
    pub fn silence(&self, session: SessionId) -> bool {
        self.with(|network| {
            let line = network.line_of(session);
            line.map(|id| network.cut_now(id, CutHow::Silence)).is_some()
        })
    }

    fn on_connection(
        &self,
        session: SessionId,
        act: impl FnOnce(&mut Server, zookit_server::core::Time, ConnectionId) -> bool,
    ) -> bool {
        self.with(|network| {
            let Some((member, connection)) = network.end_of_session(session) else { return false };
            let acted = network.with_member(member, |server, now| act(server, now, connection));
            acted.unwrap_or(false)
        })
    }

    /// Nothing passes between a client and a member, and nobody is told: the client is the one
    /// whose [`options`](Self::options) were asked for so many times, counted from 1.
    pub fn partition(&self, client: u32, member: usize) {
        self.with(|network| network.partitioned.insert((client, member)));
    }

    /// All partitions between clients and members end; what was under way arrives.
    pub fn heal(&self) {
        self.with(|network| {
            network.partitioned.clear();
            let ids: Vec<_> = network.lines.keys().copied().collect();
            network.release(&ids);
        });
    }
}

/// Requests, and trouble of all kinds.
impl SimulatedEnsemble {
    /// The next write about this path is carried out, and its reply is lost with its connection;
    /// whichever member it comes to.
    pub fn lose_next_reply(&self, path: impl Into<String>) {
        let (path, struck) = (path.into(), Arc::new(AtomicBool::new(false)));
        for member in 0..self.size() {
            let (path, struck) = (path.clone(), Arc::clone(&struck));
            self.add_fault(
                member,
                Fault::new(Effect::LoseReply, move |asked| {
                    asked.opcode().class() == Class::Write
                        && asked.is_about(&path)
                        && !struck.swap(true, Ordering::Relaxed)
                }),
            );
        }
    }

    /// Adds a fault that strikes requests which come to a member.
    pub fn add_fault(&self, member: usize, fault: Fault) {
        self.with(|network| {
            network.with_member(member, |server, _| server.add_fault(fault));
        });
    }

    /// From now on and for so long, something of this goes wrong every now and then, as the seed
    /// has it; then all is [calm](Self::calm).
    pub fn storm(&self, trouble: Trouble, lasting: Duration) {
        self.with(|network| network.begin_storm(trouble, lasting));
    }

    /// Nothing is wrong any more: storms end, members that were cut off join, partitions and lags
    /// end, silent connections go on, and faults are removed.
    pub fn calm(&self) {
        self.with(Network::calm);
    }

    /// Whether a storm is under way.
    #[must_use]
    pub fn is_stormy(&self) -> bool {
        self.with(|network| network.storm.is_some())
    }
}

impl Network {
    /// The connection of a session: where it ends.
    pub(super) fn end_of_session(&self, session: SessionId) -> Option<(usize, ConnectionId)> {
        (0..self.ensemble.size()).find_map(|member| {
            let sessions = self.ensemble.member(member)?.sessions();
            let info = sessions.into_iter().find(|info| info.id == session)?;
            info.connection.map(|connection| (member, connection))
        })
    }

    pub(super) fn line_of(&self, session: SessionId) -> Option<LineId> {
        let end = self.end_of_session(session)?;
        self.lines.keys().copied().find(|id| self.end_of(*id) == Some(end))
    }

    /// Where a connection ends, if the member still has that end.
    pub(super) fn end_of(&self, id: LineId) -> Option<(usize, ConnectionId)> {
        let line = self.lines.get(&id)?;
        line.connection.map(|connection| (line.member, connection))
    }

    pub(super) fn restart_member(&mut self, member: usize) {
        if self.ensemble.size() == 1 {
            self.with_member(member, Server::restart);
        } else if !self.ensemble.is_cut(member) {
            let now = self.now;
            self.ensemble.cut(now, member, false);
            self.ensemble.join(now, member);
        }
    }
}
