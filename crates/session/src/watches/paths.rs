//! Every watched path, found by itself and by its watchers, in an order made for the moment when
//! all of them are written at once.
//!
//! A million watches may have to be set again on a new connection. So paths are kept as the wire
//! has them, in leaves of a few dozen neighbours, and a restore reads memory from front to back.
//! A map over the leaves finds a path, and one over the watchers finds the leaf of each.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::leaf::Leaf;
use super::watched::{Watched, Watcher};
use crate::ids::WatcherId;

/// The place of a leaf in [`Paths::leaves`].
type LeafNumber = u32;

/// Where a path is, until the next one comes or goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    leaf: LeafNumber,
    index: usize,
}

/// Every path that is watched.
#[derive(Debug, Default)]
pub(super) struct Paths {
    leaves: Vec<Leaf>,
    /// Leaves that are not in use.
    free: Vec<LeafNumber>,
    /// A leaf has the paths from its key up to the next leaf's. The first key is empty, so that
    /// there is a leaf for every path once there is any.
    order: BTreeMap<Box<[u8]>, LeafNumber>,
    /// The leaf in which each watcher's path is.
    watchers: BTreeMap<WatcherId, LeafNumber>,
}

impl Paths {
    /// How many watchers there are.
    pub(super) fn watchers(&self) -> usize {
        self.watchers.len()
    }

    pub(super) fn contains(&self, watcher: WatcherId) -> bool {
        self.watchers.contains_key(&watcher)
    }

    fn leaf(&self, number: LeafNumber) -> Option<&Leaf> {
        self.leaves.get(number as usize)
    }

    fn leaf_mut(&mut self, number: LeafNumber) -> Option<&mut Leaf> {
        self.leaves.get_mut(number as usize)
    }

    pub(super) fn get(&self, place: Place) -> Option<&Watched> {
        self.leaf(place.leaf)?.get(place.index)
    }

    pub(super) fn get_mut(&mut self, place: Place) -> Option<&mut Watched> {
        self.leaf_mut(place.leaf)?.get_mut(place.index)
    }

    /// The path at this place.
    pub(super) fn path(&self, place: Place) -> &[u8] {
        self.leaf(place.leaf).map_or(&[], |leaf| leaf.path(place.index))
    }

    /// The leaf in which the path is, if it is anywhere, and that leaf's key.
    fn leaf_for(&self, path: &[u8]) -> Option<(&[u8], LeafNumber)> {
        let up_to = (Bound::Unbounded, Bound::Included(path));
        let (key, number) = self.order.range::<[u8], _>(up_to).next_back()?;
        Some((key, *number))
    }

    pub(super) fn find(&self, path: &[u8]) -> Option<Place> {
        let (_, leaf) = self.leaf_for(path)?;
        let index = self.leaf(leaf)?.search(path).ok()?;
        Some(Place { leaf, index })
    }

    pub(super) fn find_mut(&mut self, path: &[u8]) -> Option<&mut Watched> {
        self.get_mut(self.find(path)?)
    }

    /// Where the watcher's path is.
    pub(super) fn find_watcher(&self, watcher: WatcherId) -> Option<Place> {
        let leaf = *self.watchers.get(&watcher)?;
        let watched = self.leaf(leaf)?.watched();
        let index = watched.iter().position(|watched| watched.watcher(watcher).is_some())?;
        Some(Place { leaf, index })
    }

    /// A watcher comes, and its path with it if nobody has watched that so far.
    pub(super) fn add(&mut self, path: &[u8], watcher: Watcher) {
        let number = self.leaf_with_room(path);
        let Some(leaf) = self.leaf_mut(number) else { return };
        let index = leaf.search(path).unwrap_or_else(|index| {
            leaf.insert(index, path);
            index
        });
        if let Some(watched) = leaf.get_mut(index) {
            watched.push(watcher);
            self.watchers.insert(watcher.id, number);
        }
    }

    /// The leaf in which the path is, or that has room for it.
    fn leaf_with_room(&mut self, path: &[u8]) -> LeafNumber {
        loop {
            let Some((_, number)) = self.leaf_for(path) else {
                return self.put(Box::default(), Leaf::default());
            };
            let Some(leaf) = self.leaf_mut(number).filter(|leaf| leaf.is_full()) else {
                return number;
            };
            let Err(at) = leaf.search(path) else { return number };
            let behind_all = at == leaf.len() && self.is_last(path);
            self.split(number, path, behind_all);
        }
    }

    /// Whether no leaf begins behind the path.
    fn is_last(&self, path: &[u8]) -> bool {
        let behind = (Bound::Excluded(path), Bound::Unbounded);
        self.order.range::<[u8], _>(behind).next().is_none()
    }

    /// Makes room in a full leaf. Where paths come in ascending order it stays full, and the next
    /// one begins with `path`; otherwise half of it moves.
    fn split(&mut self, number: LeafNumber, path: &[u8], behind_all: bool) {
        let Some(leaf) = self.leaf_mut(number) else { return };
        let middle = leaf.len().midpoint(0);
        let (key, behind) = if behind_all {
            leaf.fit();
            (path.into(), Leaf::default())
        } else {
            (leaf.path(middle).into(), leaf.split_off(middle))
        };
        let moved: Vec<_> =
            behind.watched().iter().flat_map(Watched::watchers).map(|watcher| watcher.id).collect();
        let number = self.put(key, behind);
        for watcher in moved {
            self.watchers.insert(watcher, number);
        }
    }

    fn put(&mut self, key: Box<[u8]>, leaf: Leaf) -> LeafNumber {
        let number = self.free.pop().unwrap_or_else(|| {
            self.leaves.push(Leaf::default());
            // There are never more leaves than watchers, whose number is bounded far below.
            u32::try_from(self.leaves.len()).map_or(u32::MAX, |count| count.saturating_sub(1))
        });
        if let Some(place) = self.leaf_mut(number) {
            *place = leaf;
        }
        self.order.insert(key, number);
        number
    }

    /// A watcher goes; its path stays.
    pub(super) fn remove_watcher(&mut self, id: WatcherId) -> Option<Watcher> {
        let place = self.find_watcher(id)?;
        self.watchers.remove(&id);
        let watched = self.get_mut(place)?;
        let watcher = watched.watcher(id).copied();
        watched.retain(|watcher| watcher.id != id);
        watcher
    }

    /// Watchers of one path go; it stays. Those to be kept are asked for in their order.
    pub(super) fn retain_watchers(&mut self, place: Place, mut keep: impl FnMut(&Watcher) -> bool) {
        let Some(leaf) = self.leaves.get_mut(place.leaf as usize) else { return };
        let Some(watched) = leaf.get_mut(place.index) else { return };
        watched.retain(|watcher| {
            let kept = keep(watcher);
            if !kept {
                self.watchers.remove(&watcher.id);
            }
            kept
        });
    }

    /// A path goes, which nobody watches any more.
    pub(super) fn remove(&mut self, place: Place) {
        let Some(leaf) = self.leaf_mut(place.leaf) else { return };
        if leaf.len() > 1 {
            return leaf.remove(place.index);
        }
        let key = leaf.path(place.index).to_vec();
        leaf.remove(place.index);
        if let Some((key, number)) = self.leaf_for(&key) {
            if !key.is_empty() {
                let key: Box<[u8]> = key.into();
                self.order.remove(&key);
                self.free.push(number);
            }
        }
    }

    /// Calls with each leaf that has paths from `from` on, and with the index of the first of them,
    /// until `visit` says that it is enough. Returns where the next leaf begins, if there is one.
    pub(super) fn visit(
        &mut self,
        from: &[u8],
        mut visit: impl FnMut(&mut Leaf, usize) -> bool,
    ) -> Option<Box<[u8]>> {
        let (first, _) = self.leaf_for(from)?;
        let (mut from, mut enough) = (Some(from), false);
        let leaves = self.order.range::<[u8], _>((Bound::Included(first), Bound::Unbounded));
        for (key, number) in leaves {
            if enough {
                return Some(key.clone());
            }
            let Some(leaf) = self.leaves.get_mut(*number as usize) else { continue };
            let index = from.take().map_or(0, |from| leaf.search(from).unwrap_or_else(|at| at));
            enough = visit(leaf, index);
        }
        None
    }

    /// Takes the watchers that `over` says out, and then the paths that are not to be kept.
    /// Returns the watchers in the order of their numbers.
    pub(super) fn sweep(
        &mut self,
        mut over: impl FnMut(&Watcher) -> bool,
        mut keep: impl FnMut(&mut Watched) -> bool,
    ) -> Vec<WatcherId> {
        let mut gone = Vec::new();
        for number in self.order.values() {
            let Some(leaf) = self.leaves.get_mut(*number as usize) else { continue };
            for index in (0..leaf.len()).rev() {
                let Some(watched) = leaf.get_mut(index) else { continue };
                watched.retain(|watcher| {
                    let goes = over(watcher);
                    gone.extend(goes.then_some(watcher.id));
                    !goes
                });
                if !keep(watched) {
                    leaf.remove(index);
                }
            }
        }
        let (leaves, free) = (&self.leaves, &mut self.free);
        self.order.retain(|key, number| {
            let empty = leaves.get(*number as usize).is_none_or(Leaf::is_empty);
            if empty && !key.is_empty() {
                free.push(*number);
            }
            !empty || key.is_empty()
        });
        gone.sort_unstable();
        for watcher in &gone {
            self.watchers.remove(watcher);
        }
        gone
    }
}
