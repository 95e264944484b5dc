//! What goes wrong in a recipe.

use std::sync::Arc;

use zookit_client::SessionId;

use crate::cache::Unread;
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
    /// The znode that a cache is of is there, and cannot be read.
    #[error("{path} cannot be read: {why}")]
    Unread {
        /// The znode.
        path: Box<str>,
        /// Why.
        why: Unread,
    },
    /// The listing of a znode is longer than the client takes in one reply. Raise
    /// [`max_response`](zookit_client::Limits::max_response), or have fewer children.
    #[error("{path} has too many children for one reply: {}", count(*.children))]
    TooManyChildren {
        /// The znode.
        path: Box<str>,
        /// How many it has, if that is known.
        children: Option<i32>,
    },
    /// Others were faster, again and again.
    #[error("{path} was changed by others at each of {attempts} attempts")]
    Contended {
        /// The znode.
        path: Box<str>,
        /// How often it was tried.
        attempts: u32,
    },
    /// A number that the format of the znode's data has no room for.
    #[error("the count at {path} would be {count}, which is no {expected}")]
    OutOfRange {
        /// The znode.
        path: Box<str>,
        /// What it would be.
        count: i128,
        /// What is kept there.
        expected: &'static str,
    },
    /// More leases are asked for at once than there are: it would be waited for them for ever.
    #[error("{asked} leases of {path} are asked for, and there are {limit}")]
    TooMany {
        /// The semaphore.
        path: Box<str>,
        /// How many are asked for.
        asked: u32,
        /// How many there are.
        limit: u32,
    },
    /// The same lock is asked for twice at once: it would be waited for oneself for ever.
    #[error("{path} is asked for twice at once, and would wait for itself")]
    #[doc(alias = "ErrDeadlock")]
    Deadlock {
        /// The lock.
        path: Box<str>,
    },
    /// A znode that is to be this client's is somebody else's.
    #[error("{path} is in the way: {}", owned_by(.owner))]
    InTheWay {
        /// The znode.
        path: Box<str>,
        /// Whose it is; [`SessionId::NONE`] if it is no ephemeral znode.
        owner: SessionId,
    },
    /// What was kept up in the background is not any more.
    #[error("{path} is not kept up any more")]
    Ended {
        /// The znode.
        path: Box<str>,
        /// What ended it; `None` if it was closed.
        source: Option<Arc<Self>>,
    },
}

fn owned_by(owner: &SessionId) -> String {
    if *owner == SessionId::NONE {
        "it is no ephemeral znode".to_owned()
    } else {
        format!("it is of the session {owner}")
    }
}

fn count(children: Option<i32>) -> String {
    children.map_or_else(|| "nobody knows how many".to_owned(), |children| children.to_string())
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
            Self::Ended { source, .. } => source.as_ref().is_some_and(|error| error.is_lost()),
            _ => false,
        }
    }
}
