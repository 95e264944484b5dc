//! The data of a znode, whenever they are new.
//!
//! # What it guarantees
//!
//! The first value is what is there, or that there is nothing. Each further one is told when it
//! differs from the last: the znode was created, deleted, set, also to the same bytes, or deleted and
//! created anew. It is the newest there is when it is asked for, and says how many values were
//! [skipped](DataChange::skipped) on the way; none goes unsaid, also not over lost connections and
//! expired sessions. A znode that was created and deleted while nobody looked has left no trace.
//!
//! # How it works
//!
//! getData leaves a watch, and the next value is read when that has fired; where there is no znode it
//! is exists. A watch survives its connection; if its session ends, the value is read anew.
//!
//! # What can go wrong
//!
//! * *No server can be reached*: it waits, as long as it takes.
//! * *The znode may not be read*: that is told, each time it is asked.
//!
//! ```
//! # use zookit_client::Client;
//! use zookit_recipes::watch::DataWatch;
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let mut config = DataWatch::new(&client, "/config");
//! loop {
//!     match config.next().await?.node {
//!         Some(node) => println!("the configuration is {:?}", node.data),
//!         None => println!("there is no configuration"),
//!     }
//!     # break;
//! }
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

use zookit_client::{Client, Error as ClientError, NodeData, OneShotWatch, Stat};

use crate::Error;
use crate::claim::endless;

/// The values of a znode, the newest each time. See [the module](self).
#[derive(Debug)]
pub struct DataWatch {
    client: Client,
    path: String,
    /// What was told last; inside, that there was nothing.
    told: Option<Option<Stat>>,
    /// Fires when that is out of date.
    watch: Option<OneShotWatch>,
}

/// A value, and what lies between it and the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataChange {
    /// The znode; `None` if there is none.
    pub node: Option<NodeData>,
    /// How many values it had in between that were not told, as far as there is a trace of them:
    /// those of a znode that was deleted have none, but that [it was](Self::is_anew).
    pub skipped: u32,
    /// Whether it is another znode than the last one told: that was deleted in between, and this
    /// one created.
    pub is_anew: bool,
}

impl DataWatch {
    /// A watch of the data at a path, which need not exist. Nothing is sent before it is asked.
    #[must_use]
    pub fn new(client: &Client, path: &str) -> Self {
        Self { client: client.clone(), path: path.to_owned(), told: None, watch: None }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The next value: at first what is there, then, as soon as something differs, the newest.
    ///
    /// # Errors
    /// The client's, if trying again cannot mend it: no permission, a closed client, a client that
    /// is pinned to a session that is over, a path that is none. It can be asked again.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Result<DataChange, Error> {
        loop {
            if let Some(watch) = &mut self.watch {
                // Whatever it says, or that it ended with its session: what is there now tells.
                let _fired = watch.await;
                self.watch = None;
            }
            let (client, path) = (&self.client, &*self.path);
            let (node, watch) = client.retry(endless(), |_| read(client, path)).await?;
            self.watch = Some(watch);
            let stat = node.as_ref().map(|node| node.stat);
            let last = self.told.replace(stat);
            if let Some(change) = difference(last, node) {
                return Ok(change);
            }
        }
    }
}

/// What is there, and the watch that tells when it is not any more.
async fn read(
    client: &Client,
    path: &str,
) -> Result<(Option<NodeData>, OneShotWatch), ClientError> {
    loop {
        match client.get_data_and_watch(path).await {
            Ok((node, watch)) => return Ok((Some(node), watch)),
            Err(error) if error.is_no_node() => {}
            Err(error) => return Err(error),
        }
        if let (None, watch) = client.exists_and_watch(path).await? {
            return Ok((None, watch));
        }
        // It was created in between.
    }
}

/// What is to be told, if anything is: `last` is what was told before.
fn difference(last: Option<Option<Stat>>, node: Option<NodeData>) -> Option<DataChange> {
    let versions = |from: i32, to: i32| u32::try_from(to.wrapping_sub(from)).unwrap_or(0);
    let change = |skipped, is_anew, node| DataChange { node, skipped, is_anew };
    match (last, node) {
        (None, node) => Some(change(0, false, node)),
        (Some(None), None) => None,
        (Some(Some(_)), None) => Some(change(0, false, None)),
        (Some(None), Some(node)) => Some(change(versions(0, node.stat.version), false, Some(node))),
        (Some(Some(last)), Some(node)) if last.czxid != node.stat.czxid => {
            Some(change(versions(0, node.stat.version), true, Some(node)))
        }
        (Some(Some(last)), Some(node)) => {
            let since = versions(last.version, node.stat.version);
            (last.mzxid != node.stat.mzxid)
                .then(|| change(since.saturating_sub(1), false, Some(node)))
        }
    }
}

#[cfg(test)]
mod tests {
    use zookit_client::Zxid;

    use super::*;

    fn node(czxid: i64, mzxid: i64, version: i32) -> Option<NodeData> {
        let stat = Stat { czxid: Zxid(czxid), mzxid: Zxid(mzxid), version, ..Stat::default() };
        Some(NodeData { data: None, stat })
    }

    fn told(last: Option<Option<NodeData>>, now: Option<NodeData>) -> Option<(u32, bool)> {
        let last = last.map(|last| last.map(|node| node.stat));
        difference(last, now.clone()).map(|change| {
            assert_eq!(change.node, now);
            (change.skipped, change.is_anew)
        })
    }

    #[test]
    fn what_differs_is_told_and_what_lies_between_counted() {
        let table = [
            (None, None, Some((0, false))),
            (None, node(1, 5, 3), Some((0, false))),
            (Some(None), None, None),
            (Some(None), node(1, 1, 0), Some((0, false))),
            (Some(None), node(1, 5, 3), Some((3, false))),
            (Some(node(1, 5, 3)), None, Some((0, false))),
            (Some(node(1, 5, 3)), node(1, 5, 3), None),
            (Some(node(1, 5, 3)), node(1, 6, 4), Some((0, false))),
            (Some(node(1, 5, 3)), node(1, 9, 7), Some((3, false))),
            // Over the end of the numbers.
            (Some(node(1, 5, i32::MAX)), node(1, 7, i32::MIN + 1), Some((1, false))),
            (Some(node(1, 5, 3)), node(7, 7, 0), Some((0, true))),
            (Some(node(1, 5, 3)), node(7, 9, 3), Some((3, true))),
        ];
        for (number, (last, now, expected)) in table.into_iter().enumerate() {
            assert_eq!(told(last, now), expected, "{number}");
        }
    }
}
