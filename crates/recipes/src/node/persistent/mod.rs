//! A znode that is kept up: created in each new session, and again when somebody deletes it.
//!
//! # What it guarantees
//!
//! From [`start`](PersistentNode::start) to [`close`](PersistentNode::close) the znode is there with
//! its data whenever the client has had a session for long enough to create it, unless a foreign one is
//! in the way. [There](NodeState::There) means: the server shows it, and its owner is this very
//! session. A znode of another session is never taken for ours, and one that was seen to be another's is
//! neither changed nor deleted. (Data are set, and the znode deleted, at the version that was seen of
//! ours: what somebody puts in its place in between, at that very version, is taken for it.)
//!
//! # How it works
//!
//! 1. The znode is created, and looked at with a watch, both in one go. The owner tells whose it is;
//!    so the create needs no reply, and one that was lost is no matter.
//! 2. *Ours*: if the data are not known to be the newest they are set. The watch then tells when it is
//!    deleted, and it is created again.
//! 3. *Of an earlier session of this client*, or of one that was [named](NodeOptions::earlier): it is
//!    waited out, since it goes by itself when that session is over. (Who takes it over, as Curator's
//!    `PersistentNode` does, has none when it goes.) It is not deleted: no check can tell it then
//!    from one that somebody else has created meanwhile.
//! 4. *Somebody else's*: it is told, as [`NodeState::InTheWay`], and waited for.
//! 5. When the session is over all begins anew in the next.
//!
//! # What can go wrong
//!
//! * *Somebody sets its data*: they stay so, until it is created anew or set by
//!   [`set_data`](PersistentNode::set_data).
//! * *The create is refused* (no permission, a quota): it ends, as is said: [`NodeState::Ended`].
//! * *It is dropped*: the znode is deleted in the background.
//!
//! # On disk
//!
//! Just the znode, as Curator's `PersistentNode` without protection.
//!
//! ```
//! # use zookit_client::Client;
//! use zookit_recipes::PersistentNode;
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let node = PersistentNode::start(&client, "/workers/host-1", "idle");
//! node.wait_there().await?;
//! node.set_data("busy").await?;
//! node.close().await?;
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use zookit_client::{Acl, Client, CreateMode, CreateOptions, Perms, SessionId, Stat};

use super::kept::{Kept, Standing, Wanted};
use crate::changes::{Changes, Teller};
use crate::claim::Parents;
use crate::error::Error;

/// What kind of znode is kept up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NodeKind {
    /// It goes with its session.
    #[default]
    Ephemeral,
    /// It stays; closing deletes it.
    Persistent,
    /// As a persistent one, and may go when its last child has gone; it is then created again.
    Container,
    /// It may go when it was not set for so long and has no children; it is then created again.
    Ttl(Duration),
}

impl NodeKind {
    pub(crate) fn create(self, acl: &[Acl]) -> CreateOptions {
        let (mode, ttl) = match self {
            Self::Ephemeral => (CreateMode::Ephemeral, None),
            Self::Persistent => (CreateMode::Persistent, None),
            Self::Container => (CreateMode::Container, None),
            Self::Ttl(ttl) => (CreateMode::PersistentWithTtl, Some(ttl)),
        };
        CreateOptions { mode, acl: acl.to_vec(), ttl }
    }
}

/// How a znode is kept up.
///
/// ```
/// use zookit_recipes::{NodeKind, NodeOptions};
/// let options = NodeOptions { kind: NodeKind::Container, ..NodeOptions::default() };
/// # let _ = options;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeOptions {
    /// What kind it is; ephemeral by default.
    pub kind: NodeKind,
    /// Who may do what to it, and to parents that are made; everybody everything by default.
    pub acl: Vec<Acl>,
    /// What becomes of parents that do not exist; containers by default.
    pub parents: Parents,
    /// Sessions that were ours before: those of the process that ran here last, if it left word of
    /// them. A znode of theirs is waited out, and not told as being in the way. The sessions that
    /// this client has had since the start are known without.
    pub earlier: Vec<SessionId>,
    /// Whether it stays where it is when this is closed or dropped; not by default. An ephemeral one
    /// then goes with the session.
    pub keep: bool,
}

impl Default for NodeOptions {
    fn default() -> Self {
        Self {
            kind: NodeKind::default(),
            acl: vec![Acl::world(Perms::ALL)],
            parents: Parents::default(),
            earlier: Vec::new(),
            keep: false,
        }
    }
}

/// How a znode that is kept up stands.
#[derive(Debug, Clone)]
pub enum NodeState {
    /// It is not there, as far as is known, and will be created.
    Absent,
    /// It is there, and this session's; so it was seen last.
    There(Stat),
    /// One of an earlier session of ours is there, which goes by itself.
    Earlier(SessionId),
    /// Somebody else's is there, of this session; [`SessionId::NONE`] if it is not ephemeral where
    /// ours would be.
    InTheWay(SessionId),
    /// It is kept up no more: it was closed, or this error ended it, which trying again cannot mend.
    Ended(Option<Arc<Error>>),
}

impl NodeState {
    /// Whether it is there, and ours.
    #[must_use]
    pub const fn is_there(&self) -> bool {
        matches!(self, Self::There(_))
    }

    /// What is told of a standing, if anything is: of data that are on their way nothing.
    fn of(standing: Standing) -> Option<Self> {
        Some(match standing {
            Standing::Absent => Self::Absent,
            Standing::There(stat) => Self::There(stat),
            Standing::Earlier(session) => Self::Earlier(session),
            Standing::InTheWay(session) => Self::InTheWay(session),
            Standing::Failed(error) => Self::Ended(Some(error)),
            Standing::Ended(error) => Self::Ended(error),
            Standing::Behind => return None,
        })
    }
}

/// A znode that is kept up, until this is [closed](Self::close) or dropped. See
/// [the module](self).
#[doc(alias = "PersistentEphemeralNode")]
#[must_use = "a znode whose keeper is dropped is deleted"]
pub struct PersistentNode {
    path: String,
    state: Changes<NodeState>,
    kept: Kept,
}

impl PersistentNode {
    /// Keeps up an ephemeral znode at this path, with this data.
    ///
    /// It keeps the session open, as a clone of the client does.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub fn start(client: &Client, path: &str, data: impl Into<Bytes>) -> Self {
        Self::start_with(client, path, data, NodeOptions::default())
    }

    /// The same, of another kind, with other rights or parents.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub fn start_with(
        client: &Client,
        path: &str,
        data: impl Into<Bytes>,
        options: NodeOptions,
    ) -> Self {
        let (teller, state) = Teller::new(NodeState::Absent);
        let path = path.to_owned();
        let wanted = Wanted { path: path.clone(), numbered: false, options, endures: false };
        let tell = move |_, standing| {
            if let Some(state) = NodeState::of(standing) {
                teller.tell(state);
            }
        };
        let kept = Kept::start(client, wanted, data.into(), Box::new(tell));
        Self { path, state, kept }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// How it stands now.
    #[must_use]
    pub fn state(&self) -> NodeState {
        self.state.now()
    }

    /// How it stands, and then each change of that, until it is over.
    #[doc(alias = "PersistentNodeListener")]
    pub fn changes(&self) -> Changes<NodeState> {
        self.state.anew()
    }

    /// Waits until it is there.
    ///
    /// # Errors
    /// [`Error::InTheWay`] if somebody else's is, for which it goes on waiting in the background;
    /// [`Error::Ended`] if it never will be there.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    #[doc(alias = "waitForInitialCreate")]
    pub async fn wait_there(&self) -> Result<Stat, Error> {
        let path = || self.path.as_str().into();
        let mut changes = self.changes();
        while let Some(change) = changes.next().await {
            match change.now {
                NodeState::There(stat) => return Ok(stat),
                NodeState::InTheWay(owner) => return Err(Error::InTheWay { path: path(), owner }),
                NodeState::Ended(source) => return Err(Error::Ended { path: path(), source }),
                NodeState::Absent | NodeState::Earlier(_) => {}
            }
        }
        Err(self.ended())
    }

    /// Other data from now on, and waits until the server has them: over lost connections and
    /// sessions, for as long as it takes. What was set last counts.
    ///
    /// # Errors
    /// [`Error::Ended`] if it is kept up no more.
    ///
    /// # Cancel safety
    /// They are set in any case, once this has been polled.
    pub async fn set_data(&self, data: impl Into<Bytes>) -> Result<(), Error> {
        match self.kept.set(data.into()).await {
            true => Ok(()),
            false => Err(self.ended()),
        }
    }

    /// Keeps it up no more, deletes it if it is ours, and waits until that is done. Dropping this
    /// does it too, in the background.
    ///
    /// # Errors
    /// *Refused* if it may not be deleted.
    ///
    /// # Cancel safety
    /// It is closed in any case.
    pub async fn close(self) -> Result<(), Error> {
        // One that had ended deleted it then.
        self.kept.close(false).await.unwrap_or(Ok(()))
    }

    fn ended(&self) -> Error {
        let source = match self.state() {
            NodeState::Ended(source) => source,
            _ => None,
        };
        Error::Ended { path: self.path.as_str().into(), source }
    }
}

impl fmt::Debug for PersistentNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("PersistentNode");
        out.field("path", &self.path).field("state", &self.state()).finish_non_exhaustive()
    }
}
