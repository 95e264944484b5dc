//! A znode and all that is below it, at hand.
//!
//! What it guarantees, how it works and what can go wrong is that of [all caches](super); here the
//! watch is recursive, and [`max_depth`](super::CacheOptions::max_depth) and the
//! [filter](super::CacheOptions::filter) say how much of the tree is followed. The server tells of
//! all of it all the same.
//!
//! # On disk
//!
//! Nothing: a cache only reads. The znode need not exist; it is in the cache when it is created.
//!
//! ```
//! # use zookit_client::{Client, CreateMode};
//! use zookit_recipes::cache::{Event, TreeCache};
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let cache = TreeCache::start(&client, "/app");
//! let mut events = cache.listen();
//! cache.initialized().await?;
//! // Looked up without a request.
//! println!("{:?}", cache.get("/app/config").map(|node| node.data));
//! cache.with(|tree| {
//!     for node in tree {
//!         println!("{} {}", node.path(), node.stat().version);
//!     }
//! });
//!
//! client.create_with_parents("/app/jobs/1", "payload", CreateMode::Persistent).await?;
//! while let Some(event) = events.next().await {
//!     match event {
//!         Event::Created { path, .. } if &*path == "/app/jobs/1" => break,
//!         Event::Missed => events.resume(|tree| println!("anew, from {} znodes", tree.len())),
//!         other => println!("{other:?}"),
//!     }
//! }
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

use std::ops::Deref;

use zookit_client::Client;

use super::{Cache, CacheOptions};

/// A cache of a tree. See [the module](self), and [`Cache`] for what it can do.
#[derive(Debug)]
#[doc(alias = "CuratorCache")]
pub struct TreeCache(Cache);

impl TreeCache {
    /// Begins to follow the tree at a path, in the background.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    #[must_use = "a cache that is dropped follows nothing"]
    pub fn start(client: &Client, path: &str) -> Self {
        Self::with_options(client, path, CacheOptions::default())
    }

    /// The same, of a part of it, or within bounds.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    #[must_use = "a cache that is dropped follows nothing"]
    pub fn with_options(client: &Client, path: &str, options: CacheOptions) -> Self {
        Self(Cache::start(client, path, options))
    }
}

impl Deref for TreeCache {
    type Target = Cache;

    fn deref(&self) -> &Cache {
        &self.0
    }
}

impl AsRef<Cache> for TreeCache {
    fn as_ref(&self) -> &Cache {
        &self.0
    }
}
