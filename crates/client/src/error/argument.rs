//! What is wrong with arguments: found before anything is sent.

use thiserror::Error;
use zookit_proto::path::PathError;
use zookit_proto::types::{AddWatchMode, CreateMode, TtlError};

/// Why a request was not even encoded. Always the caller's to mend.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ArgumentError {
    /// No znode can have this path.
    #[error(transparent)]
    Path(#[from] PathError),
    /// Of a transaction: one of its operations has a path that no znode can have.
    #[error("operation {index}, {operation} of {path}: {error}")]
    InTransaction {
        /// Its place, counted from 0.
        index: usize,
        /// Its name.
        operation: &'static str,
        /// Its path.
        path: String,
        /// What is wrong.
        error: Box<Self>,
    },
    /// The request is larger than the server would take; it would close the connection.
    #[error("it is {bytes} bytes; the server's jute.maxbuffer is probably {limit}",
        bytes = Grouped(*bytes), limit = Grouped(*limit))]
    TooLarge {
        /// The size of the request, in bytes.
        bytes: usize,
        /// The size it may have.
        limit: usize,
    },
    /// A time to live that no server takes.
    #[error(transparent)]
    Ttl(#[from] TtlError),
    /// A mode with a time to live, and none given.
    #[error("the mode {0} needs a time to live")]
    TtlMissing(CreateMode),
    /// A time to live with a mode that has none.
    #[error("the mode {0} has no time to live")]
    TtlUnused(CreateMode),
    /// A mode that is none of ZooKeeper's seven.
    #[error("{0} is no mode to create a znode in")]
    UnknownMode(CreateMode),
    /// A watch mode that is none of ZooKeeper's two.
    #[error("{0} is no mode of a watch")]
    UnknownWatchMode(AddWatchMode),
    /// The exact version -1, which on the wire means any.
    #[error("an exact version of -1 would mean any version")]
    AnyVersion,
    /// A mode other than ephemeral, for a znode that its session is to own.
    #[error("the mode {0} makes no znode that a session owns under this very path")]
    NotEphemeral(CreateMode),
    /// An ACL without entries, which servers refuse.
    #[error("the ACL is empty")]
    EmptyAcl,
}

/// A number with commas between its thousands.
pub(super) struct Grouped(pub(super) usize);

impl std::fmt::Display for Grouped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = self.0.to_string();
        let first = match digits.len() % 3 {
            0 => 3.min(digits.len()),
            first => first,
        };
        let (head, mut rest) = digits.split_at(first);
        f.write_str(head)?;
        while let Some((group, behind)) = rest.split_at_checked(3) {
            write!(f, ",{group}")?;
            rest = behind;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_have_commas() {
        for (number, text) in
            [(0, "0"), (999, "999"), (1000, "1,000"), (2_097_230, "2,097,230"), (10_000, "10,000")]
        {
            assert_eq!(Grouped(number).to_string(), text);
        }
    }
}
