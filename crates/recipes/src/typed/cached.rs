//! A cache whose znodes are values.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::codec;
use super::{Codec, Json, Valued};
use crate::Error;
use crate::cache::{Cache, Decoded, Event, TreeCache};

/// The znodes of a cache as values of a type: over a [`NodeCache`](crate::cache::NodeCache), a
/// [`ChildrenCache`](crate::cache::ChildrenCache) or a [`TreeCache`], or over those of
/// [`blocking`](crate::blocking).
///
/// It shows what the cache shows. Each znode is decoded once, when it is first looked at; one whose
/// data are no such value is told as that, [by its path](Error::Malformed), and the others are not
/// concerned. That goes for parents without data as well.
///
/// ```
/// # use zookit_client::Client;
/// use zookit_recipes::cache::ChildrenCache;
/// use zookit_recipes::typed::{Typed, TypedCache};
///
/// # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
/// let limits = Typed::<u32>::new(&client, "/limits");
/// limits.child("connections").create(&100).await?;
///
/// let cached = TypedCache::<u32, _>::of(ChildrenCache::start(&client, "/limits"));
/// cached.cache().initialized().await?;
/// assert_eq!(*cached.get("/limits/connections")?.expect("it was created").value, 100);
/// for (name, limit) in cached.children_of("/limits") {
///     match limit {
///         Ok(limit) => println!("{name}: {}", limit.value),
///         Err(error) => println!("{error}"),
///     }
/// }
/// # Ok(()) }
/// # zookit_doctest::with_client(f);
/// ```
#[doc(alias = "CachedModeledFramework")]
pub struct TypedCache<T, K = TreeCache> {
    cache: K,
    values: Decoded<T>,
}

/// The value of a znode with its stat, or why it has none: [`Error::Malformed`].
pub type CachedValue<T> = Result<Valued<Arc<T>>, Error>;

/// An [`Event`] of a cache, with values in the place of data.
#[derive(Debug, Clone)]
#[non_exhaustive]
#[doc(alias = "ModeledCacheListener")]
pub enum TypedEvent<T> {
    /// As [`Event::Created`].
    Created {
        /// Its path.
        path: Arc<str>,
        /// What it is.
        now: CachedValue<T>,
    },
    /// As [`Event::Changed`].
    Changed {
        /// Its path.
        path: Arc<str>,
        /// What it was.
        old: CachedValue<T>,
        /// What it is.
        now: CachedValue<T>,
    },
    /// As [`Event::Deleted`].
    Deleted {
        /// Its path.
        path: Arc<str>,
        /// What it was.
        old: CachedValue<T>,
    },
    /// Any other, as it is.
    Other(Event),
}

impl<T: DeserializeOwned, K: AsRef<Cache>> TypedCache<T, K> {
    /// The values of a cache, which are JSON.
    #[must_use = "a cache that is dropped follows nothing"]
    pub fn of(cache: K) -> Self {
        Self::with(cache, Json)
    }

    /// The same, written in another way.
    #[must_use = "a cache that is dropped follows nothing"]
    pub fn with<C: Codec + Send + Sync + 'static>(cache: K, codec: C) -> Self {
        let decode = move |path: &str, data: Option<&[u8]>| codec::read(&codec, path, data);
        let values = Decoded::of(cache.as_ref(), Box::new(decode));
        Self { cache, values }
    }
}

impl<T, K> TypedCache<T, K> {
    /// The cache whose values these are: to wait for it, or to listen.
    #[must_use]
    pub const fn cache(&self) -> &K {
        &self.cache
    }

    /// The value at a path; `None` if there is no such znode in the cache.
    ///
    /// # Errors
    /// [`Error::Malformed`] if its data are no such value.
    pub fn get(&self, path: &str) -> Result<Option<Valued<Arc<T>>>, Error> {
        self.values.get(path).transpose()
    }

    /// The values of the children of a znode that are in the cache, with their names, in the order
    /// of these.
    #[must_use]
    pub fn children_of(&self, path: &str) -> Vec<(String, CachedValue<T>)> {
        self.values.children_of(path, |name, read| (name.to_owned(), read))
    }

    /// The values of all znodes in the cache, by their paths.
    #[must_use]
    pub fn all(&self) -> BTreeMap<Arc<str>, CachedValue<T>> {
        self.values.all()
    }

    /// What an event that a listener of the cache was told means for the values.
    ///
    /// ```
    /// # use zookit_client::Client;
    /// use zookit_recipes::cache::TreeCache;
    /// use zookit_recipes::typed::{Typed, TypedCache, TypedEvent};
    ///
    /// # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
    /// let cached = TypedCache::<u32>::of(TreeCache::start(&client, "/count"));
    /// let mut events = cached.cache().listen();
    /// Typed::<u32>::new(&client, "/count").create(&7).await?;
    /// while let Some(event) = events.next().await {
    ///     match cached.event(event) {
    ///         TypedEvent::Created { now: Ok(now), .. } => {
    ///             assert_eq!(*now.value, 7);
    ///             break;
    ///         }
    ///         other => println!("{other:?}"),
    ///     }
    /// }
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[must_use]
    pub fn event(&self, event: Event) -> TypedEvent<T> {
        let read = |path: &str, cached| self.values.read(path, cached);
        match event {
            Event::Created { path, now } => {
                let now = read(&path, &now);
                TypedEvent::Created { path, now }
            }
            Event::Changed { path, old, now } => {
                let (old, now) = (read(&path, &old), read(&path, &now));
                TypedEvent::Changed { path, old, now }
            }
            Event::Deleted { path, old } => {
                let old = read(&path, &old);
                TypedEvent::Deleted { path, old }
            }
            other => TypedEvent::Other(other),
        }
    }
}

impl<T, K: fmt::Debug> fmt::Debug for TypedCache<T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedCache").field("cache", &self.cache).finish_non_exhaustive()
    }
}
