//! One znode at hand.
//!
//! What it guarantees, how it works and what can go wrong is that of [all caches](super), with a depth
//! of none: the watch is not recursive, so that the server does not tell of what is below the znode
//! but that its children changed.
//!
//! For its values one after the other there is [`DataWatch`](crate::watch::DataWatch).
//!
//! # On disk
//!
//! Nothing: a cache only reads. The znode need not exist.
//!
//! ```
//! # use zookit_client::Client;
//! use zookit_recipes::cache::NodeCache;
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let config = NodeCache::start(&client, "/config");
//! config.initialized().await?;
//! match config.current() {
//!     Some(node) => println!("{:?}, set {} times", node.data, node.stat.version),
//!     None => println!("there is none"),
//! }
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

use std::ops::Deref;

use zookit_client::Client;

use super::{Cache, CacheOptions, Cached};

/// A cache of one znode. See [the module](self), and [`Cache`] for what it can do.
#[derive(Debug)]
pub struct NodeCache(Cache);

impl NodeCache {
    /// Begins to follow a znode, in the background.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    #[must_use = "a cache that is dropped follows nothing"]
    pub fn start(client: &Client, path: &str) -> Self {
        Self::with_options(client, path, CacheOptions::default())
    }

    /// The same, with options. The depth is none, whatever they say.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    #[must_use = "a cache that is dropped follows nothing"]
    pub fn with_options(client: &Client, path: &str, options: CacheOptions) -> Self {
        Self(Cache::start(client, path, CacheOptions { max_depth: 0, ..options }))
    }

    /// The znode; `None` if it does not exist, or is not known yet. Allocates nothing.
    #[must_use]
    #[doc(alias = "getCurrentData")]
    pub fn current(&self) -> Option<Cached> {
        self.with(|tree| tree.root().map(|node| node.to_cached()))
    }
}

impl Deref for NodeCache {
    type Target = Cache;

    fn deref(&self) -> &Cache {
        &self.0
    }
}

impl AsRef<Cache> for NodeCache {
    fn as_ref(&self) -> &Cache {
        &self.0
    }
}
