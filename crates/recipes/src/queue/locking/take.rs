//! Locking an item, so that nobody's giving up leaves it locked.

use std::sync::Arc;

use bytes::Bytes;
use zookit_client::{
    Client, CreateMode, CreateOptions, MultiOutcome, RetryPolicy, Transaction, Version, Zxid,
};
use zookit_proto::path::join as join_path;

use super::super::Item;
use super::super::names::Entry;
use super::Inner;
use super::taken::{Hold, Taken};
use crate::Error;
use crate::claim::{Claim, endless};

/// How often what others change meanwhile, or what was lost, is done again.
const MOST_ATTEMPTS: u32 = 8;

/// Locks an item; `None` if another one has it, or it has gone.
///
/// # Cancel safety
/// Dropping the future gives the item back.
pub(super) async fn take(inner: &Arc<Inner>, entry: Entry) -> Result<Option<Taken>, Error> {
    let client = inner.store.client.session();
    // In a task of its own, so that it ends whether anybody waits or not: an item that nobody takes
    // is dropped, and given back.
    let locking = Locking { inner: Arc::clone(inner), client, entry };
    match tokio::spawn(locking.run()).await {
        Ok(taken) => taken,
        Err(panicked) if panicked.is_panic() => std::panic::resume_unwind(panicked.into_panic()),
        // The runtime goes away, and this task with it.
        Err(_) => std::future::pending().await,
    }
}

struct Locking {
    inner: Arc<Inner>,
    /// Pinned to the session.
    client: Client,
    entry: Entry,
}

/// What became of an attempt.
enum Attempt {
    Locked(Zxid),
    Others,
    Again(Error),
}

impl Locking {
    async fn run(self) -> Result<Option<Taken>, Error> {
        let path = join_path(&self.inner.locks, &self.entry.name);
        let mut attempt = 1;
        loop {
            let Some(mut item) = self.inner.store.read(&self.entry).await? else { return Ok(None) };
            let id = Bytes::from(self.client.unique_id().replace('-', ""));
            let error = match self.attempt(&item, &path, &id).await? {
                Attempt::Locked(token) => {
                    item.stat.version = item.stat.version.wrapping_add(1);
                    let claim = Claim::new(self.client, &path, token).kept();
                    let acl = self.inner.options.acl.clone();
                    return Ok(Some(Taken::new(claim, item, acl)));
                }
                Attempt::Others => return Ok(None),
                Attempt::Again(error) => error,
            };
            if attempt == MOST_ATTEMPTS {
                return Err(error);
            }
            attempt += 1;
        }
    }

    async fn attempt(&self, item: &Item, path: &str, id: &Bytes) -> Result<Attempt, Error> {
        let (mode, acl) = (CreateMode::Ephemeral, self.inner.options.acl.clone());
        let options = CreateOptions { mode, acl, ttl: None };
        let lock = Transaction::new().create(path, id.clone(), options).set_data(
            &item.path,
            item.raw.clone(),
            Version::Exactly(item.stat.version),
        );
        let error = match self.client.multi(lock).await {
            Ok(outcomes) => match outcomes.last() {
                // Lock and item have the zxid of one transaction.
                Some(MultiOutcome::DataSet(stat)) => return Ok(Attempt::Locked(stat.mzxid)),
                outcome => unreachable!("a set was answered by {outcome:?}"),
            },
            Err(error) => error,
        };
        if error.may_have_applied() {
            return match look(&self.client, path, id, RetryPolicy::default()).await {
                Ok(Some(token)) => Ok(Attempt::Locked(token)),
                Ok(None) => Ok(Attempt::Again(error.into())),
                Err(_) => {
                    // Nobody knows, and nobody will ask.
                    let version = item.stat.version.wrapping_add(1);
                    let hold = Hold::new(self.client.clone(), &item.path, version, path);
                    tokio::spawn(give_back_if_locked(hold, id.clone()));
                    Err(error.into())
                }
            };
        }
        if error.is_node_exists() {
            Ok(Attempt::Others)
        } else if error.is_no_node() && error.path() == Some(path) {
            let (client, locks) = (&self.inner.store.client, &self.inner.locks);
            self.inner.options.make_persistent(client, locks, Bytes::new()).await?;
            Ok(Attempt::Again(error.into()))
        } else if error.is_bad_version() || error.is_no_node() {
            // It is read again, and may have gone.
            Ok(Attempt::Again(error.into()))
        } else {
            Err(error.into())
        }
    }
}

/// Gives an item back of which it is not known whether it was locked. Its version does not tell: if
/// it was not, the one who locks it next gives it the same.
async fn give_back_if_locked(hold: Hold, id: Bytes) {
    let found = look(hold.client(), hold.lock(), &id, endless()).await;
    if matches!(found, Ok(Some(_))) {
        let _what_is_told = hold.give_back().await;
    }
}

/// The lock, once what was lost is decided; `None` if it is not this one.
async fn look(
    client: &Client,
    path: &str,
    id: &Bytes,
    policy: RetryPolicy,
) -> Result<Option<Zxid>, zookit_client::Error> {
    let look = || client.linearizable_read(|client| client.get_data(path));
    match client.retry(policy, |_| look()).await {
        Ok(node) if node.data.as_ref() == Some(id) => Ok(Some(node.stat.czxid)),
        Ok(_) => Ok(None),
        Err(error) if error.is_no_node() => Ok(None),
        Err(error) => Err(error),
    }
}
