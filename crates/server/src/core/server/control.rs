//! What a test can do to a server.
//!
//! Everything happens at once, within the call; a transport then has to ask the `poll_*` methods.

use std::time::Duration;

use zookit_proto::{ErrorCode, Reply, Request, SessionId, Zxid};

use super::super::Change;
use super::super::connection::{ConnectionId, Ids, Line, Stage};
use super::super::{Time, prepare, read};
use super::Server;
use super::reaping::Reaping;
use super::requests::is_write;

/// Sessions.
impl Server {
    /// Ends a session as if its time were over: its ephemeral znodes go in one transaction, and its
    /// connection is closed. False if there is no such session.
    pub fn expire_session(&mut self, now: Time, id: SessionId) -> bool {
        self.at(now);
        let there = self.sessions.get(id).is_some();
        self.expire(id);
        there
    }

    /// Ends a session behind its client's back: as [`expire_session`](Self::expire_session), but
    /// its connection becomes half-open, so that the client goes on believing in the session until
    /// it misses the answers. False if there is no such session.
    pub fn kill_session(&mut self, now: Time, id: SessionId) -> bool {
        self.at(now);
        let Some(session) = self.sessions.get(id) else { return false };
        if let Some(connection) = session.connection {
            self.half_open(connection);
        }
        self.end_session(id);
        true
    }
}

/// Connections.
impl Server {
    /// Closes a connection; what it still had to send is lost, its session lives on. False if there
    /// is none to close.
    pub fn drop_connection(&mut self, now: Time, id: ConnectionId) -> bool {
        self.at(now);
        let open = self.is_open(id);
        self.hang_up(id);
        open
    }

    /// Nothing passes on a connection from now on, neither way, until it is
    /// [thawed](Self::thaw_connection); its client and the server notice by silence alone. False if
    /// there is none to freeze.
    pub fn freeze_connection(&mut self, now: Time, id: ConnectionId) -> bool {
        self.at(now);
        if !self.is_open(id) {
            return false;
        }
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.line = Line::Frozen;
        }
        true
    }

    /// A frozen connection goes on where it was; if it was closed in the meantime, that comes
    /// through now. False if it is not frozen.
    pub fn thaw_connection(&mut self, now: Time, id: ConnectionId) -> bool {
        self.at(now);
        let Some(connection) = self.connections.get_mut(&id) else { return false };
        if connection.line != Line::Frozen {
            return false;
        }
        connection.line = Line::Whole;
        if connection.stage == Stage::Closing {
            self.to_close.push_back(id);
        } else {
            self.to_read.push_back(id);
            self.set_timer(id);
        }
        self.announce(id);
        true
    }

    /// The server forgets a connection and does not tell: its client's bytes are thrown away, and
    /// nothing is ever sent. Its watches are gone; its session lives on, until its time is over.
    /// False if there is none.
    pub fn half_open_connection(&mut self, now: Time, id: ConnectionId) -> bool {
        self.at(now);
        let open = self.is_open(id);
        self.half_open(id);
        open
    }

    fn is_open(&self, id: ConnectionId) -> bool {
        let open = |line, stage| line != Line::HalfOpen && stage != Stage::Closing;
        self.connections.get(&id).is_some_and(|connection| open(connection.line, connection.stage))
    }

    pub(super) fn half_open(&mut self, id: ConnectionId) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        connection.line = Line::HalfOpen;
        connection.delayed = None;
        connection.output.clear();
        self.weigh(id);
        self.forget_line(id);
        // It never closes by itself, also if it was about to.
        self.to_close.retain(|other| *other != id);
        self.to_read.push_back(id);
    }

    /// Whether new connections are closed at once; those there are stay.
    pub const fn refuse_connections(&mut self, refuse: bool) {
        self.refusing = refuse;
    }

    /// Closes all connections at once.
    fn hang_up_all(&mut self) {
        let all: Vec<_> = self.connections.keys().copied().collect();
        for id in all {
            self.hang_up(id);
        }
    }
}

/// The server as a whole.
impl Server {
    /// Whether it only reads, as a member of an ensemble that lost its quorum does. Either way all
    /// connections are closed; sessions from before are kept, and have their full timeouts when it
    /// writes again. While it is read-only it takes only clients that say that this will do, gives
    /// them sessions of its own that no transaction knows of, and lets no session from before be
    /// taken up again.
    pub fn set_read_only(&mut self, now: Time, read_only: bool) {
        self.at(now);
        if self.read_only != read_only {
            self.hang_up_all();
            self.end_local_sessions();
            self.read_only = read_only;
            self.sessions.touch_all(self.now);
        }
    }

    /// Whether it only reads.
    #[must_use]
    pub const fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Stops: all connections are closed, new ones too, and no session's time passes. Tree and
    /// sessions are kept.
    pub fn halt(&mut self, now: Time) {
        self.at(now);
        self.hang_up_all();
        self.end_local_sessions();
        self.halted = true;
    }

    /// Starts again after [`halt`](Self::halt): sessions have their full timeouts.
    pub fn resume(&mut self, now: Time) {
        self.at(now);
        self.halted = false;
        self.sessions.touch_all(self.now);
        self.reaping = Reaping::begin(self.now, &self.config);
    }

    /// Stops and starts again at once, with tree and sessions.
    pub fn restart(&mut self, now: Time) {
        self.halt(now);
        self.resume(now);
    }

    fn end_local_sessions(&mut self) {
        let local = self.sessions.iter().filter(|(_, session)| session.local);
        let local: Vec<_> = local.map(|(id, _)| id).collect();
        for id in local {
            self.sessions.close(id);
        }
    }

    /// A new leader: all connections are closed, and the next transaction is the first of the next
    /// epoch. Sessions have their full timeouts.
    pub fn bump_epoch(&mut self, now: Time) {
        self.at(now);
        self.elect();
    }

    pub(super) fn elect(&mut self) {
        self.hang_up_all();
        self.zxid = Zxid(self.zxid.0.wrapping_shr(32).wrapping_add(1).wrapping_shl(32));
        self.sessions.touch_all(self.now);
    }

    /// Goes on counting transactions behind this one. False, and nothing happens, if it is not
    /// newer than the last.
    ///
    /// The transaction that would be the last of its epoch, `0xffffffff`, does not take place: the
    /// leader steps down over it, as if by [`bump_epoch`](Self::bump_epoch), and the write is lost.
    pub fn set_zxid(&mut self, zxid: Zxid) -> bool {
        let newer = zxid > self.zxid;
        if newer {
            self.zxid = zxid;
        }
        newer
    }

    /// Moves the clock forward, and the date with it: sessions expire, delays end, containers go.
    pub fn advance_clock(&mut self, now: Time, by: Duration) {
        self.moved = self.moved.saturating_add(by);
        self.at(now);
        self.pass_time();
    }

    /// Moves the date alone, by so many milliseconds, also back: what stats say, and for how long a
    /// TTL znode was not set.
    pub const fn move_date(&mut self, by_ms: i64) {
        self.date_moved_ms = self.date_moved_ms.saturating_add(by_ms);
    }

    /// Carries out a request by the server itself, as super user, in the name of a session or of
    /// none: what ACLs forbid it may do, writes take numbers in the history, and watchers are told.
    /// No watch is left. This is how a tree is put in place and read out.
    ///
    /// # Errors
    /// What a client would be answered. `BadArguments` for what only a connection can ask;
    /// `SystemError` if the epoch ended over it.
    pub fn execute(
        &mut self,
        now: Time,
        session: SessionId,
        request: &Request,
    ) -> Result<Reply, ErrorCode> {
        self.at(now);
        let ids = Ids::superuser();
        if !is_write(request.opcode()) {
            return read::read(&self.asking(session, ids.as_slice()), request);
        }
        let change = prepare::prepare(&self.asking(session, ids.as_slice()), request);
        match self.commit(session, change.unwrap_or_else(Change::Error)) {
            None => Err(ErrorCode::SystemError),
            Some(written) => prepare::reply(self.config.profile, request, written),
        }
    }
}
