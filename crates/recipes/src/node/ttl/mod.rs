//! A znode that the server deletes some time after nobody keeps it alive any more.
//!
//! # What it guarantees
//!
//! While it is kept up the znode is there, for others to watch, over sessions and their gaps: it is no
//! ephemeral. When nobody has kept it alive for its time to live the server deletes it, up to a minute
//! later (`znode.container.checkIntervalMs`). Several may keep one alive.
//!
//! # How it works
//!
//! 1. The znode is [kept up](super::persistent), with a time to live. That ends when it was not set
//!    for so long *and has no children*.
//! 2. So a child `touch` is made, with the same time to live, and set every half of that. Whoever
//!    watches the znode itself hears nothing of it.
//! 3. When nobody sets the child any more it goes, and then its parent.
//!
//! # What can go wrong
//!
//! * *The server has no TTL znodes* (`extendedTypesEnabled`, from 3.5.3): it ends, with the refusal.
//! * *No connection for longer than the time to live*: it goes, and is created again.
//! * *It is closed or dropped*: nothing is deleted; the server does that in its time.
//!
//! # On disk
//!
//! As Curator's `PersistentTtlNode`, which may keep the same one alive.
//!
//! ```
//! # use std::time::Duration;
//! # use zookit_client::Client;
//! use zookit_recipes::TtlNode;
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let ttl = Duration::from_secs(60);
//! let node = TtlNode::start(&client, "/reports/today", ttl, "0 lines");
//! node.wait_there().await?;
//! node.set_data("17 lines").await?;
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

use std::ops::Deref;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;
use tokio::time::sleep;
use zookit_client::{Client, Error, RetryPolicy, Version};
use zookit_proto::path::join;

use super::persistent::{NodeKind, NodeOptions, NodeState, PersistentNode};
use crate::changes::Changes;
use crate::race::first;

/// The child that is set to keep its parent.
const TOUCH: &str = "touch";

/// A znode that is kept alive, until this is dropped. See [the module](self).
///
/// It is a [`PersistentNode`], whose methods it has: to wait for it, to set its data, to look at its
/// state.
#[derive(Debug)]
#[doc(alias = "PersistentTtlNode")]
#[must_use = "a znode whose keeper is dropped is kept alive no more"]
pub struct TtlNode {
    node: PersistentNode,
    /// Dropped with this, which ends the touching.
    _kept: oneshot::Sender<()>,
}

impl TtlNode {
    /// Keeps this znode alive, with this data: it has this long to live from when nobody does any
    /// more, 2 ms to almost 35 years, in whole milliseconds.
    ///
    /// It keeps the session open, as a clone of the client does.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub fn start(client: &Client, path: &str, ttl: Duration, data: impl Into<Bytes>) -> Self {
        let options = NodeOptions::default();
        Self::start_with(client, path, ttl, data, options)
    }

    /// The same, with other rights or parents; the kind and what becomes of it in the end are those
    /// of a TTL node, whatever the options say.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub fn start_with(
        client: &Client,
        path: &str,
        ttl: Duration,
        data: impl Into<Bytes>,
        options: NodeOptions,
    ) -> Self {
        let (kind, keep) = (NodeKind::Ttl(ttl), true);
        let options = NodeOptions { kind, keep, ..options };
        let node = PersistentNode::start_with(client, path, data, options.clone());
        let (client, path, state) = (client.clone(), join(path, TOUCH), node.changes());
        let touch = Touch { client, path, ttl, options, state };
        let (kept, dropped) = oneshot::channel();
        tokio::spawn(async move { first(dropped, touch.go_on()).await });
        Self { node, _kept: kept }
    }

    /// Keeps it alive no more: the server deletes it when its time is over. Dropping it does the
    /// same.
    pub async fn close(self) {
        // Nothing is deleted, so nothing can fail.
        drop(self.node.close().await);
    }
}

impl Deref for TtlNode {
    type Target = PersistentNode;

    fn deref(&self) -> &PersistentNode {
        &self.node
    }
}

/// What keeps it alive.
struct Touch {
    client: Client,
    path: String,
    ttl: Duration,
    options: NodeOptions,
    /// How the znode itself stands.
    state: Changes<NodeState>,
}

impl Touch {
    /// Twice in each time to live, until the znode itself is kept up no more.
    async fn go_on(self) {
        let pause = self.ttl / 2;
        loop {
            sleep(pause).await;
            if matches!(self.state.now(), NodeState::Ended(_)) {
                return;
            }
            // Again and again within the time until the next; what is lost may be repeated.
            let policy =
                RetryPolicy { max_elapsed: pause, lost_writes: true, ..RetryPolicy::default() };
            match self.client.retry(policy, |_| self.touch()).await {
                Err(error) if error.is_closed() || self.is_over(&error) => return,
                Err(error) => {
                    let path = &self.path;
                    tracing::warn!(target: "zookit::recipes", %path, %error, "not kept alive");
                }
                Ok(()) => {}
            }
        }
    }

    fn is_over(&self, error: &Error) -> bool {
        self.client.pinned_to().is_some() && error.is_session_lost()
    }

    async fn touch(&self) -> Result<(), Error> {
        match self.client.set_data(&self.path, (), Version::Any).await {
            Err(error) if error.is_no_node() => {}
            done => return done.map(drop),
        }
        let options = self.options.kind.create(&self.options.acl);
        match self.client.create(&self.path, (), options).await {
            // Another one keeps it alive too; or the znode itself is about to be made again.
            Err(error) if error.is_node_exists() || error.is_no_node() => Ok(()),
            done => done.map(drop),
        }
    }
}
