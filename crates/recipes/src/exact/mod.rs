//! Transactions of which it is known whether they were applied, also when their reply is lost.
//!
//! A write whose reply was lost can be looked into, but what is found there may be another one's:
//! who finds an 8 where it wanted to write one does not know whose 8 it is, and who finds an item
//! gone does not know who took it. So each transaction sets a *mark* along with its own writes: an
//! ephemeral znode that nobody else writes to. Its version counts what was applied of ours. Behind
//! a lost reply, and a fence, the mark tells:
//!
//! | its version | the transaction |
//! |---|---|
//! | as before | was not applied, and will not be: it is sent again |
//! | the next one | was applied, with the zxid of the mark |
//! | it is gone | nobody can tell: the session is over, or somebody deleted it; *no reply* stands |
//!
//! A mark costs a znode for each handle, from its first write on, and no round trip beyond its
//! creation. Who drops a transaction half-way has a new mark for the next.

use tokio::sync::Mutex;
use zookit_client::{Client, MultiOutcome, RetryPolicy, Stat, Transaction, Version, Zxid};
use zookit_proto::mutant::{self, Mutant};

use crate::Error;
use crate::claim::{Claim, ClaimOptions, Join, join};
use crate::naming::Kind;

/// How often a transaction is sent that is known not to have been applied.
const MOST_ATTEMPTS: u32 = 5;

/// A writer with a mark.
#[derive(Debug)]
pub(crate) struct Exact {
    client: Client,
    /// The znode below which the mark is made.
    place: String,
    options: ClaimOptions,
    /// Taken out while a transaction is under way: if that is dropped, so is the mark.
    mark: Mutex<Option<Mark>>,
}

#[derive(Debug)]
struct Mark {
    claim: Claim,
    /// Its version: how often it was set.
    version: i32,
}

impl Exact {
    /// A writer whose marks are children of `place`; the options say how they are made.
    pub(crate) fn new(client: &Client, place: String, options: ClaimOptions) -> Self {
        Self { client: client.clone(), place, options, mark: Mutex::new(None) }
    }

    /// Applies a transaction once, or not at all; one after another. Answers its number.
    ///
    /// # Errors
    /// Those of [`Client::multi`]. *No reply* only if nobody can tell any more.
    ///
    /// # Cancel safety
    /// Dropping the future takes nothing back, and nobody is told what became of it.
    pub(crate) async fn apply(&self, transaction: &Transaction) -> Result<Zxid, Error> {
        let mut kept = self.mark.lock().await;
        let mut attempt = 1;
        loop {
            let mut mark = match kept.take().filter(|mark| !mark.claim.is_over()) {
                Some(mark) => mark,
                None => self.make().await?,
            };
            let error = match mark.apply(transaction).await {
                Ok(zxid) => {
                    *kept = Some(mark);
                    return Ok(zxid);
                }
                Err(error) => error,
            };
            if error.may_have_applied() && !mutant::on(Mutant::AddedAgain) {
                match mark.look().await {
                    Some(stat)
                        if stat.version != mark.version || mutant::on(Mutant::AddedByAnybody) =>
                    {
                        mark.version = stat.version;
                        *kept = Some(mark);
                        return Ok(stat.mzxid);
                    }
                    Some(_) => *kept = Some(mark),
                    None => return Err(error.into()),
                }
            } else if !error.may_have_applied()
                && !mark.is_missing(&error, transaction)
                && !error.is_session_lost()
            {
                *kept = Some(mark);
                return Err(error.into());
            }
            // It was not applied; or the mark is gone, and was before the transaction came.
            if attempt == MOST_ATTEMPTS {
                return Err(error.into());
            }
            attempt += 1;
        }
    }

    async fn make(&self) -> Result<Mark, Error> {
        let (parent, options) = (self.place.as_str(), &self.options);
        let (claim, _) = join(&self.client, Join { parent, kind: Kind::Mark, options }).await?;
        Ok(Mark { claim, version: 0 })
    }
}

impl Mark {
    async fn apply(&mut self, transaction: &Transaction) -> Result<Zxid, zookit_client::Error> {
        let set = Transaction::new().set_data(self.claim.path(), (), Version::Any);
        let mut outcomes = self.claim.client().multi(transaction.clone().then(set)).await?;
        match outcomes.pop() {
            Some(MultiOutcome::DataSet(stat)) => {
                self.version = stat.version;
                Ok(stat.mzxid)
            }
            outcome => unreachable!("a set was answered by {outcome:?}"),
        }
    }

    /// Whether it failed because the mark is not there.
    fn is_missing(&self, error: &zookit_client::Error, transaction: &Transaction) -> bool {
        let zookit_client::Error::Refused(refused) = error else { return false };
        let last = |index| index == transaction.len();
        error.is_no_node() && refused.failed_operation().is_some_and(|failed| last(failed.index))
    }

    /// The mark, once what was lost is decided; `None` if it is not there, or nobody answers.
    async fn look(&self) -> Option<Stat> {
        let client = self.claim.client();
        let look = || client.linearizable_read(|client| client.exists(self.claim.path()));
        client.retry(RetryPolicy::default(), |_| look()).await.ok().flatten()
    }
}
