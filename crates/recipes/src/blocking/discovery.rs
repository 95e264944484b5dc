//! Services that find each other.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use zookit_client::Acl;
use zookit_client::blocking::Client;

use crate::Error;
use crate::discovery::{self, ServiceInstance};

/// The twin of [`Discovery`](discovery::Discovery).
///
/// ```
/// # use zookit_client::blocking::Client;
/// use zookit_recipes::blocking::Discovery;
/// use zookit_recipes::discovery::ServiceInstance;
///
/// # fn f(client: Client) -> Result<(), zookit_recipes::Error> {
/// let discovery = Discovery::new(&client, "/services");
/// let mine = discovery.register(ServiceInstance::new("search", "1", "10.0.0.7", 8080))?;
/// mine.registered()?;
/// let picked = discovery.provider("search")?.pick().expect("one is registered");
/// assert_eq!(picked.id, "1");
/// mine.unregister()?;
/// # Ok(()) }
/// # zookit_doctest::blocking::with_client(f);
/// ```
#[derive(Debug, Clone)]
pub struct Discovery {
    discovery: discovery::Discovery,
    client: Client,
}

impl Discovery {
    /// As [the async one](discovery::Discovery::new).
    #[must_use]
    pub fn new(client: &Client, base: &str) -> Self {
        let discovery = discovery::Discovery::new(client.asynchronous(), base);
        Self { discovery, client: client.clone() }
    }

    /// As [the async one](discovery::Discovery::with_acl).
    #[must_use]
    pub fn with_acl(self, acl: Vec<Acl>) -> Self {
        Self { discovery: self.discovery.with_acl(acl), ..self }
    }

    /// As [the async one](discovery::Discovery::register).
    ///
    /// # Errors
    /// As there.
    pub fn register(&self, instance: ServiceInstance) -> Result<Registration, Error> {
        let registration = self.client.wait(async { self.discovery.register(instance) })?;
        Ok(Registration { registration, client: self.client.clone() })
    }

    /// As [the async one](discovery::Discovery::names).
    ///
    /// # Errors
    /// As there.
    pub fn names(&self) -> Result<Vec<String>, Error> {
        self.client.wait(self.discovery.names())
    }

    /// As [the async one](discovery::Discovery::instances).
    ///
    /// # Errors
    /// As there.
    pub fn instances(&self, name: &str) -> Result<Vec<Arc<ServiceInstance>>, Error> {
        self.client.wait(self.discovery.instances(name))
    }

    /// As [the async one](discovery::Discovery::instance).
    ///
    /// # Errors
    /// As there.
    pub fn instance(&self, name: &str, id: &str) -> Result<Option<ServiceInstance>, Error> {
        self.client.wait(self.discovery.instance(name, id))
    }

    /// As [the async one](discovery::Discovery::cache).
    ///
    /// # Errors
    /// As there.
    pub fn cache(&self, name: &str) -> Result<ServiceCache, Error> {
        let cache = self.client.wait(self.discovery.cache(name))?;
        Ok(ServiceCache { cache, client: self.client.clone() })
    }

    /// A [provider](discovery::Provider) of the instances of a service, with its own cache.
    ///
    /// # Errors
    /// As [`cache`](Self::cache).
    pub fn provider(&self, name: &str) -> Result<Provider, Error> {
        self.cache(name).map(|cache| Provider::new(cache, |provider| provider))
    }
}

/// The twin of [`Registration`](discovery::Registration).
#[derive(Debug)]
#[must_use = "a registration that is dropped is taken back"]
pub struct Registration {
    // Before the client: what it takes back is taken back on the client's thread.
    registration: discovery::Registration,
    client: Client,
}

impl Registration {
    /// As [the async one](discovery::Registration::registered).
    ///
    /// # Errors
    /// As there.
    pub fn registered(&self) -> Result<(), Error> {
        self.client.wait(self.registration.registered())
    }

    /// As [the async one](discovery::Registration::unregister).
    ///
    /// # Errors
    /// As there.
    pub fn unregister(self) -> Result<(), Error> {
        self.client.wait(self.registration.unregister())
    }
}

impl Deref for Registration {
    type Target = discovery::Registration;

    fn deref(&self) -> &discovery::Registration {
        &self.registration
    }
}

/// The twin of [`ServiceCache`](discovery::ServiceCache).
#[derive(Debug, Clone)]
pub struct ServiceCache {
    cache: discovery::ServiceCache,
    client: Client,
}

impl ServiceCache {
    /// As [the async one](discovery::ServiceCache::until), for this long at most; whether it has
    /// come about.
    #[must_use]
    pub fn until_within(
        &self,
        time: Duration,
        holds: impl FnMut(&[Arc<ServiceInstance>]) -> bool,
    ) -> bool {
        let waited = self.client.wait(async { timeout(time, self.cache.until(holds)).await });
        waited.unwrap_or(false)
    }
}

impl Deref for ServiceCache {
    type Target = discovery::ServiceCache;

    fn deref(&self) -> &discovery::ServiceCache {
        &self.cache
    }
}

/// The twin of [`Provider`](discovery::Provider), which waits for nothing.
#[derive(Debug)]
pub struct Provider {
    // Before the client, whose thread its cache runs on.
    provider: discovery::Provider,
    _client: Client,
}

impl Provider {
    /// Of a cache, with whatever is to be set of [the async one](discovery::Provider).
    #[must_use]
    pub fn new(
        cache: ServiceCache,
        set: impl FnOnce(discovery::Provider) -> discovery::Provider,
    ) -> Self {
        let ServiceCache { cache, client } = cache;
        Self { provider: set(discovery::Provider::new(cache)), _client: client }
    }
}

impl Deref for Provider {
    type Target = discovery::Provider;

    fn deref(&self) -> &discovery::Provider {
        &self.provider
    }
}
