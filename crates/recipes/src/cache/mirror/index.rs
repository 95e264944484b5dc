//! Which child of which znode has which name.
//!
//! The names are with the znodes, once: the table has but a hash and a number for each. So a path is
//! looked up name by name, and nothing is allocated for it.

use std::hash::{BuildHasher, Hasher, RandomState};

use super::arena::NodeId;

/// An open table with linear probing. Its hash has a key of its own, so that nobody who names znodes
/// can choose names that collide; nothing that is seen depends on it.
#[derive(Debug)]
pub(super) struct Index {
    hasher: RandomState,
    /// Hash and number, `NONE` where it is free. As many as a power of two, at most three quarters
    /// of them taken.
    slots: Vec<(u32, NodeId)>,
    count: usize,
}

const FREE: (u32, NodeId) = (0, NodeId::NONE);
const FEWEST: usize = 8;

impl Index {
    pub(super) fn new() -> Self {
        Self { hasher: RandomState::new(), slots: vec![FREE; FEWEST], count: 0 }
    }

    fn hash(&self, parent: NodeId, name: &str) -> u32 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write_u32(parent.0);
        hasher.write(name.as_bytes());
        // The lower half of 64 bits that are all as good.
        hasher.finish() as u32
    }

    fn mask(&self) -> usize {
        self.slots.len() - 1
    }

    /// Where the znode is for which `is` holds, among those with this hash.
    fn find(&self, hash: u32, is: impl Fn(NodeId) -> bool) -> Option<usize> {
        let mask = self.mask();
        let mut at = hash as usize & mask;
        loop {
            let (found, id) = self.slots[at];
            id.some()?;
            if found == hash && is(id) {
                return Some(at);
            }
            at = (at + 1) & mask;
        }
    }

    /// The child with this name; `is` says whether a znode is that.
    #[inline]
    pub(super) fn get(
        &self,
        parent: NodeId,
        name: &str,
        is: impl Fn(NodeId) -> bool,
    ) -> Option<NodeId> {
        self.find(self.hash(parent, name), is).map(|at| self.slots[at].1)
    }

    /// Adds one that is not in it.
    pub(super) fn insert(&mut self, parent: NodeId, name: &str, id: NodeId) {
        if self.count >= self.slots.len() - self.slots.len() / 4 {
            self.resize(self.slots.len() * 2);
        }
        self.count += 1;
        self.put(self.hash(parent, name), id);
    }

    fn put(&mut self, hash: u32, id: NodeId) {
        let mask = self.mask();
        let mut at = hash as usize & mask;
        while self.slots[at].1 != NodeId::NONE {
            at = (at + 1) & mask;
        }
        self.slots[at] = (hash, id);
    }

    fn resize(&mut self, to: usize) {
        let slots = std::mem::replace(&mut self.slots, vec![FREE; to]);
        for (hash, id) in slots {
            if id != NodeId::NONE {
                self.put(hash, id);
            }
        }
    }

    /// Removes one. Those behind it that the hole would hide move up; a table that is mostly empty
    /// shrinks.
    pub(super) fn remove(&mut self, parent: NodeId, name: &str, id: NodeId) {
        let Some(mut hole) = self.find(self.hash(parent, name), |other| other == id) else {
            return;
        };
        self.count -= 1;
        let mask = self.mask();
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            let (hash, id) = self.slots[at];
            if id == NodeId::NONE {
                break;
            }
            // How far it is from home, and how far the hole is before it.
            if at.wrapping_sub(hash as usize) & mask >= at.wrapping_sub(hole) & mask {
                self.slots[hole] = (hash, id);
                hole = at;
            }
        }
        self.slots[hole] = FREE;
        if self.slots.len() > FEWEST && self.count < self.slots.len() / 8 {
            self.resize(self.slots.len() / 2);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn it_is_a_map_whatever_is_added_and_removed() {
        let mut index = Index::new();
        let mut names: Vec<(u32, String)> = Vec::new();
        let mut expected = BTreeMap::new();
        let mut state = 1_u64;
        for round in 0..40_000_u32 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            // Many at first, few in the end: it grows, and shrinks.
            let most = if round < 20_000 { 2000 } else { 20 };
            let key = ((state >> 33) as u32 % 3, format!("n{}", (state >> 40) % most));
            let is = |id: NodeId| names[id.0 as usize] == key;
            let found = index.get(NodeId(key.0), &key.1, is);
            assert_eq!(found, expected.get(&key).copied());
            match expected.remove(&key) {
                Some(id) => index.remove(NodeId(key.0), &key.1, id),
                None => {
                    let id = NodeId(u32::try_from(names.len()).unwrap());
                    names.push(key.clone());
                    index.insert(NodeId(key.0), &key.1, id);
                    expected.insert(key, id);
                }
            }
            assert_eq!(index.count, expected.len());
        }
        for ((parent, name), id) in &expected {
            let is = |other: NodeId| names[other.0 as usize] == (*parent, name.clone());
            assert_eq!(index.get(NodeId(*parent), name, is), Some(*id));
        }
        for ((parent, name), id) in expected {
            index.remove(NodeId(parent), &name, id);
        }
        assert_eq!(index.slots.len(), FEWEST);
    }
}
