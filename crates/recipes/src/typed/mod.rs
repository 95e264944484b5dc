//! Znodes whose data are values: read, written and updated as these, by [serde].
//!
//! # What it guarantees
//!
//! * What is read is the value with the stat that belongs to it. Data that are no such value are an
//!   error that names the znode ([`Error::Malformed`]); nobody is shown a default instead.
//! * [`update`](Typed::update) loses no update of others: it writes only over what it read.
//! * A [`TypedCache`] shows what its [cache](crate::cache) shows, each znode as a value or as none.
//!
//! # How it works
//!
//! 1. A read is a getData; a write a create or a setData with the version that was asked for.
//! 2. An update reads, lets the caller change the value, and writes it with the version that was
//!    read; if somebody else was faster it begins again.
//! 3. If the reply to that write is lost it is looked, behind a fence, whether it was done
//!    ([`set_data_guarded`](zookit_client::Client::set_data_guarded)).
//! 4. A typed cache listens to a cache, and decodes what is looked at, once.
//!
//! # What can go wrong
//!
//! * *The reply to the first write of a znode is lost*: it was created, or not. *No reply* says so.
//! * *Another program writes something else there*: [`Error::Malformed`], for every reader, until
//!   somebody writes a value.
//!
//! # On disk
//!
//! Whatever the [`Codec`] writes: [`Json`] by default, as Curator's `ModeledFramework` does with its
//! `JacksonModelSerializer`.
//!
//! ```
//! # use zookit_client::Client;
//! use serde::{Deserialize, Serialize};
//! use zookit_recipes::typed::Typed;
//!
//! #[derive(Serialize, Deserialize, Default)]
//! struct Limits {
//!     connections: u32,
//! }
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let limits = Typed::<Limits>::new(&client, "/service/limits");
//! let now = limits
//!     .update(|now| Limits { connections: now.unwrap_or_default().connections + 100 })
//!     .await?;
//! assert_eq!(now.value.connections, 100);
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

mod cached;
mod codec;

use std::fmt;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;
use zookit_client::{Client, CreateOptions, NodeData, OneShotWatch, Stat, Version};
use zookit_proto::path::join;

pub use cached::{CachedValue, TypedCache, TypedEvent};
pub use codec::{Codec, Json};

use crate::Error;
use crate::children::data_of;

/// A znode whose data are a value; see [the module](self).
///
/// It is a description, and asks nothing by itself.
#[doc(alias = "ModeledFramework")]
#[doc(alias = "ZNode")]
pub struct Typed<T, C = Json> {
    client: Client,
    path: String,
    codec: C,
    options: CreateOptions,
    value: PhantomData<fn() -> T>,
}

/// A value, and the stat that belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Valued<T> {
    /// The value.
    pub value: T,
    /// Of its znode, as it was when it had this value.
    pub stat: Stat,
}

impl<T> Typed<T> {
    /// The znode at a path, as JSON.
    #[must_use]
    pub fn new(client: &Client, path: &str) -> Self {
        Self::with(client, path, Json, CreateOptions::default())
    }
}

impl<T, C> Typed<T, C> {
    /// The same, written in another way, or created with another mode or other rights. No
    /// sequential mode: its znode would be at another path.
    #[must_use]
    pub fn with(client: &Client, path: &str, codec: C, options: CreateOptions) -> Self {
        let (client, path) = (client.clone(), path.to_owned());
        Self { client, path, codec, options, value: PhantomData }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl<T: Serialize + DeserializeOwned, C: Codec + Clone> Typed<T, C> {
    /// The one at a child's path, of the same type; see [`children`](Self::children).
    #[must_use]
    pub fn child(&self, name: &str) -> Self {
        let path = join(&self.path, name);
        Self::with(&self.client, &path, self.codec.clone(), self.options.clone())
    }

    /// The value; `None` if there is no such znode.
    ///
    /// # Errors
    /// [`Error::Malformed`] if its data are no such value; the client's.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn get(&self) -> Result<Option<Valued<T>>, Error> {
        match self.client.get_data(&self.path).await {
            Ok(node) => {
                let value = codec::read(&self.codec, &self.path, node.data.as_deref())?;
                Ok(Some(Valued { value, stat: node.stat }))
            }
            Err(error) if error.is_no_node() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The value, and a watch that ends when it changes, is created, or is deleted.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    ///
    /// # Cancel safety
    /// Dropping the future removes the watch.
    pub async fn get_and_watch(&self) -> Result<(Option<Valued<T>>, OneShotWatch), Error> {
        loop {
            match self.client.get_data_and_watch(&self.path).await {
                Ok((node, watch)) => {
                    let value = codec::read(&self.codec, &self.path, node.data.as_deref())?;
                    return Ok((Some(Valued { value, stat: node.stat }), watch));
                }
                Err(error) if error.is_no_node() => {}
                Err(error) => return Err(error.into()),
            }
            // If it has come meanwhile it is read after all.
            if let (None, watch) = self.client.exists_and_watch(&self.path).await? {
                return Ok((None, watch));
            }
        }
    }

    /// Creates it with this value, and its parents if they are not there.
    ///
    /// # Errors
    /// *Refused* with `NodeExists` if it is there; [`Error::Unwritable`]; the client's.
    ///
    /// # If no reply comes
    /// It may be there.
    ///
    /// # Cancel safety
    /// Dropping the future takes nothing back.
    pub async fn create(&self, value: &T) -> Result<(), Error> {
        self.make(value).await.map(drop)
    }

    /// The stat of what was created, which servers before 3.5 do not tell.
    async fn make(&self, value: &T) -> Result<Stat, Error> {
        let data = codec::write(&self.codec, &self.path, value)?;
        let options = self.options.clone();
        let created = self.client.create_with_parents(&self.path, data, options).await?;
        Ok(created.stat.unwrap_or_default())
    }

    /// Sets it to this value if it has this version; [`Version::Any`]: whatever it is.
    ///
    /// # Errors
    /// *Refused* with `NoNode` or `BadVersion`; [`Error::Unwritable`]; the client's.
    ///
    /// # If no reply comes
    /// It may be set.
    ///
    /// # Cancel safety
    /// Dropping the future takes nothing back.
    pub async fn set(&self, value: &T, version: Version) -> Result<Stat, Error> {
        let data = codec::write(&self.codec, &self.path, value)?;
        Ok(self.client.set_data(&self.path, data, version).await?)
    }

    /// Sets it to what the closure makes of it (`None`: there is no such znode yet), and answers
    /// that. If somebody else sets, creates or deletes it in between, the closure is asked again.
    ///
    /// # Errors
    /// [`Error::Malformed`] if what is there is no such value, [`Error::Unwritable`]; the client's.
    ///
    /// # If no reply comes
    /// It is looked into. *No reply* is what it comes to if it cannot be found out: when others have
    /// set it since, no connection comes, or the znode was to be created.
    ///
    /// # Cancel safety
    /// Dropping the future takes nothing back: the value is set once, or not at all.
    pub async fn update(&self, mut change: impl FnMut(Option<T>) -> T) -> Result<Valued<T>, Error> {
        loop {
            let Some(Valued { value, stat }) = self.get().await? else {
                let value = change(None);
                match self.make(&value).await {
                    Ok(stat) => return Ok(Valued { value, stat }),
                    Err(error) if is_overtaken(&error) => continue,
                    Err(error) => return Err(error),
                }
            };
            let value = change(Some(value));
            let data = codec::write(&self.codec, &self.path, &value)?;
            match self.client.set_data_guarded(&self.path, data, stat.version).await {
                Ok(stat) => return Ok(Valued { value, stat }),
                Err(error) => match Error::from(error) {
                    error if is_overtaken(&error) => {}
                    error => return Err(error),
                },
            }
        }
    }

    /// Deletes it if it has this version.
    ///
    /// # Errors
    /// *Refused* with `NoNode`, `BadVersion` or `NotEmpty`; the client's.
    ///
    /// # If no reply comes
    /// It may be gone.
    ///
    /// # Cancel safety
    /// Dropping the future takes nothing back.
    pub async fn delete(&self, version: Version) -> Result<(), Error> {
        Ok(self.client.delete(&self.path, version).await?)
    }

    /// The values of all children with their names, in the order of these; those who go while they
    /// are looked at are left out.
    ///
    /// # Errors
    /// [`Error::Malformed`] for the first whose data are no such value; *refused* with `NoNode` if
    /// there is no such znode; the client's.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn children(&self) -> Result<Vec<(String, Valued<T>)>, Error> {
        let mut names = self.client.get_child_names(&self.path).await?;
        names.sort_unstable();
        let nodes = data_of(&self.client, &self.path, &names).await?;
        let read = |(name, node): (String, NodeData)| {
            let path = join(&self.path, &name);
            let value = codec::read(&self.codec, &path, node.data.as_deref())?;
            Ok((name, Valued { value, stat: node.stat }))
        };
        nodes.into_iter().map(read).collect()
    }
}

/// Whether somebody else was faster.
fn is_overtaken(error: &Error) -> bool {
    let overtaken = |error: &zookit_client::Error| {
        error.is_node_exists() || error.is_no_node() || error.is_bad_version()
    };
    error.as_client().is_some_and(overtaken)
}

impl<T, C: Clone> Clone for Typed<T, C> {
    fn clone(&self) -> Self {
        let (client, path) = (self.client.clone(), self.path.clone());
        let (codec, options) = (self.codec.clone(), self.options.clone());
        Self { client, path, codec, options, value: PhantomData }
    }
}

impl<T, C: fmt::Debug> fmt::Debug for Typed<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Typed")
            .field("path", &self.path)
            .field("codec", &self.codec)
            .finish_non_exhaustive()
    }
}
