//! Which znode has which path.
//!
//! The paths themselves are with the znodes, once: the table has but a hash and a number for each.
//! A map that owned its keys would keep every path twice.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use super::arena::NodeId;

/// An open table with linear probing. Its hash has a key of its own, so that nobody can choose
/// paths that collide; nothing that is seen depends on it.
#[derive(Debug, Clone)]
pub(super) struct Index {
    hasher: RandomState,
    /// A power of two, at most three quarters full.
    slots: Vec<Option<(u32, NodeId)>>,
    count: usize,
}

impl Index {
    pub(super) fn new() -> Self {
        Self { hasher: RandomState::new(), slots: vec![None; 8], count: 0 }
    }

    pub(super) const fn len(&self) -> usize {
        self.count
    }

    fn hash(&self, path: &str) -> u32 {
        (self.hasher.hash_one(path) & u64::from(u32::MAX)).try_into().unwrap_or(0)
    }

    fn mask(&self) -> usize {
        self.slots.len().wrapping_sub(1)
    }

    /// The slots from where the hash belongs, once around.
    fn probe(&self, hash: u32) -> impl Iterator<Item = usize> + use<> {
        let (start, mask) = (hash as usize, self.mask());
        (0..=mask).map(move |step| start.wrapping_add(step) & mask)
    }

    fn slot(&self, at: usize) -> Option<(u32, NodeId)> {
        self.slots.get(at).copied().flatten()
    }

    fn put(&mut self, at: usize, entry: Option<(u32, NodeId)>) {
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = entry;
        }
    }

    /// The slot of the znode for which `is` holds, among those whose path has this hash.
    fn find(&self, hash: u32, is: impl Fn(NodeId) -> bool) -> Option<(usize, NodeId)> {
        for at in self.probe(hash) {
            let (found, id) = self.slot(at)?;
            if found == hash && is(id) {
                return Some((at, id));
            }
        }
        None
    }

    /// The znode with this path; `is` says whether a znode has it.
    #[inline]
    pub(super) fn get(&self, path: &str, is: impl Fn(NodeId) -> bool) -> Option<NodeId> {
        self.find(self.hash(path), is).map(|(_, id)| id)
    }

    /// Adds a path that is not in it.
    pub(super) fn insert(&mut self, path: &str, id: NodeId) {
        let places = self.slots.len();
        if self.count >= places.saturating_sub(places / 4) {
            self.grow();
        }
        self.count = self.count.saturating_add(1);
        self.insert_hash(self.hash(path), id);
    }

    fn insert_hash(&mut self, hash: u32, id: NodeId) {
        if let Some(at) = self.probe(hash).find(|at| self.slot(*at).is_none()) {
            self.put(at, Some((hash, id)));
        }
    }

    fn grow(&mut self) {
        let doubled = vec![None; self.slots.len().saturating_mul(2)];
        let slots = std::mem::replace(&mut self.slots, doubled);
        for (hash, id) in slots.into_iter().flatten() {
            self.insert_hash(hash, id);
        }
    }

    /// Removes a path. Those behind it that the gap would hide move up.
    pub(super) fn remove(&mut self, path: &str, is: impl Fn(NodeId) -> bool) {
        let Some((mut gap, _)) = self.find(self.hash(path), is) else { return };
        self.count = self.count.saturating_sub(1);
        self.put(gap, None);
        let mask = self.mask();
        let mut at = gap;
        loop {
            at = at.wrapping_add(1) & mask;
            let Some((hash, id)) = self.slot(at) else { return };
            // How far it is from home, and how far the gap is behind it.
            let from_home = at.wrapping_sub(hash as usize) & mask;
            let to_gap = at.wrapping_sub(gap) & mask;
            if from_home >= to_gap {
                self.put(gap, Some((hash, id)));
                self.put(at, None);
                gap = at;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::arena::Arena;
    use super::*;

    #[test]
    fn it_is_a_map_whatever_is_added_and_removed() {
        let (mut index, mut arena) = (Index::new(), Arena::new());
        let mut expected = BTreeMap::new();
        let mut state = 1_u64;
        for _ in 0..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let path = format!("/n{}", (state >> 33) % 500);
            let is = |arena: &Arena<String>, id| arena.get(id) == Some(&path);
            if let Some(id) = expected.remove(&path) {
                assert_eq!(index.get(&path, |id| is(&arena, id)), Some(id));
                index.remove(&path, |id| is(&arena, id));
                arena.remove(id);
            } else {
                let id = arena.insert(path.clone()).unwrap();
                index.insert(&path, id);
                expected.insert(path.clone(), id);
            }
            assert_eq!(index.len(), expected.len());
        }
        for (path, id) in &expected {
            assert_eq!(index.get(path, |id| arena.get(id) == Some(path)), Some(*id));
        }
        assert_eq!(index.get("/none", |_| true), None);
    }
}
