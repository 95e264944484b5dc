//! The watchers whose notices the driver passes on, and how many there are of each kind.

use std::collections::HashMap;
use std::sync::Arc;

use zookit_session::WatcherId;

use crate::shared::{WatchCell, WatchCounts};

/// By their numbers.
#[derive(Debug, Default)]
pub(super) struct Watchers {
    cells: HashMap<WatcherId, Arc<WatchCell>>,
    pub(super) counts: WatchCounts,
}

impl Watchers {
    pub(super) fn insert(&mut self, cell: Arc<WatchCell>) {
        *self.counts.of(cell.kind) += 1;
        self.cells.insert(cell.watcher, cell);
    }

    pub(super) fn get(&self, watcher: WatcherId) -> Option<&Arc<WatchCell>> {
        self.cells.get(&watcher)
    }

    pub(super) fn remove(&mut self, watcher: WatcherId) {
        if let Some(cell) = self.cells.remove(&watcher) {
            *self.counts.of(cell.kind) -= 1;
        }
    }

    /// Takes all of them, in the order of their numbers.
    pub(super) fn take_all(&mut self) -> Vec<Arc<WatchCell>> {
        self.counts = WatchCounts::default();
        let mut all: Vec<_> = self.cells.drain().collect();
        all.sort_by_key(|(watcher, _)| *watcher);
        all.into_iter().map(|(_, cell)| cell).collect()
    }
}
