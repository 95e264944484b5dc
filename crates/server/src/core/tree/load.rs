//! Taking a tree apart and putting it together again: for dumps and restarts.

use bytes::Bytes;
use zookit_proto::path::{name, parent};
use zookit_proto::types::Acl;
use zookit_proto::{ErrorCode, Text};

use super::node::{Children, Counters, Node};
use super::{NodeId, Tree};
use crate::core::Owner;

/// All that is known of a znode but its children.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Znode {
    /// Its path.
    pub path: Text,
    /// Null and empty are different data.
    pub data: Option<Bytes>,
    /// Who may do what.
    pub acl: Vec<Acl>,
    /// What it goes with.
    pub owner: Owner,
    /// What its stat is made of.
    pub counters: Counters,
}

impl Tree {
    /// Every znode: a parent before its children, and those in the order of their creation.
    pub fn znodes(&self) -> impl Iterator<Item = Znode> {
        let mut next = Some(NodeId::FIRST);
        std::iter::from_fn(move || {
            let node = self.nodes.get(next?)?;
            next = node.children.eldest.or_else(|| self.next_after(node));
            Some(Znode {
                path: Text::from(&*node.path),
                data: node.data.clone(),
                acl: self.acls.get(node.acl).to_vec(),
                owner: node.owner,
                counters: node.counters,
            })
        })
    }

    /// The znode behind this one and all below it.
    fn next_after<'a>(&'a self, mut node: &'a Node) -> Option<NodeId> {
        while node.younger.is_none() {
            node = self.nodes.get(node.parent?)?;
        }
        node.younger
    }

    /// Puts a znode in its place, or changes the one that is there; what that one goes with stays.
    /// The counters of its parent are not touched, no watch hears of it, and no path is validated.
    ///
    /// # Errors
    /// `NoNode` if its parent does not exist.
    pub fn load(&mut self, znode: &Znode) -> Result<(), ErrorCode> {
        let path = znode.path.to_str();
        let data = znode.data.as_ref().map(|data| Bytes::copy_from_slice(data));
        if let Some(node) = self.find(&path).and_then(|id| self.nodes.get_mut(id)) {
            let before = super::size(node);
            let old = std::mem::replace(&mut node.acl, self.acls.add(&znode.acl));
            (node.data, node.counters) = (data, znode.counters);
            let grown = super::size(node).saturating_sub(before);
            self.data_size = self.data_size.saturating_add(grown);
            self.acls.remove(old);
            return Ok(());
        }
        let parent_path = parent(&path).unwrap_or_default();
        let parent = self.find(parent_path).filter(|_| path.starts_with('/'));
        let parent = Some(parent.ok_or(ErrorCode::NoNode)?);
        let acl = self.acls.add(&znode.acl);
        self.attach(Node {
            path: path.as_ref().into(),
            data,
            acl,
            owner: znode.owner,
            counters: znode.counters,
            children: Children::NONE,
            parent,
            elder: None,
            younger: None,
        });
        // The count of a quota is data like any other here: it was right when it was listed.
        self.quotas.after_create(parent_path, name(&path));
        Ok(())
    }
}
