//! The number that many add to, and the numbers that are given out once.

use std::ops::Range;

use zookit_client::blocking::Client;

use crate::Error;
use crate::counter::atomic_long::{self, AtomicOptions, CountChange};
use crate::counter::ids;

/// The twin of [`AtomicLong`](atomic_long::AtomicLong).
///
/// ```
/// # use zookit_client::blocking::Client;
/// use zookit_recipes::blocking::AtomicLong;
///
/// # fn f(client: Client) -> Result<(), zookit_recipes::Error> {
/// let visits = AtomicLong::new(&client, "/app/visits");
/// assert_eq!(visits.add(3)?.after, 3);
/// # Ok(()) }
/// # zookit_doctest::blocking::with_client(f);
/// ```
#[derive(Debug, Clone)]
pub struct AtomicLong {
    // Before the client: what it cleans up is done on the client's thread.
    count: atomic_long::AtomicLong,
    client: Client,
}

impl AtomicLong {
    /// As [the async one](atomic_long::AtomicLong::new).
    #[must_use]
    pub fn new(client: &Client, path: &str) -> Self {
        Self::with_options(client, path, AtomicOptions::default())
    }

    /// As [the async one](atomic_long::AtomicLong::with_options). A lock in the options is the
    /// async one, of [`client.asynchronous()`](Client::asynchronous).
    #[must_use]
    pub fn with_options(client: &Client, path: &str, options: AtomicOptions) -> Self {
        let asynchronous = client.asynchronous();
        let count = atomic_long::AtomicLong::with_options(asynchronous, path, options);
        Self { count, client: client.clone() }
    }

    /// As [the async one](atomic_long::AtomicLong::path).
    #[must_use]
    pub fn path(&self) -> &str {
        self.count.path()
    }

    /// As [the async one](atomic_long::AtomicLong::get).
    ///
    /// # Errors
    /// As there.
    pub fn get(&self) -> Result<i64, Error> {
        self.client.wait(self.count.get())
    }

    /// As [the async one](atomic_long::AtomicLong::initialize).
    ///
    /// # Errors
    /// As there.
    pub fn initialize(&self, count: i64) -> Result<i64, Error> {
        self.client.wait(self.count.initialize(count))
    }

    /// As [the async one](atomic_long::AtomicLong::add).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    pub fn add(&self, delta: i64) -> Result<CountChange, Error> {
        self.client.wait(self.count.add(delta))
    }

    /// As [the async one](atomic_long::AtomicLong::increment).
    ///
    /// # Errors
    /// As there.
    pub fn increment(&self) -> Result<CountChange, Error> {
        self.client.wait(self.count.increment())
    }

    /// As [the async one](atomic_long::AtomicLong::decrement).
    ///
    /// # Errors
    /// As there.
    pub fn decrement(&self) -> Result<CountChange, Error> {
        self.client.wait(self.count.decrement())
    }

    /// As [the async one](atomic_long::AtomicLong::update).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    pub fn update(&self, next: impl FnMut(i64) -> i64) -> Result<CountChange, Error> {
        self.client.wait(self.count.update(next))
    }

    /// As [the async one](atomic_long::AtomicLong::compare_and_set).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    pub fn compare_and_set(&self, expected: i64, count: i64) -> Result<bool, Error> {
        self.client.wait(self.count.compare_and_set(expected, count))
    }

    /// As [the async one](atomic_long::AtomicLong::set).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    pub fn set(&self, count: i64) -> Result<i64, Error> {
        self.client.wait(self.count.set(count))
    }
}

/// The twin of [`IdGenerator`](ids::IdGenerator).
///
/// ```
/// # use zookit_client::blocking::Client;
/// use zookit_recipes::blocking::{AtomicLong, IdGenerator};
///
/// # fn f(client: Client) -> Result<(), zookit_recipes::Error> {
/// let orders = IdGenerator::new(AtomicLong::new(&client, "/app/orders"), 100);
/// assert_eq!(orders.next()?, 0);
/// assert_eq!(orders.next()?, 1);
/// # Ok(()) }
/// # zookit_doctest::blocking::with_client(f);
/// ```
#[derive(Debug)]
pub struct IdGenerator {
    ids: ids::IdGenerator,
    client: Client,
}

impl IdGenerator {
    /// As [the async one](ids::IdGenerator::new).
    #[must_use]
    pub fn new(count: AtomicLong, length: u32) -> Self {
        let AtomicLong { count, client } = count;
        Self { ids: ids::IdGenerator::new(count, length), client }
    }

    /// As [the async one](ids::IdGenerator::next).
    ///
    /// # Errors
    /// As there.
    pub fn next(&self) -> Result<i64, Error> {
        self.client.wait(self.ids.next())
    }

    /// As [the async one](ids::IdGenerator::reserve).
    ///
    /// # Errors
    /// As there.
    pub fn reserve(&self, length: u32) -> Result<Range<i64>, Error> {
        self.client.wait(self.ids.reserve(length))
    }
}
