//! What a cache has, and what it tells.

use std::fmt;
use std::sync::Arc;

use zookit_client::{ErrorCode, Stat};

/// A znode as a cache has it. Clones share its data: none allocates.
#[derive(Debug, Clone, PartialEq, Eq)]
#[doc(alias = "ChildData")]
pub struct Cached {
    /// Its data; `None` is null, which is not empty, or that data [is not
    /// kept](super::CacheOptions::data).
    pub data: Option<Arc<[u8]>>,
    /// Its stat when it was read. What says who made it, when, and what was set is always that of
    /// the data; `num_children`, `cversion`, `pzxid` and `aversion`, of whose changes a cache is not
    /// told, may be older than they are now. `data_length` is that of `data`.
    pub stat: Stat,
}

/// Why a znode that is there is not in the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unread {
    /// The server refused to show it: `NoAuth`, most likely.
    Refused(ErrorCode),
    /// Its reply cannot be read: it is larger than the client takes.
    Unreadable,
    /// Its name is none that this client can ask for.
    Name,
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(code) => write!(f, "the server refused it: {code}"),
            Self::Unreadable => f.write_str("its reply could not be read"),
            Self::Name => f.write_str("its name cannot be asked for"),
        }
    }
}

/// What a cache tells its [listeners](super::Listener).
///
/// Put into a map one after the other, `Created` and `Changed` by inserting, `Deleted`, `Unread` and
/// `Full` by removing, they make the cache; `Missed` means to begin anew, with
/// [`Listener::resume`](super::Listener::resume).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A znode is new here. Told again for one that was deleted and created anew while nobody
    /// looked, behind the end of the first.
    Created {
        /// Its path.
        path: Arc<str>,
        /// What it is.
        now: Cached,
    },
    /// The data of a znode was set; also several times, if `version` says so.
    Changed {
        /// Its path.
        path: Arc<str>,
        /// What it was.
        old: Cached,
        /// What it is.
        now: Cached,
    },
    /// A znode has gone. Each is told of: what was below it before it.
    Deleted {
        /// Its path.
        path: Arc<str>,
        /// What it was.
        old: Cached,
    },
    /// A znode is there and cannot be read, so it is not in the cache, and what is below it only as
    /// far as it is heard of. It is tried again when something happens to it, and when everything
    /// is read again.
    Unread {
        /// Its path.
        path: Arc<str>,
        /// What it was, if it was in the cache.
        old: Option<Cached>,
        /// Why.
        why: Unread,
    },
    /// The children of a znode are too many to be listed in one reply: below it is known only what
    /// is heard of. The znode itself is in the cache. It is tried again when a quarter of them has
    /// gone and everything is read again.
    Unlisted {
        /// Its path.
        path: Arc<str>,
    },
    /// A bound is reached: this znode is not in the cache. Told for each that was in it, and of
    /// those that were not for the first; the cache is [not whole](super::Cache::is_whole)
    /// then. When an eighth is free again everything is read again.
    Full {
        /// Its path.
        path: Arc<str>,
        /// What it was, if it was in the cache.
        old: Option<Cached>,
    },
    /// All that was there when the cache began has been read, and what has happened since up to
    /// then. Told once.
    Initialized,
    /// Events of the server may be missing here: the connection was away. Until
    /// [`Resynchronized`](Self::Resynchronized) the cache may be behind; everything is read again.
    Interrupted,
    /// Everything was read again, and what differed was told: as [`Initialized`](Self::Initialized),
    /// for each [`Interrupted`](Self::Interrupted) or several of them.
    Resynchronized,
    /// Events of the cache are missing here: this listener was too slow.
    Missed,
}

impl Event {
    /// The path of the znode it is about, if it is about one.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Created { path, .. }
            | Self::Changed { path, .. }
            | Self::Deleted { path, .. }
            | Self::Unread { path, .. }
            | Self::Unlisted { path }
            | Self::Full { path, .. } => Some(path),
            Self::Initialized | Self::Interrupted | Self::Resynchronized | Self::Missed => None,
        }
    }
}
