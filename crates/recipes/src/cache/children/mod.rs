//! A znode and its children, with their data, at hand.
//!
//! What it guarantees, how it works and what can go wrong is that of [all caches](super), with a depth
//! of one. The watch is recursive, for no other tells of what becomes of children: the server tells
//! also of what is below them, which is not looked at. Where that is much and the children are few,
//! [`persistent_watches: false`](super::CacheOptions::persistent_watches) may be less.
//!
//! For the names alone there is [`ChildrenWatch`](crate::watch::ChildrenWatch).
//!
//! # On disk
//!
//! Nothing: a cache only reads. The znode need not exist.
//!
//! ```
//! # use zookit_client::Client;
//! use zookit_recipes::cache::ChildrenCache;
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let members = ChildrenCache::start(&client, "/members");
//! members.initialized().await?;
//! for name in members.children().unwrap_or_default() {
//!     println!("{name}: {:?}", members.child(&name).map(|node| node.data));
//! }
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

use std::ops::Deref;

use zookit_client::Client;

use super::{Cache, CacheOptions, Cached};

/// A cache of a znode and its children. See [the module](self), and [`Cache`] for what it can do.
#[derive(Debug)]
#[doc(alias = "PathChildrenCache")]
pub struct ChildrenCache(Cache);

impl ChildrenCache {
    /// Begins to follow a znode and its children, in the background.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    #[must_use = "a cache that is dropped follows nothing"]
    pub fn start(client: &Client, path: &str) -> Self {
        Self::with_options(client, path, CacheOptions::default())
    }

    /// The same, within bounds. The depth is one, whatever the options say.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    #[must_use = "a cache that is dropped follows nothing"]
    pub fn with_options(client: &Client, path: &str, options: CacheOptions) -> Self {
        Self(Cache::start(client, path, CacheOptions { max_depth: 1, ..options }))
    }

    /// The names of the children, sorted; `None` if the znode does not exist, or is not known yet.
    #[must_use]
    pub fn children(&self) -> Option<Vec<String>> {
        self.children_of(self.path())
    }

    /// A child by its name.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<Cached> {
        self.with(|tree| Some(tree.root()?.child(name)?.to_cached()))
    }
}

impl Deref for ChildrenCache {
    type Target = Cache;

    fn deref(&self) -> &Cache {
        &self.0
    }
}

impl AsRef<Cache> for ChildrenCache {
    fn as_ref(&self) -> &Cache {
        &self.0
    }
}
