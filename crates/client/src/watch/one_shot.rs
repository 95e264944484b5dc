//! A watch that resolves once.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use zookit_session::WatchEnd;

use super::Watcher;
use crate::shared::{WatchNotice, WatchedEvent};

/// A one-shot watch: a future of the one event it was set for.
///
/// It survives lost connections: the next one sets it again, and what happened in between is told
/// by the server. It does not survive its session, and then ends with the reason.
///
/// Does not keep the session open.
///
/// # Cancel safety
/// Polling it by reference, as `tokio::select!` does with `&mut watch`, loses nothing. Dropping it
/// removes the watch, and from the server too if it was this client's last on the path.
///
/// # Ordering
/// The event is here before the reply of any request that the server answered behind it.
#[must_use = "dropping a watch removes it"]
pub struct OneShotWatch(Watcher);

impl OneShotWatch {
    pub(crate) const fn new(watcher: Watcher) -> Self {
        Self(watcher)
    }
}

impl Future for OneShotWatch {
    type Output = Result<WatchedEvent, WatchEnd>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.cell.poll(context).map(|notice| match notice {
            Some(WatchNotice::Event(event)) => Ok(event),
            Some(WatchNotice::Ended(end)) => Err(end),
            Some(WatchNotice::Gap { .. }) => unreachable!("one-shot watches have no gaps"),
            None => panic!("a one-shot watch was polled after it had resolved"),
        })
    }
}

impl fmt::Debug for OneShotWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OneShotWatch").field(&self.0.cell.path()).finish()
    }
}
