//! Which version of Apache ZooKeeper the server behaves as.

use std::fmt;
use std::str::FromStr;

/// An exact version, from which all that differs between versions follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum Profile {
    /// 3.8.0
    V3_8_0,
    /// 3.8.6
    V3_8_6,
    /// 3.9.5
    #[default]
    V3_9_5,
}

impl Profile {
    /// All of them, oldest first.
    pub const ALL: [Self; 3] = [Self::V3_8_0, Self::V3_8_6, Self::V3_9_5];

    /// The version's number.
    #[must_use]
    pub const fn version(self) -> &'static str {
        match self {
            Self::V3_8_0 => "3.8.0",
            Self::V3_8_6 => "3.8.6",
            Self::V3_9_5 => "3.9.5",
        }
    }

    /// When the version was built.
    pub(crate) const fn released(self) -> &'static str {
        match self {
            Self::V3_8_0 => "2022-02-25 08:49",
            Self::V3_8_6 => "2026-01-28 00:00",
            Self::V3_9_5 => "2026-02-11 20:18",
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.version())
    }
}

/// There is no profile of this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no profile {0:?}; there are 3.8.0, 3.8.6 and 3.9.5")]
pub struct UnknownProfile(String);

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(version: &str) -> Result<Self, UnknownProfile> {
        let known = Self::ALL.into_iter().find(|profile| profile.version() == version);
        known.ok_or_else(|| UnknownProfile(version.to_owned()))
    }
}
