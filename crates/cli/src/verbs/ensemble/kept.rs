//! `--dir`: a directory whose data stays, and that one ensemble uses at a time.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use crate::error::Failure;

/// The file that is locked while an ensemble uses the directory. It stays.
const LOCK: &str = "lock";

/// The directory, for as long as this lives.
#[derive(Debug)]
pub(super) struct Kept {
    directory: PathBuf,
    /// The system unlocks it when the process ends, however it does.
    _lock: File,
}

impl Kept {
    /// Makes the directory if it is not there, and takes it.
    pub(super) fn open(directory: &Path) -> Result<Self, Failure> {
        let failed = |error: io::Error| {
            Failure::usage(format!("cannot keep data in {}: {error}", directory.display()))
        };
        let directory = std::path::absolute(directory).map_err(failed)?;
        fs::create_dir_all(&directory).map_err(failed)?;
        let lock = File::options().create(true).append(true).open(directory.join(LOCK));
        let lock = lock.map_err(failed)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { directory, _lock: lock }),
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let used = format!("another ensemble uses {} now", directory.display());
                Err(Failure::usage(used).hint("stop it, or name another directory"))
            }
            Err(error) => Err(failed(error.into())),
        }
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }
}
