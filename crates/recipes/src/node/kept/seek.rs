//! How the task finds its znode, and how it deletes it.
//!
//! Under a name of its own it is at that path, or not at all. A numbered one has the path that its
//! create answered; where that was lost it is looked for among its siblings, by what stands before
//! the number and by its owner, behind a fence: what an earlier attempt made may not have come to
//! this server yet.

use zookit_client::{CreateMode, CreateOptions, Error as ClientError, SessionId, Stat, Version};
use zookit_proto::path::{ROOT, join, name, parent};

use super::super::persistent::NodeKind;
use super::plan::is_ours;
use super::task::{Seen, Task};
use crate::Error;
use crate::claim::{Parents, endless};
use crate::naming::Sequence;

impl Task {
    /// Creates the znode, if it is to be, and looks at what is there. That a create was lost is no
    /// matter: the next attempt finds out by the owner.
    pub(super) async fn attempt(&self) -> Result<Seen, ClientError> {
        /// How often parents are made that somebody deletes again at once.
        const MOST_PARENTS: u32 = 5;
        for made in 0.. {
            let once = match self.wanted.numbered {
                false => self.by_name().await,
                true => self.by_number().await,
            };
            match once {
                Err(error) if error.is_no_node() && made < MOST_PARENTS => {
                    self.make_parents(error).await?;
                }
                seen => return seen,
            }
        }
        unreachable!("the last of the attempts returns")
    }

    /// The create and the look leave at once.
    async fn by_name(&self) -> Result<Seen, ClientError> {
        let path = &self.wanted.path;
        let create = self.missing.then(|| {
            let options = &self.wanted.options;
            self.session.create(path, self.data.clone(), options.kind.create(&options.acl))
        });
        let look = self.session.exists_and_watch(path);
        let created = match create {
            None => false,
            Some(create) => match create.await {
                Ok(_) => true,
                Err(error) if error.is_node_exists() => false,
                Err(error) => return Err(error),
            },
        };
        let (stat, watch) = look.await?;
        Ok(Seen { path: path.clone(), stat, watch, created })
    }

    async fn by_number(&self) -> Result<Seen, ClientError> {
        let known = self.path.as_ref().filter(|_| !self.missing);
        let (path, created) = match known {
            Some(path) => (path.clone(), false),
            None => match self.find().await? {
                Some((path, _)) => (path, false),
                None => {
                    let acl = self.wanted.options.acl.clone();
                    let options =
                        CreateOptions { mode: CreateMode::EphemeralSequential, acl, ttl: None };
                    let (path, data) = (&self.wanted.path, self.data.clone());
                    (self.session.create(path, data, options).await?.path, true)
                }
            },
        };
        let (stat, watch) = self.session.exists_and_watch(&path).await?;
        Ok(Seen { path, stat, watch, created })
    }

    async fn make_parents(&self, missing: ClientError) -> Result<(), ClientError> {
        let parents = self.wanted.options.parents;
        match parent(&self.wanted.path) {
            Some(parent) if parents != Parents::Expected => {
                match parents.make(&self.session, parent, &self.wanted.options.acl).await {
                    Err(Error::Client(error)) => Err(error),
                    _ => Ok(()),
                }
            }
            _ => Err(missing),
        }
    }

    /// The znode, if it is there and ours, behind a fence.
    async fn find(&self) -> Result<Option<(String, Stat)>, ClientError> {
        let (session, wanted) = (&self.session, &self.wanted.path);
        // Who we are is asked behind a reply: before the first of a session it has no id.
        let ours = |stat: &Stat| self.me().is_some_and(|me| is_ours(stat, me));
        if !self.wanted.numbered {
            let found = session.find_unique(wanted, CreateMode::Ephemeral).await?;
            let stat = found.and_then(|created| created.stat).filter(ours);
            return Ok(stat.map(|stat| (wanted.clone(), stat)));
        }
        let (parent, before) = (parent(wanted).unwrap_or(ROOT), name(wanted));
        let listing = session.linearizable_read(|client| client.get_child_names(parent));
        let names = match listing.await {
            Ok(names) => names,
            Err(error) if error.is_no_node() => return Ok(None),
            Err(error) => return Err(error),
        };
        let alike = |name: &&String| Sequence::split(name).is_some_and(|(head, _)| head == before);
        for name in names.iter().filter(alike) {
            let path = join(parent, name);
            if let Some(stat) = session.exists(&path).await?.filter(ours) {
                return Ok(Some((path, stat)));
            }
        }
        Ok(None)
    }

    /// Deletes the znode, if it is ours. A create of which nobody heard is decided before.
    pub(super) async fn delete(&mut self) -> Result<(), Error> {
        loop {
            let error = match self.delete_once().await {
                Ok(true) => return Ok(()),
                Ok(false) => {
                    self.there = None;
                    continue;
                }
                Err(error) => error,
            };
            if self.is_ephemeral() {
                let gone = error.is_session_lost() || error.is_closed();
                return if gone { Ok(()) } else { Err(error.into()) };
            }
            if !self.is_over(&error) {
                return Err(error.into());
            }
            // What is of no session is there in the next one, too.
            self.session = self.client.session();
            self.there = None;
        }
    }

    /// Whether that was all.
    async fn delete_once(&self) -> Result<bool, ClientError> {
        let session = &self.session;
        let known = self.path.clone().zip(self.there);
        let found = match known {
            Some(known) => Some(known),
            None => session.retry(endless(), |_| self.find()).await?,
        };
        let Some((path, stat)) = found else { return Ok(true) };
        let version = Version::Exactly(stat.version);
        match session.retry(endless(), |_| session.delete(&path, version)).await {
            Ok(()) => Ok(true),
            Err(error) if error.is_no_node() => Ok(true),
            Err(error) if error.is_bad_version() => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(super) fn is_ephemeral(&self) -> bool {
        self.wanted.options.kind == NodeKind::Ephemeral
    }

    /// Who owns what is ours; `None` if the session is over already, as the next request says.
    pub(super) fn me(&self) -> Option<SessionId> {
        if !self.is_ephemeral() {
            return Some(SessionId::NONE);
        }
        let id = self.session.session_id();
        // In this order: a later session's would be read before its generation.
        (self.session.pinned_to() == Some(self.session.generation())).then_some(id)
    }
}
