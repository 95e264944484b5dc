//! Why bytes could not be decoded.

use thiserror::Error;

/// Bytes that are not what they should be: which record and field, where, and why.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{record}{}{field} at byte {at}: {kind}", if field.is_empty() { "" } else { "." })]
pub struct DecodeError {
    /// The jute record that was being decoded.
    pub record: &'static str,
    /// The field within it; empty when the record as a whole is meant.
    pub field: &'static str,
    /// Offset in bytes from where the record's reader started.
    pub at: usize,
    /// What was wrong.
    pub kind: DecodeErrorKind,
}

/// What was wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The bytes end inside the field.
    #[error("{needed} bytes needed, {left} left")]
    Truncated {
        /// How many bytes the field takes from here.
        needed: usize,
        /// How many there are.
        left: usize,
    },
    /// A length or count below -1; -1 is null, and nothing below it has a meaning.
    #[error("length {0} has no meaning")]
    BadLength(i32),
    /// A count of elements that the bytes left cannot hold.
    #[error("{count} elements of at least {at_least} bytes each, but only {left} bytes left")]
    BadCount {
        /// How many elements the vector claims.
        count: usize,
        /// The least bytes one element takes.
        at_least: usize,
        /// How many bytes are left.
        left: usize,
    },
    /// Null where the protocol has no null.
    #[error("null, where a value must be")]
    Null,
    /// A type within a multi that has no known body, so that nothing behind it can be found.
    #[error("operation {0} cannot stand in a multi")]
    NotInMulti(i32),
}
