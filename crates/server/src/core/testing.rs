//! What the tests of the core share: one member, written to and read from without a connection.

use zookit_proto::types::{Acl, Id};
use zookit_proto::{ErrorCode, Reply, Request, SessionId, Zxid};

use super::prepare::{Asking, prepare};
use super::read::read;
use super::tree::Event;
use super::{Change, Config, Transaction, Tree, Written};

/// A tree with its history.
pub(crate) struct Replica {
    pub(crate) tree: Tree,
    pub(crate) config: Config,
    pub(crate) session: SessionId,
    pub(crate) ids: Vec<Id>,
    /// The clock: a second a transaction.
    pub(crate) time_ms: i64,
    pub(crate) history: Vec<Transaction>,
    /// Of the last transaction.
    pub(crate) events: Vec<Event>,
}

impl Default for Replica {
    fn default() -> Self {
        Self {
            tree: Tree::new(),
            config: Config::default(),
            session: SessionId(0x100),
            ids: vec![id("ip", "127.0.0.1")],
            time_ms: 0,
            history: Vec::new(),
            events: Vec::new(),
        }
    }
}

impl Replica {
    const fn asking(&self) -> Asking<'_> {
        Asking {
            tree: &self.tree,
            config: &self.config,
            session: self.session,
            ids: self.ids.as_slice(),
        }
    }

    /// Prepares and applies a request under the next zxid.
    pub(crate) fn write(&mut self, request: &Request) -> Written {
        let change = prepare(&self.asking(), request).unwrap_or_else(Change::Error);
        self.commit(change)
    }

    /// Applies a change under the next zxid.
    pub(crate) fn commit(&mut self, change: Change) -> Written {
        self.time_ms += 1000;
        let zxid = Zxid(self.history.len() as i64 + 1);
        let (time_ms, session) = (self.time_ms, self.session);
        let transaction = Transaction { zxid, time_ms, session, change };
        let applied = self.tree.apply(&transaction);
        self.history.push(transaction);
        self.events = applied.events;
        applied.written
    }

    pub(crate) fn read(&self, request: &Request) -> Result<Reply, ErrorCode> {
        read(&self.asking(), request)
    }
}

pub(crate) fn id(scheme: &str, id: &str) -> Id {
    Id { scheme: scheme.into(), id: id.into() }
}

pub(crate) fn acl_of(tree: &Tree, path: &str) -> Vec<Acl> {
    tree.acl(path).unwrap().to_vec()
}
