//! A promise that was broken, as a sentence.

use std::fmt;

use zookit_proto::Time;

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which checker found it: the name of its room.
    pub checker: &'static str,
    /// When.
    pub time: Time,
    /// What: a sentence that names client, call, path and zxids.
    pub what: String,
}

impl Violation {
    pub(super) fn new(checker: &'static str, time: Time, what: String) -> Self {
        Self { checker, time, what }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}: {}", self.checker, self.time, self.what)
    }
}

impl std::error::Error for Violation {}
