//! Who is to be asked next.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

use super::down::Down;
use super::{DownPolicy, RoundRobin, ServiceCache, ServiceInstance, Strategy};

/// Which instances are let through.
type Filter = Box<dyn Fn(&ServiceInstance) -> bool + Send + Sync>;

/// Gives an instance of a service to whoever wants to use one: by a [`Strategy`], and not one that
/// is disabled or [down](Self::note_error).
///
/// ```
/// # use zookit_client::Client;
/// use zookit_recipes::discovery::{Discovery, Provider, RoundRobin, ServiceInstance, Sticky};
///
/// # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
/// let discovery = Discovery::new(&client, "/services");
/// let mine = discovery.register(ServiceInstance::new("search", "1", "10.0.0.7", 8080))?;
/// mine.registered().await?;
///
/// let search = Provider::new(discovery.cache("search").await?)
///     .with_strategy(Sticky::new(RoundRobin::default()));
/// let instance = search.pick().expect("one is registered");
/// assert_eq!(instance.port, Some(8080));
/// // It does not answer; twice, and another is picked for the next 30 s.
/// search.note_error(&instance);
/// search.note_error(&instance);
/// assert!(search.pick().is_none());
/// # Ok(()) }
/// # zookit_doctest::with_client(f);
/// ```
#[doc(alias = "ServiceProvider")]
pub struct Provider {
    cache: ServiceCache,
    strategy: Mutex<Box<dyn Strategy>>,
    policy: DownPolicy,
    down: Mutex<Down>,
    filter: Filter,
}

impl Provider {
    /// Of the instances in a cache, one after the other.
    #[must_use]
    pub fn new(cache: ServiceCache) -> Self {
        let strategy: Box<dyn Strategy> = Box::new(RoundRobin::default());
        Self {
            cache,
            strategy: Mutex::new(strategy),
            policy: DownPolicy::default(),
            down: Mutex::default(),
            filter: Box::new(|_| true),
        }
    }

    /// By another strategy.
    #[must_use]
    pub fn with_strategy(self, strategy: impl Strategy + 'static) -> Self {
        Self { strategy: Mutex::new(Box::new(strategy)), ..self }
    }

    /// With another policy for those of which errors are noted.
    #[must_use]
    pub fn with_down_policy(self, policy: DownPolicy) -> Self {
        Self { policy, ..self }
    }

    /// Only those which this lets through. It may call this provider, but for [`pick`](Self::pick) and
    /// [`usable`](Self::usable), which would ask it again.
    #[must_use]
    #[doc(alias = "InstanceFilter")]
    pub fn with_filter(
        self,
        filter: impl Fn(&ServiceInstance) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self { filter: Box::new(filter), ..self }
    }

    /// The next instance; `None` if there is none that can be used.
    #[must_use]
    #[doc(alias = "getInstance")]
    pub fn pick(&self) -> Option<Arc<ServiceInstance>> {
        let usable = self.usable();
        let mut strategy = self.strategy.lock().unwrap_or_else(PoisonError::into_inner);
        let place = strategy.pick(&usable)?;
        usable.get(place).cloned()
    }

    /// All that can be used, in the order of their ids.
    #[must_use]
    #[doc(alias = "getAllInstances")]
    pub fn usable(&self) -> Vec<Arc<ServiceInstance>> {
        let now = Instant::now();
        let mut usable = self.cache.instances();
        // Before anything is locked: what a filter does may note an error.
        usable.retain(|instance| instance.enabled && (self.filter)(instance));
        let mut down = self.down.lock().unwrap_or_else(PoisonError::into_inner);
        usable.retain(|instance| !down.is_down(instance, self.policy, now));
        usable
    }

    /// An instance did not do what it should; enough of these, and it is not picked for a while.
    pub fn note_error(&self, instance: &ServiceInstance) {
        let mut down = self.down.lock().unwrap_or_else(PoisonError::into_inner);
        down.note(instance, self.policy, Instant::now());
    }

    /// The cache that it picks from.
    #[must_use]
    pub const fn cache(&self) -> &ServiceCache {
        &self.cache
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("cache", &self.cache)
            .field("strategy", &self.strategy)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
