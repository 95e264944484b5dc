//! Services that find each other: instances register, and whoever wants one picks one.
//!
//! # What it guarantees
//!
//! * *Registered means registered*: the znode of an instance is there in every session, for as long
//!   as its [`Registration`] is kept. It is that of this session, never one that an earlier process
//!   left and that is about to vanish.
//! * *Taken out means gone*: when a registration is dropped or [ended](Registration::unregister), no
//!   znode of it is left, whatever was under way. A static instance stays until it is ended.
//! * *A cache is what the server has*, or had a moment ago, and is filled anew whenever it may have
//!   missed something.
//!
//! # How it works
//!
//! 1. An instance is a znode `BASE/NAME/ID` with the instance as JSON, ephemeral unless it is static.
//! 2. It is [kept up](crate::node::persistent): created in each session, and again when somebody
//!    deletes it. Nothing is deleted to be created again. A static one is of no session, and stays
//!    when its registration is dropped. A sequential one is found among the others of its id by
//!    its owner.
//! 3. A cache is a [cache of the children](crate::cache::children) of `BASE/NAME`, each of which is
//!    decoded once.
//! 4. A [`Provider`] leaves out what is disabled, filtered or down, and lets a [`Strategy`] pick.
//!
//! # What can go wrong
//!
//! * *The znode of an earlier process with the same id is still there*:
//!   [`Conflict`](RegistrationState::Conflict) until its session is over, and then ours takes its
//!   place at once. Two that live and have one id do not take turns deleting each other: the second
//!   one waits.
//! * *The session expires*: for a moment the instance is not there. *No server can be reached*: what
//!   a cache shows grows old.
//! * *An instance does not answer, and its session lives*: that is for who asks it to see, by
//!   [`Provider::note_error`].
//! * *A znode has data that are no instance*: it is left out, and a warning says so.
//!
//! # On disk
//!
//! As Curator's `curator-x-discovery`, field by field ([`ServiceInstance`]): processes of both find
//! each other. kazoo has no such recipe.
//!
//! ```
//! # use zookit_client::Client;
//! use zookit_recipes::discovery::{Discovery, Provider, ServiceInstance};
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let discovery = Discovery::new(&client, "/services");
//!
//! let mut instance = ServiceInstance::new("search", &client.unique_id(), "10.0.0.7", 8080);
//! instance.uri_spec = "{scheme}://{address}:{port}".parse().ok();
//! let registration = discovery.register(instance)?;
//! registration.registered().await?;
//!
//! let search = Provider::new(discovery.cache("search").await?);
//! let picked = search.pick().and_then(|instance| instance.uri());
//! assert_eq!(picked.unwrap(), "http://10.0.0.7:8080");
//!
//! registration.unregister().await?;
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

mod cache;
mod down;
mod instance;
mod provider;
mod registration;
mod strategy;
mod uri;

use std::sync::Arc;

use bytes::Bytes;
use zookit_client::{Acl, Client, NodeData, Perms};
use zookit_proto::path::join;

pub use cache::ServiceCache;
pub use down::DownPolicy;
pub use instance::{ServiceInstance, ServiceType};
pub use provider::Provider;
pub use registration::{Registration, RegistrationState};
pub use strategy::{Random, RoundRobin, Sticky, Strategy, Weighted};
pub use uri::{Part, UriSpec, UriSpecError};

use crate::Error;
use crate::children::data_of;

/// Services below a path; see [the module](self).
#[derive(Debug, Clone)]
#[doc(alias = "ServiceDiscovery")]
pub struct Discovery {
    client: Client,
    base: String,
    acl: Vec<Acl>,
}

impl Discovery {
    /// Those below this path, which need not exist.
    #[must_use]
    pub fn new(client: &Client, base: &str) -> Self {
        let acl = vec![Acl::world(Perms::ALL)];
        Self { client: client.clone(), base: base.to_owned(), acl }
    }

    /// With other rights on what is registered, and on the parents that are made for it.
    #[must_use]
    pub fn with_acl(self, acl: Vec<Acl>) -> Self {
        Self { acl, ..self }
    }

    /// Registers an instance, in the background, and keeps it registered until what is answered is
    /// dropped. [`Registration::registered`] waits until it is there.
    ///
    /// # Errors
    /// [`Error::Unwritable`]. What the server says comes with the registration's state.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    #[doc(alias = "registerService")]
    pub fn register(&self, instance: ServiceInstance) -> Result<Registration, Error> {
        let parent = join(&self.base, &instance.name);
        Registration::begin(&self.client, &parent, self.acl.clone(), instance)
    }

    /// The names of all services, in order; there may be some without an instance.
    ///
    /// # Errors
    /// The client's.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    #[doc(alias = "queryForNames")]
    pub async fn names(&self) -> Result<Vec<String>, Error> {
        match self.client.get_child_names(&self.base).await {
            Ok(mut names) => {
                names.sort_unstable();
                Ok(names)
            }
            Err(error) if error.is_no_node() => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// All instances of a service, as they are now; what is no instance is left out.
    ///
    /// # Errors
    /// The client's.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    #[doc(alias = "queryForInstances")]
    pub async fn instances(&self, name: &str) -> Result<Vec<Arc<ServiceInstance>>, Error> {
        let service = join(&self.base, name);
        let mut ids = match self.client.get_child_names(&service).await {
            Ok(ids) => ids,
            Err(error) if error.is_no_node() => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        ids.sort_unstable();
        let nodes = data_of(&self.client, &service, &ids).await?;
        let known = |(id, node): (String, NodeData)| {
            read_or_warn(&join(&service, &id), node.data.as_deref()).ok().map(Arc::new)
        };
        Ok(nodes.into_iter().filter_map(known).collect())
    }

    /// One instance, as it is now; `None` if it is not registered.
    ///
    /// # Errors
    /// [`Error::Malformed`] if what is there is no instance; the client's.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    #[doc(alias = "queryForInstance")]
    pub async fn instance(&self, name: &str, id: &str) -> Result<Option<ServiceInstance>, Error> {
        let path = join(&join(&self.base, name), id);
        match self.client.get_data(&path).await {
            Ok(node) => read(&path, node.data.as_deref()).map(Some),
            Err(error) if error.is_no_node() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The instances of a service, kept up to date; there when it is filled.
    ///
    /// # Errors
    /// What trying again cannot mend: [`Error::Unread`] without permission; the client's, if it is
    /// closed, or the path is none.
    ///
    /// # Cancel safety
    /// Dropping the future removes its watch.
    #[doc(alias = "serviceCacheBuilder")]
    pub async fn cache(&self, name: &str) -> Result<ServiceCache, Error> {
        ServiceCache::open(&self.client, &join(&self.base, name)).await
    }
}

/// The instance that these data are.
fn read(path: &str, data: Option<&[u8]>) -> Result<ServiceInstance, Error> {
    serde_json::from_slice(data.unwrap_or_default()).map_err(|error| Error::Malformed {
        path: path.into(),
        expected: "instance of a service",
        found: error.to_string().into(),
    })
}

/// The same, for those who leave out what is none.
fn read_or_warn(path: &str, data: Option<&[u8]>) -> Result<ServiceInstance, Error> {
    let warn = |error: &Error| tracing::warn!(target: "zookit::recipes", %error, "left out");
    read(path, data).inspect_err(warn)
}

/// The data of an instance.
fn write(path: &str, instance: &ServiceInstance) -> Result<Bytes, Error> {
    let written = serde_json::to_vec(instance);
    written.map(Bytes::from).map_err(|error| Error::Unwritable {
        path: path.into(),
        codec: "JSON",
        why: error.to_string().into(),
    })
}
