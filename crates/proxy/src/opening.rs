//! The first bytes that a client sends, and what a proxy makes of them.

use std::fmt;

use bytes::{Bytes, BytesMut};

/// What becomes of the first bytes that a client sends; what
/// [`Builder::opening`](crate::Builder::opening) is told by its rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// They do not suffice to tell. The rule is asked again with more of them.
    More,
    /// They pass as they are.
    Keep,
    /// These bytes pass in place of the first `taken` ones.
    Replace {
        /// How many are replaced.
        taken: usize,
        /// By what.
        with: Vec<u8>,
    },
}

/// More than this is no opening any more.
const MOST: usize = 64 * 1024;

type Rule = dyn Fn(&[u8]) -> Opening + Send + Sync;

/// A rule, shared by the connections.
pub(crate) struct OpeningRule(Box<Rule>);

impl OpeningRule {
    pub(crate) fn new(rule: impl Fn(&[u8]) -> Opening + Send + Sync + 'static) -> Self {
        Self(Box::new(rule))
    }

    /// What passes of `bytes`, all that has come so far; nothing yet: `None`.
    pub(crate) fn apply(&self, mut bytes: BytesMut) -> Result<Bytes, BytesMut> {
        match (self.0)(&bytes) {
            Opening::More if bytes.len() < MOST => Err(bytes),
            Opening::More | Opening::Keep => Ok(bytes.freeze()),
            Opening::Replace { taken, with } => {
                let rest = bytes.split_off(taken.min(bytes.len()));
                let mut passing = BytesMut::from(&with[..]);
                passing.extend_from_slice(&rest);
                Ok(passing.freeze())
            }
        }
    }
}

impl fmt::Debug for OpeningRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpeningRule")
    }
}
