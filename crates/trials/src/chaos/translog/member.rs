//! All that one server has logged.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use bytes::Bytes;
use zookit_proto::Zxid;

use super::file::{self, FileError, Tail};
use super::record::Entry;

/// The logs of one server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberLog {
    /// By their zxids. A leader that has a log cut back (`TRUNC`) has its files cut, so what is here
    /// was not taken back that way; what a snapshot replaced (`SNAP`) still is.
    pub entries: BTreeMap<Zxid, Entry>,
    /// The zxids of its snapshots: what it knew when it began one, whether it logged that or not.
    pub snapshots: BTreeSet<Zxid>,
    /// Files that end within an entry.
    pub torn: usize,
}

/// Why the logs of a server cannot be read.
#[derive(Debug)]
pub enum LogError {
    /// The directory or a file.
    Io(PathBuf, io::Error),
    /// A file is not as it should be.
    File(PathBuf, FileError),
    /// Two entries of one server with one zxid say different things.
    Twice(PathBuf, Zxid),
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(path, error) => write!(f, "{}: {error}", path.display()),
            Self::File(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Twice(path, zxid) => {
                write!(f, "{}: {zxid} stands for two different transactions", path.display())
            }
        }
    }
}

impl std::error::Error for LogError {}

impl MemberLog {
    /// Reads the logs in a server's data directory: the one that has `version-2` in it.
    ///
    /// # Errors
    /// A file cannot be read, or is no log. A directory without `version-2` has no entries.
    pub fn read(data_dir: &Path) -> Result<Self, LogError> {
        let directory = data_dir.join("version-2");
        let mut logs = BTreeMap::new();
        let mut member = Self::default();
        let listed = match fs::read_dir(&directory) {
            Ok(listed) => listed,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(member),
            Err(error) => return Err(LogError::Io(directory, error)),
        };
        for file in listed {
            let path = file.map_err(|error| LogError::Io(directory.clone(), error))?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let name = name.unwrap_or_default();
            if let Some(zxid) = numbered(&name, "log.") {
                logs.insert(zxid, path);
            } else if let Some(zxid) = numbered(&name, "snapshot.") {
                member.snapshots.insert(zxid);
            }
        }
        for path in logs.into_values() {
            let bytes = fs::read(&path).map_err(|error| LogError::Io(path.clone(), error))?;
            let file = file::read(Bytes::from(bytes));
            member.add(path.clone(), file.map_err(|error| LogError::File(path, error))?)?;
        }
        Ok(member)
    }

    fn add(&mut self, path: PathBuf, file: file::LogFile) -> Result<(), LogError> {
        self.torn += usize::from(file.tail != Tail::Clean);
        for entry in file.entries {
            let zxid = entry.transaction.zxid;
            // A server may log an entry again that it was sent again.
            if self.entries.get(&zxid).is_some_and(|before| *before != entry) {
                return Err(LogError::Twice(path, zxid));
            }
            self.entries.insert(zxid, entry);
        }
        Ok(())
    }

    /// The newest of what is older than this: an entry, or what a snapshot had.
    pub(super) fn before(&self, zxid: Zxid) -> Option<Zxid> {
        let entry = self.entries.range(..zxid).next_back().map(|(zxid, _)| *zxid);
        let snapshot = self.snapshots.range(..zxid).next_back().copied();
        // An epoch that begins has no transaction yet: what comes before it is what counts.
        entry.max(snapshot.filter(|zxid| zxid.counter() > 0))
    }

    /// The newest entry.
    #[must_use]
    pub fn last(&self) -> Option<Zxid> {
        self.entries.last_key_value().map(|(zxid, _)| *zxid)
    }
}

/// The number in the name of a log or snapshot; some have a suffix that says how they are packed.
fn numbered(name: &str, prefix: &str) -> Option<Zxid> {
    let number = name.strip_prefix(prefix)?;
    let number = number.split_once('.').map_or(number, |(number, _)| number);
    i64::from_str_radix(number, 16).ok().map(Zxid)
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    #[test]
    fn names_have_their_zxid_in_hexadecimal() {
        assert_eq!(numbered("log.100000001", "log."), Some(Zxid(0x1_0000_0001)));
        assert_eq!(numbered("snapshot.2a.gz", "snapshot."), Some(Zxid(42)));
        assert_eq!(numbered("log.tmp", "log."), None);
        assert_eq!(numbered("acceptedEpoch", "log."), None);
    }

    #[test]
    fn all_files_of_a_directory_are_read() {
        let directory = std::env::temp_dir().join(format!("zookit-logs-{}", std::process::id()));
        let files = directory.join("version-2");
        fs::create_dir_all(&files).unwrap();
        let mut first =
            testing::log([testing::set(1, "/a", "x", 1), testing::set(2, "/a", "y", 2)]);
        first.truncate(first.len() - 1);
        fs::write(files.join("log.1"), first).unwrap();
        let again = testing::log([testing::set(2, "/a", "z", 2), testing::set(3, "/a", "w", 3)]);
        fs::write(files.join("log.2"), &again).unwrap();
        fs::write(files.join("snapshot.0"), b"ZKSN").unwrap();
        fs::write(files.join("currentEpoch"), b"1").unwrap();
        let member = MemberLog::read(&directory).unwrap();
        assert_eq!(member.entries.keys().copied().collect::<Vec<_>>(), [Zxid(1), Zxid(2), Zxid(3)]);
        assert_eq!((member.torn, member.snapshots.len()), (1, 1));

        fs::write(files.join("log.1"), testing::log([testing::set(2, "/a", "y", 2)])).unwrap();
        assert!(matches!(MemberLog::read(&directory), Err(LogError::Twice(_, Zxid(2)))));
        fs::remove_dir_all(&directory).unwrap();
        assert_eq!(MemberLog::read(&directory).unwrap(), MemberLog::default());
    }
}
