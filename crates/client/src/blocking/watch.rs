//! Watches that are waited for.

use std::fmt;
use std::iter::FusedIterator;
use std::time::Duration;

use zookit_session::WatchEnd;

use super::wait::{TimedOut, wait, wait_for};
use crate::shared::{WatchNotice, WatchedEvent};

/// A one-shot watch: waits for the one event it was set for.
///
/// It survives lost connections; it does not survive its session, and then ends with the reason.
/// Dropping it removes the watch. It does not keep the session open.
///
/// The event is here before the reply of any request that the server answered behind it.
///
/// # Examples
/// ```
/// # use zookit_client::blocking::Client;
/// # fn f(client: Client) -> Result<(), Box<dyn std::error::Error>> {
/// let (stat, mut created) = client.exists_and_watch("/ready")?;
/// if stat.is_none() {
///     println!("waiting");
///     created.wait()?;
/// }
/// # Ok(()) }
/// # zookit_doctest::blocking::with_client(f);
/// ```
#[must_use = "dropping a watch removes it"]
pub struct OneShotWatch {
    watch: crate::OneShotWatch,
    /// What it resolved to.
    told: Option<Result<WatchedEvent, WatchEnd>>,
}

impl OneShotWatch {
    pub(super) const fn new(watch: crate::OneShotWatch) -> Self {
        Self { watch, told: None }
    }

    /// Waits for the event, as long as it takes. Once it is there every call answers it again.
    ///
    /// # Errors
    /// The watch has ended without an event, and this is why.
    ///
    /// # Panics
    /// On the client's own thread, if there is nothing yet.
    pub fn wait(&mut self) -> Result<WatchedEvent, WatchEnd> {
        self.told.get_or_insert_with(|| wait(&mut self.watch)).clone()
    }

    /// Waits for the event, but not longer than this. The watch stays set and can be waited for
    /// again; with [`Duration::ZERO`] it is only looked at.
    ///
    /// # Errors
    /// Outside, that nothing came in time; inside, as [`wait`](Self::wait).
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use zookit_client::blocking::Client;
    /// # fn f(client: Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let (_, mut changed) = client.get_data_and_watch("/config")?;
    /// match changed.wait_timeout(Duration::from_secs(60)) {
    ///     Ok(event) => println!("{:?}", event?),
    ///     Err(_) => println!("nothing for a minute"),
    /// }
    /// # Ok(()) }
    /// # zookit_doctest::blocking::with_client(f);
    /// ```
    pub fn wait_timeout(
        &mut self,
        timeout: Duration,
    ) -> Result<Result<WatchedEvent, WatchEnd>, TimedOut> {
        if self.told.is_none() {
            self.told = Some(wait_for(&mut self.watch, timeout)?);
        }
        self.told.clone().ok_or(TimedOut)
    }
}

impl fmt::Debug for OneShotWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.watch.fmt(f)
    }
}

/// A persistent watch, recursive or not: an iterator over what happens, which waits for the next
/// notice and ends behind [`Ended`](WatchNotice::Ended).
///
/// It survives lost connections and expired sessions; after each absence comes a
/// [`Gap`](WatchNotice::Gap). Notices wait in a buffer of
/// [`watch_buffer`](crate::ConnectOptions::watch_buffer); what does not fit is a gap.
/// Dropping it removes the watch. It does not keep the session open.
///
/// # Examples
/// ```
/// # use zookit_client::blocking::Client;
/// # use zookit_client::{AddWatchMode, WatchNotice};
/// # fn f(client: Client) -> Result<(), zookit_client::Error> {
/// for notice in client.add_watch("/config", AddWatchMode::PersistentRecursive)? {
///     match notice {
///         WatchNotice::Event(event) => println!("{} {}", event.event_type, event.path),
///         WatchNotice::Gap { .. } => println!("read everything again"),
///         WatchNotice::Ended(why) => println!("over: {why}"),
///     }
///     # break;
/// }
/// # Ok(()) }
/// # zookit_doctest::blocking::with_client(f);
/// ```
#[must_use = "dropping a watch removes it"]
pub struct PersistentWatch(crate::PersistentWatch);

impl PersistentWatch {
    pub(super) const fn new(watch: crate::PersistentWatch) -> Self {
        Self(watch)
    }

    /// The next notice, if it comes within this time; `None` behind [`Ended`](WatchNotice::Ended).
    /// With [`Duration::ZERO`] only what is there already.
    ///
    /// # Errors
    /// Nothing came in time. Nothing is lost by that.
    ///
    /// # Panics
    /// On the client's own thread, if there is nothing yet.
    pub fn next_timeout(&mut self, timeout: Duration) -> Result<Option<WatchNotice>, TimedOut> {
        wait_for(self.0.next(), timeout)
    }
}

/// # Panics
/// On the client's own thread, if there is nothing yet.
impl Iterator for PersistentWatch {
    type Item = WatchNotice;

    fn next(&mut self) -> Option<WatchNotice> {
        wait(self.0.next())
    }
}

impl FusedIterator for PersistentWatch {}

impl fmt::Debug for PersistentWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
