//! Znodes whose data are values.

use serde::Serialize;
use serde::de::DeserializeOwned;
use zookit_client::blocking::Client;
use zookit_client::{CreateOptions, Stat, Version};

use crate::Error;
use crate::typed::{self, Codec, Json, Valued};

/// The twin of [`Typed`](typed::Typed).
///
/// ```
/// # use zookit_client::blocking::Client;
/// use zookit_recipes::blocking::Typed;
///
/// # fn f(client: Client) -> Result<(), zookit_recipes::Error> {
/// let visits = Typed::<u64>::new(&client, "/visits");
/// let now = visits.update(|now| now.unwrap_or(0) + 1)?;
/// assert_eq!(now.value, 1);
/// # Ok(()) }
/// # zookit_doctest::blocking::with_client(f);
/// ```
#[derive(Debug, Clone)]
pub struct Typed<T, C: Clone = Json> {
    typed: typed::Typed<T, C>,
    client: Client,
}

impl<T> Typed<T> {
    /// As [the async one](typed::Typed::new).
    #[must_use]
    pub fn new(client: &Client, path: &str) -> Self {
        Self::with(client, path, Json, CreateOptions::default())
    }
}

impl<T, C: Clone> Typed<T, C> {
    /// As [the async one](typed::Typed::with).
    #[must_use]
    pub fn with(client: &Client, path: &str, codec: C, options: CreateOptions) -> Self {
        let typed = typed::Typed::with(client.asynchronous(), path, codec, options);
        Self { typed, client: client.clone() }
    }

    /// As [the async one](typed::Typed::path).
    #[must_use]
    pub fn path(&self) -> &str {
        self.typed.path()
    }
}

impl<T: Serialize + DeserializeOwned, C: Codec + Clone> Typed<T, C> {
    /// As [the async one](typed::Typed::child).
    #[must_use]
    pub fn child(&self, name: &str) -> Self {
        Self { typed: self.typed.child(name), client: self.client.clone() }
    }

    /// As [the async one](typed::Typed::get).
    ///
    /// # Errors
    /// As there.
    pub fn get(&self) -> Result<Option<Valued<T>>, Error> {
        self.client.wait(self.typed.get())
    }

    /// As [the async one](typed::Typed::create).
    ///
    /// # Errors
    /// As there.
    pub fn create(&self, value: &T) -> Result<(), Error> {
        self.client.wait(self.typed.create(value))
    }

    /// As [the async one](typed::Typed::set).
    ///
    /// # Errors
    /// As there.
    pub fn set(&self, value: &T, version: Version) -> Result<Stat, Error> {
        self.client.wait(self.typed.set(value, version))
    }

    /// As [the async one](typed::Typed::update).
    ///
    /// # Errors
    /// As there.
    pub fn update(&self, change: impl FnMut(Option<T>) -> T) -> Result<Valued<T>, Error> {
        self.client.wait(self.typed.update(change))
    }

    /// As [the async one](typed::Typed::delete).
    ///
    /// # Errors
    /// As there.
    pub fn delete(&self, version: Version) -> Result<(), Error> {
        self.client.wait(self.typed.delete(version))
    }

    /// As [the async one](typed::Typed::children).
    ///
    /// # Errors
    /// As there.
    pub fn children(&self) -> Result<Vec<(String, Valued<T>)>, Error> {
        self.client.wait(self.typed.children())
    }
}
