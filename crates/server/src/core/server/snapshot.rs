//! All that a server keeps when it stops, taken out and put back.

use std::time::Duration;

use zookit_proto::{ErrorCode, SessionId, Zxid};

use super::super::Time;
use super::super::tree::Znode;
use super::Server;

/// All that a server keeps when it stops.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snapshot {
    /// The last transaction.
    pub zxid: Zxid,
    /// The sessions that live, each with its timeout.
    pub sessions: Vec<(SessionId, Duration)>,
    /// The znodes, a parent before its children.
    pub znodes: Vec<Znode>,
}

impl Server {
    /// Takes out all that it would keep. Sessions that no transaction knows of are left out.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let sessions = self.sessions.iter().filter(|(_, session)| !session.local);
        Snapshot {
            zxid: self.zxid,
            sessions: sessions.map(|(id, session)| (id, session.timeout)).collect(),
            znodes: self.tree.znodes().collect(),
        }
    }

    /// Puts a snapshot back, over what there is: no transaction takes place and no watch is told.
    /// Sessions have their full timeouts, whether they were there or not; transactions are counted
    /// on from the newer of the two numbers.
    ///
    /// # Errors
    ///
    /// `NoNode` for a znode without a parent; those before it are in place.
    pub fn restore(&mut self, now: Time, snapshot: &Snapshot) -> Result<(), ErrorCode> {
        self.at(now);
        self.zxid = self.zxid.max(snapshot.zxid);
        for (id, timeout) in &snapshot.sessions {
            if self.sessions.get(*id).is_none() {
                self.sessions.open(self.now, *id, *timeout, false);
            }
            self.sessions.touch(self.now, *id, *timeout);
        }
        snapshot.znodes.iter().try_for_each(|znode| self.tree.load(znode))
    }
}
