//! What the three caches have in common: the mirror, who listens to it, and the task that follows.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tokio::sync::watch;
use tokio::task::AbortHandle;
use zookit_client::Client;

use super::event::{Cached, Event};
use super::follow::follow;
use super::listener::{Listener, Waiting};
use super::mirror::{Mirror, Tree};
use super::options::CacheOptions;
use crate::Error;

/// What every cache can do; see [the room's page](super).
///
/// Dropping it ends the following, removes the watch, and ends its listeners.
#[doc(alias = "CuratorCache")]
pub struct Cache {
    shared: Arc<Shared>,
    task: AbortHandle,
}

/// What callers, listeners and the task that follows share.
pub(crate) struct Shared {
    pub(crate) path: Box<str>,
    mirror: RwLock<Mirror>,
    listeners: Mutex<Vec<Arc<Waiting>>>,
    listener_buffer: usize,
    status: watch::Sender<Status>,
}

/// How far it has come.
#[derive(Debug, Clone, Default)]
struct Status {
    initialized: bool,
    synchronized: bool,
    over: Option<zookit_client::Error>,
}

impl Shared {
    fn new(path: &str, options: &CacheOptions) -> Self {
        Self {
            path: path.into(),
            mirror: RwLock::new(Mirror::new(path, options)),
            listeners: Mutex::default(),
            listener_buffer: options.listener_buffer.max(1),
            status: watch::Sender::default(),
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Mirror> {
        self.mirror.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Mirror> {
        self.mirror.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn listeners(&self) -> MutexGuard<'_, Vec<Arc<Waiting>>> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the mirror, and tells what there is to tell of that: whoever looks has heard of all
    /// that is seen, and of nothing else.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Mirror) -> T) -> T {
        let mut mirror = self.write();
        let value = change(&mut mirror);
        let mut told = Vec::new();
        let mut events = mirror.drain_log().peekable();
        if events.peek().is_some() {
            let listeners = self.listeners();
            told.extend(listeners.iter().cloned());
            events.for_each(|event: Event| listeners.iter().for_each(|one| one.push(&event)));
        } else {
            drop(events);
        }
        let (initialized, synchronized) = (mirror.is_initialized(), mirror.is_synchronized());
        drop(mirror);
        told.iter().for_each(|listener| listener.wake());
        self.status.send_if_modified(|status| {
            let before = (status.initialized, status.synchronized);
            (status.initialized, status.synchronized) = (initialized, synchronized);
            before != (initialized, synchronized)
        });
        value
    }

    /// Nothing follows any more.
    pub(crate) fn end(&self, error: Option<zookit_client::Error>) {
        let listeners = std::mem::take(&mut *self.listeners());
        listeners.iter().for_each(|listener| listener.end());
        self.status.send_modify(|status| {
            status.synchronized = false;
            if status.over.is_none() {
                status.over = error;
            }
        });
    }

    /// Looks at the tree, and has a listener begin at that moment.
    pub(super) fn resume<T>(&self, listener: &Waiting, base: impl FnOnce(Tree<'_>) -> T) -> T {
        let mirror = self.read();
        listener.forget();
        base(Tree::new(&mirror))
    }

    pub(super) fn leave(&self, listener: &Arc<Waiting>) {
        let mut mirror = self.write();
        let mut listeners = self.listeners();
        listeners.retain(|other| !Arc::ptr_eq(other, listener));
        mirror.set_telling(!listeners.is_empty());
    }
}

impl Cache {
    /// Begins to follow: at once, in a task of its own.
    pub(super) fn start(client: &Client, path: &str, options: CacheOptions) -> Self {
        let shared = Arc::new(Shared::new(path, &options));
        let task = tokio::spawn(follow(client.clone(), Arc::clone(&shared), options));
        Self { shared, task: task.abort_handle() }
    }

    /// The path of the znode it is of.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.shared.path
    }

    /// Waits until all that was there when the cache began has been read, as [`Event::Initialized`]
    /// says; at once if that is past.
    ///
    /// # Errors
    /// [`Error::Unread`] if the cache's own znode is there and cannot be read. The client's, if
    /// following ended for good: the client was closed, or its session is over and it is pinned to
    /// that, or the path is none.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn initialized(&self) -> Result<(), Error> {
        self.until(|status| status.initialized).await
    }

    /// Waits until everything has been read again behind the last gap: at once, if there is none
    /// open. Only a cache that is synchronized is as new as the last event that its server told of;
    /// whether there is a connection that is the [client's](zookit_client::Client::state) to tell.
    ///
    /// # Errors
    /// As [`initialized`](Self::initialized).
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn synchronized(&self) -> Result<(), Error> {
        self.until(|status| status.synchronized).await
    }

    async fn until(&self, is_so: impl Fn(&Status) -> bool) -> Result<(), Error> {
        let mut status = self.shared.status.subscribe();
        let found = status.wait_for(|status| is_so(status) || status.over.is_some()).await;
        // The sender is ours.
        let Ok(found) = found else { return Ok(()) };
        if !is_so(&found) {
            if let Some(error) = &found.over {
                return Err(error.clone().into());
            }
        }
        drop(found);
        match self.shared.read().root_unread() {
            Some(why) => Err(Error::Unread { path: self.path().into(), why }),
            None => Ok(()),
        }
    }

    /// Whether all that was there when the cache began has been read.
    #[must_use]
    pub fn is_initialized(&self) -> bool {
        self.shared.status.borrow().initialized
    }

    /// Whether everything has been read again behind the last gap.
    #[must_use]
    pub fn is_synchronized(&self) -> bool {
        self.shared.status.borrow().synchronized
    }

    /// Whether nothing was left out for a bound, as far as is known.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.shared.read().is_whole()
    }

    /// Why nothing is followed any more, if that is so. What the cache has stays as it is.
    #[must_use]
    pub fn over(&self) -> Option<zookit_client::Error> {
        self.shared.status.borrow().over.clone()
    }

    /// The znode at a path: the whole path, from the client's root. Allocates nothing.
    #[must_use]
    #[doc(alias = "get_data")]
    #[doc(alias = "getCurrentData")]
    pub fn get(&self, path: &str) -> Option<Cached> {
        self.with(|tree| tree.get(path).map(|node| node.to_cached()))
    }

    /// The names of the children of a znode, sorted; `None` if it is not in the cache.
    #[must_use]
    #[doc(alias = "getCurrentChildren")]
    pub fn children_of(&self, path: &str) -> Option<Vec<String>> {
        let mut names: Vec<_> = self.with(|tree| {
            let node = tree.get(path)?;
            Some(node.children().map(|child| child.name().to_owned()).collect())
        })?;
        names.sort_unstable();
        Some(names)
    }

    /// How many znodes are in the cache.
    #[must_use]
    pub fn len(&self) -> usize {
        self.with(|tree| tree.len())
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Looks at all of it, as it is at one moment. The following waits meanwhile: be quick, and do
    /// not call this cache. Nor a blocking client: its thread may be the one that waits.
    pub fn with<T>(&self, look: impl FnOnce(Tree<'_>) -> T) -> T {
        look(Tree::new(&self.shared.read()))
    }

    /// What happens from now on, as a stream. What is there already is not told:
    /// [`Listener::resume`] shows it, and goes on exactly from there.
    #[must_use = "a listener that is dropped hears nothing"]
    pub fn listen(&self) -> Listener {
        let waiting = Arc::new(Waiting::new(self.shared.listener_buffer));
        let mut mirror = self.shared.write();
        // Whether it is over is looked at with the listener in its place, or it may miss the end.
        self.shared.listeners().push(Arc::clone(&waiting));
        mirror.set_telling(true);
        drop(mirror);
        if self.shared.status.borrow().over.is_some() {
            waiting.end();
        }
        Listener::new(Arc::clone(&self.shared), waiting)
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        self.task.abort();
        self.shared.end(None);
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("path", &self.path())
            .field("len", &self.len())
            .field("initialized", &self.is_initialized())
            .field("synchronized", &self.is_synchronized())
            .finish_non_exhaustive()
    }
}
