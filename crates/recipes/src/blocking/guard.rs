//! What is held, for programs without a runtime.

use std::ops::Deref;
use std::time::Duration;

use tokio::time::timeout;
use zookit_client::blocking::Client;
use zookit_client::{MultiOutcome, Transaction};

use crate::{Claim, Error, Lost};

/// A guard of a recipe, with its waits; see [`Claim`] for all that it can tell without one.
#[derive(Debug)]
#[must_use = "a guard that is dropped gives up what it holds"]
pub struct Guard<G> {
    // Before the client: what it cleans up is done on the client's thread.
    guard: G,
    client: Client,
}

impl<G> Guard<G> {
    pub(super) const fn new(guard: G, client: Client) -> Self {
        Self { guard, client }
    }

    pub(super) const fn client(&self) -> &Client {
        &self.client
    }

    pub(super) const fn parts_mut(&mut self) -> (&mut G, &Client) {
        (&mut self.guard, &self.client)
    }

    pub(super) fn into_parts(self) -> (G, Client) {
        (self.guard, self.client)
    }
}

impl<G: Deref<Target = Claim>> Guard<G> {
    /// As [`Claim::guarded_multi`].
    ///
    /// # Errors
    /// As there.
    pub fn guarded_multi(&self, transaction: Transaction) -> Result<Vec<MultiOutcome>, Error> {
        self.client.wait(self.guard.guarded_multi(transaction))
    }

    /// As [`Claim::doubted`], for this long at most; whether it is doubtful.
    #[must_use]
    pub fn doubted_within(&self, time: Duration) -> bool {
        self.client.wait(async { timeout(time, self.guard.doubted()).await }).is_ok()
    }

    /// As [`Claim::lost`], for this long at most; `None` if it is not lost by then.
    #[must_use]
    pub fn lost_within(&self, time: Duration) -> Option<Lost> {
        self.client.wait(async { timeout(time, self.guard.lost()).await }).ok()
    }

    /// As [`Claim::revocation`], for this long at most; whether somebody has asked.
    ///
    /// # Errors
    /// As there.
    pub fn revocation_within(&self, time: Duration) -> Result<bool, Error> {
        let asked = self.client.wait(async { timeout(time, self.guard.revocation()).await });
        asked.map_or(Ok(false), |asked| asked.map(|()| true))
    }
}

impl<G> Deref for Guard<G> {
    type Target = G;

    fn deref(&self) -> &G {
        &self.guard
    }
}
