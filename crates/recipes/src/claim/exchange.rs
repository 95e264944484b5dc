//! One claim for others: a znode makes way, and others take its place, in one transaction.
//!
//! So there is no moment at which both are there, or neither is: a write lock becomes a read lock,
//! and a turn in the queue of a semaphore becomes leases. And since the znode that makes way is
//! deleted *in* the transaction, nothing comes of it if it is not there any more.

use zookit_client::{CreateMode, CreateOptions, Created, MultiOutcome, Transaction, Version, Zxid};
use zookit_proto::path::join as join_path;

use super::sweep::sweep;
use super::task::to_its_end;
use super::wait::endless;
use super::{Claim, ClaimOptions, Parents, is_of_the_check};
use crate::Error;

/// How often a transaction is sent whose reply was lost each time and which was found not applied.
const MOST_ATTEMPTS: u32 = 5;

/// What takes the place of a claim's znode.
#[derive(Debug)]
pub(crate) struct Instead<'a> {
    /// Below which znode.
    pub(crate) parent: &'a str,
    /// Their names, up to the number; with an id in each that was never used before.
    pub(crate) names: Vec<String>,
    /// An ephemeral mode.
    pub(crate) mode: CreateMode,
    pub(crate) options: &'a ClaimOptions,
}

/// Puts others in the place of a claim, all of them or none.
///
/// # Errors
/// [`Error::Lost`] if the claim's znode is not there any more; the client's. The claim is released
/// then, in the background, and whatever may have taken its place is looked for and deleted.
///
/// # Cancel safety
/// Dropping the future releases all of it.
pub(crate) async fn exchange(claim: Claim, into: Instead<'_>) -> Result<Vec<Claim>, Error> {
    let paths = into.names.iter().map(|name| join_path(into.parent, name)).collect();
    let exchange = Exchange {
        parent: into.parent.to_owned(),
        paths,
        mode: into.mode,
        options: into.options.clone(),
        in_doubt: false,
        claim,
    };
    to_its_end(exchange.run()).await
}

struct Exchange {
    claim: Claim,
    parent: String,
    paths: Vec<String>,
    mode: CreateMode,
    options: ClaimOptions,
    /// Whether a reply was lost: what takes the place may be there.
    in_doubt: bool,
}

impl Exchange {
    async fn run(mut self) -> Result<Vec<Claim>, Error> {
        let done = self.attempts().await;
        if done.is_err() && self.in_doubt {
            for path in std::mem::take(&mut self.paths) {
                tokio::spawn(sweep(self.claim.client().clone(), path, self.mode));
            }
        }
        done
    }

    async fn attempts(&mut self) -> Result<Vec<Claim>, Error> {
        let client = self.claim.client().clone();
        let mut attempt = 1;
        loop {
            let error = match client.multi(self.transaction()).await {
                Ok(outcomes) => return self.claims(created(outcomes)).await,
                Err(error) => error,
            };
            self.in_doubt |= error.may_have_applied();
            if is_of_the_check(&error) {
                self.claim.settle();
                return Err(self.claim.found_deleted());
            }
            if attempt == MOST_ATTEMPTS {
                return Err(error.into());
            }
            attempt += 1;
            if error.is_no_node() && self.options.parents != Parents::Expected {
                self.options.parents.make(&client, &self.parent, &self.options.acl).await?;
            } else if error.may_have_applied() {
                let found = self.found().await?;
                if !found.is_empty() {
                    return self.claims(found).await;
                }
            } else {
                return Err(error.into());
            }
        }
    }

    fn transaction(&self) -> Transaction {
        let options =
            || CreateOptions { mode: self.mode, acl: self.options.acl.clone(), ttl: None };
        let delete = Transaction::new().delete(self.claim.path(), Version::Any);
        self.paths.iter().fold(delete, |transaction, path| {
            transaction.create(path, self.options.data.clone(), options())
        })
    }

    /// What a transaction made whose reply was lost: nothing, if it was not applied.
    async fn found(&self) -> Result<Vec<Created>, Error> {
        let mut all = Vec::with_capacity(self.paths.len());
        for path in &self.paths {
            all.extend(self.claim.client().find_unique(path, self.mode).await?);
        }
        Ok(all)
    }

    /// The claims on what took the place.
    async fn claims(&mut self, created: Vec<Created>) -> Result<Vec<Claim>, Error> {
        self.claim.settle();
        let client = self.claim.client();
        let of = |created: &Created| {
            let token = created.stat.map_or(Zxid(0), |stat| stat.czxid);
            Claim::new(client.clone(), &created.path, token)
        };
        // All of them at once: from here on each cleans up behind itself.
        let mut claims: Vec<Claim> = created.iter().map(of).collect();
        if claims.len() < self.paths.len() {
            // Somebody deleted one, before we could see it.
            return Err(self.claim.found_deleted());
        }
        for claim in claims.iter_mut().filter(|claim| claim.token() == Zxid(0)) {
            let path = claim.path();
            match client.retry(endless(), |_| client.exists(path)).await? {
                Some(stat) => claim.set_token(stat.czxid),
                None => return Err(claim.found_deleted()),
            }
        }
        Ok(claims)
    }
}

fn created(outcomes: Vec<MultiOutcome>) -> Vec<Created> {
    let made = |outcome| match outcome {
        MultiOutcome::Created(created) => Some(created),
        _ => None,
    };
    outcomes.into_iter().filter_map(made).collect()
}
