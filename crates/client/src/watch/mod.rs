//! Watches: the handles that callers hold.
//!
//! A watch is a value. Dropping it removes it; when it was the last of this client on its path,
//! it is removed from the server too.

mod one_shot;
mod persistent;

use std::sync::Arc;

use crate::shared::{Command, Shared, WatchCell};
pub use one_shot::OneShotWatch;
pub use persistent::PersistentWatch;

/// A caller's hold on a watcher; the last of it removes the watcher.
#[derive(Debug)]
pub(crate) struct Watcher {
    pub(crate) cell: Arc<WatchCell>,
    pub(crate) shared: Arc<Shared>,
}

impl Drop for Watcher {
    fn drop(&mut self) {
        if !self.cell.is_over() {
            self.shared.push(Command::DropWatcher(self.cell.watcher));
        }
    }
}
