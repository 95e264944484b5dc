//! Leading, while a closure runs.

use std::time::Duration;

use tokio::time::timeout;
use zookit_client::blocking::Client;

use super::Guard;
use crate::Error;
use crate::claim::Participant;
use crate::election::seat::Seat;
use crate::election::{ElectionOptions, Leadership, selector};

/// The twin of [`Selector`](selector::Selector).
///
/// A closure cannot be stopped from outside as a future can be dropped. So it is handed a guard that
/// tells whether it still leads, without waiting or with, and it is for the closure to look.
///
/// ```
/// # use zookit_client::blocking::Client;
/// use zookit_recipes::blocking::Selector;
///
/// # fn f(client: Client) -> Result<(), zookit_recipes::Error> {
/// let selector = Selector::new(&client, "/scheduler", "host-1");
/// let jobs = selector.run(|leadership| {
///     (0..10).take_while(|_| leadership.is_trusted()).count()
/// })?;
/// println!("did {jobs} jobs as the leader");
/// # Ok(()) }
/// # zookit_doctest::blocking::with_client(f);
/// ```
#[derive(Debug, Clone)]
pub struct Selector {
    selector: selector::Selector,
    client: Client,
}

impl Selector {
    /// As [the async one](selector::Selector::new).
    #[must_use]
    pub fn new(client: &Client, path: &str, id: &str) -> Self {
        Self::with_options(client, path, ElectionOptions::with_id(id))
    }

    /// As [the async one](selector::Selector::with_options). When a leader is to stop is not looked
    /// at: the closure stops by itself.
    #[must_use]
    pub fn with_options(client: &Client, path: &str, options: ElectionOptions) -> Self {
        let selector = selector::Selector::with_options(client.asynchronous(), path, options);
        Self { selector, client: client.clone() }
    }

    /// Waits until this one leads, over lost connections and sessions, and calls the closure. Then
    /// the leadership is given up, and the next one leads.
    ///
    /// # Errors
    /// The client's, if trying again cannot mend it: the closure was not called.
    pub fn run<T>(&self, lead: impl FnOnce(&Guard<Leadership>) -> T) -> Result<T, Error> {
        let seat = self.client.wait(self.selector.first())?;
        Ok(self.lead(&seat, lead))
    }

    /// The same, if this one leads in this time; `None` if it does not: the closure was not called,
    /// and its place in the queue is given up, in the background. How long the closure takes is its
    /// own affair.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_within<T>(
        &self,
        time: Duration,
        lead: impl FnOnce(&Guard<Leadership>) -> T,
    ) -> Result<Option<T>, Error> {
        let within = async { timeout(time, self.selector.first()).await };
        let seat = self.client.wait(within).ok().transpose()?;
        Ok(seat.map(|seat| self.lead(&seat, lead)))
    }

    fn lead<T>(&self, seat: &Seat, lead: impl FnOnce(&Guard<Leadership>) -> T) -> T {
        let guard = Guard::new(seat.leadership(), self.client.clone());
        let value = lead(&guard);
        self.client.wait(self.selector.leave(seat));
        value
    }

    /// As [the async one](selector::Selector::participants).
    ///
    /// # Errors
    /// As there.
    pub fn participants(&self) -> Result<Vec<Participant>, Error> {
        self.client.wait(self.selector.participants())
    }
}
