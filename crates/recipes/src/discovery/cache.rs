//! The instances of a service, kept up to date.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use zookit_client::{AddWatchMode, Client, EventType, PersistentWatch, WatchNotice};
use zookit_proto::mutant::{self, Mutant};
use zookit_proto::path::join;

use super::{ServiceInstance, read};
use crate::Error;
use crate::claim::endless;

/// So many are read at once: there is a bound to what a client may ask at a time.
const AT_ONCE: usize = 256;

/// So long it is left alone when it may not be watched any more, say.
const REFUSED: Duration = Duration::from_secs(5);

/// The instances of a service as they are on the server, or were a moment ago.
///
/// It is filled when it is made, and follows the server until its last clone is dropped: by one
/// recursive watch, which servers have from 3.6. Whenever events may be missing it is filled anew.
/// While no server can be reached it stays as it was.
///
/// A znode whose data are no instance is left out, and a warning says so.
#[derive(Clone)]
pub struct ServiceCache {
    shared: Arc<Shared>,
    following: Arc<Following>,
}

/// By the names of their znodes.
type Instances = BTreeMap<String, Arc<ServiceInstance>>;

#[derive(Debug, Default)]
struct Shared {
    path: String,
    instances: Mutex<Instances>,
    /// How often they have changed.
    changes: watch::Sender<u64>,
}

/// The task; it ends with this.
struct Following(JoinHandle<()>);

impl Drop for Following {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Instances> {
        self.instances.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Instances)) {
        change(&mut self.lock());
        self.changes.send_modify(|changes| *changes += 1);
    }
}

impl ServiceCache {
    /// Filled, and following. What is not allowed is told, what passes is waited out.
    pub(super) async fn open(client: &Client, path: String) -> Result<Self, Error> {
        let shared = Arc::new(Shared { path, ..Shared::default() });
        let follower = Follower { client: client.clone(), shared: Arc::clone(&shared) };
        let watch = client.retry(endless(), |_| follower.begin()).await?;
        let following = Arc::new(Following(tokio::spawn(follower.run(watch))));
        Ok(Self { shared, following })
    }

    /// All instances, in the order of the names of their znodes, which are their ids.
    #[must_use]
    #[doc(alias = "getInstances")]
    pub fn instances(&self) -> Vec<Arc<ServiceInstance>> {
        self.shared.lock().values().cloned().collect()
    }

    /// The one with this id; of a sequential one, with its number behind it.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<Arc<ServiceInstance>> {
        self.shared.lock().get(id).cloned()
    }

    /// Waits until it is so of the instances; false if it is followed no more, since the client was
    /// closed.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    #[doc(alias = "ServiceCacheListener")]
    pub async fn until(&self, mut holds: impl FnMut(&[Arc<ServiceInstance>]) -> bool) -> bool {
        let mut changes = self.shared.changes.subscribe();
        loop {
            changes.mark_unchanged();
            if holds(&self.instances()) {
                return true;
            }
            if self.following.0.is_finished() || *changes.borrow() == ENDED {
                return false;
            }
            if changes.changed().await.is_err() {
                return false;
            }
        }
    }
}

/// The number of changes when none follows any more.
const ENDED: u64 = u64::MAX;

impl fmt::Debug for ServiceCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceCache")
            .field("path", &self.shared.path)
            .field("instances", &self.shared.lock().len())
            .finish_non_exhaustive()
    }
}

struct Follower {
    client: Client,
    shared: Arc<Shared>,
}

impl Follower {
    /// The watch first: what changes behind it is told.
    async fn begin(&self) -> Result<PersistentWatch, zookit_client::Error> {
        let mode = AddWatchMode::PersistentRecursive;
        let watch = self.client.add_watch(&self.shared.path, mode).await?;
        self.fill().await?;
        Ok(watch)
    }

    async fn run(self, mut watch: PersistentWatch) {
        loop {
            let done = match watch.next().await {
                Some(WatchNotice::Event(event)) => match self.child(&event.path) {
                    Some(name) if event.event_type == EventType::NodeDeleted => {
                        self.shared.change(|instances| drop(instances.remove(name)));
                        Ok(())
                    }
                    Some(name) => self.client.retry(endless(), |_| self.look_at(name)).await,
                    None => Ok(()),
                },
                Some(WatchNotice::Gap { .. }) if mutant::on(Mutant::CacheIgnoresGaps) => Ok(()),
                Some(WatchNotice::Gap { .. }) => {
                    self.client.retry(endless(), |_| self.fill()).await
                }
                Some(WatchNotice::Ended(_)) | None => {
                    let begun = self.client.retry(endless(), |_| self.begin()).await;
                    begun.map(|begun| watch = begun)
                }
            };
            let Err(error) = done else { continue };
            if self.client.state().is_terminal() || error.is_session_lost() {
                break;
            }
            let path = &self.shared.path;
            tracing::warn!(target: "zookit::recipes", %path, %error, "services are not followed");
            sleep(REFUSED).await;
            // From the beginning: a watch that has ended tells so again.
            if let Ok(begun) = self.client.retry(endless(), |_| self.begin()).await {
                watch = begun;
            }
        }
        self.shared.changes.send_replace(ENDED);
    }

    /// The name of a child; nothing deeper is of the service.
    fn child<'a>(&self, path: &'a str) -> Option<&'a str> {
        let name = path.strip_prefix(&self.shared.path)?.strip_prefix('/')?;
        (!name.contains('/')).then_some(name)
    }

    async fn look_at(&self, name: &str) -> Result<(), zookit_client::Error> {
        let path = join(&self.shared.path, name);
        match self.client.get_data(&path).await {
            Ok(node) => self.shared.change(|instances| match read(&path, node.data.as_deref()) {
                Ok(instance) => drop(instances.insert(name.to_owned(), Arc::new(instance))),
                Err(error) => {
                    tracing::warn!(target: "zookit::recipes", %error, "left out");
                    instances.remove(name);
                }
            }),
            Err(error) if error.is_no_node() => {
                self.shared.change(|instances| drop(instances.remove(name)));
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn fill(&self) -> Result<(), zookit_client::Error> {
        let all = all_of(&self.client, &self.shared.path).await?;
        self.shared.change(|instances| *instances = all);
        Ok(())
    }
}

/// All instances of a service that can be read; none if there is no such service.
pub(super) async fn all_of(client: &Client, path: &str) -> Result<Instances, zookit_client::Error> {
    let names = match client.get_child_names(path).await {
        Ok(names) => names,
        Err(error) if error.is_no_node() => Vec::new(),
        Err(error) => return Err(error),
    };
    let mut instances = Instances::new();
    for some in names.chunks(AT_ONCE) {
        let asked = some.iter().map(|name| {
            let path = join(path, name);
            (name, client.get_data(&path), path)
        });
        for (name, node, path) in asked.collect::<Vec<_>>() {
            let node = match node.await {
                Ok(node) => node,
                Err(error) if error.is_no_node() => continue,
                Err(error) => return Err(error),
            };
            match read(&path, node.data.as_deref()) {
                Ok(instance) => drop(instances.insert(name.clone(), Arc::new(instance))),
                Err(error) => tracing::warn!(target: "zookit::recipes", %error, "left out"),
            }
        }
    }
    Ok(instances)
}
