//! The way out.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::timeout;
use zookit_client::{Client, Transaction, Version};
use zookit_proto::mutant::{self, Mutant};
use zookit_proto::path::join as join_path;

use super::plan::{Leaving, READY, leaving};
use super::{DoubleBarrier, Entered};
use crate::Error;
use crate::claim::{Claim, endless};

impl Entered {
    /// Leaves, and waits until all of the round have; over lost connections, as long as it takes.
    ///
    /// # Errors
    /// [`is_lost`](Error::is_lost) if the session ended, or somebody deleted one's own child,
    /// before one had left: the others have not waited for this one. Otherwise the client's, if
    /// trying again cannot mend it.
    ///
    /// # Cancel safety
    /// One leaves in any case, once this has been polled or dropped.
    pub async fn leave(self) -> Result<(), Error> {
        let Self { claim, barrier, since } = self;
        let own = claim.name().to_owned();
        let mut left = barrier.names(claim.client()).await?;
        if let Some(since) = since {
            // Those who came later are of the next round.
            let client = claim.client();
            let names: Vec<_> = left.iter().cloned().collect();
            let made = client.retry(endless(), |_| barrier.made(client, &names)).await?;
            let later = names.iter().zip(made).filter(|(_, made)| made.is_some_and(|m| m > since));
            for (name, _) in later {
                left.remove(name);
            }
        }
        // Once it has gone one waits with whatever session there is.
        let mut inside = Some(claim);
        loop {
            let waited_for = match leaving(&left, &own) {
                Leaving::Over => return Ok(()),
                Leaving::Last => match inside.take() {
                    Some(claim) => return barrier.end(claim).await,
                    None => unreachable!("it has gone and is not listed"),
                },
                Leaving::StayFor(name) => name.to_owned(),
                Leaving::GoAndWaitFor(name) => {
                    let name = name.to_owned();
                    if let Some(claim) = inside.take() {
                        claim.release().await?;
                        left.remove(&own);
                    }
                    name
                }
            };
            let client = inside.as_ref().map_or(&barrier.client, Claim::client);
            if mutant::on(Mutant::BarrierLeftUnwaited) && inside.is_none() {
                return Ok(());
            }
            barrier.until_gone(client, &waited_for).await?;
            let there = barrier.names(client).await?;
            left.retain(|name| there.contains(name));
            match &inside {
                Some(claim) if !left.contains(&own) => return Err(claim.found_deleted()),
                _ => {}
            }
        }
    }

    /// As [`leave`](Self::leave), for this long at most; whether all have left by then. One leaves
    /// in any case.
    ///
    /// # Errors
    /// As [`leave`](Self::leave).
    ///
    /// # Cancel safety
    /// As [`leave`](Self::leave).
    pub async fn leave_within(self, time: Duration) -> Result<bool, Error> {
        timeout(time, self.leave()).await.map_or(Ok(false), |left| left.map(|()| true))
    }
}

impl DoubleBarrier {
    /// The children but for `ready`.
    async fn names(&self, client: &Client) -> Result<BTreeSet<String>, Error> {
        let names = client.retry(endless(), |_| client.get_child_names(&self.path)).await;
        match names {
            Ok(names) => Ok(names.into_iter().filter(|name| name != READY).collect()),
            // A container that went with its last child.
            Err(error) if error.is_no_node() => Ok(BTreeSet::new()),
            Err(error) => Err(error.into()),
        }
    }

    async fn until_gone(&self, client: &Client, name: &str) -> Result<(), Error> {
        let path = join_path(&self.path, name);
        let exists = || client.exists_and_watch(&path);
        while let (Some(_), watch) = client.retry(endless(), |_| exists()).await? {
            drop(watch.await);
        }
        Ok(())
    }

    /// The last one takes `ready` along: nobody can have begun another round while it was there.
    async fn end(&self, claim: Claim) -> Result<(), Error> {
        let (client, own) = (claim.client().clone(), claim.path().to_owned());
        let both = Transaction::new().delete(&own, Version::Any);
        let both = both.delete(&self.ready(), Version::Any);
        // Behind a lost reply it answers that one's own is not there: then it was this.
        let mut in_doubt = false;
        let ended = client.retry(endless(), |attempt| {
            in_doubt |= attempt.may_have_applied;
            client.multi(both.clone())
        });
        match ended.await {
            Ok(_) => claim.settle(),
            Err(error) if error.is_no_node() && error.path() == Some(own.as_str()) => {
                if !in_doubt {
                    return Err(claim.found_deleted());
                }
                claim.settle();
            }
            // There is no `ready`, or it may not be deleted: the next round does with it.
            Err(error) if error.is_no_node() || error.is_no_auth() => claim.release().await?,
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}
