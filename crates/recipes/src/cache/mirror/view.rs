//! What a cache has, looked at in its place.

use std::fmt;
use std::sync::Arc;

use zookit_client::Stat;

use super::arena::{Flags, Node, NodeId};
use super::{Cached, Mirror};

/// What a cache has, all of one moment. Nothing here allocates but what says so.
#[derive(Clone, Copy)]
pub struct Tree<'a>(&'a Mirror);

/// A znode of it.
#[derive(Clone, Copy)]
pub struct NodeRef<'a> {
    mirror: &'a Mirror,
    id: NodeId,
}

impl<'a> Tree<'a> {
    pub(crate) const fn new(mirror: &'a Mirror) -> Self {
        Self(mirror)
    }

    /// The znode at a path; the whole path, from the client's root. `None` if it is not in the cache.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<NodeRef<'a>> {
        let found = NodeRef { mirror: self.0, id: self.0.find(path)? };
        found.is_present().then_some(found)
    }

    /// The znode that the cache is of, if there is one.
    #[must_use]
    pub fn root(&self) -> Option<NodeRef<'a>> {
        let root = NodeRef { mirror: self.0, id: NodeId::ROOT };
        root.is_present().then_some(root)
    }

    /// How many znodes are in the cache.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.present
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes their names and data have.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.0.bytes
    }

    /// All of them, each before what is below it; otherwise in no order that means anything.
    #[must_use]
    pub fn iter(&self) -> Nodes<'a> {
        Nodes { mirror: self.0, next: NodeId::ROOT }
    }
}

impl<'a> IntoIterator for Tree<'a> {
    type Item = NodeRef<'a>;
    type IntoIter = Nodes<'a>;

    fn into_iter(self) -> Nodes<'a> {
        self.iter()
    }
}

impl fmt::Debug for Tree<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tree").field("path", &self.0.path).field("len", &self.len()).finish()
    }
}

impl<'a> NodeRef<'a> {
    fn node(&self) -> &'a Node {
        self.mirror.nodes.get(self.id)
    }

    fn is_present(&self) -> bool {
        self.node().is(Flags::PRESENT)
    }

    /// The last component of its path. Of the cache's own znode too.
    #[must_use]
    pub fn name(&self) -> &'a str {
        if self.id == NodeId::ROOT {
            return zookit_proto::path::name(&self.mirror.path);
        }
        &self.node().name
    }

    /// Its whole path. Allocates: a cache keeps names.
    #[must_use]
    pub fn path(&self) -> Arc<str> {
        self.mirror.path_of(self.id)
    }

    /// Its data; see [`Cached::data`].
    #[must_use]
    pub fn data(&self) -> Option<&'a [u8]> {
        self.node().data.as_deref()
    }

    /// Its stat; see [`Cached::stat`].
    #[must_use]
    pub fn stat(&self) -> Stat {
        self.node().stat.stat(self.data())
    }

    /// Data and stat to keep: the data are shared.
    #[must_use]
    pub fn to_cached(&self) -> Cached {
        self.mirror.cached(self.id)
    }

    /// A child by its name, if it is in the cache.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<Self> {
        let child = Self { mirror: self.mirror, id: self.mirror.child(self.id, name)? };
        child.is_present().then_some(child)
    }

    /// Its children that are in the cache, in no order that means anything.
    #[must_use]
    pub fn children(&self) -> Children<'a> {
        Children { mirror: self.mirror, next: self.node().eldest }
    }
}

impl fmt::Debug for NodeRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeRef").field("path", &self.path()).field("stat", &self.stat()).finish()
    }
}

/// The children of a znode.
#[derive(Debug, Clone)]
pub struct Children<'a> {
    mirror: &'a Mirror,
    next: NodeId,
}

impl<'a> Iterator for Children<'a> {
    type Item = NodeRef<'a>;

    fn next(&mut self) -> Option<NodeRef<'a>> {
        while let Some(id) = self.next.some() {
            let found = NodeRef { mirror: self.mirror, id };
            self.next = found.node().younger;
            if found.is_present() {
                return Some(found);
            }
        }
        None
    }
}

/// The znodes of a cache.
#[derive(Debug, Clone)]
pub struct Nodes<'a> {
    mirror: &'a Mirror,
    next: NodeId,
}

impl Nodes<'_> {
    /// The one behind, in the order of a walk: its first child, or the next of it or of one above.
    fn behind(&self, mut id: NodeId) -> NodeId {
        let nodes = &self.mirror.nodes;
        if let Some(child) = nodes.get(id).eldest.some() {
            return child;
        }
        while let Some(parent) = nodes.get(id).parent.some() {
            if let Some(younger) = nodes.get(id).younger.some() {
                return younger;
            }
            id = parent;
        }
        NodeId::NONE
    }
}

impl<'a> Iterator for Nodes<'a> {
    type Item = NodeRef<'a>;

    fn next(&mut self) -> Option<NodeRef<'a>> {
        while let Some(id) = self.next.some() {
            self.next = self.behind(id);
            let found = NodeRef { mirror: self.mirror, id };
            if found.is_present() {
                return Some(found);
            }
        }
        None
    }
}
