//! A name whose addresses all change.

use std::sync::Arc;
use std::time::Duration;

use zookit_client::{Client, ConnectOptions};
use zookit_proxy::Proxy;

use super::prelude::*;
use crate::survive::lines::Lines;
use crate::survive::network::{CountingDialer, Names};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "addresses-change",
    about: "all addresses of the one name that the clients know are gone, and it has others",
    since: Since::Always,
    declared: Some(&DECLARED),
    run: |setting| Box::pin(run(setting)),
};

const NAME: &str = "zookeeper.test";

/// The name is resolved anew for each attempt.
const DECLARED: Declared = Declared {
    hit: Expected::RECONNECTS,
    others: Expected::RECONNECTS,
    behind_raw: Duration::from_secs(2),
};

async fn run(setting: &Setting) -> Result<Verdict, Failure> {
    let cluster = setting.cluster(|builder| builder).await?;
    let (old, new) = (Lines::to(&cluster)?, Lines::to(&cluster)?);
    let addresses = |lines: &Lines| lines.each().iter().map(Proxy::address).collect();
    let names = Names::default();
    names.set(NAME, addresses(&old));
    let mut clients = Vec::new();
    for _ in 0..setting.members {
        let dialer = CountingDialer::default();
        let options = ConnectOptions {
            dialer: Arc::new(dialer.clone()),
            resolver: Arc::new(names.clone()),
            ..setting.options(LONG_SESSION)
        };
        clients.push((Client::connect_with(NAME, options).await?, dialer));
    }
    let mut steady = setting.steady_of(clients, &cluster, LONG_SESSION).await?;
    steady.strike();
    names.set(NAME, addresses(&new));
    old.cut(true);
    steady.served().await;
    steady.finish_on(&cluster, &DECLARED).await
}
