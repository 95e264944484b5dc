//! Parties: who takes part, under ids that need not differ.
//!
//! # What it guarantees
//!
//! A [`Guest`] is seen by the others from when it [is there](crate::NodeState::There) until it leaves,
//! or its session ends; in the next session it is there again, under the same name. (kazoo's members
//! are not, unless they join again.)
//!
//! # How it works
//!
//! A guest is an ephemeral znode under a name that is used once, and is
//! [kept up](crate::node::persistent). Its id is the znode's data; of a [shallow](PartyKind::Shallow)
//! party a part of the name, so that one listing tells all ids.
//!
//! # What can go wrong
//!
//! * *A guest dies*: it counts until its session times out.
//! * *An id with a slash in a shallow party*: it is no name, and it ends as is said.
//!
//! # On disk
//!
//! As kazoo's `Party`, `HEX__party__`, and `ShallowParty`, `HEX-ID`. Parents are made persistent, as
//! kazoo's are: it makes them once, and does not expect them to go.
//!
//! ```
//! # use zookit_client::Client;
//! use zookit_recipes::{Party, PartyKind};
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let party = Party::new(&client, "/party", PartyKind::Full);
//! let me = party.join("host-1");
//! me.wait_there().await?;
//! println!("{} here: {:?}", party.count().await?, party.ids().await?);
//! me.leave().await?;
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

use std::ops::Deref;

use bytes::Bytes;
use zookit_client::Client;
use zookit_proto::path::join;

use crate::Error;
use crate::claim::Parents;
use crate::node::persistent::{NodeOptions, PersistentNode};

/// What kazoo marks the znodes of a full party with.
const MARK: &str = "__party__";

/// Where the id of a guest stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PartyKind {
    /// In its data: any text.
    #[default]
    #[doc(alias = "Party")]
    Full,
    /// In its name: no slash, and short. All ids cost one request.
    #[doc(alias = "ShallowParty")]
    Shallow,
}

impl PartyKind {
    /// The name of a guest; the unique id is a UUID.
    fn name(self, unique: &str, id: &str) -> String {
        let hex = unique.replace('-', "");
        match self {
            Self::Full => format!("{hex}{MARK}"),
            Self::Shallow => format!("{hex}-{id}"),
        }
    }

    /// Whether the name is that of a guest.
    fn is_guest(self, name: &str) -> bool {
        match self {
            Self::Full => name.contains(MARK),
            Self::Shallow => self.id_in(name).is_some(),
        }
    }

    /// The id in the name of a guest of a shallow party; `None` for what has no UUID before it.
    fn id_in(self, name: &str) -> Option<&str> {
        let (hex, id) = name.split_once('-')?;
        let unique = hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        unique.then_some(id)
    }
}

/// A party, by the path of its znode. See [the module](self).
///
/// It is a description; clones are the same party.
#[derive(Debug, Clone)]
pub struct Party {
    client: Client,
    path: String,
    kind: PartyKind,
}

/// One who is at a party, until it [leaves](Self::leave) or is dropped.
///
/// It is a [`PersistentNode`], whose methods it has: to wait for it, to look at its state.
#[derive(Debug)]
#[must_use = "a guest that is dropped leaves the party"]
pub struct Guest {
    node: PersistentNode,
}

impl Party {
    /// The party at a path, which need not exist.
    #[must_use]
    pub fn new(client: &Client, path: &str, kind: PartyKind) -> Self {
        Self { client: client.clone(), path: path.to_owned(), kind }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Joins the party under this id; others may have the same.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub fn join(&self, id: &str) -> Guest {
        let options = NodeOptions { parents: Parents::Persistent, ..NodeOptions::default() };
        self.join_with(id, options)
    }

    /// The same, with other rights or parents; ephemeral in any case.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub fn join_with(&self, id: &str, options: NodeOptions) -> Guest {
        let options = NodeOptions { kind: crate::NodeKind::Ephemeral, ..options };
        let name = self.kind.name(&self.client.unique_id(), id);
        let (path, data) = (join(&self.path, &name), Bytes::copy_from_slice(id.as_bytes()));
        Guest { node: PersistentNode::start_with(&self.client, &path, data, options) }
    }

    /// How many are there.
    ///
    /// # Errors
    /// The client's; none if there is no such znode, but 0.
    #[doc(alias = "__len__")]
    pub async fn count(&self) -> Result<usize, Error> {
        Ok(self.guests().await?.len())
    }

    /// The ids of those who are there, in the order of their ids. Those who go while they are looked
    /// at are left out.
    ///
    /// # Errors
    /// The client's; none if there is no such znode, but nobody.
    #[doc(alias = "__iter__")]
    pub async fn ids(&self) -> Result<Vec<String>, Error> {
        let guests = self.guests().await?;
        let mut ids = match self.kind {
            PartyKind::Shallow => {
                let id = |name: &String| self.kind.id_in(name).map(str::to_owned);
                guests.iter().filter_map(id).collect()
            }
            PartyKind::Full => self.data_of(&guests).await?,
        };
        ids.sort_unstable();
        Ok(ids)
    }

    async fn guests(&self) -> Result<Vec<String>, Error> {
        match self.client.get_child_names(&self.path).await {
            Ok(mut names) => {
                names.retain(|name| self.kind.is_guest(name));
                Ok(names)
            }
            Err(error) if error.is_no_node() => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    async fn data_of(&self, guests: &[String]) -> Result<Vec<String>, Error> {
        let asked = guests.iter().map(|name| self.client.get_data(&join(&self.path, name)));
        let asked: Vec<_> = asked.collect();
        let mut ids = Vec::with_capacity(asked.len());
        for node in asked {
            match node.await {
                Ok(node) => {
                    let data = node.data.unwrap_or_default();
                    ids.push(String::from_utf8_lossy(&data).into_owned());
                }
                Err(error) if error.is_no_node() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(ids)
    }
}

impl Guest {
    /// Leaves the party, and waits until that is done. Dropping it does it too, in the background.
    ///
    /// # Errors
    /// *Refused* if the znode may not be deleted.
    ///
    /// # Cancel safety
    /// It leaves in any case.
    pub async fn leave(self) -> Result<(), Error> {
        self.node.close().await
    }
}

impl Deref for Guest {
    type Target = PersistentNode;

    fn deref(&self) -> &PersistentNode {
        &self.node
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIQUE: &str = "0f0e9aa2-8d24-4a9f-8f2c-4f5c2d6e7b10";

    #[test]
    fn names_are_kazoos() {
        let full = PartyKind::Full.name(UNIQUE, "host-1");
        assert_eq!(full, "0f0e9aa28d244a9f8f2c4f5c2d6e7b10__party__");
        let shallow = PartyKind::Shallow.name(UNIQUE, "host-1");
        assert_eq!(shallow, "0f0e9aa28d244a9f8f2c4f5c2d6e7b10-host-1");
        assert_eq!(PartyKind::Shallow.id_in(&shallow), Some("host-1"));
        assert!(PartyKind::Full.is_guest(&full) && PartyKind::Shallow.is_guest(&shallow));
        assert!(!PartyKind::Full.is_guest(&shallow) && !PartyKind::Shallow.is_guest("config"));
        assert!(!PartyKind::Shallow.is_guest("my-config"));
    }
}
