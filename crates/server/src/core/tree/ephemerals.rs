//! Which ephemeral znodes a session has.

use std::collections::BTreeMap;

use zookit_proto::SessionId;

use super::arena::NodeId;
use crate::core::java::Table;

/// The ephemeral znodes of every session that ever made one and is not closed.
#[derive(Debug, Clone, Default)]
pub(super) struct Ephemerals {
    by_session: BTreeMap<SessionId, Owned>,
}

#[derive(Debug, Clone)]
struct Owned {
    table: Table,
    /// In the order in which they were made.
    nodes: Vec<NodeId>,
}

impl Ephemerals {
    pub(super) fn add(&mut self, session: SessionId, id: NodeId) {
        let new = || Owned { table: Table::EPHEMERALS, nodes: Vec::new() };
        let owned = self.by_session.entry(session).or_insert_with(new);
        owned.nodes.push(id);
        owned.table.holds(owned.nodes.len());
    }

    pub(super) fn remove(&mut self, session: SessionId, id: NodeId) {
        let Some(owned) = self.by_session.get_mut(&session) else { return };
        // Those made last are mostly those deleted first.
        if let Some(at) = owned.nodes.iter().rposition(|node| *node == id) {
            owned.nodes.remove(at);
        }
    }

    /// The session is closed.
    pub(super) fn forget(&mut self, session: SessionId) {
        self.by_session.remove(&session);
    }

    pub(super) fn of(&self, session: SessionId) -> Option<(Table, &[NodeId])> {
        self.by_session.get(&session).map(|owned| (owned.table, &owned.nodes[..]))
    }

    pub(super) fn sessions(&self) -> impl Iterator<Item = SessionId> {
        self.by_session.keys().copied()
    }

    pub(super) fn count(&self) -> usize {
        self.by_session.values().map(|owned| owned.nodes.len()).sum()
    }
}
