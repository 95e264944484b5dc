//! The published crates, each with its own defaults and a session timeout of 10 s like ours.

use std::any::Any;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::Peer;
use crate::Res;
use crate::stub::frames::PATH;

const TIMEOUT: Duration = Duration::from_secs(10);

/// `zookeeper-client`.
#[derive(Debug, Clone)]
pub struct ZookeeperClient(zookeeper_client::Client);

impl Peer for ZookeeperClient {
    const NAME: &'static str = "zookeeper-client";

    async fn connect(address: SocketAddr) -> Res<Self> {
        let connector = zookeeper_client::Client::connector().with_session_timeout(TIMEOUT);
        Ok(Self(connector.connect(&address.to_string()).await?))
    }

    fn get(&self) -> impl Future<Output = usize> + Send + 'static {
        let answer = self.0.get_data(PATH);
        async { answer.await.expect("the stub answers").0.len() }
    }
}

/// `tokio-zookeeper`, with its stream of events, which somebody has to hold.
#[derive(Clone)]
pub struct TokioZookeeper {
    client: tokio_zookeeper::ZooKeeper,
    _events: Arc<dyn Any + Send + Sync>,
}

impl Peer for TokioZookeeper {
    const NAME: &'static str = "tokio-zookeeper";

    async fn connect(address: SocketAddr) -> Res<Self> {
        let (client, events) = tokio_zookeeper::ZooKeeper::connect(&address)
            .await
            .map_err(|error| error.to_string())?;
        Ok(Self { client, _events: Arc::new(Mutex::new(events)) })
    }

    fn get(&self) -> impl Future<Output = usize> + Send + 'static {
        let client = self.client.clone();
        async move {
            let node = client.get_data(PATH).await.expect("the stub answers");
            node.expect("the znode is there").0.len()
        }
    }
}

/// `zookeeper-async`.
#[derive(Clone)]
pub struct ZookeeperAsync(Arc<zookeeper_async::ZooKeeper>);

impl Peer for ZookeeperAsync {
    const NAME: &'static str = "zookeeper-async";

    async fn connect(address: SocketAddr) -> Res<Self> {
        let events = |_: zookeeper_async::WatchedEvent| {};
        let client =
            zookeeper_async::ZooKeeper::connect(&address.to_string(), TIMEOUT, events).await?;
        Ok(Self(Arc::new(client)))
    }

    fn get(&self) -> impl Future<Output = usize> + Send + 'static {
        let client = Arc::clone(&self.0);
        async move { client.get_data(PATH, false).await.expect("the stub answers").0.len() }
    }
}
