//! The changes of the state, waited for.

use std::iter::FusedIterator;
use std::time::Duration;

use super::wait::{TimedOut, wait, wait_for};
use crate::state::{StateStream, StateUpdate};

/// The changes of the state from when [`states`](super::Client::states) was called, in order: an
/// iterator that waits for the next one, and ends behind `Closed` or `AuthFailed`.
///
/// The last 256 are kept for a reader that is slow; if there were more, the next update says how
/// many it missed. It does not keep the session open.
///
/// # Examples
/// ```
/// # use zookit_client::blocking::Client;
/// # fn f(client: Client) {
/// let states = client.states();
/// std::thread::spawn(move || {
///     for update in states {
///         println!("{:?}: {}", update.change.state, update.change.reason);
///     }
/// });
/// # }
/// # zookit_doctest::blocking::with_client(f);
/// ```
#[derive(Debug)]
#[must_use = "an iterator over states does nothing unless it is asked"]
pub struct States(StateStream);

impl States {
    pub(super) const fn new(states: StateStream) -> Self {
        Self(states)
    }

    /// The next change, if it comes within this time; `None` once the last one has been seen. With
    /// [`Duration::ZERO`] only what is there already.
    ///
    /// # Errors
    /// Nothing came in time. Nothing is lost by that.
    ///
    /// # Panics
    /// On the client's own thread, if there is nothing yet.
    pub fn next_timeout(&mut self, timeout: Duration) -> Result<Option<StateUpdate>, TimedOut> {
        wait_for(self.0.next(), timeout)
    }
}

/// # Panics
/// On the client's own thread, if there is nothing yet.
impl Iterator for States {
    type Item = StateUpdate;

    fn next(&mut self) -> Option<StateUpdate> {
        wait(self.0.next())
    }
}

impl FusedIterator for States {}
