//! The znodes of a cache as values: each is decoded once, when it is first looked at.
//!
//! It is a listener of the cache, and takes in what that was told whenever somebody looks: so it is
//! the cache as of that moment, without a task of its own. Of what nobody looks at for long a gap
//! is told, and it begins anew.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Cache, Cached, Event, Listener, Tree};
use crate::Error;
use crate::typed::Valued;

/// The value of a znode, or why it has none.
pub(crate) type Read<T> = Result<Valued<Arc<T>>, Error>;

/// From the path and the data of a znode to its value.
pub(crate) type Decode<T> = Box<dyn Fn(&str, Option<&[u8]>) -> Result<T, Error> + Send + Sync>;

/// The values of a cache.
pub(crate) struct Decoded<T> {
    decode: Decode<T>,
    inner: Mutex<Inner<T>>,
}

struct Inner<T> {
    listener: Listener,
    /// By their paths.
    places: BTreeMap<Arc<str>, Place<T>>,
}

/// A znode, and its value once that was looked at.
struct Place<T> {
    now: Cached,
    read: Option<Read<T>>,
}

impl<T> Place<T> {
    const fn new(now: Cached) -> Self {
        Self { now, read: None }
    }

    fn read(&mut self, path: &str, decode: &Decode<T>) -> Read<T> {
        self.read.get_or_insert_with(|| read(path, &self.now, decode)).clone()
    }
}

fn read<T>(path: &str, now: &Cached, decode: &Decode<T>) -> Read<T> {
    let value = decode(path, now.data.as_deref())?;
    Ok(Valued { value: Arc::new(value), stat: now.stat })
}

impl<T> Decoded<T> {
    pub(crate) fn of(cache: &Cache, decode: Decode<T>) -> Self {
        let mut inner = Inner { listener: cache.listen(), places: BTreeMap::new() };
        inner.begin();
        Self { decode, inner: Mutex::new(inner) }
    }

    /// The places, as the cache has them now.
    fn now(&self) -> MutexGuard<'_, Inner<T>> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.catch_up();
        inner
    }

    /// The value at a path; `None` if it is not in the cache.
    pub(crate) fn get(&self, path: &str) -> Option<Read<T>> {
        let mut inner = self.now();
        inner.places.get_mut(path).map(|place| place.read(path, &self.decode))
    }

    /// Those of all znodes, by their paths.
    pub(crate) fn all(&self) -> BTreeMap<Arc<str>, Read<T>> {
        let mut inner = self.now();
        let places = inner.places.iter_mut();
        places.map(|(path, place)| (Arc::clone(path), place.read(path, &self.decode))).collect()
    }

    /// Those of the children of a znode, each with its name, in the order of the names.
    pub(crate) fn children_of<U>(
        &self,
        parent: &str,
        mut take: impl FnMut(&str, Read<T>) -> U,
    ) -> Vec<U> {
        let below = format!("{}/", parent.trim_end_matches('/'));
        let mut inner = self.now();
        let behind = (Bound::Excluded(below.as_str()), Bound::Unbounded);
        let places = inner.places.range_mut::<str, _>(behind);
        places
            .map_while(|(path, place)| path.strip_prefix(&below).map(|name| (path, name, place)))
            .filter(|(_, name, _)| !name.contains('/'))
            .map(|(path, name, place)| take(name, place.read(path, &self.decode)))
            .collect()
    }

    /// The value of what an event told of.
    pub(crate) fn read(&self, path: &str, now: &Cached) -> Read<T> {
        read(path, now, &self.decode)
    }
}

impl<T> Inner<T> {
    /// From what the cache has.
    fn begin(&mut self) {
        let all = |tree: Tree<'_>| {
            tree.iter().map(|node| (node.path(), Place::new(node.to_cached()))).collect()
        };
        self.places = self.listener.resume(all);
    }

    fn catch_up(&mut self) {
        while let Some(event) = self.listener.try_next() {
            match event {
                Event::Created { path, now } | Event::Changed { path, now, .. } => {
                    self.places.insert(path, Place::new(now));
                }
                Event::Deleted { path, .. }
                | Event::Unread { path, .. }
                | Event::Full { path, .. } => drop(self.places.remove(&path)),
                Event::Missed => self.begin(),
                Event::Unlisted { .. }
                | Event::Initialized
                | Event::Interrupted
                | Event::Resynchronized => {}
            }
        }
    }
}

impl<T> fmt::Debug for Decoded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoded").finish_non_exhaustive()
    }
}
