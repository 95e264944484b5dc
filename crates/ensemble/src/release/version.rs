//! Releases of Apache ZooKeeper: their numbers, and which one a command line means.

use std::fmt;
use std::str::FromStr;

/// A release of Apache ZooKeeper, such as 3.9.5.
///
/// ```
/// use zookit_ensemble::Version;
/// let version: Version = "3.9.5".parse()?;
/// assert!(version > Version::new(3, 8, 6));
/// # Ok::<(), zookit_ensemble::release::BadVersion>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The 3 of 3.9.5.
    pub major: u32,
    /// The 9.
    pub minor: u32,
    /// The 5.
    pub patch: u32,
}

/// A text that is no version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadVersion(String);

impl fmt::Display for BadVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no version of ZooKeeper; an example is {}", self.0, Version::NEWEST)
    }
}

impl std::error::Error for BadVersion {}

/// Which release is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The newest at hand: [`Version::NEWEST`], unless a source without choice holds another.
    Newest,
    /// This release and no other.
    Exactly(Version),
}

impl Wanted {
    /// Reads a command line's `VERSION`: none, `3.8` (the newest known of that line) or `3.8.0`.
    ///
    /// # Errors
    ///
    /// If it is something else.
    pub fn from_argument(argument: Option<&str>) -> Result<Self, BadVersion> {
        let Some(argument) = argument else { return Ok(Self::Newest) };
        if let Ok(version) = argument.parse() {
            return Ok(Self::Exactly(version));
        }
        let of_line = |known: &&Version| format!("{}.{}", known.major, known.minor) == argument;
        match Version::KNOWN.iter().rev().find(of_line) {
            Some(version) => Ok(Self::Exactly(*version)),
            None => Err(BadVersion(argument.to_owned())),
        }
    }

    /// Does a source that holds `version` serve this?
    #[must_use]
    pub fn is_met_by(self, version: Version) -> bool {
        match self {
            Self::Newest => true,
            Self::Exactly(wanted) => wanted == version,
        }
    }

    /// The release to take from a source that holds them all.
    pub(super) const fn or_newest(self) -> Version {
        match self {
            Self::Newest => Version::NEWEST,
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
    /// The newest release known here.
    pub const NEWEST: Self = Self::new(3, 9, 5);

    /// The releases that this project is tested with: the newest of each line, and 3.8.0, which is
    /// what Debian 12 ships. Oldest first.
    pub const KNOWN: [Self; 7] = [
        Self::new(3, 4, 14),
        Self::new(3, 5, 10),
        Self::new(3, 6, 4),
        Self::new(3, 7, 2),
        Self::new(3, 8, 0),
        Self::new(3, 8, 6),
        Self::NEWEST,
    ];

    /// The release of these numbers.
    #[must_use]
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }

    /// The release in the name of ZooKeeper's own jar: `zookeeper-3.9.5.jar`.
    pub(super) fn of_jar(file_name: &str) -> Option<Self> {
        file_name.strip_prefix("zookeeper-")?.strip_suffix(".jar")?.parse().ok()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for Version {
    type Err = BadVersion;

    fn from_str(text: &str) -> Result<Self, BadVersion> {
        let numbers: Option<Vec<u32>> = text.split('.').map(|part| part.parse().ok()).collect();
        match numbers.as_deref() {
            Some(&[major, minor, patch]) => Ok(Self::new(major, minor, patch)),
            _ => Err(BadVersion(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn version(major: u32, minor: u32, patch: u32) -> Version {
        Version::new(major, minor, patch)
    }

    #[test]
    fn the_table_is_in_order_and_ends_with_the_newest() {
        assert!(Version::KNOWN.is_sorted());
        assert_eq!(Version::KNOWN.last(), Some(&Version::NEWEST));
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
        assert!(Wanted::Exactly(Version::NEWEST).is_met_by(Version::NEWEST));
        assert!(!Wanted::Exactly(Version::NEWEST).is_met_by(version(3, 8, 0)));
    }
}
