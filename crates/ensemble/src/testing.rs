//! What the unit tests share.

use std::path::{Path, PathBuf};

use crate::server::directory::fresh;

/// A fresh directory, removed at the end.
pub(crate) struct TempDir(PathBuf);

impl TempDir {
    pub(crate) fn new() -> Self {
        Self(fresh(&std::env::temp_dir(), "unit").unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
