//! A follower is killed, and comes back later.

use std::time::Duration;

use super::prelude::*;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "follower-killed",
    about: "a follower is killed: its clients go elsewhere at once, nobody else notices",
    since: Since::Always,
    declared: Some(&DECLARED),
    run: |setting| Box::pin(run(setting)),
};

/// Two members are up and take the client: it needs milliseconds, and the rest is the machine's.
const DECLARED: Declared = Declared {
    hit: Expected::RECONNECTS,
    others: Expected::UNTOUCHED,
    behind_raw: Duration::from_millis(500),
};

async fn run(setting: &Setting) -> Result<Verdict, Failure> {
    let cluster = setting.cluster(|builder| builder).await?;
    let mut steady = setting.steady(&cluster, LONG_SESSION).await?;
    let follower = *cluster.followers().await.first().ok_or("nobody follows")?;
    let server = cluster.server(follower);
    steady.hit(steady.connected_to(server.address()));
    steady.strike();
    server.kill().await?;
    steady.served().await;
    server.launch().await?;
    cluster.wait_until_served().await?;
    steady.served().await;
    steady.finish_on(&cluster, &DECLARED).await
}
