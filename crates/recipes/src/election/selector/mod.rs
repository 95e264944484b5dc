//! A selector: runs a future while it leads.
//!
//! # What it guarantees
//!
//! What is [run](Selector::run) runs only while this one leads, as far as its session
//! [can be trusted](zookit_client::Client::trusted_until): when the leadership is lost, or by default
//! when it is doubtful, the future is dropped at its next `await`. Nothing is interrupted but by that,
//! so nothing of the leader's is left behind that the future does not own. Tokens grow from leader to
//! leader.
//!
//! # How it works
//!
//! 1. It stands in a queue as a [lock](crate::lock::mutex) does, with an ephemeral sequential znode
//!    `_c_UUID-lock-`, whose data is the id of the participant.
//! 2. When it is the first it calls the closure, with its leadership, and polls the future that the
//!    closure makes; beside that it watches its own znode and its session.
//! 3. When the future is done the znode is deleted, and the next leads. To resign is to return.
//!    [`requeued`](Selector::requeued) then goes to the end of the queue.
//!
//! # What can go wrong
//!
//! * *The future does not come back to an `await`*: nothing can stop it. What it writes is guarded by
//!   [`guarded_multi`](crate::Claim::guarded_multi), or by the token.
//! * *What the future spawned* is not dropped with it: a `JoinSet` that it owns is.
//! * *The future of `run` is dropped*: the leader's is dropped first, then the leadership is given up,
//!   in the background.
//! * *The closure panics*, or its future: the panic goes on, and the leadership is given up.
//!
//! # On disk
//!
//! As Curator's `LeaderSelector`; with [`Naming::Kazoo`](crate::Naming::Kazoo) as kazoo's `Election`.
//!
//! ```
//! # use zookit_client::{Client, Transaction, Version};
//! use zookit_recipes::Selector;
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let selector = Selector::new(&client, "/scheduler", "host-1");
//! let lead = async |leadership: zookit_recipes::Leadership| {
//!     println!("leads with the token {}", leadership.token());
//!     let write = Transaction::new().set_data("/config", "by the leader", Version::Any);
//!     leadership.guarded_multi(write).await
//! };
//! match selector.run(lead).await {
//!     Err(error) if error.is_lost() => println!("stopped half-way: {error}"),
//!     done => println!("{:?}", done??),
//! }
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

use std::ops::ControlFlow;
use std::pin::pin;

use zookit_client::Client;

use super::seat::Seat;
use super::{ElectionOptions, Leadership, in_the_way};
use crate::Error;
use crate::claim::{Lost, Participant, participants};
use crate::naming::Kind;
use crate::race::{First, first_of};

/// One who runs a future whenever it leads. See [the module](self).
///
/// It is a description and stands nowhere by itself; clones are the same.
#[derive(Debug, Clone)]
#[doc(alias = "LeaderSelector")]
#[doc(alias = "Election")]
pub struct Selector {
    client: Client,
    path: String,
    options: ElectionOptions,
}

impl Selector {
    /// For the election at a path, which need not exist, under an id for others to see.
    #[must_use]
    pub fn new(client: &Client, path: &str, id: &str) -> Self {
        Self::with_options(client, path, ElectionOptions::with_id(id))
    }

    /// The same, with other names, rights, parents, or another idea of when to stop.
    #[must_use]
    pub fn with_options(client: &Client, path: &str, options: ElectionOptions) -> Self {
        Self { client: client.clone(), path: path.to_owned(), options }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Waits until this one leads, over lost connections and sessions, and runs the future while it
    /// does. Then the leadership is given up, and the next one leads.
    ///
    /// # Errors
    /// [`Error::Lost`] if the leadership was lost, or is doubtful: the future was dropped, wherever
    /// it stood. The client's, if trying again cannot mend it, before the closure was called.
    ///
    /// # Cancel safety
    /// Dropping the future drops the leader's, and gives up the leadership or the place in the
    /// queue, in the background.
    #[doc(alias = "takeLeadership")]
    pub async fn run<T, F>(&self, lead: impl FnOnce(Leadership) -> F) -> Result<T, Error>
    where
        F: Future<Output = T>,
    {
        let seat = self.first().await?;
        let mut over = pin!(seat.over(self.options.until));
        // Dropped before the seat, whatever happens.
        let leading = pin!(lead(seat.leadership()));
        match first_of(leading, over.as_mut()).await {
            First::Left(value) => {
                self.leave(&seat).await;
                Ok(value)
            }
            First::Right(lost) => Err(seat.leadership().lost_by(lost)),
        }
    }

    /// Runs a future each time that this one leads, until one of them breaks: behind one that
    /// continues, and behind a leadership that was lost, it goes to the end of the queue.
    ///
    /// # Errors
    /// The client's, if trying again cannot mend it.
    ///
    /// # Cancel safety
    /// As [`run`](Self::run).
    ///
    /// # Examples
    /// ```
    /// # use std::ops::ControlFlow;
    /// # use zookit_client::Client;
    /// use zookit_recipes::Selector;
    /// # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
    /// let selector = Selector::new(&client, "/scheduler", "host-1");
    /// let mut terms = 0;
    /// let last = selector
    ///     .requeued(|leadership| {
    ///         terms += 1;
    ///         let stop = terms == 3;
    ///         async move {
    ///             let token = leadership.token();
    ///             if stop { ControlFlow::Break(token) } else { ControlFlow::Continue(()) }
    ///         }
    ///     })
    ///     .await?;
    /// println!("led three times, last with {last}");
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "autoRequeue")]
    pub async fn requeued<T, F>(&self, mut lead: impl FnMut(Leadership) -> F) -> Result<T, Error>
    where
        F: Future<Output = ControlFlow<T>>,
    {
        loop {
            match self.run(&mut lead).await {
                Ok(ControlFlow::Break(value)) => return Ok(value),
                Ok(ControlFlow::Continue(())) => {}
                // Of a closed client the next attempt tells.
                Err(Error::Lost { lost, .. }) => {
                    tracing::info!(target: "zookit::recipes", path = %self.path, %lost, "leads no more");
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Who leads, first, and who stands behind it, in order; their data are their ids.
    ///
    /// # Errors
    /// The client's; none if nobody stands, but nobody.
    #[doc(alias = "getParticipants")]
    #[doc(alias = "contenders")]
    pub async fn participants(&self) -> Result<Vec<Participant>, Error> {
        participants(&self.client, &self.path, in_the_way).await
    }

    /// A seat that is the first. One that is deleted before it led is taken anew, some times.
    pub(crate) async fn first(&self) -> Result<Seat, Error> {
        crate::claim::patiently(&self.client, || async {
            let (client, path) = (&self.client, &self.path);
            let (seat, names) = Seat::take(client, path, Kind::Lock, &self.options).await?;
            seat.turn(names).await?;
            Ok(seat)
        })
        .await
    }

    /// What the leader did is done, so whatever this ends in is no error of its.
    pub(crate) async fn leave(&self, seat: &Seat) {
        let path = &self.path;
        match seat.leave().await {
            Ok(()) | Err(Error::Lost { lost: Lost::Closed | Lost::SessionOver, .. }) => {}
            Err(error) => {
                tracing::warn!(target: "zookit::recipes", %path, %error, "what was led was not given up");
            }
        }
    }
}
