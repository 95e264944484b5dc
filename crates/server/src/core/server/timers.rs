//! What time does: sessions expire, handshakes are too late, delays end, containers go.

use std::time::Duration;

use zookit_proto::SessionId;

use super::super::Time;
use super::super::connection::{Connection, ConnectionId, Line, Stage};
use super::super::statistics::count;
use super::Server;

impl Server {
    /// When something is due, on the server's own clock.
    pub(super) fn next_timeout(&self) -> Option<Time> {
        let connection = self.timers.first().map(|(at, _)| *at);
        if self.halted {
            return connection;
        }
        let reaping = self.reaps().then_some(self.reaping.next());
        [connection, self.sessions.next_expiry(), reaping].into_iter().flatten().min()
    }

    /// Carries out what is due.
    pub(super) fn pass_time(&mut self) {
        while let Some((at, id)) = self.timers.first().copied() {
            if at > self.now {
                break;
            }
            self.timers.pop_first();
            self.connection_due(id);
        }
        if self.halted {
            return;
        }
        while let Some(session) = self.sessions.overdue(self.now) {
            self.expire(session);
        }
        if self.reaps() {
            self.reap();
        }
    }

    /// Whether it is for this server to delete containers and TTL znodes.
    const fn reaps(&self) -> bool {
        !self.read_only && self.following.is_none()
    }

    /// Something of a connection is due, or was once.
    fn connection_due(&mut self, id: ConnectionId) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if connection.output.held_until().is_some_and(|until| until <= self.now) {
            connection.output.release();
            self.announce(id);
        }
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if let Stage::Handshake(deadline) = connection.stage {
            if deadline <= self.now && connection.line == Line::Whole {
                count(&mut self.statistics.sessionless_expired);
                return self.close(id);
            }
        }
        if connection.silent_at().is_some_and(|at| at <= self.now) {
            return self.close(id);
        }
        let is_due = connection.delayed.as_ref().is_some_and(|delayed| delayed.until <= self.now);
        if is_due {
            if let Some(delayed) = connection.delayed.take() {
                connection.asked = delayed.since;
                self.carry_out(id, delayed.xid, &delayed.request);
                self.to_read.push_back(id);
            }
        }
        self.set_timer(id);
    }

    /// When a connection with this timeout that says nothing from now on is closed: when the timeout
    /// is over, and the bucket of connections in which that is.
    ///
    /// Facts: `NIOServerCnxnFactory`, its `cnxnExpiryQueue` and `ConnectionExpirerThread`.
    pub(super) fn silent_at(&self, timeout: Duration) -> Time {
        let bucket = self.config.handshake_timeout.as_millis().max(1);
        let at = self.now.after(timeout).as_duration().as_millis();
        let buckets = at.checked_div(bucket).unwrap_or_default().saturating_add(1);
        let millis = buckets.saturating_mul(bucket);
        Time::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
    }

    /// Has the connection looked at when something of it is due.
    pub(super) fn set_timer(&mut self, id: ConnectionId) {
        let due = self.connections.get(&id).and_then(Connection::due);
        if let Some(at) = due {
            self.timers.insert((at, id));
        }
    }

    /// A session's time is over. Its connection is closed first, and does not hear of its own
    /// ephemeral znodes.
    ///
    /// A read-only server cannot end a session that transactions know of, and a member leaves that
    /// to its leader.
    pub(super) fn expire(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get(id) else { return };
        let (timeout, connection) = (session.timeout, session.connection);
        if (self.read_only || self.following.is_some()) && !session.local {
            self.sessions.touch(self.now, id, timeout);
            return;
        }
        count(&mut self.statistics.sessions_expired);
        if let Some(connection) = connection {
            self.hang_up(connection);
        }
        // A leader that steps down over it has given all sessions their time anew.
        self.end_session(id);
    }
}
