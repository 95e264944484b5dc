//! What a cache follows, and how much of it it takes.

use std::fmt;
use std::sync::Arc;

/// How far a [filter](CacheOptions::filter) lets a cache go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// The znode, and what is below it.
    #[default]
    Whole,
    /// The znode, and nothing below it.
    Alone,
    /// Neither.
    Nothing,
}

/// Says of a path how far a cache goes there. It is asked for a znode when that is first heard of,
/// under the cache's own lock, where the cache follows: it must be quick, wait for nothing, and
/// always say the same.
#[derive(Clone)]
pub struct Filter(Arc<dyn Fn(&str) -> Scope + Send + Sync>);

impl Filter {
    /// A filter by a function of the whole path.
    pub fn new(filter: impl Fn(&str) -> Scope + Send + Sync + 'static) -> Self {
        Self(Arc::new(filter))
    }

    pub(crate) fn scope(&self, path: &str) -> Scope {
        (self.0)(path)
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Filter")
    }
}

/// What a cache follows, and how much it takes.
///
/// ```
/// use zookit_recipes::cache::{CacheOptions, Filter, Scope};
/// let options = CacheOptions {
///     max_depth: 3,
///     max_bytes: 64 << 20,
///     filter: Some(Filter::new(|path| match path {
///         "/zookeeper" => Scope::Nothing,
///         _ => Scope::Whole,
///     })),
///     ..CacheOptions::default()
/// };
/// # let _ = options;
/// ```
#[derive(Debug, Clone)]
pub struct CacheOptions {
    /// How many levels below the cache's own path are followed: 0 is that znode alone. All by
    /// default. The caches of one znode and of children have theirs, whatever this says.
    pub max_depth: usize,
    /// What is left out; nothing by default.
    pub filter: Option<Filter>,
    /// Whether data is kept; by default it is. Without it a znode has a stat alone.
    pub data: bool,
    /// The most znodes that are taken; `u32::MAX - 1` by default, which cannot be exceeded. What
    /// does not fit is left out, and [told](super::Event::Full).
    pub max_znodes: usize,
    /// The most bytes of names and data that are taken; no bound by default. What does not fit is
    /// left out, and [told](super::Event::Full).
    pub max_bytes: usize,
    /// How many reads are under way at most; 1,024 by default, at least 1.
    pub in_flight: usize,
    /// How many events wait for a [listener](super::Listener); what does not fit is a
    /// [gap](super::Event::Missed). 65,536 by default, at least 1.
    pub listener_buffer: usize,
    /// Whether persistent watches and multiRead are used where the server knows them (from 3.6); by
    /// default they are. Without them there is a one-shot watch or two for every znode.
    pub persistent_watches: bool,
}

impl Default for CacheOptions {
    fn default() -> Self {
        Self {
            max_depth: usize::MAX,
            filter: None,
            data: true,
            max_znodes: u32::MAX as usize - 1,
            max_bytes: usize::MAX,
            in_flight: 1024,
            listener_buffer: 65_536,
            persistent_watches: true,
        }
    }
}
