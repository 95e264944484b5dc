//! delete with everything below.

use std::collections::VecDeque;
use std::fmt;
use std::mem;

use zookit_proto::Operation;
use zookit_proto::ops::delete::Delete;
use zookit_proto::path::join;

use super::Transaction;
use crate::answer::Answer;
use crate::client::Client;
use crate::data::{Children, Version};
use crate::error::{About, Error};

/// Paths of one batch, in bytes, at most: small enough that no server is held up, and far below
/// every `jute.maxbuffer`.
const BATCH_BYTES: usize = 128 * 1024;

/// What an operation of a multi takes on the wire beside its path, at most.
const PER_DELETE: usize = 32;

/// How often a batch is taken up again because others changed the tree meanwhile.
const MOST_TROUBLES: u32 = 100;

/// How many znodes of one level are listed ahead.
const LOOKAHEAD: usize = 64;

/// A znode whose children are being deleted.
struct Level {
    path: String,
    children: std::vec::IntoIter<String>,
    /// Those already asked for their own children.
    asked: VecDeque<(String, Answer<Children>)>,
}

impl Level {
    fn new(path: String, children: Vec<String>) -> Self {
        Self { path, children: children.into_iter(), asked: VecDeque::new() }
    }

    /// The next child, with the list of its children on the way; those behind it are asked too.
    fn next(&mut self, client: &Client) -> Option<(String, Answer<Children>)> {
        while self.asked.len() < LOOKAHEAD {
            let Some(name) = self.children.next() else { break };
            let path = join(&self.path, &name);
            let listed = client.get_children(&path);
            self.asked.push_back((path, listed));
        }
        self.asked.pop_front()
    }
}

impl Client {
    /// Deletes a znode and everything below it; answers how many znodes it deleted itself.
    ///
    /// The tree is walked from its leaves, and deleted by multis of bounded size, so a tree of any
    /// size is deleted in bounded memory, and not in one transaction: others see it shrink. An
    /// error too says how many were deleted before it.
    /// What others delete meanwhile is skipped; what they create meanwhile is deleted as well.
    ///
    /// Nothing is sent before the future is polled.
    ///
    /// # Errors
    /// *Refused* with `NoNode` if the znode does not exist, with `NoAuth` if something below it may
    /// not be listed or deleted, with `NotEmpty` if others create faster than this deletes. What
    /// was deleted before stays deleted.
    ///
    /// # If no reply comes
    /// One batch more may have been deleted. The same call can be made again.
    ///
    /// # Cancel safety
    /// Dropping the future stops between two batches; what was sent stays sent.
    ///
    /// # Ordering
    /// Children before their parents, from when the future is first polled.
    ///
    /// # Examples
    /// ```
    /// # async fn f(client: zookit_client::Client) -> Result<(), zookit_client::Error> {
    /// println!("deleted {} znodes", client.delete_recursive("/app/old").await?);
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "deleteall")]
    #[doc(alias = "rmr")]
    #[doc(alias = "deletingChildrenIfNeeded")]
    pub async fn delete_recursive(&self, path: &str) -> Result<u64, DeleteRecursiveError> {
        let nothing_yet = |error| DeleteRecursiveError { deleted: 0, error };
        // Refuses what cannot be deleted before anything below it is.
        if let Err(error) = self.delete_request(path, Version::Any) {
            let path = Some(path.into());
            let about = About { operation: Delete::NAME, path, class: Delete::CLASS };
            return Err(nothing_yet(Error::argument(about, error)));
        }
        let names = self.get_children(path).await.map_err(nothing_yet)?.names;
        let mut walk = Walk {
            client: self,
            levels: vec![Level::new(path.to_owned(), names)],
            batch: Vec::new(),
            batch_bytes: 0,
            deleted: 0,
            troubles: 0,
        };
        loop {
            match walk.step().await {
                Ok(true) => {}
                Ok(false) => return Ok(walk.deleted),
                Err(error) => return Err(DeleteRecursiveError { deleted: walk.deleted, error }),
            }
        }
    }
}

/// Why [`Client::delete_recursive`] did not come to its end, and how far it came.
///
/// With `?` it becomes an [`Error`] where one is wanted.
#[derive(Debug, Clone)]
pub struct DeleteRecursiveError {
    /// How many znodes were deleted before: those whose deletion was confirmed. Where the error is
    /// *no reply*, one batch more may have been.
    pub deleted: u64,
    /// Why it ended.
    pub error: Error,
}

impl fmt::Display for DeleteRecursiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.deleted {
            0 => write!(f, "{}", self.error),
            1 => write!(f, "{}; 1 znode was deleted before", self.error),
            deleted => write!(f, "{}; {deleted} znodes were deleted before", self.error),
        }
    }
}

impl std::error::Error for DeleteRecursiveError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

impl From<DeleteRecursiveError> for Error {
    fn from(failed: DeleteRecursiveError) -> Self {
        failed.error
    }
}

/// A walk over the tree, and the batch of znodes that are next to be deleted.
struct Walk<'a> {
    client: &'a Client,
    /// From the root of the tree to where the walk is.
    levels: Vec<Level>,
    /// Children before parents.
    batch: Vec<String>,
    batch_bytes: usize,
    deleted: u64,
    troubles: u32,
}

impl Walk<'_> {
    /// One znode further; false when all is done.
    async fn step(&mut self) -> Result<bool, Error> {
        let Some(level) = self.levels.last_mut() else {
            self.delete_batch().await?;
            return Ok(!self.levels.is_empty());
        };
        let Some((path, listed)) = level.next(self.client) else {
            let path = mem::take(&mut level.path);
            self.levels.pop();
            self.batch_bytes += path.len() + PER_DELETE;
            self.batch.push(path);
            if self.batch_bytes >= BATCH_BYTES {
                self.delete_batch().await?;
            }
            return Ok(true);
        };
        match listed.await {
            Ok(children) => self.levels.push(Level::new(path, children.names)),
            Err(error) if error.is_no_node() => {}
            Err(error) => return Err(error),
        }
        Ok(true)
    }

    /// Deletes the batch; around what others did meanwhile, in as many multis as that takes.
    async fn delete_batch(&mut self) -> Result<(), Error> {
        let mut batch = mem::take(&mut self.batch);
        self.batch_bytes = 0;
        while !batch.is_empty() {
            let delete =
                |transaction: Transaction, path: &String| transaction.delete(path, Version::Any);
            let error = match self.client.multi(batch.iter().fold(Transaction::new(), delete)).await
            {
                Ok(outcomes) => {
                    self.deleted += outcomes.len() as u64;
                    return Ok(());
                }
                Err(error) => error,
            };
            let Error::Refused(refused) = &error else { return Err(error) };
            let failed = refused.failed_operation().map(|failed| failed.index);
            let Some(failed) = failed.filter(|index| *index < batch.len()) else {
                return Err(error);
            };
            self.troubles += 1;
            if self.troubles > MOST_TROUBLES {
                return Err(error);
            }
            if error.is_no_node() {
                batch.remove(failed);
            } else if error.is_not_empty() {
                // Walked again: it is deleted behind what is new below it, and so are its
                // ancestors, which stand behind it in the batch or in `levels`.
                return self.again(batch, failed).await;
            } else {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Deletes what stands before the znode that has new children, then walks it and all behind it
    /// again.
    async fn again(&mut self, mut batch: Vec<String>, failed: usize) -> Result<(), Error> {
        let behind = batch.split_off(failed);
        for path in behind.into_iter().rev() {
            self.levels.push(Level::new(path, Vec::new()));
        }
        if let Some(level) = self.levels.last_mut() {
            let names = match self.client.get_children(&level.path).await {
                Ok(children) => children.names,
                Err(error) if error.is_no_node() => Vec::new(),
                Err(error) => return Err(error),
            };
            level.children = names.into_iter();
        }
        self.batch_bytes = batch.iter().map(|path| path.len() + PER_DELETE).sum();
        self.batch = batch;
        Ok(())
    }
}
