//! What a value becomes, as a stream.

use bytes::Bytes;
use zookit_client::{Client, NodeData};

use super::Versioned;
use crate::Error;
use crate::watch::DataWatch;

/// A stream of a value: what it is now, and then what it becomes.
///
/// It survives lost connections and sessions. What was set and replaced before it was read is not
/// told: the newest counts. It does not keep what it has told.
#[derive(Debug)]
#[must_use = "a follower tells nothing unless it is asked"]
pub struct Follow<T> {
    watch: DataWatch,
    read: fn(&str, Bytes) -> Result<T, Error>,
}

impl<T> Follow<T> {
    pub(super) fn new(
        client: &Client,
        path: &str,
        read: fn(&str, Bytes) -> Result<T, Error>,
    ) -> Self {
        Self { watch: DataWatch::new(client, path), read }
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
        let Some(NodeData { data, stat }) = self.watch.next().await?.node else { return Ok(None) };
        let value = data.unwrap_or_default();
        let now = Versioned { value, version: stat.version, zxid: stat.mzxid };
        now.try_map(|data| (self.read)(self.watch.path(), data)).map(Some)
    }
}
