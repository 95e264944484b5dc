//! A lease for a time, by a name: it outlives the session that took it, and the process.
//!
//! It is for what one machine should go on doing rather than another: a job that runs every hour,
//! each run a new process, takes it for a bit more than an hour under the name of its machine. As
//! long as that machine lives it takes it again each time; when it does not come, another does.
//!
//! # What it guarantees
//!
//! While a lease of one name is running, nobody gets it by another name. Times are told by one clock
//! for all, the servers': those of the clients need not agree.
//!
//! # How it works
//!
//! 1. A lock at the lease's path is taken, for as long as it takes to look: as a
//!    [mutex](crate::lock::mutex), with kazoo's names.
//! 2. The data of that lock's znode are set: the stat in the reply tells the servers' time. What the
//!    znode `lease_holder` says is read behind that, both in one go.
//! 3. If the lease is one's own, or its time is over, or there is none, it is written, in one
//!    transaction with a check of the lock's znode; and the lock is released.
//!
//! # What can go wrong
//!
//! * *The reply is lost, or the session expires*: it is tried again. Who has taken the lease finds
//!   itself as the holder, and takes it once more.
//! * *The future is dropped*: the lease may be held, by this name; it is taken again or its time
//!   runs out.
//! * *Two processes have one name*: they have the lease together. That is what the name says.
//! * *The leader of the ensemble changes*: the next one's clock counts from then on. They should
//!   agree to a fraction of the lease's time.
//! * *One stands still until its time is over*: [`is_trusted`](TimedLeaseGuard::is_trusted) tells,
//!   and [`guarded_multi`](TimedLeaseGuard::guarded_multi) refuses when the lease was taken since.
//!
//! # On disk
//!
//! As kazoo's `NonBlockingLease`, and [`TimedLeases`] as its `MultiNonBlockingLease`. kazoo goes by
//! the clocks of its clients, which should agree with the servers' then. It also makes the znode
//! anew each time, so that its version says nothing: beside kazoo's processes, fence with the
//! [token](TimedLeaseGuard::token) and not with `guarded_multi`.
//!
//! ```
//! # use std::time::Duration;
//! # use zookit_client::Client;
//! use zookit_recipes::TimedLease;
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let hour = Duration::from_secs(70 * 60);
//! let lease = TimedLease::new(&client, "/leases/clean-up", "host-1");
//! if let Some(guard) = lease.try_acquire(hour).await? {
//!     println!("cleaning up, with the token {}", guard.token());
//! }
//! // By another name it is not to be had.
//! assert!(TimedLease::new(&client, "/leases/clean-up", "host-2").try_acquire(hour).await?.is_none());
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

mod date;
mod guard;
mod json;
mod several;
mod term;

use std::time::Duration;

use tokio::time::Instant;
use zookit_client::{
    Acl, Client, CreateMode, CreateOptions, MultiOutcome, NodeData, Stat, Transaction, Version,
};
use zookit_proto::path::join as join_path;

pub use self::guard::TimedLeaseGuard;
pub use self::several::TimedLeases;
pub use self::term::LeaseTerm;
use crate::claim::{Claim, ClaimOptions, Join, join, patiently, wait_turn};
use crate::naming::{Kind, Naming};
use crate::{Error, Parents};

/// A path that one name has for a time. See [the module](self).
///
/// It is a description and holds nothing by itself; clones are the same lease.
#[derive(Debug, Clone)]
#[doc(alias = "NonBlockingLease")]
pub struct TimedLease {
    client: Client,
    path: String,
    /// Where it stands who has it.
    holder_path: String,
    name: String,
    options: ClaimOptions,
}

impl TimedLease {
    /// The lease at a path, which need not exist, for whoever has this name.
    #[must_use]
    pub fn new(client: &Client, path: &str, name: &str) -> Self {
        let options = ClaimOptions::default();
        Self::with_options(client, path, name, options.acl, options.parents)
    }

    /// The same, with other rights or parents.
    #[must_use]
    pub fn with_options(
        client: &Client,
        path: &str,
        name: &str,
        acl: Vec<Acl>,
        parents: Parents,
    ) -> Self {
        let data = name.to_owned().into();
        Self {
            client: client.clone(),
            path: path.to_owned(),
            holder_path: join_path(path, "lease_holder"),
            name: name.to_owned(),
            options: ClaimOptions { naming: Naming::Kazoo, data, acl, parents },
        }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Takes the lease for this time from now on, or takes it again; `None` if somebody else has
    /// it. Its end is written in whole seconds, and rounded up to them.
    ///
    /// It does not wait for the lease, but it does for others who are just looking, and over lost
    /// connections and sessions.
    ///
    /// # Errors
    /// The client's, if trying again cannot mend it: no permission, a closed client, a path that is
    /// none. [`Error::Malformed`] if what is written there is no lease, or one of a later version.
    ///
    /// # If no reply comes
    /// It is tried again, which is safe: by the same name it is the same lease.
    ///
    /// # Cancel safety
    /// Dropping the future takes nothing back: the lease may be held, for the time that was asked.
    pub async fn try_acquire(&self, time: Duration) -> Result<Option<TimedLeaseGuard>, Error> {
        patiently(&self.client, || self.attempt(time)).await
    }

    /// Who has the lease, or had it last; `None` if nobody ever had, or it was given back.
    ///
    /// # Errors
    /// The client's; [`Error::Malformed`] as for [`try_acquire`](Self::try_acquire).
    pub async fn term(&self) -> Result<Option<LeaseTerm>, Error> {
        let current = self.current(self.client.get_data(&self.holder_path).await)?;
        Ok(current.map(|(term, _)| term))
    }

    async fn attempt(&self, time: Duration) -> Result<Option<TimedLeaseGuard>, Error> {
        let claim = self.lock().await?;
        let client = claim.client();
        // Before it is asked what time it is: so our time is over before it is for the others.
        let asked = Instant::now();
        let clock = client.set_data(claim.path(), self.options.data.clone(), Version::Any);
        let node = client.get_data(&self.holder_path);
        let now = match clock.await {
            Ok(stat) => stat.mtime,
            Err(error) if error.is_no_node() => return Err(claim.found_deleted()),
            Err(error) => return Err(error.into()),
        };
        let current = self.current(node.await)?;
        if !LeaseTerm::is_free(current.as_ref().map(|(term, _)| term), &self.name, now) {
            return Ok(None);
        }
        let term = LeaseTerm::beginning(&self.name, now, time);
        let version = current.map(|(_, stat)| stat.version);
        let outcomes = claim.guarded_multi(self.writing(&term, version)).await?;
        let Some(MultiOutcome::DataSet(stat)) = outcomes.last() else {
            return Err(self.malformed("no answer about it"));
        };
        // The claim goes here, and deletes its znode: nobody need wait for that.
        Ok(Some(TimedLeaseGuard::new(self.clone(), stat, asked + term.left(now))))
    }

    /// The lock, for a look.
    async fn lock(&self) -> Result<Claim, Error> {
        let (parent, options) = (self.path.as_str(), &self.options);
        let (claim, names) = join(&self.client, Join { parent, kind: Kind::Lock, options }).await?;
        wait_turn(&claim, names, |kind| kind == Kind::Lock).await?;
        Ok(claim)
    }

    /// What is written, if it is as it was. One that is new is set at once, for its stat.
    fn writing(&self, term: &LeaseTerm, version: Option<i32>) -> Transaction {
        let (path, data) = (&self.holder_path, term.write());
        if let Some(version) = version {
            return Transaction::new().set_data(path, data, Version::Exactly(version));
        }
        let mode = CreateMode::Persistent;
        let options = CreateOptions { mode, acl: self.options.acl.clone(), ttl: None };
        let made = Transaction::new().create(path, data.clone(), options);
        made.set_data(path, data, Version::Any)
    }

    /// What is there of a lease.
    fn current(
        &self,
        node: Result<NodeData, zookit_client::Error>,
    ) -> Result<Option<(LeaseTerm, Stat)>, Error> {
        let node = match node {
            Ok(node) => node,
            Err(error) if error.is_no_node() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let data = node.data.unwrap_or_default();
        match LeaseTerm::read(&data) {
            Some(term) => Ok(Some((term, node.stat))),
            None => Err(self.malformed(&format!("{} bytes of something else", data.len()))),
        }
    }

    fn malformed(&self, found: &str) -> Error {
        let path = self.holder_path.as_str().into();
        Error::Malformed { path, expected: "lease of version 1", found: found.into() }
    }
}
