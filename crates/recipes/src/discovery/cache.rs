//! The instances of a service, kept up to date: a [children cache](crate::cache::children) of the
//! service, each child decoded once.

use std::fmt;
use std::sync::Arc;

use zookit_client::Client;
use zookit_proto::path::join;

use super::{ServiceInstance, read_or_warn};
use crate::Error;
use crate::cache::{CacheOptions, ChildrenCache, Decoded};

/// So many events wait for somebody to look at the instances; if more come all are looked at anew.
const MOST_EVENTS: usize = 1024;

/// The instances of a service as they are on the server, or were a moment ago.
///
/// It is filled when it is made, and follows the server until its last clone is dropped. Whenever
/// events may be missing everything is looked at again. While no server can be reached it stays as
/// it was. What else it guarantees is that of [all caches](crate::cache).
///
/// A znode whose data are no instance is left out, and a warning says so.
#[derive(Clone)]
pub struct ServiceCache(Arc<Shared>);

struct Shared {
    cache: ChildrenCache,
    instances: Decoded<ServiceInstance>,
}

impl ServiceCache {
    /// Filled, and following. What is not allowed is told, what passes is waited out.
    pub(super) async fn open(client: &Client, path: &str) -> Result<Self, Error> {
        let options = CacheOptions { listener_buffer: MOST_EVENTS, ..CacheOptions::default() };
        let cache = ChildrenCache::with_options(client, path, options);
        cache.initialized().await?;
        let instances = Decoded::of(&cache, Box::new(read_or_warn));
        Ok(Self(Arc::new(Shared { cache, instances })))
    }

    /// All instances, in the order of the names of their znodes, which are their ids.
    #[must_use]
    #[doc(alias = "getInstances")]
    pub fn instances(&self) -> Vec<Arc<ServiceInstance>> {
        let Shared { cache, instances } = &*self.0;
        let all = instances.children_of(cache.path(), |_, instance| instance);
        all.into_iter().flatten().map(|instance| instance.value).collect()
    }

    /// The one with this id; of a sequential one, with its number behind it.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<Arc<ServiceInstance>> {
        let Shared { cache, instances } = &*self.0;
        Some(instances.get(&join(cache.path(), id))?.ok()?.value)
    }

    /// Waits until it is so of the instances; false if it is followed no more, since the client was
    /// closed.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    #[doc(alias = "ServiceCacheListener")]
    pub async fn until(&self, mut holds: impl FnMut(&[Arc<ServiceInstance>]) -> bool) -> bool {
        let mut changes = self.0.cache.listen();
        loop {
            if holds(&self.instances()) {
                return true;
            }
            if changes.next().await.is_none() {
                return false;
            }
            // What has come with it is looked at with it.
            while changes.try_next().is_some() {}
        }
    }
}

impl fmt::Debug for ServiceCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceCache").field("cache", &self.0.cache).finish_non_exhaustive()
    }
}
