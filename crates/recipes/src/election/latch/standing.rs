//! How a latch stands.

use std::fmt;
use std::sync::Arc;

use crate::Error;
use crate::claim::Lost;
use crate::election::Leadership;

/// How a latch stands.
#[derive(Debug, Clone)]
pub enum Standing {
    /// It does not lead, and will when its turn comes.
    Waiting(NotLeading),
    /// It leads.
    Leading(Leadership),
    /// It stands no more: it was closed, or this error ended it, which trying again cannot mend.
    Ended(Option<Arc<Error>>),
}

/// Why a latch does not lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotLeading {
    /// Its turn has not come yet.
    NotYet,
    /// It led, and [resigned](super::Latch::resign).
    Resigned,
    /// It led, and has lost that, or cannot rely on it: [`Lost::Doubted`].
    Lost(Lost),
}

impl Standing {
    /// The leadership, if it leads.
    #[must_use]
    pub const fn leadership(&self) -> Option<&Leadership> {
        match self {
            Self::Leading(leadership) => Some(leadership),
            _ => None,
        }
    }

    /// Whether it leads.
    #[must_use]
    pub const fn is_leading(&self) -> bool {
        self.leadership().is_some()
    }
}

impl fmt::Display for NotLeading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotYet => f.write_str("its turn has not come"),
            Self::Resigned => f.write_str("it resigned"),
            Self::Lost(lost) => write!(f, "the leadership was lost: {lost}"),
        }
    }
}
