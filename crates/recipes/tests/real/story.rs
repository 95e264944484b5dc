//! What the recipes go through together.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use zookit_client::{Client, RetryPolicy};
use zookit_ensemble::Cluster;

/// An election takes seconds on a busy machine.
const GUARD: Duration = Duration::from_secs(120);

const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// A recipe's part in it.
type Part = Pin<Box<dyn Future<Output = ()> + Send>>;

/// How a part begins.
type Begin = Box<dyn FnOnce(Stage) -> Part>;

/// The ensemble, and the recipes that are on it.
pub(crate) struct Story<'a> {
    cluster: &'a Cluster,
    parts: Vec<(&'static str, Begin)>,
}

/// The ensemble as a recipe sees it.
#[derive(Clone)]
pub(crate) struct Stage {
    servers: String,
    /// All have set up.
    ready: Arc<Barrier>,
    /// The leader is gone.
    killed: Arc<Barrier>,
}

impl Stage {
    pub(crate) async fn client(&self) -> Client {
        bounded("a client connects", Client::connect(self.servers.as_str())).await.unwrap()
    }

    /// All is set up: waits until the leader has been killed.
    pub(crate) async fn leader_is_killed(&self) {
        self.ready.wait().await;
        self.killed.wait().await;
    }
}

/// Waits until the ensemble answers again, whatever became of the connection.
pub(crate) async fn answers_again(client: &Client) {
    let again = RetryPolicy { max_attempts: u32::MAX, max_elapsed: GUARD, ..Default::default() };
    let answer = client.retry(again, |_| client.fence());
    bounded("the ensemble answers", answer).await.unwrap();
}

/// Between a look at what a server tells and the next.
pub(crate) async fn a_moment() {
    sleep(LOOK_AGAIN).await;
}

impl<'a> Story<'a> {
    pub(crate) const fn new(cluster: &'a Cluster) -> Self {
        Self { cluster, parts: Vec::new() }
    }

    pub(crate) fn tell<F>(&mut self, name: &'static str, part: impl FnOnce(Stage) -> F + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.parts.push((name, Box::new(|stage| Box::pin(part(stage)))));
    }

    pub(crate) async fn run(self) {
        let size = self.parts.len() + 1;
        let (ready, killed) = (Arc::new(Barrier::new(size)), Arc::new(Barrier::new(size)));
        let stage = Stage { servers: self.cluster.connect_string(), ready, killed };
        let mut playing = JoinSet::new();
        for (name, part) in self.parts {
            let part = part(stage.clone());
            playing.spawn(async move { bounded(name, part).await });
        }
        // A part that fails before it is ready is heard of, and not waited for.
        let set_up = async {
            stage.ready.wait().await;
            self.cluster.kill_leader().await.unwrap();
            stage.killed.wait().await;
        };
        tokio::select! {
            () = set_up => {}
            Some(ended) = playing.join_next() => panic!("a part ended early: {ended:?}"),
        }
        while let Some(ended) = playing.join_next().await {
            ended.unwrap();
        }
    }
}

pub(crate) async fn bounded<F: Future>(what: &str, future: F) -> F::Output {
    match timeout(GUARD, future).await {
        Ok(value) => value,
        Err(_) => panic!("{what}: not within {GUARD:?}"),
    }
}
