//! A group: who is a member, under which name, with which data.
//!
//! # What it guarantees
//!
//! A [`GroupMember`] is seen by the others from when it [is there](crate::NodeState::There) until it
//! leaves, or its session ends; in the next session it is a member again. Two of one name are never
//! members at once: the second is told that the name is [taken](crate::NodeState::InTheWay), and takes
//! its place when the first has gone. What [`members`](Group::members) answers is what the server shows
//! at one moment, each member with data of then or later.
//!
//! # How it works
//!
//! 1. A member is an ephemeral znode below the group's path, under the member's name, which is
//!    [kept up](crate::node::persistent).
//! 2. [`Members`] follows the names by a [`ChildrenWatch`], and reads what these members say: one who
//!    comes or goes costs each of those who watch one event, one listing, and the data. It is no
//!    cache: the members of a listing were all there at one moment, where a cache goes through each
//!    step on its own.
//!
//! # What can go wrong
//!
//! * *A member dies*: it is one until its session times out.
//! * *Many come and go at once*: those who watch are told the newest, not each step.
//! * *Data change*: that alone is not told. Where it matters use a cache.
//!
//! # On disk
//!
//! As Curator's `GroupMember`.
//!
//! ```
//! # use zookit_client::Client;
//! use zookit_recipes::Group;
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let group = Group::new(&client, "/workers");
//! let me = group.join("host-1", "idle");
//! me.wait_there().await?;
//! me.set_data("busy").await?;
//!
//! let mut members = group.changes();
//! while let Some(now) = members.next().await? {
//!     println!("{:?}", now.keys());
//!     # break;
//! }
//! me.leave().await?;
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

use std::collections::BTreeMap;
use std::ops::Deref;

use bytes::Bytes;
use zookit_client::Client;
use zookit_proto::path::join;

use crate::Error;
use crate::children::data_of;
use crate::claim::endless;
use crate::node::persistent::{NodeKind, NodeOptions, PersistentNode};
use crate::watch::ChildrenWatch;

/// A group, by the path of its znode. See [the module](self).
///
/// It is a description; clones are the same group.
#[derive(Debug, Clone)]
pub struct Group {
    client: Client,
    path: String,
}

/// One that is a member, until it [leaves](Self::leave) or is dropped.
///
/// It is a [`PersistentNode`], whose methods it has: to wait for it, to set its data, to look at its
/// state.
#[derive(Debug)]
#[must_use = "a member that is dropped leaves its group"]
pub struct GroupMember {
    node: PersistentNode,
}

impl Group {
    /// The group at a path, which need not exist.
    #[must_use]
    pub fn new(client: &Client, path: &str) -> Self {
        Self { client: client.clone(), path: path.to_owned() }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Becomes a member under this name, which must be nobody else's, with this data.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    #[doc(alias = "start")]
    pub fn join(&self, name: &str, data: impl Into<Bytes>) -> GroupMember {
        self.join_with(name, data, NodeOptions::default())
    }

    /// The same, with other rights or parents; ephemeral in any case.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub fn join_with(
        &self,
        name: &str,
        data: impl Into<Bytes>,
        options: NodeOptions,
    ) -> GroupMember {
        let options = NodeOptions { kind: NodeKind::Ephemeral, ..options };
        let path = join(&self.path, name);
        GroupMember { node: PersistentNode::start_with(&self.client, &path, data, options) }
    }

    /// The members by name, with their data. Those who go while they are looked at are left out; a
    /// group that does not exist has none.
    ///
    /// # Errors
    /// The client's.
    ///
    /// # Ordering
    /// Read from the server of the connection, which may lag behind others.
    #[doc(alias = "getCurrentMembers")]
    pub async fn members(&self) -> Result<BTreeMap<String, Bytes>, Error> {
        match self.client.get_child_names(&self.path).await {
            Ok(names) => Ok(self.with_data(&names).await?),
            Err(error) if error.is_no_node() => Ok(BTreeMap::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// The members now, and then whenever one has come or gone.
    pub fn changes(&self) -> Members<'_> {
        let watch = ChildrenWatch::new(&self.client, &self.path);
        Members { group: self, watch, begun: false, due: None }
    }

    async fn with_data(
        &self,
        names: &[String],
    ) -> Result<BTreeMap<String, Bytes>, zookit_client::Error> {
        let nodes = data_of(&self.client, &self.path, names).await?;
        Ok(nodes.into_iter().map(|(name, node)| (name, node.data.unwrap_or_default())).collect())
    }
}

impl GroupMember {
    /// Leaves the group, and waits until that is done. Dropping it does it too, in the background.
    ///
    /// # Errors
    /// *Refused* if the znode may not be deleted.
    ///
    /// # Cancel safety
    /// It leaves in any case.
    #[doc(alias = "close")]
    pub async fn leave(self) -> Result<(), Error> {
        self.node.close().await
    }
}

impl Deref for GroupMember {
    type Target = PersistentNode;

    fn deref(&self) -> &PersistentNode {
        &self.node
    }
}

/// The members of a group, as they change; see [`Group::changes`].
#[derive(Debug)]
#[must_use = "nothing is looked at before it is asked"]
pub struct Members<'a> {
    group: &'a Group,
    watch: ChildrenWatch,
    /// Whether any were told.
    begun: bool,
    /// Those who are to be told next.
    due: Option<Vec<String>>,
}

impl Members<'_> {
    /// The members: at first those of now, then those when one has come or gone, over lost
    /// connections and sessions. `None` when the client is closed.
    ///
    /// # Errors
    /// What trying again cannot mend.
    ///
    /// # Cancel safety
    /// Dropping the future loses no change.
    pub async fn next(&mut self) -> Result<Option<BTreeMap<String, Bytes>>, Error> {
        let names = match self.due.take() {
            Some(names) => names,
            None => match self.next_names().await {
                Err(Error::Client(error)) if error.is_closed() => return Ok(None),
                names => names?,
            },
        };
        // Kept until it was told: whoever drops the future has been told nothing.
        let due = &*self.due.insert(names);
        let all = || self.group.with_data(due);
        let members = self.group.client.retry(endless(), |_| all()).await?;
        (self.due, self.begun) = (None, true);
        Ok(Some(members))
    }

    /// That the group itself has come or gone is nobody's coming or going.
    async fn next_names(&mut self) -> Result<Vec<String>, Error> {
        loop {
            let change = self.watch.next().await?;
            let nobody = change.added.is_empty() && change.removed.is_empty() && change.unseen == 0;
            if !nobody || !self.begun {
                return Ok(change.names.unwrap_or_default());
            }
        }
    }
}
