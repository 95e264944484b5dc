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

mod exchange;
mod join;
mod lost;
mod participants;
mod sweep;
mod task;
mod wait;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use zookit_client::{Client, MultiOutcome, SessionId, Transaction, Version, Zxid};
use zookit_proto::mutant::{self, Mutant};

pub(crate) use self::exchange::{Instead, exchange};
pub use self::join::{ClaimOptions, Parents};
pub(crate) use self::join::{Join, join, join_for_certain};
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
    settled: AtomicBool,
    /// Whether somebody was told that the znode is not there any more.
    gone: AtomicBool,
}

impl Claim {
    /// To be called within a runtime.
    pub(crate) fn new(client: Client, path: &str, token: Zxid) -> Self {
        let (session, runtime) = (client.session_id(), Handle::current());
        Self {
            client,
            path: path.into(),
            token,
            session,
            runtime,
            settled: AtomicBool::new(false),
            gone: AtomicBool::new(false),
        }
    }

    pub(crate) const fn set_token(&mut self, token: Zxid) {
        self.token = token;
    }

    /// The znode is nobody's to delete any more: its owner has deleted it, or somebody else.
    pub(crate) fn settle(&self) {
        self.settled.store(true, Ordering::Relaxed);
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
    /// [as far as can be told](Client::trusted_until); `None` if it is over, or if the claim has
    /// told somebody that its znode is gone: by [`lost`](Self::lost), or by a
    /// [guarded](Self::guarded_multi) write that was refused.
    #[must_use]
    pub fn trusted_until(&self) -> Option<Instant> {
        let until = self.client.trusted_until()?;
        // In this order: a later session's would be read before its generation.
        let lost = self.is_over() || self.gone.load(Ordering::Relaxed);
        (!lost).then_some(until)
    }

    /// Whether [`trusted_until`](Self::trusted_until) is still to come. It is not looked whether the
    /// znode is still there: who wants to know has [`lost`](Self::lost) polled.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        let unheard = mutant::on(Mutant::DoubtfulTrusted);
        self.trusted_until().is_some_and(|until| Instant::now() < until || unheard)
    }

    /// Whether the session is over, as far as this client knows.
    pub(crate) fn is_over(&self) -> bool {
        let next_is_open = self.client.pinned_to() != Some(self.client.generation());
        self.client.state().is_terminal()
            || next_is_open && !mutant::on(Mutant::ClaimOutlivesSession)
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
        let own = if mutant::on(Mutant::GuardWithoutCheck) { "/" } else { &*self.path };
        let guarded = Transaction::new().check(own, Version::Any).then(transaction);
        match self.client.multi(guarded).await {
            Ok(mut outcomes) => {
                outcomes.remove(0);
                Ok(outcomes)
            }
            Err(error) if is_of_the_check(&error) => Err(self.found_deleted()),
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
    pub(crate) async fn release(self) -> Result<(), Error> {
        self.end().await
    }

    /// As [`release`](Self::release), for a claim that others look at too.
    pub(crate) async fn end(&self) -> Result<(), Error> {
        self.settle();
        // Submitted here, whether this is polled again or not.
        match self.client.delete_guaranteed(&self.path, Version::Any).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.lost_or(error)),
        }
    }

    /// The same claim, whose znode is not deleted when it is dropped: somebody else sees to that.
    pub(crate) fn kept(self) -> Self {
        self.settle();
        self
    }

    /// Runs a task where the claim cleans up, wherever this is called.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        task: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.runtime.spawn(task)
    }

    /// As [`lost_or`](Self::lost_or), of what is tried again in the next session: that one's end is
    /// the client's error.
    pub(crate) fn deleted_or(&self, error: zookit_client::Error) -> Error {
        if error.is_no_node() { self.found_deleted() } else { error.into() }
    }

    /// What an error of a request about the claim's own znode says of the claim.
    pub(crate) fn lost_or(&self, error: zookit_client::Error) -> Error {
        if error.is_no_node() {
            self.found_deleted()
        } else if error.is_session_lost() {
            self.lost_by(Lost::SessionOver)
        } else if error.is_closed() {
            self.lost_by(Lost::Closed)
        } else {
            error.into()
        }
    }

    /// Deletes the znode in the background, unless that was done before.
    pub(crate) fn abandon(&self) {
        if self.settled.swap(true, Ordering::Relaxed)
            || self.is_over()
            || mutant::on(Mutant::ClaimLeftWhenDropped)
        {
            return;
        }
        let _within = self.runtime.enter();
        drop(self.client.delete_guaranteed(&self.path, Version::Any));
    }

    /// Its znode has been found gone: this tells it, and from here on it is not trusted.
    pub(crate) fn found_deleted(&self) -> Error {
        self.gone.store(true, Ordering::Relaxed);
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
        self.abandon();
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
