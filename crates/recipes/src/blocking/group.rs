//! Who is there.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;
use zookit_client::Stat;
use zookit_client::blocking::Client;

use super::Told;
use crate::group::{member, party};
use crate::{Error, NodeState, PartyKind};

/// The twin of [`Group`](member::Group).
///
/// ```
/// # use zookit_client::blocking::Client;
/// use zookit_recipes::blocking::Group;
///
/// # fn f(client: Client) -> Result<(), zookit_recipes::Error> {
/// let group = Group::new(&client, "/workers");
/// let me = group.join("host-1", "idle");
/// me.wait_there()?;
/// println!("{:?}", group.members()?.keys());
/// me.leave()?;
/// # Ok(()) }
/// # zookit_doctest::blocking::with_client(f);
/// ```
#[derive(Debug, Clone)]
pub struct Group {
    group: member::Group,
    client: Client,
}

impl Group {
    /// As [the async one](member::Group::new).
    #[must_use]
    pub fn new(client: &Client, path: &str) -> Self {
        let group = member::Group::new(client.asynchronous(), path);
        Self { group, client: client.clone() }
    }

    /// As [the async one](member::Group::join).
    pub fn join(&self, name: &str, data: impl Into<Bytes>) -> Kept<member::GroupMember> {
        let kept = self.client.within(|| self.group.join(name, data));
        Kept { kept, client: self.client.clone() }
    }

    /// As [the async one](member::Group::members).
    ///
    /// # Errors
    /// As there.
    pub fn members(&self) -> Result<BTreeMap<String, Bytes>, Error> {
        self.client.wait(self.group.members())
    }

    /// As [the async one](member::Group::changes).
    pub fn changes(&self) -> Members<'_> {
        Members { members: self.group.changes(), client: &self.client }
    }
}

/// The twin of [`Members`](member::Members).
#[derive(Debug)]
#[must_use = "nothing is looked at before it is asked"]
pub struct Members<'a> {
    members: member::Members<'a>,
    client: &'a Client,
}

impl Members<'_> {
    /// As [`Members::next`](member::Members::next).
    ///
    /// # Errors
    /// As there.
    #[expect(clippy::should_implement_trait, reason = "it may fail")]
    pub fn next(&mut self) -> Result<Option<BTreeMap<String, Bytes>>, Error> {
        self.client.wait(self.members.next())
    }

    /// The same, for this long at most; `None` if nobody came or went by then, and inside what that
    /// answers. Nothing is lost by that.
    ///
    /// # Errors
    /// As there.
    pub fn next_within(
        &mut self,
        time: Duration,
    ) -> Result<Option<Option<BTreeMap<String, Bytes>>>, Error> {
        self.client.wait(async { timeout(time, self.members.next()).await }).ok().transpose()
    }
}

/// The twin of [`Party`](party::Party).
///
/// ```
/// # use zookit_client::blocking::Client;
/// use zookit_recipes::PartyKind;
/// use zookit_recipes::blocking::Party;
///
/// # fn f(client: Client) -> Result<(), zookit_recipes::Error> {
/// let party = Party::new(&client, "/party", PartyKind::Shallow);
/// let me = party.join("host-1");
/// me.wait_there()?;
/// println!("{} here: {:?}", party.count()?, party.ids()?);
/// me.leave()?;
/// # Ok(()) }
/// # zookit_doctest::blocking::with_client(f);
/// ```
#[derive(Debug, Clone)]
pub struct Party {
    party: party::Party,
    client: Client,
}

impl Party {
    /// As [the async one](party::Party::new).
    #[must_use]
    pub fn new(client: &Client, path: &str, kind: PartyKind) -> Self {
        let party = party::Party::new(client.asynchronous(), path, kind);
        Self { party, client: client.clone() }
    }

    /// As [the async one](party::Party::join).
    pub fn join(&self, id: &str) -> Kept<party::Guest> {
        let kept = self.client.within(|| self.party.join(id));
        Kept { kept, client: self.client.clone() }
    }

    /// As [the async one](party::Party::count).
    ///
    /// # Errors
    /// As there.
    pub fn count(&self) -> Result<usize, Error> {
        self.client.wait(self.party.count())
    }

    /// As [the async one](party::Party::ids).
    ///
    /// # Errors
    /// As there.
    pub fn ids(&self) -> Result<Vec<String>, Error> {
        self.client.wait(self.party.ids())
    }
}

/// A member of a group, or a guest of a party, until it leaves or is dropped.
#[derive(Debug)]
#[must_use = "who is dropped leaves"]
pub struct Kept<K> {
    // Before the client: what it cleans up is done on the client's thread.
    kept: K,
    client: Client,
}

impl<K: std::ops::Deref<Target = crate::PersistentNode>> Kept<K> {
    /// The path of its znode.
    #[must_use]
    pub fn path(&self) -> &str {
        self.kept.path()
    }

    /// As [`PersistentNode::state`](crate::PersistentNode::state).
    #[must_use]
    pub fn state(&self) -> NodeState {
        self.kept.state()
    }

    /// How it stands, and then each change of that; see [`Told`].
    pub fn changes(&self) -> Told<NodeState> {
        Told::new(self.kept.changes(), self.client.clone())
    }

    /// As [`PersistentNode::wait_there`](crate::PersistentNode::wait_there).
    ///
    /// # Errors
    /// As there.
    pub fn wait_there(&self) -> Result<Stat, Error> {
        self.client.wait(self.kept.wait_there())
    }

    /// The same, for this long at most; `None` if it is not there by then.
    ///
    /// # Errors
    /// As there.
    pub fn wait_there_within(&self, time: Duration) -> Result<Option<Stat>, Error> {
        let within = async { timeout(time, self.kept.wait_there()).await };
        self.client.wait(within).ok().transpose()
    }

    /// As [`PersistentNode::set_data`](crate::PersistentNode::set_data).
    ///
    /// # Errors
    /// As there.
    pub fn set_data(&self, data: impl Into<Bytes>) -> Result<(), Error> {
        self.client.wait(self.kept.set_data(data))
    }
}

impl Kept<member::GroupMember> {
    /// As [the async one](member::GroupMember::leave).
    ///
    /// # Errors
    /// As there.
    pub fn leave(self) -> Result<(), Error> {
        let Self { kept, client } = self;
        client.wait(kept.leave())
    }
}

impl Kept<party::Guest> {
    /// As [the async one](party::Guest::leave).
    ///
    /// # Errors
    /// As there.
    pub fn leave(self) -> Result<(), Error> {
        let Self { kept, client } = self;
        client.wait(kept.leave())
    }
}
