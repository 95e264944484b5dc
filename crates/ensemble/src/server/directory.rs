//! Fresh directories.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// Makes a directory below `parent`, which is made too, that nobody has and nobody else reads.
pub(crate) fn fresh(parent: &Path, name: &str) -> io::Result<PathBuf> {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let parent = std::path::absolute(parent)?;
    std::fs::create_dir_all(&parent)?;
    loop {
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("zookit-{name}-{}-{number}", std::process::id()));
        match DirBuilder::new().mode(0o700).create(&path) {
            // A process of the same number, in another container or long ago, has this one.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|()| path),
        }
    }
}
