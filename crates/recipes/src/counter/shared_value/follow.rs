//! What a value becomes, as a stream.

use bytes::Bytes;
use zookit_client::{Client, NodeData, OneShotWatch, Zxid};

use super::Versioned;
use crate::Error;
use crate::claim::endless;

/// A stream of a value: what it is now, and then what it becomes.
///
/// It survives lost connections and sessions. What was set and replaced before it was read is not
/// told: the newest counts. It does not keep what it has told.
#[derive(Debug)]
#[must_use = "a follower tells nothing unless it is asked"]
pub struct Follow<T> {
    client: Client,
    path: String,
    read: fn(&str, Bytes) -> Result<T, Error>,
    watch: Option<OneShotWatch>,
    /// The zxid of what was told last, and `Some(None)` if that was that there is none.
    told: Option<Option<Zxid>>,
}

impl<T> Follow<T> {
    pub(super) fn new(
        client: &Client,
        path: &str,
        read: fn(&str, Bytes) -> Result<T, Error>,
    ) -> Self {
        Self { client: client.clone(), path: path.to_owned(), read, watch: None, told: None }
    }

    /// The value now when it is first asked, and later the next one that differs; `None` if there
    /// is no such znode (any more). It waits over lost connections, as long as it takes.
    ///
    /// # Errors
    /// The client's, if trying again cannot mend it: no permission, a closed client.
    /// [`Error::Malformed`] if the data is no such value; the next one may be.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Result<Option<Versioned<T>>, Error> {
        loop {
            if let Some(watch) = &mut self.watch {
                // However it ended: what is read tells.
                let _ = watch.await;
                self.watch = None;
            }
            let (client, path) = (&self.client, self.path.as_str());
            let (node, watch) = client.retry(endless(), |_| read(client, path)).await?;
            self.watch = Some(watch);
            let zxid = node.as_ref().map(|node| node.stat.mzxid);
            if self.told == Some(zxid) {
                continue;
            }
            self.told = Some(zxid);
            let Some(NodeData { data, stat }) = node else { return Ok(None) };
            let value = data.unwrap_or_default();
            let now = Versioned { value, version: stat.version, zxid: stat.mzxid };
            return now.try_map(|data| (self.read)(path, data)).map(Some);
        }
    }
}

/// What is there, and a watch that fires when it is not so any more.
async fn read(
    client: &Client,
    path: &str,
) -> Result<(Option<NodeData>, OneShotWatch), zookit_client::Error> {
    loop {
        match client.get_data_and_watch(path).await {
            Ok((node, watch)) => return Ok((Some(node), watch)),
            Err(error) if error.is_no_node() => {}
            Err(error) => return Err(error),
        }
        if let (None, watch) = client.exists_and_watch(path).await? {
            return Ok((None, watch));
        }
        // It was made in between.
    }
}
