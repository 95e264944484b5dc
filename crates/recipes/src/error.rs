//! What goes wrong in a recipe.

use crate::claim::Lost;

/// An error of a recipe.
///
/// Most are the client's own: a request that was refused, not sent, or without a reply. None of
/// them leaves a znode behind that nobody cares for; see the recipe's docs for what it promises.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A request came to nothing; the recipe has cleaned up behind it, or goes on doing so.
    #[error(transparent)]
    Client(#[from] zookit_client::Error),
    /// What was claimed is this caller's no longer.
    #[error("{path} is not held any more: {lost}")]
    Lost {
        /// The znode of the claim.
        path: Box<str>,
        /// Why.
        lost: Lost,
    },
    /// The data of a znode is not what this recipe keeps there: another program uses the path for
    /// something else.
    #[error("the data of {path} is no {expected}: {found}")]
    Malformed {
        /// The znode.
        path: Box<str>,
        /// What is kept there by this recipe.
        expected: &'static str,
        /// What was found.
        found: Box<str>,
    },
    /// A value cannot be written as the data of a znode; nothing was sent.
    #[error("the value for {path} cannot be written as {codec}: {why}")]
    Unwritable {
        /// The znode.
        path: Box<str>,
        /// What it was to be written as.
        codec: &'static str,
        /// What the codec said.
        why: Box<str>,
    },
}

impl Error {
    /// The client's error, if that is what it is.
    #[must_use]
    pub const fn as_client(&self) -> Option<&zookit_client::Error> {
        match self {
            Self::Client(error) => Some(error),
            _ => None,
        }
    }

    /// Whether a write may have been applied of which nobody knows; see
    /// [`may_have_applied`](zookit_client::Error::may_have_applied).
    #[must_use]
    pub fn may_have_applied(&self) -> bool {
        self.as_client().is_some_and(zookit_client::Error::may_have_applied)
    }

    /// Whether what was held is lost: its session is over, or its znode was deleted.
    #[must_use]
    #[doc(alias = "ErrNotLocked")]
    pub fn is_lost(&self) -> bool {
        match self {
            Self::Lost { .. } => true,
            Self::Client(error) => error.is_session_lost(),
            Self::Malformed { .. } | Self::Unwritable { .. } => false,
        }
    }
}
