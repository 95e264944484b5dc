//! What can be wrong with a configuration.

use std::fmt;
use std::path::PathBuf;

/// What is wrong with a configuration, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// A field that every server needs is not set.
    MissingField {
        /// The key of `zoo.cfg`, such as `dataDir`.
        key: &'static str,
    },
    /// A field is set to what cannot be written.
    BadField {
        /// The key of `zoo.cfg`.
        key: String,
        /// What is wrong with its value.
        why: String,
    },
    /// A line of a file is not what its key needs.
    BadLine {
        /// The file, if it is one.
        file: Option<PathBuf>,
        /// The line, counted from 1.
        line: usize,
        /// The key.
        key: String,
        /// What is wrong with its value.
        why: String,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingField { key } => write!(f, "{key} is not set, and a server needs it"),
            Self::BadField { key, why } => write!(f, "{key}: {why}"),
            Self::BadLine { file, line, key, why } => {
                match file {
                    Some(file) => write!(f, "{}, line {line}: ", file.display())?,
                    None => write!(f, "line {line}: ")?,
                }
                write!(f, "{key}: {why}")
            }
        }
    }
}

impl std::error::Error for ConfigError {}
