//! Sessions: their ids, until when they live, and which connection they are attached to.
//!
//! A session lives in a bucket: the first multiple of the tick behind the moment at which its
//! timeout would be over. All sessions of a bucket expire together, so a session outlives its
//! timeout by up to one tick.
//!
//! Facts: `SessionTrackerImpl` and `ExpiryQueue` of Apache ZooKeeper.

mod password;

pub(crate) use password::{is_password, password};

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use zookit_proto::SessionId;

use super::connection::ConnectionId;
use super::{Config, Time};

/// A session.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// As it was negotiated last.
    pub(crate) timeout: Duration,
    /// Its bucket.
    pub(crate) expires: Time,
    /// The connection it is attached to.
    pub(crate) connection: Option<ConnectionId>,
    /// Known to this server alone, and to no transaction: made while it was read-only.
    pub(crate) local: bool,
}

/// All sessions that live.
#[derive(Debug)]
pub(crate) struct Sessions {
    tick: Duration,
    next_id: i64,
    table: BTreeMap<SessionId, Session>,
    buckets: BTreeMap<Time, BTreeSet<SessionId>>,
}

impl Sessions {
    /// No sessions. The first will have an id that begins with the server's number, goes on with
    /// the date in milliseconds, and ends with two zero bytes; the seed moves the date, so that
    /// servers that began together differ.
    pub(crate) fn new(config: &Config, seed: u64) -> Self {
        let moved = i64::try_from(seed & 0x00ff_ffff).unwrap_or(0);
        let date = config.origin_ms.wrapping_add(moved);
        let date = u64::from_ne_bytes(date.to_ne_bytes()).wrapping_shl(24).wrapping_shr(8);
        let next_id = date | u64::from(config.server_id).wrapping_shl(56);
        let next_id = i64::from_ne_bytes(next_id.to_ne_bytes());
        Self {
            tick: config.tick.max(Duration::from_millis(1)),
            next_id,
            table: BTreeMap::new(),
            buckets: BTreeMap::new(),
        }
    }

    /// The bucket of a session that is heard of now.
    fn bucket(&self, now: Time, timeout: Duration) -> Time {
        let tick = self.tick.as_millis().max(1);
        let until = now.after(timeout).as_duration().as_millis();
        let ticks = until.checked_div(tick).unwrap_or(0).saturating_add(1);
        let at = u64::try_from(ticks.saturating_mul(tick)).unwrap_or(u64::MAX);
        Time::since_origin(Duration::from_millis(at))
    }

    /// The id for the next session: none that is in use, and not zero, which is no session. A
    /// server that was given the sessions of another may come upon their ids.
    pub(crate) fn next_id(&mut self) -> SessionId {
        loop {
            let id = SessionId(self.next_id);
            self.next_id = self.next_id.wrapping_add(1);
            // The least number would mark a container, were it the owner of a znode.
            if id != SessionId::NONE && id.0 != i64::MIN && !self.table.contains_key(&id) {
                return id;
            }
        }
    }

    /// A session begins.
    pub(crate) fn open(&mut self, now: Time, id: SessionId, timeout: Duration, local: bool) {
        let expires = self.bucket(now, timeout);
        self.table.insert(id, Session { timeout, expires, connection: None, local });
        self.buckets.entry(expires).or_default().insert(id);
    }

    /// A session ends; it is no more. Its connection knows nothing of it yet.
    pub(crate) fn close(&mut self, id: SessionId) -> Option<Session> {
        let session = self.table.remove(&id)?;
        self.leave(session.expires, id);
        Some(session)
    }

    fn leave(&mut self, bucket: Time, id: SessionId) {
        if let Some(ids) = self.buckets.get_mut(&bucket) {
            ids.remove(&id);
            if ids.is_empty() {
                self.buckets.remove(&bucket);
            }
        }
    }

    /// A session was heard of, on a connection that negotiated this timeout. False if there is no
    /// such session.
    pub(crate) fn touch(&mut self, now: Time, id: SessionId, timeout: Duration) -> bool {
        let expires = self.bucket(now, timeout);
        let Some(session) = self.table.get_mut(&id) else { return false };
        session.timeout = timeout;
        if session.expires != expires {
            let old = std::mem::replace(&mut session.expires, expires);
            self.leave(old, id);
            self.buckets.entry(expires).or_default().insert(id);
        }
        true
    }

    /// Every session lives its full timeout from now on, as after a restart.
    pub(crate) fn touch_all(&mut self, now: Time) {
        let all: Vec<_> = self.table.iter().map(|(id, session)| (*id, session.timeout)).collect();
        for (id, timeout) in all {
            self.touch(now, id, timeout);
        }
    }

    /// The session is attached to this connection now; tells to which it was before.
    pub(crate) fn attach(
        &mut self,
        id: SessionId,
        connection: Option<ConnectionId>,
    ) -> Option<ConnectionId> {
        let session = self.table.get_mut(&id)?;
        std::mem::replace(&mut session.connection, connection)
    }

    /// The session is not attached to this connection any more.
    pub(crate) fn detach(&mut self, id: SessionId, connection: ConnectionId) {
        if let Some(session) = self.table.get_mut(&id) {
            if session.connection == Some(connection) {
                session.connection = None;
            }
        }
    }

    /// The session, if it lives.
    pub(crate) fn get(&self, id: SessionId) -> Option<&Session> {
        self.table.get(&id)
    }

    /// All, by id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (SessionId, &Session)> {
        self.table.iter().map(|(id, session)| (*id, session))
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    /// When the next bucket is due.
    pub(crate) fn next_expiry(&self) -> Option<Time> {
        self.buckets.keys().next().copied()
    }

    /// A session whose time is over, the earliest bucket first; it is still there.
    pub(crate) fn overdue(&self, now: Time) -> Option<SessionId> {
        let (at, ids) = self.buckets.iter().next()?;
        if *at <= now { ids.iter().next().copied() } else { None }
    }

    /// The buckets in order, for the word `dump`.
    pub(crate) fn buckets(&self) -> impl Iterator<Item = (Time, &BTreeSet<SessionId>)> {
        self.buckets.iter().map(|(at, ids)| (*at, ids))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Time {
        Time::since_origin(Duration::from_millis(ms))
    }

    fn sessions() -> Sessions {
        Sessions::new(&Config::default(), 0)
    }

    #[test]
    fn sessions_of_a_bucket_expire_together() {
        let mut sessions = sessions();
        let timeout = Duration::from_secs(4);
        sessions.open(at(0), SessionId(1), timeout, false);
        sessions.open(at(1999), SessionId(2), timeout, false);
        sessions.open(at(2000), SessionId(3), timeout, false);
        assert_eq!(sessions.next_expiry(), Some(at(6000)));
        assert_eq!(sessions.overdue(at(5999)), None);
        assert_eq!(sessions.overdue(at(6000)), Some(SessionId(1)));
        sessions.close(SessionId(1));
        assert_eq!(sessions.overdue(at(6000)), Some(SessionId(2)));
        sessions.close(SessionId(2));
        assert_eq!(sessions.overdue(at(6000)), None);
        assert_eq!(sessions.next_expiry(), Some(at(8000)));
    }

    #[test]
    fn a_touched_session_moves_to_a_later_bucket() {
        let mut sessions = sessions();
        sessions.open(at(0), SessionId(1), Duration::from_secs(4), false);
        assert!(sessions.touch(at(3000), SessionId(1), Duration::from_secs(4)));
        assert_eq!(sessions.next_expiry(), Some(at(8000)));
        assert!(!sessions.touch(at(3000), SessionId(2), Duration::from_secs(4)));
        assert_eq!(sessions.buckets().count(), 1);
    }

    #[test]
    fn ids_begin_with_the_servers_number() {
        let config = Config { server_id: 5, origin_ms: 0x19_1234_5678, ..Config::default() };
        let mut sessions = Sessions::new(&config, 0);
        assert_eq!(sessions.next_id(), SessionId(0x0519_1234_5678_0000));
        assert_eq!(sessions.next_id(), SessionId(0x0519_1234_5678_0001));
        let config = Config { server_id: 200, ..Config::default() };
        assert!(Sessions::new(&config, 0).next_id().0 < 0);
    }

    #[test]
    fn ids_in_use_are_left_out() {
        let mut sessions = sessions();
        let first = Sessions::new(&Config::default(), 0).next_id();
        for id in [first, SessionId(first.0 + 1)] {
            sessions.open(at(0), id, Duration::from_secs(4), false);
        }
        assert_eq!(sessions.next_id(), SessionId(first.0 + 2));
    }
}
