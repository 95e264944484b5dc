//! Values and numbers that many share.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;
use zookit_client::Zxid;
use zookit_client::blocking::Client;

use crate::Error;
use crate::claim::ClaimOptions;
use crate::counter::shared_count;
use crate::counter::shared_value::{self, Versioned};

/// The twin of [`SharedValue`](shared_value::SharedValue).
///
/// ```
/// # use zookit_client::blocking::Client;
/// use zookit_recipes::blocking::SharedValue;
///
/// # fn f(client: Client) -> Result<(), zookit_recipes::Error> {
/// let theme = SharedValue::new(&client, "/app/theme", "light");
/// let seen = theme.get()?;
/// if theme.try_set(&seen, "dark")?.is_none() {
///     println!("somebody else was faster");
/// }
/// # Ok(()) }
/// # zookit_doctest::blocking::with_client(f);
/// ```
#[derive(Debug, Clone)]
pub struct SharedValue {
    // Before the client: what it cleans up is done on the client's thread.
    value: shared_value::SharedValue,
    client: Client,
}

impl SharedValue {
    /// As [the async one](shared_value::SharedValue::new).
    #[must_use]
    pub fn new(client: &Client, path: &str, seed: impl Into<Bytes>) -> Self {
        Self::with_options(client, path, seed, ClaimOptions::default())
    }

    /// As [the async one](shared_value::SharedValue::with_options).
    #[must_use]
    pub fn with_options(
        client: &Client,
        path: &str,
        seed: impl Into<Bytes>,
        options: ClaimOptions,
    ) -> Self {
        let asynchronous = client.asynchronous();
        let value = shared_value::SharedValue::with_options(asynchronous, path, seed, options);
        Self { value, client: client.clone() }
    }

    /// As [the async one](shared_value::SharedValue::path).
    #[must_use]
    pub fn path(&self) -> &str {
        self.value.path()
    }

    /// As [the async one](shared_value::SharedValue::get).
    ///
    /// # Errors
    /// As there.
    pub fn get(&self) -> Result<Versioned<Bytes>, Error> {
        self.client.wait(self.value.get())
    }

    /// As [the async one](shared_value::SharedValue::set).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    pub fn set(&self, value: impl Into<Bytes>) -> Result<Zxid, Error> {
        self.client.wait(self.value.set(value))
    }

    /// As [the async one](shared_value::SharedValue::try_set).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    pub fn try_set(
        &self,
        seen: &Versioned<Bytes>,
        value: impl Into<Bytes>,
    ) -> Result<Option<Versioned<Bytes>>, Error> {
        self.client.wait(self.value.try_set(seen, value))
    }

    /// As [the async one](shared_value::SharedValue::follow).
    pub fn follow(&self) -> Follow<Bytes> {
        Follow { follow: self.value.follow(), client: self.client.clone() }
    }
}

/// The twin of [`SharedCount`](shared_count::SharedCount).
///
/// ```
/// # use zookit_client::blocking::Client;
/// use zookit_recipes::blocking::SharedCount;
///
/// # fn f(client: Client) -> Result<(), zookit_recipes::Error> {
/// let limit = SharedCount::new(&client, "/app/limit", 10);
/// limit.set(20)?;
/// assert_eq!(limit.get()?.value, 20);
/// # Ok(()) }
/// # zookit_doctest::blocking::with_client(f);
/// ```
#[derive(Debug, Clone)]
pub struct SharedCount {
    // Before the client: what it cleans up is done on the client's thread.
    count: shared_count::SharedCount,
    client: Client,
}

impl SharedCount {
    /// As [the async one](shared_count::SharedCount::new).
    #[must_use]
    pub fn new(client: &Client, path: &str, seed: i32) -> Self {
        Self::with_options(client, path, seed, ClaimOptions::default())
    }

    /// As [the async one](shared_count::SharedCount::with_options).
    #[must_use]
    pub fn with_options(client: &Client, path: &str, seed: i32, options: ClaimOptions) -> Self {
        let asynchronous = client.asynchronous();
        let count = shared_count::SharedCount::with_options(asynchronous, path, seed, options);
        Self { count, client: client.clone() }
    }

    /// As [the async one](shared_count::SharedCount::path).
    #[must_use]
    pub fn path(&self) -> &str {
        self.count.path()
    }

    /// As [the async one](shared_count::SharedCount::get).
    ///
    /// # Errors
    /// As there.
    pub fn get(&self) -> Result<Versioned<i32>, Error> {
        self.client.wait(self.count.get())
    }

    /// As [the async one](shared_count::SharedCount::set).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    pub fn set(&self, count: i32) -> Result<Zxid, Error> {
        self.client.wait(self.count.set(count))
    }

    /// As [the async one](shared_count::SharedCount::try_set).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    pub fn try_set(
        &self,
        seen: &Versioned<i32>,
        count: i32,
    ) -> Result<Option<Versioned<i32>>, Error> {
        self.client.wait(self.count.try_set(seen, count))
    }

    /// As [the async one](shared_count::SharedCount::follow).
    pub fn follow(&self) -> Follow<i32> {
        Follow { follow: self.count.follow(), client: self.client.clone() }
    }
}

/// The twin of [`Follow`](shared_value::Follow).
#[derive(Debug)]
#[must_use = "a follower tells nothing unless it is asked"]
pub struct Follow<T> {
    follow: shared_value::Follow<T>,
    client: Client,
}

impl<T> Follow<T> {
    /// As [the async one](shared_value::Follow::next), however long that takes.
    ///
    /// # Errors
    /// As there.
    #[expect(
        clippy::should_implement_trait,
        reason = "it has no end, and errors that do not end it"
    )]
    pub fn next(&mut self) -> Result<Option<Versioned<T>>, Error> {
        self.client.wait(self.follow.next())
    }

    /// The same, for this long at most; `None` if nothing came by then. Nothing is lost by that.
    ///
    /// # Errors
    /// As there.
    pub fn next_within(&mut self, time: Duration) -> Result<Option<Option<Versioned<T>>>, Error> {
        self.client.wait(async { timeout(time, self.follow.next()).await }).ok().transpose()
    }
}
