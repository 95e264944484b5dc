//! Some watched paths that are neighbours, packed one behind the other.

use std::cmp::Ordering;

use zookit_proto::ops::path_list::PathList;

use super::watched::{List, Watched};

/// No leaf has more paths: what comes or goes moves those behind it.
const MOST_PATHS: usize = 128;

/// A leaf of two paths or more whose paths take more bytes is full as well, so that long paths are
/// not moved again and again.
const MOST_BYTES: usize = 8192;

/// The length in front of a path on the wire.
const LENGTH: usize = 4;

/// Paths in ascending order, and what there is to know about each.
#[derive(Debug, Default)]
pub(super) struct Leaf {
    /// The paths as the wire has them, each behind its length, so that they are copied into a
    /// request as they are.
    encoded: Vec<u8>,
    /// Where each ends in `encoded`.
    ends: Vec<u32>,
    watched: Vec<Watched>,
}

impl Leaf {
    pub(super) fn len(&self) -> usize {
        self.watched.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.watched.is_empty()
    }

    /// Whether it is to be split before another path comes in.
    pub(super) fn is_full(&self) -> bool {
        self.len() >= MOST_PATHS || (self.len() >= 2 && self.encoded.len() > MOST_BYTES)
    }

    pub(super) fn get(&self, index: usize) -> Option<&Watched> {
        self.watched.get(index)
    }

    pub(super) fn get_mut(&mut self, index: usize) -> Option<&mut Watched> {
        self.watched.get_mut(index)
    }

    pub(super) fn watched(&self) -> &[Watched] {
        &self.watched
    }

    /// All paths as the wire has them, one behind the other.
    pub(super) fn encoded(&self) -> &[u8] {
        &self.encoded
    }

    /// The list on which all paths stand, if each has one watcher and all are armed alike: so it
    /// is where very many watches are set.
    pub(super) fn alike(&self) -> Option<List> {
        let mut lists = self.watched.iter().map(|watched| watched.only()?.armed);
        let first = lists.next()??;
        lists.all(|list| list == Some(first)).then_some(first)
    }

    /// Calls with each path from `index` on, as the wire has it.
    pub(super) fn for_each(&mut self, index: usize, mut each: impl FnMut(&[u8], &mut Watched)) {
        let mut start = self.start(index);
        let watched = self.ends.iter().zip(&mut self.watched).skip(index);
        for (end, watched) in watched {
            let end = *end as usize;
            each(self.encoded.get(start..end).unwrap_or_default(), watched);
            start = end;
        }
    }

    fn end(&self, index: usize) -> usize {
        self.ends.get(index).map_or(self.encoded.len(), |end| *end as usize)
    }

    fn start(&self, index: usize) -> usize {
        index.checked_sub(1).map_or(0, |before| self.end(before))
    }

    pub(super) fn path(&self, index: usize) -> &[u8] {
        let path = self.start(index).saturating_add(LENGTH)..self.end(index);
        self.encoded.get(path).unwrap_or_default()
    }

    /// Where the path is, or where it belongs.
    pub(super) fn search(&self, path: &[u8]) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.path(middle).cmp(path) {
                Ordering::Less => low = middle.saturating_add(1),
                Ordering::Equal => return Ok(middle),
                Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    /// Puts in a path at the place where it belongs; nobody watches it yet.
    pub(super) fn insert(&mut self, index: usize, path: &[u8]) {
        let start = self.start(index);
        let length = path.len().saturating_add(LENGTH);
        PathList::encode_path(path, &mut self.encoded);
        if let Some(behind) = self.encoded.get_mut(start..) {
            behind.rotate_right(length);
        }
        self.ends.insert(index, offset(start));
        for end in self.ends.iter_mut().skip(index) {
            *end = end.saturating_add(offset(length));
        }
        self.watched.insert(index, Watched::default());
    }

    pub(super) fn remove(&mut self, index: usize) {
        if index >= self.len() {
            return;
        }
        let (start, end) = (self.start(index), self.end(index));
        self.encoded.drain(start..end);
        self.ends.remove(index);
        let length = offset(end.saturating_sub(start));
        for end in self.ends.iter_mut().skip(index) {
            *end = end.saturating_sub(length);
        }
        self.watched.remove(index);
        self.slim();
    }

    /// Takes out the paths from `index` on.
    pub(super) fn split_off(&mut self, index: usize) -> Self {
        let start = self.start(index);
        let mut behind = Self {
            encoded: self.encoded.split_off(start),
            ends: self.ends.split_off(index),
            watched: self.watched.split_off(index),
        };
        for end in &mut behind.ends {
            *end = end.saturating_sub(offset(start));
        }
        self.fit();
        behind
    }

    /// Gives back the memory that is not used now: the leaf is not expected to grow.
    pub(super) fn fit(&mut self) {
        self.encoded.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.watched.shrink_to_fit();
    }

    /// Gives memory back when most of it is not used any more.
    fn slim(&mut self) {
        let paths = self.len().saturating_mul(2);
        if paths.saturating_mul(2) < self.watched.capacity() {
            self.encoded.shrink_to(self.encoded.len().saturating_mul(2));
            self.ends.shrink_to(paths);
            self.watched.shrink_to(paths);
        }
    }
}

/// A place in a leaf. A path comes in a frame, whose length is an `i32`.
fn offset(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
