//! The caches.

use std::ops::Deref;
use std::time::Duration;

use tokio::time::timeout;
use zookit_client::blocking::Client;

use crate::Error;
use crate::cache::{self, Cache, CacheOptions, Event, Tree};

/// The twin of [`TreeCache`](cache::TreeCache), which follows on the client's thread.
///
/// ```
/// # use zookit_client::blocking::Client;
/// use zookit_recipes::blocking::TreeCache;
///
/// # fn f(client: Client) -> Result<(), zookit_recipes::Error> {
/// let cache = TreeCache::start(&client, "/app");
/// let mut events = cache.listen();
/// cache.initialized()?;
/// println!("{:?}", cache.get("/app/config").map(|node| node.data));
/// for event in &mut events {
///     println!("{event:?}");
///     # break;
/// }
/// # Ok(()) }
/// # zookit_doctest::blocking::with_client(f);
/// ```
pub type TreeCache = Following<cache::TreeCache>;

/// The twin of [`ChildrenCache`](cache::ChildrenCache), which follows on the client's thread.
pub type ChildrenCache = Following<cache::ChildrenCache>;

/// The twin of [`NodeCache`](cache::NodeCache), which follows on the client's thread.
pub type NodeCache = Following<cache::NodeCache>;

/// A cache with its waits; see [`Cache`] for all that it can tell without one.
#[derive(Debug)]
pub struct Following<C> {
    // Before the client: it ends on the client's thread.
    cache: C,
    client: Client,
}

macro_rules! starts {
    ($($name:ident),*) => { $(
        impl Following<cache::$name> {
            #[doc = concat!("As [the async one](cache::", stringify!($name), "::start).")]
            #[must_use = "a cache that is dropped follows nothing"]
            pub fn start(client: &Client, path: &str) -> Self {
                Self::with_options(client, path, CacheOptions::default())
            }

            #[doc = concat!("As [the async one](cache::", stringify!($name), "::with_options).")]
            #[must_use = "a cache that is dropped follows nothing"]
            pub fn with_options(client: &Client, path: &str, options: CacheOptions) -> Self {
                let start =
                    || cache::$name::with_options(client.asynchronous(), path, options);
                Self { cache: client.within(start), client: client.clone() }
            }
        }
    )* };
}

starts!(TreeCache, ChildrenCache, NodeCache);

impl<C: Deref<Target = Cache>> Following<C> {
    /// As [`Cache::initialized`].
    ///
    /// # Errors
    /// As there.
    pub fn initialized(&self) -> Result<(), Error> {
        self.client.wait(self.cache.initialized())
    }

    /// As [`Cache::initialized`], for this long at most; whether it is.
    ///
    /// # Errors
    /// As there.
    pub fn initialized_within(&self, time: Duration) -> Result<bool, Error> {
        let waited = async { timeout(time, self.cache.initialized()).await };
        self.client.wait(waited).map_or(Ok(false), |outcome| outcome.map(|()| true))
    }

    /// As [`Cache::synchronized`].
    ///
    /// # Errors
    /// As there.
    pub fn synchronized(&self) -> Result<(), Error> {
        self.client.wait(self.cache.synchronized())
    }

    /// As [`Cache::synchronized`], for this long at most; whether it is.
    ///
    /// # Errors
    /// As there.
    pub fn synchronized_within(&self, time: Duration) -> Result<bool, Error> {
        let waited = async { timeout(time, self.cache.synchronized()).await };
        self.client.wait(waited).map_or(Ok(false), |outcome| outcome.map(|()| true))
    }

    /// As [`Cache::listen`].
    #[must_use = "a listener that is dropped hears nothing"]
    pub fn listen(&self) -> Listener {
        Listener { listener: self.cache.listen(), client: self.client.clone() }
    }
}

impl<C> Deref for Following<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.cache
    }
}

impl<C: AsRef<Cache>> AsRef<Cache> for Following<C> {
    fn as_ref(&self) -> &Cache {
        self.cache.as_ref()
    }
}

/// The twin of [`Listener`](cache::Listener): an iterator that waits for the next event.
#[derive(Debug)]
pub struct Listener {
    listener: cache::Listener,
    client: Client,
}

impl Listener {
    /// The next event, if it comes in this time: outside whether it did, inside whether there is
    /// one, or the cache is at its end.
    #[must_use]
    pub fn next_within(&mut self, time: Duration) -> Option<Option<Event>> {
        self.client.wait(async { timeout(time, self.listener.next()).await }).ok()
    }

    /// As [the async one](cache::Listener::resume).
    pub fn resume<T>(&mut self, base: impl FnOnce(Tree<'_>) -> T) -> T {
        self.listener.resume(base)
    }
}

impl Iterator for Listener {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        self.client.wait(self.listener.next())
    }
}
