//! The tree of znodes.
//!
//! Nothing but [`Tree::apply`] changes it, and [`Tree::load`], which puts back what
//! [`Tree::znodes`] listed. Reading is by path, and a path is compared as text: nothing here
//! validates it, and what is no path is no znode. The root has two: `/`, and the empty one.
//!
//! # The order of children
//!
//! ZooKeeper promises none. A real server answers in the order of a Java `HashSet`, and so does
//! this one, name for name (`java::Table`): it is the same in every run, and
//! whoever forgets to sort finds out here and not in production.
//!
//! # Memory
//!
//! A path is kept once, with its znode; the index has its hash alone, the children of a znode are a
//! chain through them, an ACL is kept once for all that have it.

mod acls;
mod apply;
mod arena;
mod ephemerals;
mod found;
mod index;
mod load;
mod node;

use std::collections::BTreeSet;

use bytes::Bytes;
use zookit_proto::types::{Acl, Perms};
use zookit_proto::{SessionId, Text};

pub use acls::SharedAcl;
pub use apply::{Applied, Event};
pub(crate) use found::Found;
pub use load::Znode;
pub use node::Counters;

use self::acls::Acls;
use self::arena::{Arena, NodeId};
use self::ephemerals::Ephemerals;
use self::index::Index;
use self::node::{Children, Node};
use super::Owner;
use super::java;
use super::quota::Quotas;

/// The znode below which the server keeps its own.
const ZOOKEEPER: &str = "/zookeeper";
/// The znode below which quotas are.
const QUOTA: &str = "/zookeeper/quota";
/// The znode that says who is in the ensemble; empty on a server that is alone.
const CONFIG: &str = "/zookeeper/config";

/// All znodes, and what must be known of them together.
#[derive(Debug, Clone)]
pub struct Tree {
    nodes: Arena<Node>,
    index: Index,
    acls: Acls,
    ephemerals: Ephemerals,
    containers: BTreeSet<NodeId>,
    ttls: BTreeSet<NodeId>,
    quotas: Quotas,
    data_size: i64,
}

impl Default for Tree {
    fn default() -> Self {
        Self::new()
    }
}

impl Tree {
    /// The tree of a new server: the root and the znodes of the server's own. They come from no
    /// transaction, so their zxids and times are 0.
    #[must_use]
    pub fn new() -> Self {
        let mut tree = Self {
            nodes: Arena::new(),
            index: Index::new(),
            acls: Acls::default(),
            ephemerals: Ephemerals::default(),
            containers: BTreeSet::new(),
            ttls: BTreeSet::new(),
            quotas: Quotas::default(),
            data_size: 0,
        };
        let (open, read) = (Acl::world(Perms::ALL), Acl::world(Perms::READ));
        for (path, acl, aversion) in
            [("/", &open, 0), (ZOOKEEPER, &open, 0), (QUOTA, &open, 0), (CONFIG, &read, -1)]
        {
            let node = Node {
                path: path.into(),
                data: Some(Bytes::new()),
                acl: tree.acls.add(std::slice::from_ref(acl)),
                owner: Owner::Persistent,
                counters: Counters { aversion, ..Counters::default() },
                children: Children::NONE,
                parent: zookit_proto::path::parent(path).and_then(|parent| tree.find(parent)),
                elder: None,
                younger: None,
            };
            tree.attach(node);
        }
        tree
    }

    /// The znode with this path.
    #[inline]
    fn find(&self, path: &str) -> Option<NodeId> {
        if path.is_empty() {
            return Some(NodeId::FIRST);
        }
        self.index.get(path, |id| self.nodes.get(id).is_some_and(|node| &*node.path == path))
    }

    #[inline]
    fn node(&self, path: &str) -> Option<&Node> {
        self.nodes.get(self.find(path)?)
    }

    /// Puts a znode in its place: as the youngest child of its parent.
    fn attach(&mut self, node: Node) -> Option<NodeId> {
        let (parent, owner) = (node.parent, node.owner);
        self.data_size = self.data_size.saturating_add(size(&node));
        let id = self.nodes.insert(node).ok()?;
        if let Some(node) = self.nodes.get(id) {
            self.index.insert(&node.path, id);
        }
        match owner {
            Owner::Persistent => {}
            Owner::Session(session) => self.ephemerals.add(session, id),
            Owner::Container => drop(self.containers.insert(id)),
            Owner::Ttl { .. } => drop(self.ttls.insert(id)),
        }
        let Some(parent) = parent.and_then(|parent| self.nodes.get_mut(parent)) else {
            return Some(id);
        };
        let elder = parent.children.youngest.replace(id);
        parent.children.eldest.get_or_insert(id);
        parent.children.count = parent.children.count.saturating_add(1);
        parent.children.table.holds(parent.children.count as usize);
        if let Some(elder) = elder.and_then(|elder| self.nodes.get_mut(elder)) {
            elder.younger = Some(id);
        }
        if let Some(node) = self.nodes.get_mut(id) {
            node.elder = elder;
        }
        Some(id)
    }

    /// Takes a znode without children out.
    fn detach(&mut self, id: NodeId) -> Option<Node> {
        let path = &self.nodes.get(id)?.path;
        self.index.remove(path, |other| other == id);
        let node = self.nodes.remove(id)?;
        match node.owner {
            Owner::Persistent => {}
            Owner::Session(session) => self.ephemerals.remove(session, id),
            Owner::Container => drop(self.containers.remove(&id)),
            Owner::Ttl { .. } => drop(self.ttls.remove(&id)),
        }
        self.data_size = self.data_size.saturating_sub(size(&node));
        if let Some(elder) = node.elder.and_then(|elder| self.nodes.get_mut(elder)) {
            elder.younger = node.younger;
        }
        if let Some(younger) = node.younger.and_then(|younger| self.nodes.get_mut(younger)) {
            younger.elder = node.elder;
        }
        if let Some(parent) = node.parent.and_then(|parent| self.nodes.get_mut(parent)) {
            let children = &mut parent.children;
            children.count = children.count.saturating_sub(1);
            if children.eldest == Some(id) {
                children.eldest = node.younger;
            }
            if children.youngest == Some(id) {
                children.youngest = node.elder;
            }
        }
        Some(node)
    }

    /// The children of a znode in the order of their creation.
    fn chain<'a>(&'a self, node: &'a Node) -> impl Iterator<Item = &'a Node> {
        let next = |id: Option<NodeId>| id.and_then(|id| self.nodes.get(id));
        std::iter::successors(next(node.children.eldest), move |node| next(node.younger))
    }
}

/// What is known of all.
impl Tree {
    /// How many znodes there are, as a real server counts them: the root twice.
    #[must_use]
    pub const fn node_count(&self) -> usize {
        self.index.len().saturating_add(1)
    }

    /// About how much there is in paths and data, as a real server counts it.
    #[must_use]
    pub const fn approximate_data_size(&self) -> i64 {
        self.data_size
    }

    /// How many znodes are ephemeral.
    #[must_use]
    pub fn ephemerals_count(&self) -> usize {
        self.ephemerals.count()
    }

    /// The sessions that have made ephemeral znodes and are not closed, in the order of their ids;
    /// also those that have none any more.
    pub fn sessions(&self) -> impl Iterator<Item = SessionId> {
        self.ephemerals.sessions()
    }

    /// The ephemeral znodes of a session, in the order in which they are answered and in which
    /// closing it deletes them: that of a Java `HashSet`, too.
    #[must_use]
    pub fn ephemerals(&self, session: SessionId) -> Vec<Text> {
        let Some((table, ids)) = self.ephemerals.of(session) else { return Vec::new() };
        let paths = ids.iter().filter_map(|id| self.nodes.get(*id)).map(|node| &*node.path);
        let paths = table.list(paths);
        // What is listed is a copy of the set, in a table of its own.
        let paths = java::Table::of_clone(paths.len()).list(paths);
        paths.into_iter().map(Text::from).collect()
    }

    /// Which quotas there are.
    pub(crate) const fn quotas(&self) -> &Quotas {
        &self.quotas
    }

    /// The containers and the znodes with a time to live that have no children: path, owner,
    /// counters.
    pub(crate) fn childless_extended(&self) -> impl Iterator<Item = (&str, Owner, Counters)> {
        let nodes = self.containers.iter().chain(&self.ttls).filter_map(|id| self.nodes.get(*id));
        let childless = nodes.filter(|node| node.children.count == 0);
        childless.map(|node| (&*node.path, node.owner, node.counters))
    }
}

/// What a znode counts for in the size of the data. The root has two paths, and one of them is
/// empty.
fn size(node: &Node) -> i64 {
    i64::try_from(java::length(&node.path).saturating_add(node.data_len())).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
