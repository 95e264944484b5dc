//! Reading: one znode, found by its path.

use bytes::{Bytes, BytesMut};
use zookit_proto::path::ROOT;
use zookit_proto::types::Acl;
use zookit_proto::{Stat, Text};

use super::Tree;
use super::acls::SharedAcl;
use super::node::{Counters, Node};
use crate::core::Owner;

/// A znode that was found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found<'a> {
    tree: &'a Tree,
    node: &'a Node,
}

impl<'a> Found<'a> {
    pub(crate) fn stat(self) -> Stat {
        self.node.stat()
    }

    pub(crate) fn data(self) -> Option<Bytes> {
        self.node.data.clone()
    }

    pub(crate) fn acl(self) -> &'a [Acl] {
        self.tree.acls.get(self.node.acl)
    }

    pub(crate) fn shared_acl(self) -> SharedAcl {
        self.tree.acls.shared(self.node.acl)
    }

    pub(crate) const fn owner(self) -> Owner {
        self.node.owner
    }

    pub(crate) const fn counters(self) -> Counters {
        self.node.counters
    }

    /// The names of its children, in the order in which they are answered.
    pub(crate) fn children(self) -> Vec<Text> {
        // A name begins behind the path of the parent, and a slash; the root's path is the slash.
        let above = if &*self.node.path == ROOT { "" } else { &*self.node.path };
        let start = above.len().saturating_add(1);
        let names = self.tree.chain(self.node).map(|node| node.path.get(start..).unwrap_or(""));
        let names = self.node.children.table.list(names);
        // All of them in one piece of memory.
        let length = names.iter().map(|name| name.len());
        let mut all = BytesMut::with_capacity(length.fold(0, usize::saturating_add));
        names.iter().for_each(|name| all.extend_from_slice(name.as_bytes()));
        let mut all = all.freeze();
        let text = |name: &str| Text::from_bytes(all.split_to(name.len()));
        names.into_iter().map(text).collect()
    }
}

/// What is known of a znode.
impl Tree {
    /// The znode with this path: to look at it more than once.
    #[inline]
    pub(crate) fn get(&self, path: &str) -> Option<Found<'_>> {
        self.node(path).map(|node| Found { tree: self, node })
    }

    /// Whether there is one.
    #[must_use]
    pub fn contains(&self, path: &str) -> bool {
        self.find(path).is_some()
    }

    /// Its stat, as clients are shown it.
    #[must_use]
    pub fn stat(&self, path: &str) -> Option<Stat> {
        self.node(path).map(Node::stat)
    }

    /// Its data.
    #[must_use]
    pub fn data(&self, path: &str) -> Option<Option<Bytes>> {
        self.node(path).map(|node| node.data.clone())
    }

    /// Its ACL.
    #[must_use]
    pub fn acl(&self, path: &str) -> Option<SharedAcl> {
        self.get(path).map(Found::shared_acl)
    }

    /// What it goes with.
    #[must_use]
    pub fn owner(&self, path: &str) -> Option<Owner> {
        self.node(path).map(|node| node.owner)
    }

    /// Its counters, from which its stat is made.
    #[must_use]
    pub fn counters(&self, path: &str) -> Option<Counters> {
        self.node(path).map(|node| node.counters)
    }

    /// The names of its children, in the order in which they are answered.
    #[must_use]
    pub fn children(&self, path: &str) -> Option<Vec<Text>> {
        self.get(path).map(Found::children)
    }

    /// How many znodes are below it, at any depth.
    #[must_use]
    pub fn count_below(&self, path: &str) -> Option<usize> {
        let mut open = vec![self.find(path)?];
        let mut count: usize = 0;
        while let Some(id) = open.pop() {
            let Some(node) = self.nodes.get(id) else { continue };
            count = count.saturating_add(node.children.count as usize);
            let mut child = node.children.eldest;
            while let Some((id, node)) = child.and_then(|id| Some((id, self.nodes.get(id)?))) {
                if node.children.count > 0 {
                    open.push(id);
                }
                child = node.younger;
            }
        }
        Some(count)
    }
}
