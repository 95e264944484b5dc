//! A barrier that a number of members pass together, twice: to begin, and to end.
//!
//! # What it guarantees
//!
//! When a round begins at least so many members are there, in that transaction: each of them
//! checked in it. [`enter`](DoubleBarrier::enter) answers those members, and no one else: who comes
//! later is of the next round, which begins when all of this one are out. [`leave`](Entered::leave)
//! answers when every member of the round has left, or is gone with its session.
//!
//! Each answer rests on what the server says of `ready`, never on being woken (curator issue 1290);
//! the child `ready` is no member, and neither are those of a former round.
//!
//! # How it works
//!
//! 1. Who enters creates an ephemeral child, and lists the children behind that.
//! 2. If there are enough, one transaction checks that each of them is there and creates the child
//!    `ready`, or sets it if a former round has left it behind. Otherwise one watches `ready`.
//! 3. One is inside when `ready` was created or set behind one's own child. If it is older, it is
//!    that of a former round; once none of its members is left (children older than it), one
//!    counts again.
//! 4. Who leaves deletes its child and waits for the lowest of the round by name, which itself
//!    stays until it is the last, and then deletes its child and `ready` in one transaction.
//!
//! # What can go wrong
//!
//! * *The session expires while one waits to enter*: that is told, since one may have been counted.
//!   The others begin without, or not at all if they are too few.
//! * *The session expires inside*: the guard [tells](crate::Claim::lost). For the others one has
//!   left.
//! * *The future is dropped, or its time is over*: the child is deleted in the background. Whoever
//!   was counted just then counts as one who has left at once.
//! * *A member stays inside for good*: the others wait in `leave`.
//!
//! # On disk
//!
//! As Curator's `DistributedDoubleBarrier` and kazoo's `DoubleBarrier`: any child but `ready` is a
//! member. A round can be mixed. Rounds after each other should not be: Curator takes the `ready`
//! of a former round for its own, and kazoo deletes it when the first one leaves.
//!
//! ```
//! # use zookit_client::Client;
//! use zookit_recipes::DoubleBarrier;
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let barrier = DoubleBarrier::new(&client, "/app/step-1", 1);
//! let inside = barrier.enter().await?;
//! println!("all are here; this one is {}", inside.path());
//! inside.leave().await?;
//! println!("all are done");
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

mod leave;
mod plan;

use std::ops::Deref;
use std::time::Duration;

use tokio::time::timeout;
use zookit_client::{
    Client, CreateMode, CreateOptions, EventType, OneShotWatch, RetryPolicy, Stat, Transaction,
    Version, Zxid,
};
use zookit_proto::mutant::{self, Mutant};
use zookit_proto::path::join as join_path;

use self::plan::{Entering, READY, entering};
use crate::Error;
use crate::claim::{Claim, ClaimOptions, Join, endless, join_for_certain};
use crate::naming::Kind;
use crate::race::first;

/// A barrier of so many members. See [the module](self).
///
/// It is a description and enters nothing by itself; clones are the same barrier.
#[derive(Debug, Clone)]
#[doc(alias = "DistributedDoubleBarrier")]
pub struct DoubleBarrier {
    client: Client,
    path: String,
    members: usize,
    options: ClaimOptions,
}

/// One who is inside, until it [leaves](Self::leave) or this is dropped.
#[derive(Debug)]
#[must_use = "dropping it leaves the barrier"]
pub struct Entered {
    claim: Claim,
    barrier: DoubleBarrier,
    /// When the round began; `None` if that was deleted before it could be read.
    since: Option<Zxid>,
}

/// What there is.
struct View {
    ready: Option<Stat>,
    /// The children but for `ready` and one's own, and when they were created, if it matters.
    others: Vec<(String, Option<Zxid>)>,
    /// Fires when something becomes of `ready`.
    watch: OneShotWatch,
}

impl DoubleBarrier {
    /// The barrier at a path, which need not exist, for so many members.
    #[must_use]
    pub fn new(client: &Client, path: &str, members: usize) -> Self {
        Self::with_options(client, path, members, ClaimOptions::default())
    }

    /// The same, with other names, data, rights or parents.
    #[must_use]
    pub fn with_options(
        client: &Client,
        path: &str,
        members: usize,
        options: ClaimOptions,
    ) -> Self {
        Self { client: client.clone(), path: path.to_owned(), members, options }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Waits until enough are there; over lost connections, as long as it takes.
    ///
    /// # Errors
    /// [`is_lost`](Error::is_lost) if the session ended meanwhile, or somebody deleted one's own
    /// child: one may have been counted, and can enter again; *no reply*, if it ended before anybody
    /// could tell whether that was made. Otherwise the client's, if trying again cannot mend it.
    ///
    /// # Cancel safety
    /// Dropping the future deletes the child in the background.
    pub async fn enter(&self) -> Result<Entered, Error> {
        let claim = self.join().await?;
        loop {
            let View { ready, others, watch } = self.view(&claim).await?;
            let since = ready.map(|stat| stat.mzxid);
            match entering(since, claim.token(), &others, self.members) {
                Entering::Inside => return Ok(self.entered(claim, since)),
                Entering::Begin => self.begin(&claim, ready, &others).await?,
                Entering::Wait => {
                    // The event is of what happened behind the view, so behind one's own child:
                    // should it be deleted already, the round had begun all the same.
                    let created = |event: EventType| {
                        event == EventType::NodeCreated || mutant::on(Mutant::BarrierWokenEnters)
                    };
                    if watch.await.is_ok_and(|event| created(event.event_type)) {
                        let since = self.view(&claim).await?.ready.map(|stat| stat.mzxid);
                        return Ok(self.entered(claim, since));
                    }
                }
                Entering::After(name) => {
                    let (client, path) = (claim.client(), join_path(&self.path, name));
                    let exists = || client.exists_and_watch(&path);
                    let former = client.retry(endless(), |_| exists()).await?;
                    if let (Some(_), gone) = former {
                        // Whichever: the view tells.
                        first(watch, gone).await;
                    }
                }
            }
        }
    }

    /// As [`enter`](Self::enter), for this long at most; `None` if there are not enough by then.
    ///
    /// # Errors
    /// As [`enter`](Self::enter).
    ///
    /// # Cancel safety
    /// As [`enter`](Self::enter).
    pub async fn enter_within(&self, time: Duration) -> Result<Option<Entered>, Error> {
        timeout(time, self.enter()).await.ok().transpose()
    }

    /// Over lost connections, but not over the end of the session: a child that is left until it is
    /// swept would be counted beside the next one.
    async fn join(&self) -> Result<Claim, Error> {
        let (parent, options) = (self.path.as_str(), &self.options);
        let (what, client) = (Join { parent, kind: Kind::Member, options }, self.client.session());
        let policy = RetryPolicy { lost_writes: false, ..endless() };
        let once = || async {
            match join_for_certain(&client, what).await {
                Err(Error::Client(error)) => Err(error),
                other => Ok(other),
            }
        };
        Ok(client.retry(policy, |_| once()).await??.0)
    }

    fn entered(&self, claim: Claim, since: Option<Zxid>) -> Entered {
        Entered { claim, barrier: self.clone(), since }
    }

    fn ready(&self) -> String {
        join_path(&self.path, READY)
    }

    async fn view(&self, claim: &Claim) -> Result<View, Error> {
        let (client, ready_path) = (claim.client(), self.ready());
        let look = || async {
            let ready = client.exists_and_watch(&ready_path);
            let names = client.get_child_names(&self.path);
            let (ready, watch) = ready.await?;
            Ok((ready, watch, names.await?))
        };
        let (ready, watch, names) = client.retry(endless(), |_| look()).await?;
        let mut others: Vec<_> = names.into_iter().filter(|name| name != READY).collect();
        let count = others.len();
        others.retain(|name| name != claim.name());
        if others.len() == count {
            return Err(claim.found_deleted());
        }
        let former = |stat: &Stat| stat.mzxid < claim.token();
        let made = match ready.as_ref().filter(|stat| former(stat)) {
            Some(_) => client.retry(endless(), |_| self.made(client, &others)).await?,
            None => vec![None; others.len()],
        };
        Ok(View { ready, others: others.into_iter().zip(made).collect(), watch })
    }

    /// When each of these was created; `None` of those who have gone.
    async fn made(
        &self,
        client: &Client,
        names: &[String],
    ) -> Result<Vec<Option<Zxid>>, zookit_client::Error> {
        let ask = |name: &String| client.exists(&join_path(&self.path, name));
        let asked: Vec<_> = names.iter().map(ask).collect();
        let mut made = Vec::with_capacity(asked.len());
        for answer in asked {
            made.push(answer.await?.map(|stat| stat.czxid));
        }
        Ok(made)
    }

    /// Begins a round, if all of these are still there and nobody else has begun one: the view
    /// tells. To be done twice does no harm.
    async fn begin(
        &self,
        claim: &Claim,
        ready: Option<Stat>,
        others: &[(String, Option<Zxid>)],
    ) -> Result<(), Error> {
        let others = others.iter().map(|(name, _)| join_path(&self.path, name));
        let mut begin = Transaction::new().check(claim.path(), Version::Any);
        for path in others {
            begin = begin.check(&path, Version::Any);
        }
        let (acl, mode) = (self.options.acl.clone(), CreateMode::Persistent);
        begin = match ready {
            None => begin.create(&self.ready(), (), CreateOptions { mode, acl, ttl: None }),
            Some(stat) => begin.set_data(&self.ready(), (), Version::Exactly(stat.version)),
        };
        let client = claim.client();
        match client.retry(endless(), |_| client.multi(begin.clone())).await {
            Err(error)
                if !error.is_no_node() && !error.is_node_exists() && !error.is_bad_version() =>
            {
                Err(error.into())
            }
            _ => Ok(()),
        }
    }
}

impl Deref for Entered {
    type Target = Claim;

    fn deref(&self) -> &Claim {
        &self.claim
    }
}
