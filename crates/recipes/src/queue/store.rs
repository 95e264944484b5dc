//! Putting, listing and removing items, each of it once or not at all.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use zookit_client::{
    Client, CreateMode, CreateOptions, NodeData, OneShotWatch, RetryPolicy, Transaction, Version,
};
use zookit_proto::path::join as join_path;

use super::frame::pack;
use super::names::Entry;
use super::{Item, QueueLayout};
use crate::Error;
use crate::claim::{ClaimOptions, Parents, endless};
use crate::exact::Exact;

/// How often what others change meanwhile is done again.
const MOST_ATTEMPTS: u32 = 8;

#[derive(Debug)]
pub(super) struct Store {
    pub(super) client: Client,
    /// The znode whose children the items are.
    pub(super) items: String,
    pub(super) layout: QueueLayout,
    options: ClaimOptions,
    exact: Exact,
    /// What was listed and is not known to have gone, last first; used where what comes later is
    /// behind it in any case.
    listed: Option<Mutex<Vec<Entry>>>,
}

impl Store {
    pub(super) fn new(
        client: &Client,
        items: String,
        marks: String,
        layout: QueueLayout,
        options: ClaimOptions,
    ) -> Self {
        let mut marked = options.clone();
        if marked.parents == Parents::Expected {
            // What is expected is the queue; where its marks are is our own.
            marked.parents = Parents::Containers;
        }
        let exact = Exact::new(client, marks, marked);
        Self { client: client.clone(), items, layout, options, exact, listed: None }
    }

    /// With a memory of what was listed, so that not every item costs a listing.
    pub(super) fn remembering(self) -> Self {
        Self { listed: Some(Mutex::default()), ..self }
    }

    pub(super) fn path(&self, entry: &Entry) -> String {
        join_path(&self.items, &entry.name)
    }

    /// The data of an item that is to be put.
    fn data(&self, message: Bytes) -> Result<Bytes, Error> {
        if self.layout != QueueLayout::Curator {
            return Ok(message);
        }
        let count = message.len() as i128;
        let expected = "length of a message";
        pack(&message).ok_or_else(|| Error::OutOfRange {
            path: self.items.as_str().into(),
            count,
            expected,
        })
    }

    /// Puts all of these, or none.
    pub(super) async fn put(
        &self,
        messages: impl IntoIterator<Item = Bytes>,
        priority: Option<i32>,
    ) -> Result<(), Error> {
        if let Some(priority) = priority.filter(|one| !self.layout.priorities().contains(one)) {
            return Err(Error::OutOfRange {
                path: self.items.as_str().into(),
                count: priority.into(),
                expected: "priority of such a queue",
            });
        }
        let path = join_path(&self.items, &self.layout.name(priority));
        let mut put = Transaction::new();
        for message in messages {
            let (mode, acl) = (CreateMode::PersistentSequential, self.options.acl.clone());
            let options = CreateOptions { mode, acl, ttl: None };
            put = put.create(&path, self.data(message)?, options);
        }
        if self.options.parents == Parents::Expected
            && self.client.exists(&self.items).await?.is_none()
        {
            // Before a mark makes parents that are not to be made.
            self.make().await?;
        }
        for _ in 0..MOST_ATTEMPTS {
            match self.exact.apply(&put).await {
                // Of all that it needs only the queue can be missing.
                Err(Error::Client(error)) if error.is_no_node() => self.make().await?,
                done => return done.map(drop),
            }
        }
        Err(Error::Contended { path: self.items.as_str().into(), attempts: MOST_ATTEMPTS })
    }

    async fn make(&self) -> Result<(), Error> {
        self.options.make_persistent(&self.client, &self.items, Bytes::new()).await
    }

    /// How many items there are, and whatever else is below the path.
    pub(super) async fn len(&self) -> Result<usize, Error> {
        let stat = self.client.exists(&self.items).await?;
        Ok(stat.map_or(0, |stat| usize::try_from(stat.num_children).unwrap_or(0)))
    }

    /// The items that are there, in order.
    pub(super) async fn list(&self) -> Result<Vec<Entry>, Error> {
        match self.client.get_child_names(&self.items).await {
            Ok(names) => Ok(self.layout.in_order(names.iter())),
            Err(error) if error.is_no_node() => Ok(Vec::new()),
            Err(error) => Err(told(&self.client, &self.items, error).await),
        }
    }

    /// The same, and what fires when it may be otherwise.
    pub(super) async fn list_and_watch(&self) -> Result<(Vec<Entry>, OneShotWatch), Error> {
        let (names, watch) = names_and_watch(&self.client, &self.items).await?;
        Ok((self.layout.in_order(names.iter()), watch))
    }

    /// An item, as it is; `None` if it has gone.
    pub(super) async fn read(&self, entry: &Entry) -> Result<Option<Item>, Error> {
        let path = self.path(entry);
        match self.client.get_data(&path).await {
            Ok(NodeData { data, stat }) => {
                let (raw, layout) = (data.unwrap_or_default(), self.layout);
                Ok(Some(Item { path, priority: entry.priority, raw, stat, layout }))
            }
            Err(error) if error.is_no_node() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The first item, which is removed; `None` if there is none.
    pub(super) async fn take(&self) -> Result<Option<Item>, Error> {
        while let Some(entry) = self.first().await? {
            // Again if somebody changes it just then.
            while let Some(item) = self.read(&entry).await? {
                let version = Version::Exactly(item.stat.version);
                let delete = Transaction::new().delete(&item.path, version);
                match self.exact.apply(&delete).await {
                    Ok(_) => {
                        self.forget(&entry);
                        return Ok(Some(item));
                    }
                    Err(Error::Client(error)) if error.is_bad_version() => {}
                    Err(Error::Client(error)) if error.is_no_node() => break,
                    Err(error) => return Err(error),
                }
            }
            self.forget(&entry);
        }
        Ok(None)
    }

    /// The first item, which stays; `None` if there is none.
    pub(super) async fn peek(&self) -> Result<Option<Item>, Error> {
        while let Some(entry) = self.first().await? {
            if let Some(item) = self.read(&entry).await? {
                return Ok(Some(item));
            }
            self.forget(&entry);
        }
        Ok(None)
    }

    async fn first(&self) -> Result<Option<Entry>, Error> {
        if let Some(entry) = self.remembered(|listed| listed.last().cloned()) {
            return Ok(Some(entry));
        }
        let mut entries = self.list().await?;
        entries.reverse();
        let first = entries.last().cloned();
        self.remembered(|listed| {
            *listed = entries;
            None
        });
        Ok(first)
    }

    /// It has gone.
    fn forget(&self, entry: &Entry) {
        self.remembered(|listed| {
            if listed.last() == Some(entry) {
                listed.pop();
            }
            None
        });
    }

    fn remembered(&self, look: impl FnOnce(&mut Vec<Entry>) -> Option<Entry>) -> Option<Entry> {
        let listed = self.listed.as_ref()?;
        look(&mut listed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until there is an item, and takes it; over lost connections and sessions.
    ///
    /// A reply to the removal that is lost for good is told: the item is then nobody's.
    pub(super) async fn wait(&self) -> Result<Item, Error> {
        // What may have been removed without a reply is not passed over in silence.
        let policy = RetryPolicy { lost_writes: false, ..endless() };
        let take = || async {
            match self.take().await {
                Err(Error::Client(error)) => Err(error),
                other => Ok(other),
            }
        };
        loop {
            if let Some(item) = self.client.retry(policy, |_| take()).await?? {
                return Ok(item);
            }
            let (entries, watch) = self.list_and_watch().await?;
            if entries.is_empty() {
                // However it ended: the listing tells.
                drop(watch.await);
            }
        }
    }
}

/// The children of a znode, none if it is not there, and what fires when that changes. It waits
/// over lost connections and sessions.
pub(super) async fn names_and_watch(
    client: &Client,
    path: &str,
) -> Result<(Vec<String>, OneShotWatch), Error> {
    let look = || async {
        loop {
            match client.get_children_and_watch(path).await {
                Ok((children, watch)) => return Ok((children.names, watch)),
                Err(error) if error.is_no_node() => {}
                Err(error) => return Err(error),
            }
            if let (None, watch) = client.exists_and_watch(path).await? {
                return Ok((Vec::new(), watch));
            }
            // It was made in between.
        }
    };
    match client.retry(endless(), |_| look()).await {
        Ok(found) => Ok(found),
        Err(error) => Err(told(client, path, error).await),
    }
}

/// What went wrong with a listing, clearly.
async fn told(client: &Client, path: &str, error: zookit_client::Error) -> Error {
    if !error.is_reply_too_large() {
        return error.into();
    }
    let stat = client.exists(path).await.ok().flatten();
    Error::TooManyChildren { path: path.into(), children: stat.map(|stat| stat.num_children) }
}
