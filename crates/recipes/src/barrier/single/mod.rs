//! A barrier that one raises and lifts, and at which others wait.
//!
//! # What it guarantees
//!
//! Who waits goes on when the server says that there is no barrier, and for no other reason: not
//! for an event, a lost connection or a session that ends (curator issue 1290).
//!
//! # How it works
//!
//! 1. The barrier is a persistent znode. It is up while that is there.
//! 2. Who waits asks whether it exists and leaves a watch, in one request; and asks again whenever
//!    that has fired or ended.
//!
//! # What can go wrong
//!
//! * *The one who raised it dies*: it stays up. Somebody else has to lift it.
//! * *It is raised again while those who wait are on their way*: some of them have gone on, and
//!   some wait on.
//! * *The reply to raising it is lost*: it is looked for, behind a fence. If it is not there,
//!   nobody can tell whether it was raised and lifted again: *no reply* stands, since raising it
//!   once more might hold everybody up for good.
//! * *The reply to lifting it is lost*: its czxid tells whether the one that was to be lifted is
//!   still there.
//!
//! # On disk
//!
//! As Curator's `DistributedBarrier` and kazoo's `Barrier`.
//!
//! ```
//! # use std::time::Duration;
//! # use zookit_client::Client;
//! use zookit_recipes::Barrier;
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let maintenance = Barrier::new(&client, "/app/maintenance");
//! maintenance.raise().await?;
//! assert!(!maintenance.wait_within(Duration::from_millis(5)).await?);
//! maintenance.lift().await?;
//! maintenance.wait().await?;
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

use std::time::Duration;

use tokio::time::timeout;
use zookit_client::{Client, CreateMode, CreateOptions, RetryPolicy, Stat, Version};

use crate::Error;
use crate::claim::{ClaimOptions, Parents, endless};

/// How often what was found not done is done again.
const MOST_ATTEMPTS: u32 = 5;

/// A barrier. See [the module](self).
///
/// It is a description and raises nothing by itself; clones are the same barrier.
#[derive(Debug, Clone)]
#[doc(alias = "DistributedBarrier")]
pub struct Barrier {
    client: Client,
    path: String,
    options: ClaimOptions,
}

impl Barrier {
    /// The barrier at a path.
    #[must_use]
    pub fn new(client: &Client, path: &str) -> Self {
        Self::with_options(client, path, ClaimOptions::default())
    }

    /// The same, with other data, rights or parents. It has no name of its own to choose.
    #[must_use]
    pub fn with_options(client: &Client, path: &str, options: ClaimOptions) -> Self {
        Self { client: client.clone(), path: path.to_owned(), options }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Raises it, if it is not up.
    ///
    /// # Errors
    /// The client's.
    ///
    /// # If no reply comes
    /// It is looked for. *No reply* if it is not there, or nobody answers.
    ///
    /// # Cancel safety
    /// Dropping the future takes nothing back: it may be up.
    #[doc(alias = "setBarrier")]
    #[doc(alias = "create")]
    pub async fn raise(&self) -> Result<(), Error> {
        let ClaimOptions { data, acl, parents, .. } = &self.options;
        for _ in 0..MOST_ATTEMPTS {
            let mode = CreateMode::Persistent;
            let options = CreateOptions { mode, acl: acl.clone(), ttl: None };
            let created = self.client.create(&self.path, data.clone(), options).await;
            let Err(error) = created else { return Ok(()) };
            if error.is_node_exists() {
                return Ok(());
            } else if error.is_no_node() && *parents != Parents::Expected {
                let parent = self.path.rsplit_once('/').map_or("", |(parent, _)| parent);
                parents.make(&self.client, parent, acl).await?;
            } else if error.may_have_applied() && matches!(self.look().await, Ok(Some(_))) {
                return Ok(());
            } else {
                return Err(error.into());
            }
        }
        Err(Error::Contended { path: self.path.as_str().into(), attempts: MOST_ATTEMPTS })
    }

    /// Lifts it; whether it was up.
    ///
    /// # Errors
    /// The client's.
    ///
    /// # If no reply comes
    /// It is looked for. *No reply* only if nobody answers.
    ///
    /// # Cancel safety
    /// Dropping the future takes nothing back: it may be lifted.
    #[doc(alias = "removeBarrier")]
    #[doc(alias = "remove")]
    pub async fn lift(&self) -> Result<bool, Error> {
        let Some(up) = self.client.exists(&self.path).await? else { return Ok(false) };
        let mut attempt = 1;
        loop {
            let error = match self.client.delete(&self.path, Version::Any).await {
                Ok(()) => return Ok(true),
                // By somebody else, since it was seen.
                Err(error) if error.is_no_node() => return Ok(attempt > 1),
                Err(error) => error,
            };
            if !error.may_have_applied() || attempt == MOST_ATTEMPTS {
                return Err(error.into());
            }
            match self.look().await {
                Ok(Some(stat)) if stat.czxid == up.czxid => attempt += 1,
                // That one has gone, and this one was raised since.
                Ok(_) => return Ok(true),
                Err(_) => return Err(error.into()),
            }
        }
    }

    /// Waits until it is not up; over lost connections and sessions, as long as it takes.
    ///
    /// # Errors
    /// The client's, if trying again cannot mend it.
    ///
    /// # Cancel safety
    /// Dropping the future removes the watch, and nothing else.
    #[doc(alias = "waitOnBarrier")]
    pub async fn wait(&self) -> Result<(), Error> {
        let exists = || self.client.exists_and_watch(&self.path);
        while let (Some(_), watch) = self.client.retry(endless(), |_| exists()).await? {
            // However it ended: the server is asked.
            drop(watch.await);
        }
        Ok(())
    }

    /// As [`wait`](Self::wait), for this long at most; whether one may go on.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    ///
    /// # Cancel safety
    /// As [`wait`](Self::wait).
    pub async fn wait_within(&self, time: Duration) -> Result<bool, Error> {
        timeout(time, self.wait()).await.map_or(Ok(false), |waited| waited.map(|()| true))
    }

    /// The barrier, once what was lost is decided.
    async fn look(&self) -> Result<Option<Stat>, zookit_client::Error> {
        let look = || self.client.linearizable_read(|client| client.exists(&self.path));
        self.client.retry(RetryPolicy::default(), |_| look()).await
    }
}
