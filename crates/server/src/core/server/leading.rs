//! What a server that leads an ensemble does for sessions of other members.

use std::time::Duration;

use zookit_proto::SessionId;

use super::super::{Change, Transaction};
use super::Server;

impl Server {
    /// Keeps its transactions from now on.
    pub(in super::super) fn keep_history(&mut self) {
        self.history.get_or_insert_default();
    }

    /// Its transactions, oldest first; none if they are not kept.
    pub(in super::super) fn history(&self) -> &[Transaction] {
        self.history.as_deref().unwrap_or_default()
    }

    /// A member's new session begins.
    pub(in super::super) fn open_for(&mut self, session: SessionId, timeout: Duration) {
        self.sessions.open(self.now, session, timeout, false);
        self.commit(session, Change::CreateSession { timeout });
    }

    /// A member's session was heard of. False if there is none such.
    pub(in super::super) fn touch_for(&mut self, session: SessionId, timeout: Duration) -> bool {
        self.sessions.touch(self.now, session, timeout)
    }

    /// Whether there is such a session.
    pub(in super::super) fn has_session(&self, session: SessionId) -> bool {
        self.sessions.get(session).is_some()
    }
}
