//! Znodes that are kept up.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;
use zookit_client::Stat;
use zookit_client::blocking::Client;

use super::Told;
use crate::node::{persistent, ttl};
use crate::{Error, NodeOptions, NodeState};

/// The twin of [`PersistentNode`](persistent::PersistentNode).
///
/// ```
/// # use zookit_client::blocking::Client;
/// use zookit_recipes::blocking::PersistentNode;
///
/// # fn f(client: Client) -> Result<(), zookit_recipes::Error> {
/// let node = PersistentNode::start(&client, "/workers/host-1", "idle");
/// node.wait_there()?;
/// node.set_data("busy")?;
/// node.close()?;
/// # Ok(()) }
/// # zookit_doctest::blocking::with_client(f);
/// ```
#[derive(Debug)]
#[must_use = "a znode whose keeper is dropped is deleted"]
pub struct PersistentNode {
    // Before the client: what it cleans up is done on the client's thread.
    node: persistent::PersistentNode,
    client: Client,
}

impl PersistentNode {
    /// As [the async one](persistent::PersistentNode::start).
    pub fn start(client: &Client, path: &str, data: impl Into<Bytes>) -> Self {
        Self::start_with(client, path, data, NodeOptions::default())
    }

    /// As [the async one](persistent::PersistentNode::start_with).
    pub fn start_with(
        client: &Client,
        path: &str,
        data: impl Into<Bytes>,
        options: NodeOptions,
    ) -> Self {
        let start =
            || persistent::PersistentNode::start_with(client.asynchronous(), path, data, options);
        Self { node: client.within(start), client: client.clone() }
    }

    /// As [the async one](persistent::PersistentNode::path).
    #[must_use]
    pub fn path(&self) -> &str {
        self.node.path()
    }

    /// As [the async one](persistent::PersistentNode::state).
    #[must_use]
    pub fn state(&self) -> NodeState {
        self.node.state()
    }

    /// How it stands, and then each change of that; see [`Told`].
    pub fn changes(&self) -> Told<NodeState> {
        Told::new(self.node.changes(), self.client.clone())
    }

    /// As [the async one](persistent::PersistentNode::wait_there).
    ///
    /// # Errors
    /// As there.
    pub fn wait_there(&self) -> Result<Stat, Error> {
        self.client.wait(self.node.wait_there())
    }

    /// The same, for this long at most; `None` if it is not there by then.
    ///
    /// # Errors
    /// As there.
    pub fn wait_there_within(&self, time: Duration) -> Result<Option<Stat>, Error> {
        let within = async { timeout(time, self.node.wait_there()).await };
        self.client.wait(within).ok().transpose()
    }

    /// As [the async one](persistent::PersistentNode::set_data).
    ///
    /// # Errors
    /// As there.
    pub fn set_data(&self, data: impl Into<Bytes>) -> Result<(), Error> {
        self.client.wait(self.node.set_data(data))
    }

    /// As [the async one](persistent::PersistentNode::close).
    ///
    /// # Errors
    /// As there.
    pub fn close(self) -> Result<(), Error> {
        let Self { node, client } = self;
        client.wait(node.close())
    }
}

/// The twin of [`TtlNode`](ttl::TtlNode).
///
/// ```
/// # use std::time::Duration;
/// # use zookit_client::blocking::Client;
/// use zookit_recipes::blocking::TtlNode;
///
/// # fn f(client: Client) -> Result<(), zookit_recipes::Error> {
/// let node = TtlNode::start(&client, "/reports/today", Duration::from_secs(60), "0 lines");
/// node.wait_there()?;
/// node.set_data("17 lines")?;
/// # Ok(()) }
/// # zookit_doctest::blocking::with_client(f);
/// ```
#[derive(Debug)]
#[must_use = "a znode whose keeper is dropped is kept alive no more"]
pub struct TtlNode {
    node: ttl::TtlNode,
    client: Client,
}

impl TtlNode {
    /// As [the async one](ttl::TtlNode::start).
    pub fn start(client: &Client, path: &str, ttl: Duration, data: impl Into<Bytes>) -> Self {
        Self::start_with(client, path, ttl, data, NodeOptions::default())
    }

    /// As [the async one](ttl::TtlNode::start_with).
    pub fn start_with(
        client: &Client,
        path: &str,
        ttl: Duration,
        data: impl Into<Bytes>,
        options: NodeOptions,
    ) -> Self {
        let start = || ttl::TtlNode::start_with(client.asynchronous(), path, ttl, data, options);
        Self { node: client.within(start), client: client.clone() }
    }

    /// As [the async one](persistent::PersistentNode::path).
    #[must_use]
    pub fn path(&self) -> &str {
        self.node.path()
    }

    /// As [the async one](persistent::PersistentNode::state).
    #[must_use]
    pub fn state(&self) -> NodeState {
        self.node.state()
    }

    /// How it stands, and then each change of that; see [`Told`].
    pub fn changes(&self) -> Told<NodeState> {
        Told::new(self.node.changes(), self.client.clone())
    }

    /// As [the async one](persistent::PersistentNode::wait_there).
    ///
    /// # Errors
    /// As there.
    pub fn wait_there(&self) -> Result<Stat, Error> {
        self.client.wait(self.node.wait_there())
    }

    /// The same, for this long at most; `None` if it is not there by then.
    ///
    /// # Errors
    /// As there.
    pub fn wait_there_within(&self, time: Duration) -> Result<Option<Stat>, Error> {
        let within = async { timeout(time, self.node.wait_there()).await };
        self.client.wait(within).ok().transpose()
    }

    /// As [the async one](persistent::PersistentNode::set_data).
    ///
    /// # Errors
    /// As there.
    pub fn set_data(&self, data: impl Into<Bytes>) -> Result<(), Error> {
        self.client.wait(self.node.set_data(data))
    }

    /// As [the async one](ttl::TtlNode::close).
    pub fn close(self) {
        let Self { node, client } = self;
        client.wait(node.close());
    }
}
