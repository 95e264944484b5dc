//! An instance that is registered, whatever happens to connections and sessions.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use zookit_client::{
    Acl, Client, CreateMode, CreateOptions, OneShotWatch, SessionId, Stat, Version,
};
use zookit_proto::mutant::{self, Mutant};
use zookit_proto::path::join;

use super::{ServiceInstance, ServiceType};
use crate::claim::{endless, patiently};
use crate::naming::Sequence;
use crate::race::{First, first};
use crate::{Error, Parents};

/// An instance that is to be registered for as long as this is kept; see
/// [`Discovery::register`](super::Discovery::register).
///
/// Dropping it takes a dynamic instance out, in the background; a static one stays.
#[must_use = "a registration that is dropped is taken back"]
pub struct Registration {
    wanted: watch::Sender<Wanted>,
    state: watch::Receiver<(u64, RegistrationState)>,
    task: Option<JoinHandle<Result<(), Error>>>,
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

/// What there should be.
#[derive(Debug, Clone)]
struct Wanted {
    instance: ServiceInstance,
    data: Bytes,
    revision: u64,
    end: Option<End>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The znode is to go.
    Delete,
    /// It may stay.
    Leave,
}

impl Registration {
    /// To be called within a runtime.
    pub(super) fn begin(
        client: &Client,
        parent: String,
        acl: Vec<Acl>,
        instance: ServiceInstance,
    ) -> Result<Self, Error> {
        let path = join(&parent, &instance.id);
        let data = super::write(&path, &instance)?;
        let service_type = instance.service_type.unwrap_or(ServiceType::Dynamic);
        let (wanted, changes) = watch::channel(Wanted { instance, data, revision: 1, end: None });
        let (states, state) = watch::channel((0, RegistrationState::Pending));
        let (client, written) = (client.clone(), AtomicU64::new(0));
        let keeper = Keeper { client, parent, path, acl, service_type, written, states };
        Ok(Self { wanted, state, task: Some(tokio::spawn(keeper.run(changes))) })
    }

    /// How it stands now.
    #[must_use]
    pub fn state(&self) -> RegistrationState {
        self.state.borrow().1.clone()
    }

    /// The instance, as it is to be.
    #[must_use]
    pub fn instance(&self) -> ServiceInstance {
        self.wanted.borrow().instance.clone()
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
        let revision = self.wanted.borrow().revision;
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
        let data = super::write(&instance.id, &instance)?;
        self.wanted.send_modify(|wanted| {
            wanted.revision += 1;
            (wanted.instance, wanted.data) = (instance, data);
        });
        Ok(())
    }

    /// Takes it out, also if it is static, and waits until that is done. It is done in any case.
    ///
    /// # Errors
    /// *Refused* if the znode may not be deleted.
    ///
    /// # Cancel safety
    /// It is taken out in any case, once this has been polled.
    #[doc(alias = "unregisterService")]
    pub async fn unregister(mut self) -> Result<(), Error> {
        self.wanted.send_modify(|wanted| wanted.end = Some(End::Delete));
        let Some(task) = self.task.take() else { return Ok(()) };
        match task.await {
            Ok(ended) => ended,
            Err(panicked) if panicked.is_panic() => {
                std::panic::resume_unwind(panicked.into_panic())
            }
            Err(_) => std::future::pending().await,
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.wanted.send_modify(|wanted| {
            let dynamic = wanted.instance.service_type.is_none_or(ServiceType::is_dynamic);
            wanted.end.get_or_insert(if dynamic { End::Delete } else { End::Leave });
        });
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (instance, state) = (self.instance(), self.state());
        f.debug_struct("Registration")
            .field("name", &instance.name)
            .field("id", &instance.id)
            .field("state", &state)
            .finish_non_exhaustive()
    }
}

/// The task that makes what is there what is wanted.
struct Keeper {
    client: Client,
    parent: String,
    /// Of the znode; of a sequential one up to its number.
    path: String,
    acl: Vec<Acl>,
    service_type: ServiceType,
    /// The revision that was written last.
    written: AtomicU64,
    states: watch::Sender<(u64, RegistrationState)>,
}

/// A znode that is there.
struct There {
    path: String,
    stat: Stat,
}

impl Keeper {
    async fn run(self, mut changes: watch::Receiver<Wanted>) -> Result<(), Error> {
        loop {
            let wanted = changes.borrow_and_update().clone();
            match wanted.end {
                Some(End::Delete) => return self.remove().await,
                Some(End::Leave) => return Ok(()),
                None => {}
            }
            let settling = patiently(&self.client, || self.settle(&wanted));
            let settled = match first(changes.changed(), settling).await {
                First::Left(_) => continue,
                First::Right(settled) => settled,
            };
            match settled {
                // A change of the znode, or the end of the session: it is looked again.
                Ok(watch) => match first(changes.changed(), watch).await {
                    First::Right(Err(_)) if mutant::on(Mutant::RegistrationNotRestored) => {
                        drop(changes.changed().await);
                    }
                    _ => {}
                },
                Err(error) => {
                    self.tell(&wanted, RegistrationState::Failed(error));
                    // The handle that is dropped says so, too.
                    let _changed = changes.changed().await;
                }
            }
        }
    }

    fn tell(&self, wanted: &Wanted, state: RegistrationState) {
        self.states.send_replace((wanted.revision, state));
    }

    /// Sees to it that the znode is there as it is wanted, and answers what tells when to look again.
    async fn settle(&self, wanted: &Wanted) -> Result<OneShotWatch, Error> {
        let mut tried = false;
        loop {
            let session = self.client.session();
            let path = match self.service_type {
                ServiceType::DynamicSequential => self.find(&session).await?.map(|it| it.path),
                // The first time it is most likely not there.
                _ if self.written.load(Ordering::Relaxed) == 0 && !tried => None,
                _ => session.exists(&self.path).await?.map(|_| self.path.clone()),
            };
            // What is not there is not watched: it is created.
            let Some(path) = path else {
                self.tell(wanted, RegistrationState::Pending);
                tried = self.create(&session, wanted).await?;
                continue;
            };
            let (Some(stat), watch) = session.exists_and_watch(&path).await? else { continue };
            let there = There { path, stat };
            if session.pinned_to() != Some(session.generation()) {
                // Whose it is cannot be said: the next session has begun.
                continue;
            }
            if !self.is_ours(&session, &there.stat) {
                let owner = there.stat.ephemeral_owner;
                self.tell(wanted, RegistrationState::Conflict { owner });
                return Ok(watch);
            }
            if self.written.load(Ordering::Relaxed) != wanted.revision {
                self.tell(wanted, RegistrationState::Pending);
                match session.set_data(&there.path, wanted.data.clone(), Version::Any).await {
                    Ok(_) => self.written.store(wanted.revision, Ordering::Relaxed),
                    // Somebody has deleted it meanwhile.
                    Err(error) if error.is_no_node() => {}
                    Err(error) => return Err(error.into()),
                }
                continue;
            }
            self.tell(wanted, RegistrationState::Registered);
            return Ok(watch);
        }
    }

    /// Creates the znode, or its parents; whether there is one now, ours or somebody's.
    async fn create(&self, session: &Client, wanted: &Wanted) -> Result<bool, Error> {
        let mode = match self.service_type {
            ServiceType::Dynamic => CreateMode::Ephemeral,
            ServiceType::DynamicSequential => CreateMode::EphemeralSequential,
            ServiceType::Static | ServiceType::Permanent => CreateMode::Persistent,
        };
        let options = CreateOptions { mode, acl: self.acl.clone(), ttl: None };
        match session.create(&self.path, wanted.data.clone(), options).await {
            Ok(_) => self.written.store(wanted.revision, Ordering::Relaxed),
            Err(error) if error.is_no_node() => {
                Parents::Containers.make(session, &self.parent, &self.acl).await?;
                return Ok(false);
            }
            Err(error) if error.is_node_exists() => {}
            Err(error) => return Err(error.into()),
        }
        Ok(true)
    }

    fn is_ours(&self, session: &Client, stat: &Stat) -> bool {
        let owner =
            if self.service_type.is_dynamic() { session.session_id() } else { SessionId::NONE };
        stat.ephemeral_owner == owner || mutant::on(Mutant::RegistrationAdopts)
    }

    /// The znode, by its id and its owner: behind a fence, for what an earlier attempt made may not
    /// have come to this server yet.
    async fn find(&self, session: &Client) -> Result<Option<There>, zookit_client::Error> {
        if self.service_type != ServiceType::DynamicSequential {
            let found = session.find_unique(&self.path, CreateMode::Ephemeral).await?;
            let stat = found.and_then(|created| created.stat);
            return Ok(stat.map(|stat| There { path: self.path.clone(), stat }));
        }
        let listing = session.linearizable_read(|client| client.get_child_names(&self.parent));
        let names = match listing.await {
            Ok(names) => names,
            Err(error) if error.is_no_node() => return Ok(None),
            Err(error) => return Err(error),
        };
        for name in names {
            let path = join(&self.parent, &name);
            let id = Sequence::split(&name).map(|(before, _)| join(&self.parent, before));
            if id.as_ref() != Some(&self.path) {
                continue;
            }
            let stat = session.exists(&path).await?;
            if let Some(stat) = stat.filter(|stat| self.is_ours(session, stat)) {
                return Ok(Some(There { path, stat }));
            }
        }
        Ok(None)
    }

    /// Deletes what is ours, and what may become so: an attempt may be under way.
    async fn remove(&self) -> Result<(), Error> {
        // What is dynamic is gone with its session, and nothing of it is sent in another.
        let dynamic = self.service_type.is_dynamic();
        let client = if dynamic { self.client.session() } else { self.client.clone() };
        let found = client.retry(endless(), |_| self.find(&client)).await;
        let deleted = match found {
            Ok(Some(there)) if self.is_ours(&client, &there.stat) => {
                client.delete_guaranteed(&there.path, Version::Any).await
            }
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        };
        match deleted {
            Err(error) if dynamic && (error.is_session_lost() || error.is_closed()) => Ok(()),
            Err(error) if error.is_no_node() => Ok(()),
            deleted => Ok(deleted?),
        }
    }
}
