//! The leader is killed, and comes back later.

use std::time::Duration;

use super::prelude::*;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "leader-killed",
    about: "the leader is killed, and comes back when another one leads",
    since: Since::Always,
    declared: Some(&DECLARED),
    run: |setting| Box::pin(run(setting)),
};

/// Followers let their clients go when they lose their leader.
const DECLARED: Declared = Declared {
    hit: Expected::RECONNECTS,
    others: Expected::RECONNECTS,
    behind_raw: Duration::from_secs(3),
};

async fn run(setting: &Setting) -> Result<Verdict, Failure> {
    let cluster = setting.cluster(|builder| builder).await?;
    let mut steady = setting.steady(&cluster, LONG_SESSION).await?;
    let leader = cluster.server(cluster.leader().await?);
    steady.strike();
    leader.kill().await?;
    steady.served().await;
    leader.launch().await?;
    cluster.wait_until_served().await?;
    steady.served().await;
    steady.finish_on(&cluster, &DECLARED).await
}
