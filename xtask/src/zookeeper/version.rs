//! Releases of Apache ZooKeeper: their numbers, and which one a command line means.

use std::fmt;
use std::str::FromStr;

/// A release, such as 3.9.5. Ordered by age within what we support (no release candidates).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    pub(crate) major: u32,
    pub(crate) minor: u32,
    pub(crate) patch: u32,
}

const fn version(major: u32, minor: u32, patch: u32) -> Version {
    Version { major, minor, patch }
}

/// The releases that `--all-versions` runs: the newest of each line, and 3.8.0, which is what
/// Debian 12 ships. Oldest first; the last one is the default.
pub(crate) const KNOWN: [Version; 7] = [
    version(3, 4, 14),
    version(3, 5, 10),
    version(3, 6, 4),
    version(3, 7, 2),
    version(3, 8, 0),
    version(3, 8, 6),
    NEWEST,
];

/// The newest release known here.
pub(crate) const NEWEST: Version = version(3, 9, 5);

/// Which release is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The newest at hand: [`NEWEST`], unless a source without choice holds another.
    Newest,
    /// This release and no other.
    Exactly(Version),
}

impl Wanted {
    /// Reads a command line's `VERSION`: none, `3.8` (the newest known of that line) or `3.8.0`.
    pub(crate) fn from_argument(argument: Option<&str>) -> Result<Self, String> {
        let Some(argument) = argument else { return Ok(Self::Newest) };
        if let Ok(version) = argument.parse() {
            return Ok(Self::Exactly(version));
        }
        let of_line = |known: &&Version| format!("{}.{}", known.major, known.minor) == argument;
        match KNOWN.iter().rev().find(of_line) {
            Some(version) => Ok(Self::Exactly(*version)),
            None => Err(format!("{argument:?} is no version of ZooKeeper; an example is {NEWEST}")),
        }
    }

    /// Does a source that holds `version` serve this?
    pub(crate) fn is_met_by(self, version: Version) -> bool {
        match self {
            Self::Newest => true,
            Self::Exactly(wanted) => wanted == version,
        }
    }

    /// The release to fetch from a source that holds them all.
    pub(crate) fn or_newest(self) -> Version {
        match self {
            Self::Newest => NEWEST,
            Self::Exactly(version) => version,
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newest => write!(f, "the newest ZooKeeper"),
            Self::Exactly(version) => write!(f, "ZooKeeper {version}"),
        }
    }
}

impl Version {
    /// The release in the name of ZooKeeper's own jar: `zookeeper-3.9.5.jar`.
    pub(crate) fn of_jar(file_name: &str) -> Option<Self> {
        file_name.strip_prefix("zookeeper-")?.strip_suffix(".jar")?.parse().ok()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers: Option<Vec<u32>> = text.split('.').map(|part| part.parse().ok()).collect();
        match numbers.as_deref() {
            Some(&[major, minor, patch]) => Ok(version(major, minor, patch)),
            _ => Err(format!("{text:?} is not a version of three numbers, such as {NEWEST}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_ends_with_the_newest() {
        assert!(KNOWN.is_sorted());
        assert_eq!(KNOWN.last(), Some(&NEWEST));
    }

    #[test]
    fn two_numbers_mean_the_newest_of_that_line() {
        let wanted = |argument| Wanted::from_argument(Some(argument));
        assert_eq!(wanted("3.8"), Ok(Wanted::Exactly(version(3, 8, 6))));
        assert_eq!(wanted("3.8.0"), Ok(Wanted::Exactly(version(3, 8, 0))));
        assert_eq!(wanted("3.8.3"), Ok(Wanted::Exactly(version(3, 8, 3))));
        assert_eq!(Wanted::from_argument(None), Ok(Wanted::Newest));
        assert!(wanted("3.10").is_err());
        assert!(wanted("newest").is_err());
        assert!(wanted("3.8.0.1").is_err());
    }

    #[test]
    fn only_the_main_jar_names_the_release() {
        assert_eq!(Version::of_jar("zookeeper-3.4.14.jar"), Some(version(3, 4, 14)));
        assert_eq!(Version::of_jar("zookeeper-jute-3.9.5.jar"), None);
        assert_eq!(Version::of_jar("zookeeper.jar"), None);
        assert_eq!(Version::of_jar("zookeeper-3.9.5-tests.jar"), None);
    }

    #[test]
    fn the_newest_is_met_by_any_release_and_an_exact_one_by_itself() {
        assert!(Wanted::Newest.is_met_by(version(3, 8, 0)));
        assert!(Wanted::Exactly(NEWEST).is_met_by(NEWEST));
        assert!(!Wanted::Exactly(NEWEST).is_met_by(version(3, 8, 0)));
    }
}
