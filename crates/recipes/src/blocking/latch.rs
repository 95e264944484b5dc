//! Standing for leader.

use std::time::Duration;

use tokio::time::timeout;
use zookit_client::blocking::Client;

use crate::changes::{Change, Changes};
use crate::claim::Participant;
use crate::election::{ElectionOptions, Leadership, latch};
use crate::{Error, Standing};

/// The twin of [`Latch`](latch::Latch).
///
/// ```
/// # use std::time::Duration;
/// # use zookit_client::blocking::Client;
/// use zookit_recipes::blocking::Latch;
///
/// # fn f(client: Client) -> Result<(), zookit_recipes::Error> {
/// let latch = Latch::start(&client, "/leader", "host-1");
/// if let Some(leadership) = latch.wait_leading_within(Duration::from_secs(5))? {
///     println!("leads with the token {}", leadership.token());
/// }
/// latch.close()?;
/// # Ok(()) }
/// # zookit_doctest::blocking::with_client(f);
/// ```
#[derive(Debug)]
#[must_use = "a latch that is dropped stands no more"]
pub struct Latch {
    // Before the client: what it cleans up is done on the client's thread.
    latch: latch::Latch,
    client: Client,
}

impl Latch {
    /// As [the async one](latch::Latch::start).
    pub fn start(client: &Client, path: &str, id: &str) -> Self {
        Self::start_with(client, path, ElectionOptions::with_id(id))
    }

    /// As [the async one](latch::Latch::start_with).
    pub fn start_with(client: &Client, path: &str, options: ElectionOptions) -> Self {
        let start = || latch::Latch::start_with(client.asynchronous(), path, options);
        Self { latch: client.within(start), client: client.clone() }
    }

    /// As [the async one](latch::Latch::standing).
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.latch.standing()
    }

    /// How it stands, and then each change of that; see [`Told`].
    pub fn changes(&self) -> Told<Standing> {
        Told::new(self.latch.changes(), self.client.clone())
    }

    /// As [the async one](latch::Latch::wait_leading).
    ///
    /// # Errors
    /// As there.
    pub fn wait_leading(&self) -> Result<Leadership, Error> {
        self.client.wait(self.latch.wait_leading())
    }

    /// The same, for this long at most; `None` if it does not lead by then.
    ///
    /// # Errors
    /// As there.
    pub fn wait_leading_within(&self, time: Duration) -> Result<Option<Leadership>, Error> {
        let within = async { timeout(time, self.latch.wait_leading()).await };
        self.client.wait(within).ok().transpose()
    }

    /// As [the async one](latch::Latch::participants).
    ///
    /// # Errors
    /// As there.
    pub fn participants(&self) -> Result<Vec<Participant>, Error> {
        self.client.wait(self.latch.participants())
    }

    /// As [the async one](latch::Latch::resign).
    ///
    /// # Errors
    /// As there.
    pub fn resign(&self) -> Result<(), Error> {
        self.client.wait(self.latch.resign())
    }

    /// As [the async one](latch::Latch::close).
    ///
    /// # Errors
    /// As there.
    pub fn close(self) -> Result<(), Error> {
        let Self { latch, client } = self;
        client.wait(latch.close())
    }
}

/// The twin of [`Changes`]: an iterator that waits for the next change. It keeps the session open,
/// as a clone of the client does.
#[derive(Debug)]
#[must_use = "it tells nothing unless it is asked"]
pub struct Told<T> {
    changes: Changes<T>,
    client: Client,
}

impl<T: Clone> Told<T> {
    pub(super) const fn new(changes: Changes<T>, client: Client) -> Self {
        Self { changes, client }
    }

    /// As [`Changes::next`], for this long at most; `None` if nothing changed by then, and inside
    /// what that answers.
    pub fn next_within(&mut self, time: Duration) -> Option<Option<Change<T>>> {
        self.client.wait(async { timeout(time, self.changes.next()).await }).ok()
    }
}

impl<T: Clone> Iterator for Told<T> {
    type Item = Change<T>;

    /// As [`Changes::next`].
    fn next(&mut self) -> Option<Change<T>> {
        self.client.wait(self.changes.next())
    }
}
