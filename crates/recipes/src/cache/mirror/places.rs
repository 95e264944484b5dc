//! Where in the tree a znode is: its path, who may have a place, and who loses it.

use std::sync::Arc;

use super::arena::{Brief, Flags, Node, NodeId};
use super::{Cached, Event, Mirror, Phase, Scope};

impl Mirror {
    pub(super) fn is_root(id: NodeId) -> bool {
        id == NodeId::ROOT
    }

    pub(super) fn child(&self, parent: NodeId, name: &str) -> Option<NodeId> {
        self.index.get(parent, name, |id| {
            let node = self.nodes.get(id);
            node.parent == parent && *node.name == *name
        })
    }

    /// The path below the root's: nothing for the root, `a/b` for what is below.
    pub(super) fn relative<'a>(&self, path: &'a str) -> Option<&'a str> {
        if &*self.path == "/" {
            return path.strip_prefix('/');
        }
        match path.strip_prefix(&*self.path)? {
            "" => Some(""),
            below => below.strip_prefix('/').filter(|below| !below.is_empty()),
        }
    }

    pub(super) fn find(&self, path: &str) -> Option<NodeId> {
        let mut id = NodeId::ROOT;
        let relative = self.relative(path)?;
        if relative.is_empty() {
            return Some(id);
        }
        for name in relative.split('/') {
            id = self.child(id, name)?;
        }
        Some(id)
    }

    pub(super) fn depth(&self, mut id: NodeId) -> usize {
        let mut depth = 0;
        while let Some(parent) = self.nodes.get(id).parent.some() {
            (id, depth) = (parent, depth + 1);
        }
        depth
    }

    pub(super) fn write_path(&self, id: NodeId, path: &mut String) {
        path.clear();
        path.push_str(&self.path);
        self.push_names(id, path);
    }

    pub(super) fn push_names(&self, id: NodeId, path: &mut String) {
        let mut names = Vec::with_capacity(8);
        let mut id = id;
        while let Some(parent) = self.nodes.get(id).parent.some() {
            names.push(&*self.nodes.get(id).name);
            id = parent;
        }
        for name in names.into_iter().rev() {
            if !path.ends_with('/') {
                path.push('/');
            }
            path.push_str(name);
        }
    }

    pub(super) fn path_of(&self, id: NodeId) -> Arc<str> {
        if Self::is_root(id) {
            return Arc::clone(&self.path);
        }
        let mut path = String::new();
        self.write_path(id, &mut path);
        path.into()
    }

    /// Whether what is below it is not followed, by its depth or by the filter.
    pub(super) fn is_leaf(&self, id: NodeId, path: &str) -> bool {
        let filtered = self.shape.filter.as_ref().map(|filter| filter.scope(path));
        filtered.is_some_and(|scope| scope != Scope::Whole)
            || self.depth(id) >= self.shape.max_depth
    }

    /// Makes a place for a child that is new here; `None` if it is not wanted or does not fit.
    pub(super) fn admit(&mut self, parent: NodeId, name: &str) -> Option<NodeId> {
        if self.nodes.get(parent).is(Flags::LEAF) {
            return None;
        }
        let scope = match &self.shape.filter {
            None => Scope::Whole,
            Some(filter) => {
                let mut path = String::new();
                self.write_path(parent, &mut path);
                filter.scope(&zookit_proto::path::join(&path, name))
            }
        };
        if scope == Scope::Nothing {
            return None;
        }
        if self.nodes.len() >= self.shape.max_znodes
            || self.bytes.saturating_add(name.len()) > self.shape.max_bytes
        {
            // It is to be listed again when there may be room.
            self.nodes.at(parent).flags.clear(Flags::LISTED);
            if !std::mem::replace(&mut self.full, true) && self.telling {
                let path = zookit_proto::path::join(&self.path_of(parent), name).into();
                self.tell(|| Event::Full { path, old: None });
            }
            return None;
        }
        let mut node = Node::new(parent, name);
        // Its depth is counted only where there is a bound.
        let bounded = self.shape.max_depth != usize::MAX;
        if scope == Scope::Alone || bounded && self.depth(parent) + 1 >= self.shape.max_depth {
            node.flags.set(Flags::LEAF);
        }
        node.younger = self.nodes.get(parent).eldest;
        let younger = node.younger;
        let id = self.nodes.insert(node);
        if let Some(younger) = younger.some() {
            self.nodes.at(younger).elder = id;
        }
        self.nodes.at(parent).eldest = id;
        self.index.insert(parent, name, id);
        self.bytes += name.len();
        Some(id)
    }

    /// Forgets a znode and all below it, and tells of each that was in the cache, what is below
    /// first. The root's place stays.
    pub(super) fn remove(&mut self, id: NodeId) {
        let mut at = id;
        loop {
            while let Some(child) = self.nodes.get(at).eldest.some() {
                at = child;
            }
            let parent = self.nodes.get(at).parent;
            self.forget(at);
            if at == id {
                break;
            }
            at = parent;
        }
    }

    /// Forgets one without children.
    pub(super) fn forget(&mut self, id: NodeId) {
        self.drop_data(id, |path, old| Event::Deleted { path, old });
        if Self::is_root(id) {
            self.nodes.renew(id);
            let root = self.nodes.at(id);
            let leaf = root.is(Flags::LEAF);
            (root.flags, root.listed, root.seen) = (Flags::default(), 0, 0);
            root.stat = Brief::default();
            if leaf {
                root.flags.set(Flags::LEAF);
            }
            self.root_unread = None;
            return;
        }
        let node = self.nodes.remove(id);
        self.index.remove(node.parent, &node.name, id);
        self.bytes -= node.name.len();
        if let Some(elder) = node.elder.some() {
            self.nodes.at(elder).younger = node.younger;
        } else {
            self.nodes.at(node.parent).eldest = node.younger;
        }
        if let Some(younger) = node.younger.some() {
            self.nodes.at(younger).elder = node.elder;
        }
    }

    /// Takes what is known of a znode out of the cache, and tells of it.
    pub(super) fn drop_data(&mut self, id: NodeId, event: impl FnOnce(Arc<str>, Cached) -> Event) {
        if !self.nodes.get(id).is(Flags::PRESENT) {
            return;
        }
        if self.telling {
            let event = event(self.path_of(id), self.cached(id));
            self.log.push(event);
        }
        let node = self.nodes.at(id);
        node.flags.clear(Flags::PRESENT);
        let length = node.data.take().map_or(0, |data| data.len());
        self.bytes -= length;
        self.present -= 1;
    }

    /// The value of one that is in the cache.
    pub(super) fn cached(&self, id: NodeId) -> Cached {
        let node = self.nodes.get(id);
        Cached { data: node.data.clone(), stat: node.stat.stat(node.data.as_deref()) }
    }

    /// Where a bound was met, what was left out is looked for when so much is free again that it is
    /// worth it: an eighth of the bound, or half of what was taken. Not less, or what can never fit
    /// would be looked for without end.
    pub(super) fn grow_back(&mut self) {
        if !self.full || self.queue.phase() != Phase::Done {
            return;
        }
        let taken = (self.nodes.len(), self.bytes);
        self.most_taken = (self.most_taken.0.max(taken.0), self.most_taken.1.max(taken.1));
        let is_freed = |bound: usize, taken: usize, most: usize| {
            taken + (bound / 8).min(most / 2).max(1) <= most
        };
        if is_freed(self.shape.max_znodes, taken.0, self.most_taken.0)
            || is_freed(self.shape.max_bytes, taken.1, self.most_taken.1)
        {
            self.begin(self.watching);
        }
    }
}
