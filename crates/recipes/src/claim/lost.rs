//! When a claim can no longer be relied on.

use std::fmt;
use std::pin::pin;
use std::sync::atomic::Ordering;

use tokio::time::{Instant, sleep_until};
use zookit_client::EventType;

use super::Claim;
use super::wait::endless;
use crate::race::{First, first, first_of};

/// Why something is not held any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Lost {
    /// The session expired, or was given up for expired; its znodes went with it, or go before the
    /// next session of this client opens.
    SessionOver,
    /// The session lives, and somebody deleted the znode.
    Deleted,
    /// The client was closed.
    Closed,
    /// Somebody else took it: a lease whose time was over, for one.
    Taken,
    /// No server answered for so long that others may hold it by now; whether they do is not known.
    /// [`Claim::lost`] never answers this: it is for recipes that stop in [doubt](Claim::doubted).
    Doubted,
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SessionOver => "its session is over",
            Self::Deleted => "somebody deleted its znode",
            Self::Closed => "the client was closed",
            Self::Taken => "somebody took it since",
            Self::Doubted => "no server has answered for so long that others may hold it",
        })
    }
}

impl Claim {
    /// Waits until the claim is doubtful: [`trusted_until`](Self::trusted_until) has passed, since no
    /// server answered for so long, or the session is over.
    ///
    /// Others may hold from then on. If the connection comes back in time the claim may turn out to
    /// be still there; who wants to go on then looks at [`is_trusted`](Self::is_trusted) again, or
    /// waits for [`lost`](Self::lost). Who must not do anything that another does too stops at once.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use zookit_client::Client;
    /// use zookit_recipes::Mutex;
    /// # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
    /// # async fn work() { tokio::time::sleep(Duration::from_millis(1)).await }
    /// let guard = Mutex::new(&client, "/locks/report").acquire().await?;
    /// tokio::select! {
    ///     () = guard.doubted() => println!("stopped half-way: somebody else may be at it"),
    ///     () = work() => println!("done"),
    /// }
    /// guard.release().await?;
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    pub async fn doubted(&self) {
        let mut states = self.client.states();
        while let Some(until) = self.trusted_until() {
            if until <= Instant::now() {
                return;
            }
            // Each answered request moves it on; it is looked at again when it has come.
            if let First::Left(None) = first(states.next(), sleep_until(until)).await {
                return;
            }
        }
    }

    /// Waits until the claim is lost for good: the session is over, or somebody deleted the znode.
    ///
    /// It watches the claim's own znode, from when it is first polled: the one request that a claim
    /// costs beyond those of the recipe.
    ///
    /// # Cancel safety
    /// Dropping the future removes the watch, and nothing else.
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::{Client, Version};
    /// use zookit_recipes::{Lost, Mutex};
    /// # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
    /// let guard = Mutex::new(&client, "/locks/report").acquire().await?;
    /// // An operator makes way.
    /// client.delete(guard.path(), Version::Any).await?;
    /// assert_eq!(guard.lost().await, Lost::Deleted);
    /// assert!(!guard.is_trusted());
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    pub async fn lost(&self) -> Lost {
        let mut states = self.client.states();
        let mut deleted = pin!(self.deleted());
        loop {
            if let Some(lost) = self.over() {
                return lost;
            }
            match first_of(deleted.as_mut(), pin!(states.next())).await {
                First::Left(lost) => {
                    self.gone.store(true, Ordering::Relaxed);
                    return lost;
                }
                First::Right(Some(_)) => {}
                First::Right(None) => return self.over().unwrap_or(Lost::Closed),
            }
        }
    }

    fn over(&self) -> Option<Lost> {
        if self.client.state().is_terminal() {
            return Some(Lost::Closed);
        }
        self.is_over().then_some(Lost::SessionOver)
    }

    /// Waits until the znode is gone, or there is no telling any more.
    async fn deleted(&self) -> Lost {
        loop {
            let exists = || self.client.exists_and_watch(&self.path);
            match self.client.retry(endless(), |_| exists()).await {
                Ok((None, _)) => return Lost::Deleted,
                Ok((Some(_), watch)) => match watch.await {
                    Ok(event) if event.event_type == EventType::NodeDeleted => {
                        return Lost::Deleted;
                    }
                    // Its data were changed; or the watch went with its session.
                    Ok(_) | Err(_) => {}
                },
                // Nothing that trying again would mend: the session is over.
                Err(_) => return self.over().unwrap_or(Lost::SessionOver),
            }
        }
    }
}
