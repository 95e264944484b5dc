//! The barriers.

use std::time::Duration;

use zookit_client::blocking::Client;

use super::Guard;
use crate::Error;
use crate::barrier::{double, single};
use crate::claim::ClaimOptions;

/// The twin of [`Barrier`](single::Barrier).
///
/// ```
/// # use zookit_client::blocking::Client;
/// use zookit_recipes::blocking::Barrier;
///
/// # fn f(client: Client) -> Result<(), zookit_recipes::Error> {
/// let maintenance = Barrier::new(&client, "/app/maintenance");
/// maintenance.raise()?;
/// maintenance.lift()?;
/// maintenance.wait()?;
/// # Ok(()) }
/// # zookit_doctest::blocking::with_client(f);
/// ```
#[derive(Debug, Clone)]
pub struct Barrier {
    barrier: single::Barrier,
    client: Client,
}

impl Barrier {
    /// As [the async one](single::Barrier::new).
    #[must_use]
    pub fn new(client: &Client, path: &str) -> Self {
        Self::with_options(client, path, ClaimOptions::default())
    }

    /// As [the async one](single::Barrier::with_options).
    #[must_use]
    pub fn with_options(client: &Client, path: &str, options: ClaimOptions) -> Self {
        let barrier = single::Barrier::with_options(client.asynchronous(), path, options);
        Self { barrier, client: client.clone() }
    }

    /// As [the async one](single::Barrier::path).
    #[must_use]
    pub fn path(&self) -> &str {
        self.barrier.path()
    }

    /// As [the async one](single::Barrier::raise).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    pub fn raise(&self) -> Result<(), Error> {
        self.client.wait(self.barrier.raise())
    }

    /// As [the async one](single::Barrier::lift).
    ///
    /// # Errors
    /// As there.
    ///
    /// # If no reply comes
    /// As there.
    pub fn lift(&self) -> Result<bool, Error> {
        self.client.wait(self.barrier.lift())
    }

    /// As [the async one](single::Barrier::wait).
    ///
    /// # Errors
    /// As there.
    pub fn wait(&self) -> Result<(), Error> {
        self.client.wait(self.barrier.wait())
    }

    /// As [the async one](single::Barrier::wait_within).
    ///
    /// # Errors
    /// As there.
    pub fn wait_within(&self, time: Duration) -> Result<bool, Error> {
        self.client.wait(self.barrier.wait_within(time))
    }
}

/// The twin of [`DoubleBarrier`](double::DoubleBarrier).
///
/// ```
/// # use zookit_client::blocking::Client;
/// use zookit_recipes::blocking::DoubleBarrier;
///
/// # fn f(client: Client) -> Result<(), zookit_recipes::Error> {
/// let barrier = DoubleBarrier::new(&client, "/app/step-1", 1);
/// let inside = barrier.enter()?;
/// inside.leave()?;
/// # Ok(()) }
/// # zookit_doctest::blocking::with_client(f);
/// ```
#[derive(Debug, Clone)]
pub struct DoubleBarrier {
    barrier: double::DoubleBarrier,
    client: Client,
}

impl DoubleBarrier {
    /// As [the async one](double::DoubleBarrier::new).
    #[must_use]
    pub fn new(client: &Client, path: &str, members: usize) -> Self {
        Self::with_options(client, path, members, ClaimOptions::default())
    }

    /// As [the async one](double::DoubleBarrier::with_options).
    #[must_use]
    pub fn with_options(
        client: &Client,
        path: &str,
        members: usize,
        options: ClaimOptions,
    ) -> Self {
        let asynchronous = client.asynchronous();
        let barrier = double::DoubleBarrier::with_options(asynchronous, path, members, options);
        Self { barrier, client: client.clone() }
    }

    /// As [the async one](double::DoubleBarrier::path).
    #[must_use]
    pub fn path(&self) -> &str {
        self.barrier.path()
    }

    /// As [the async one](double::DoubleBarrier::enter).
    ///
    /// # Errors
    /// As there.
    pub fn enter(&self) -> Result<Guard<double::Entered>, Error> {
        let entered = self.client.wait(self.barrier.enter())?;
        Ok(Guard::new(entered, self.client.clone()))
    }

    /// As [the async one](double::DoubleBarrier::enter_within).
    ///
    /// # Errors
    /// As there.
    pub fn enter_within(&self, time: Duration) -> Result<Option<Guard<double::Entered>>, Error> {
        let entered = self.client.wait(self.barrier.enter_within(time))?;
        Ok(entered.map(|entered| Guard::new(entered, self.client.clone())))
    }
}

impl Guard<double::Entered> {
    /// As [the async one](double::Entered::leave).
    ///
    /// # Errors
    /// As there.
    pub fn leave(self) -> Result<(), Error> {
        let (entered, client) = self.into_parts();
        client.wait(entered.leave())
    }

    /// As [the async one](double::Entered::leave_within).
    ///
    /// # Errors
    /// As there.
    pub fn leave_within(self, time: Duration) -> Result<bool, Error> {
        let (entered, client) = self.into_parts();
        client.wait(entered.leave_within(time))
    }
}
