//! An instance that is registered, whatever happens to connections and sessions: its znode is
//! [kept up](crate::node::kept), and what is told of that is told as of a registration.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use zookit_client::{Acl, Client, SessionId};
use zookit_proto::path::join;

use super::{ServiceInstance, ServiceType};
use crate::Error;
use crate::node::kept::{Kept, Standing, Wanted};
use crate::node::persistent::{NodeKind, NodeOptions};

/// An instance that is to be registered for as long as this is kept; see
/// [`Discovery::register`](super::Discovery::register).
///
/// Dropping it takes a dynamic instance out, in the background; a static one stays.
#[must_use = "a registration that is dropped is taken back"]
pub struct Registration {
    path: String,
    latest: Mutex<Latest>,
    /// With the revision that it is about.
    state: watch::Receiver<(u64, RegistrationState)>,
    kept: Kept,
}

/// How it stands with a registration.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum RegistrationState {
    /// It is on its way: for the first time, in the next session, or with what was changed.
    Pending,
    /// The znode is there, of this session if it is dynamic.
    Registered,
    /// A znode is there that is not ours: of a session that an earlier process had and that is not
    /// over yet, or of somebody who has the same id. When it goes, ours takes its place.
    Conflict {
        /// Whose it is; [`SessionId::NONE`] if it is of no session.
        owner: SessionId,
    },
    /// The server does not let us, or the client was closed. What is changed is tried again.
    Failed(Error),
}

/// The instance as it is to be.
#[derive(Debug)]
struct Latest {
    instance: ServiceInstance,
    /// From 1; each change counts.
    revision: u64,
}

impl RegistrationState {
    /// What is told of a standing, if anything is.
    fn of(standing: Standing) -> Option<Self> {
        Some(match standing {
            Standing::Absent | Standing::Behind => Self::Pending,
            Standing::There(_) => Self::Registered,
            Standing::Earlier(owner) | Standing::InTheWay(owner) => Self::Conflict { owner },
            Standing::Failed(error) => Self::Failed((*error).clone()),
            Standing::Ended(_) => return None,
        })
    }
}

impl Registration {
    /// To be called within a runtime.
    pub(super) fn begin(
        client: &Client,
        parent: &str,
        acl: Vec<Acl>,
        instance: ServiceInstance,
    ) -> Result<Self, Error> {
        let path = join(parent, &instance.id);
        let data = super::write(&path, &instance)?;
        let service_type = instance.service_type.unwrap_or(ServiceType::Dynamic);
        let is_dynamic = service_type.is_dynamic();
        let kind = if is_dynamic { NodeKind::Ephemeral } else { NodeKind::Persistent };
        let options = NodeOptions { kind, acl, keep: !is_dynamic, ..NodeOptions::default() };
        let numbered = service_type == ServiceType::DynamicSequential;
        let wanted = Wanted { path: path.clone(), numbered, options, endures: true };
        let (states, state) = watch::channel((1, RegistrationState::Pending));
        let tell = move |revision, standing| {
            if let Some(state) = RegistrationState::of(standing) {
                states.send_replace((revision, state));
            }
        };
        let kept = Kept::start(client, wanted, data, Box::new(tell));
        Ok(Self { path, latest: Mutex::new(Latest { instance, revision: 1 }), state, kept })
    }

    fn latest(&self) -> MutexGuard<'_, Latest> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How it stands now.
    #[must_use]
    pub fn state(&self) -> RegistrationState {
        self.state.borrow().1.clone()
    }

    /// The instance, as it is to be.
    #[must_use]
    pub fn instance(&self) -> ServiceInstance {
        self.latest().instance.clone()
    }

    /// Waits until it is registered, with all that was changed so far; over lost connections and
    /// sessions, and [conflicts](RegistrationState::Conflict), as long as it takes.
    ///
    /// # Errors
    /// That of [`RegistrationState::Failed`].
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing: the registration goes on.
    pub async fn registered(&self) -> Result<(), Error> {
        let revision = self.latest().revision;
        let mut states = self.state.clone();
        let settled = states.wait_for(|(at, state)| {
            use RegistrationState::{Failed, Registered};
            *at >= revision && matches!(state, Registered | Failed(_))
        });
        // Cloned, since what is borrowed may not be kept over an await.
        match settled.await.ok().map(|settled| settled.1.clone()) {
            Some(RegistrationState::Failed(error)) => Err(error),
            Some(_) => Ok(()),
            None => std::future::pending().await,
        }
    }

    /// Waits until it is so of the [state](Self::state).
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn until(&self, mut holds: impl FnMut(&RegistrationState) -> bool) {
        let mut states = self.state.clone();
        // The task that tells the states ends with this registration, or with the runtime.
        let told = states.wait_for(|(_, state)| holds(state)).await.is_ok();
        if !told {
            std::future::pending::<()>().await;
        }
    }

    /// Changes the instance. Its name, its id and its type stay as they are.
    ///
    /// It is written in the background; [`registered`](Self::registered) waits for that. What others
    /// wrote into the znode meanwhile is overwritten; without a change it is let be.
    ///
    /// # Errors
    /// [`Error::Unwritable`]; nothing was changed then.
    #[doc(alias = "updateService")]
    pub fn update(&self, change: impl FnOnce(&mut ServiceInstance)) -> Result<(), Error> {
        let mut instance = self.instance();
        let kept = (instance.name.clone(), instance.id.clone(), instance.service_type);
        change(&mut instance);
        (instance.name, instance.id, instance.service_type) = kept;
        let data = super::write(&self.path, &instance)?;
        let mut latest = self.latest();
        latest.instance = instance;
        latest.revision += 1;
        // Within the lock: the task counts in the order in which they come to it.
        drop(self.kept.set(data));
        Ok(())
    }

    /// Takes it out, also if it is static, and waits until that is done. It is done in any case.
    ///
    /// # Errors
    /// *Refused* if the znode may not be deleted; [`Error::Ended`] if the runtime in which it was
    /// begun is gone.
    ///
    /// # Cancel safety
    /// It is taken out in any case, once this has been polled.
    #[doc(alias = "unregisterService")]
    pub async fn unregister(self) -> Result<(), Error> {
        // Its task ends when this says so, or with the runtime.
        let ended = || Err(Error::Ended { path: self.path.into(), source: None });
        self.kept.close(true).await.unwrap_or_else(ended)
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration")
            .field("path", &self.path)
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
