//! A name that does not resolve yet.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use zookit_client::{Client, ConnectError, ConnectOptions, CreateMode};

use zookit_ensemble::Server;

use super::prelude::*;
use crate::survive::network::Names;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "name-resolves-late",
    about: "the client is there before its servers' name is, and is served when that resolves",
    since: Since::Always,
    declared: None,
    run: |setting| Box::pin(run(setting)),
};

const NAME: &str = "zookeeper.test";

/// How long the name does not resolve.
const LATE: Duration = Duration::from_secs(3);

/// By then the waits between attempts have grown to a quarter of the session timeout.
const SERVED_WITHIN: Duration = Duration::from_secs(4);

async fn run(setting: &Setting) -> Result<Verdict, Failure> {
    let cluster = setting.cluster(|builder| builder).await?;
    let addresses: Vec<_> = cluster.servers().iter().map(Server::address).collect();
    let names = Names::default();
    let options = || ConnectOptions {
        resolver: Arc::new(names.clone()),
        connect_timeout: Duration::from_secs(1),
        ..setting.options(LONG_SESSION)
    };
    let mut verdict = Verdict::default();
    let in_vain = Client::connect_with(NAME, options()).await;
    let told = match &in_vain {
        Err(error @ ConnectError::TimedOut { .. }) => error.to_string(),
        other => format!("{other:?}"),
    };
    verdict.hold(told.contains("does not resolve"), || format!("a connect in vain: {told}"));

    let client = Client::connect_lazy(NAME, options())?;
    let early = client.create("/early", "1", CreateMode::Persistent);
    sleep(LATE).await;
    let resolved = Instant::now();
    names.set(NAME, addresses);
    timeout(SERVED_WITHIN, early).await.map_err(|_| {
        format!("a request was not served within {SERVED_WITHIN:?} of when the name resolved")
    })??;
    let after = resolved.elapsed().as_millis();
    let data = client.get_data("/early").await?.data;
    verdict.hold(data.as_deref() == Some(b"1"), || format!("it wrote {data:?}"));
    client.close().await?;
    verdict.seen.push(format!(
        "what was submitted {} s before the name resolved was answered {after} ms after that",
        LATE.as_secs()
    ));
    Ok(verdict)
}
