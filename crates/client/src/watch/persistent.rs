//! A watch that tells again and again.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::Watcher;
use crate::shared::WatchNotice;

/// A persistent watch, recursive or not: a stream of what happens.
///
/// It survives lost connections and expired sessions, but a server keeps no events for a watch
/// that is away: after each absence comes a [`Gap`](WatchNotice::Gap).
/// Notices wait in a buffer of [`watch_buffer`](crate::ConnectOptions::watch_buffer); what does
/// not fit is a gap, never silence.
///
/// Does not keep the session open: when the client is closed, the stream tells
/// [`Ended`](WatchNotice::Ended) and is over.
///
/// # Ordering
/// An event is in the stream before the reply of any request that the server answered behind it.
#[must_use = "dropping a watch removes it"]
pub struct PersistentWatch(Watcher);

impl PersistentWatch {
    pub(crate) const fn new(watcher: Watcher) -> Self {
        Self(watcher)
    }

    /// The next notice; `None` behind [`Ended`](WatchNotice::Ended).
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing. Dropping the watch removes it, and from the server too
    /// if it was this client's last on the path.
    ///
    /// # Examples
    /// ```
    /// use zookit_client::{AddWatchMode, Client, WatchNotice};
    /// # async fn f(client: Client) -> Result<(), zookit_client::Error> {
    /// let mut watch = client.add_watch("/config", AddWatchMode::PersistentRecursive).await?;
    /// while let Some(notice) = watch.next().await {
    ///     match notice {
    ///         WatchNotice::Event(event) => println!("{} {}", event.event_type, event.path),
    ///         WatchNotice::Gap { .. } => println!("read everything again"),
    ///         WatchNotice::Ended(why) => println!("over: {why}"),
    ///     }
    ///     # break;
    /// }
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    pub async fn next(&mut self) -> Option<WatchNotice> {
        poll_fn(|context| self.0.cell.poll(context)).await
    }
}

impl Stream for PersistentWatch {
    type Item = WatchNotice;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<WatchNotice>> {
        self.0.cell.poll(context)
    }
}

impl fmt::Debug for PersistentWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PersistentWatch").field(&self.0.cell.path()).finish()
    }
}
