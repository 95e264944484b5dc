//! A claim: an ephemeral znode of one session, on which a lock, a lease or a leadership rests.
//!
//! ```text
//!   join ──────────> Claim ──────────> a guard ──────> release, or drop
//!   creates it,      stands in the     it is our       deletes it,
//!   in a task of     queue (wait)      turn            in a task of its own
//!   its own
//! ```
//! Whatever becomes of the caller's futures, no znode is left that nobody cares for while its
//! session lives: a claim deletes its znode when it is dropped; the task that creates it hands over
//! a claim or, if nobody waits any more, drops it; and what a create without a reply may have made
//! is looked for until it is found or cannot be there (`sweep`).
//!
//! A claim is of one session, by a handle [pinned](Client::session) to it: what is created, read
//! and deleted for it is sent in that session or never, so that a znode of an earlier session
//! cannot pass for ours.

mod join;
mod lost;
mod participants;
mod sweep;
mod wait;

use std::fmt;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use zookit_client::{Client, MultiOutcome, SessionId, Transaction, Version, Zxid};

pub use self::join::{ClaimOptions, Parents};
pub(crate) use self::join::{Join, join};
pub use self::lost::Lost;
pub use self::participants::Participant;
pub(crate) use self::participants::participants;
pub(crate) use self::wait::{endless, patiently, wait_turn};
use crate::Error;

/// What a lock, a lease or a leadership rests on: a znode that is this session's.
///
/// # How far it can be relied on
///
/// The znode is there until it is released, deleted by somebody, or its session is over. A session
/// ends where its client cannot see it, when the servers have not heard of it for its timeout. So
/// the holder goes by its own clock: until [`trusted_until`](Self::trusted_until) the session
/// lives, as far as [that goes](Client::trusted_until). [`doubted`](Self::doubted) is the moment
/// when that has passed, [`lost`](Self::lost) when it is over for good.
///
/// A program may stand still between a look at the clock and the write that relies on it. What must
/// not happen twice, whatever happens, is therefore fenced:
/// * writes to the same ensemble by [`guarded_multi`](Self::guarded_multi), which are applied only
///   while the claim's znode is there;
/// * everything else by the [`token`](Self::token), which grows from holder to holder, and which
///   whatever is written to compares with the greatest it has seen.
pub struct Claim {
    /// Pinned to the session.
    client: Client,
    path: Box<str>,
    token: Zxid,
    session: SessionId,
    /// Where the clean-up runs, wherever the claim is dropped.
    runtime: Handle,
    /// Whether the znode is nobody's to delete any more.
    settled: bool,
}

impl Claim {
    /// To be called within a runtime.
    pub(crate) fn new(client: Client, path: &str, token: Zxid) -> Self {
        let (session, runtime) = (client.session_id(), Handle::current());
        Self { client, path: path.into(), token, session, runtime, settled: false }
    }

    pub(crate) const fn set_token(&mut self, token: Zxid) {
        self.token = token;
    }

    /// The fencing token: the zxid that created the znode, which grows from holder to holder.
    ///
    /// It says in which order claims were *made*; in a queue they are also held in that order, but
    /// for those that hold at once, such as the leases of a semaphore.
    #[must_use]
    pub const fn token(&self) -> Zxid {
        self.token
    }

    /// The path of the znode, below the client's chroot.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The last part of the path.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit_once('/').map_or(&self.path, |(_, name)| name)
    }

    /// The session that it is of.
    #[must_use]
    pub const fn session_id(&self) -> SessionId {
        self.session
    }

    /// A handle of the client that is pinned to the claim's session: what is submitted through it is
    /// sent in that session or never.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Until when the session lives, by this machine's clock and
    /// [as far as can be told](Client::trusted_until); `None` if it is over.
    #[must_use]
    pub fn trusted_until(&self) -> Option<Instant> {
        let until = self.client.trusted_until()?;
        // In this order: a later session's would be read before its generation.
        (!self.is_over()).then_some(until)
    }

    /// Whether [`trusted_until`](Self::trusted_until) is still to come.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.trusted_until().is_some_and(|until| Instant::now() < until)
    }

    /// Whether the session is over, as far as this client knows.
    pub(crate) fn is_over(&self) -> bool {
        self.client.state().is_terminal()
            || self.client.pinned_to() != Some(self.client.generation())
    }

    /// Applies the operations if, and only if, the claim's znode is still there: a check of it
    /// stands before them in the transaction. Nobody else's znode can pass for it.
    ///
    /// So a holder that has been cut off, and does not know yet that another holds by now, changes
    /// nothing any more.
    ///
    /// # Errors
    /// [`Error::Lost`] if the znode is not there: nothing was applied. Others as those of
    /// [`Client::multi`]; the check counts as the first operation in what they say. *Not sent* if
    /// the session is over.
    ///
    /// # If no reply comes
    /// All of it may have been applied, or nothing.
    ///
    /// # Cancel safety
    /// It is submitted when first polled. Dropping the future takes nothing back.
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::{Client, Transaction, Version};
    /// use zookit_recipes::Mutex;
    /// # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
    /// let guard = Mutex::new(&client, "/locks/report").acquire().await?;
    /// let write = Transaction::new().set_data("/config", "written by one", Version::Any);
    /// guard.guarded_multi(write).await?;
    /// guard.release().await?;
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    pub async fn guarded_multi(
        &self,
        transaction: Transaction,
    ) -> Result<Vec<MultiOutcome>, Error> {
        let guarded = Transaction::new().check(&self.path, Version::Any).then(transaction);
        match self.client.multi(guarded).await {
            Ok(mut outcomes) => {
                outcomes.remove(0);
                Ok(outcomes)
            }
            Err(error) if is_of_the_check(&error) => Err(self.lost_by(Lost::Deleted)),
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes the znode, and answers when that is done. It goes on also if this is dropped, and
    /// over lost connections; dropping the claim does the same, with nobody to hear of it.
    ///
    /// # Errors
    /// [`Error::Lost`] if the znode was not there any more, or its session is over: it was released
    /// by somebody else, and others may have held meanwhile. *Refused* if it may not be deleted.
    ///
    /// # Cancel safety
    /// The znode is deleted in any case.
    pub(crate) async fn release(mut self) -> Result<(), Error> {
        self.settled = true;
        // Submitted here, whether this is polled again or not.
        match self.client.delete_guaranteed(&self.path, Version::Any).await {
            Ok(()) => Ok(()),
            Err(error) if error.is_no_node() => Err(self.lost_by(Lost::Deleted)),
            Err(error) if error.is_session_lost() => Err(self.lost_by(Lost::SessionOver)),
            Err(error) if error.is_closed() => Err(self.lost_by(Lost::Closed)),
            Err(error) => Err(error.into()),
        }
    }

    /// Its znode has been deleted by its owner.
    pub(crate) fn settle(self) {
        drop(self.kept());
    }

    /// The same, whose znode is not deleted when it is dropped: somebody else sees to that.
    pub(crate) fn kept(mut self) -> Self {
        self.settled = true;
        self
    }

    /// Runs a task where the claim cleans up, wherever this is called.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        task: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.runtime.spawn(task)
    }

    /// Somebody else has deleted its znode.
    pub(crate) fn gone(&self) -> Error {
        self.lost_by(Lost::Deleted)
    }

    pub(crate) fn lost_by(&self, lost: Lost) -> Error {
        Error::Lost { path: self.path.clone(), lost }
    }
}

/// Whether it was the first operation, our own check, that failed.
fn is_of_the_check(error: &zookit_client::Error) -> bool {
    let zookit_client::Error::Refused(refused) = error else { return false };
    error.is_no_node() && refused.failed_operation().is_some_and(|failed| failed.index == 0)
}

impl Drop for Claim {
    fn drop(&mut self) {
        if self.settled || self.is_over() {
            return;
        }
        let _within = self.runtime.enter();
        drop(self.client.delete_guaranteed(&self.path, Version::Any));
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("path", &self.path)
            .field("token", &self.token)
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}
