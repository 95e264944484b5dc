//! The leader stands still for longer than the session timeout, and then goes on.

use std::time::Duration;

use tokio::time::sleep;

use super::prelude::*;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "leader-paused",
    about: "the leader stands still for longer than the session timeout, and goes on",
    since: Since::Always,
    declared: Some(&DECLARED),
    run: |setting| Box::pin(run(setting)),
};

const SESSION: Duration = Duration::from_secs(6);

/// The others elect a leader, which gives every session its full timeout: all of them live. A
/// client at the leader that stands still leaves it after two thirds of the timeout.
const DECLARED: Declared = Declared {
    hit: Expected::RECONNECTS,
    others: Expected::RECONNECTS,
    behind_raw: Duration::from_secs(5),
};

async fn run(setting: &Setting) -> Result<Verdict, Failure> {
    let cluster = setting.cluster(|builder| builder).await?;
    let mut steady = setting.steady(&cluster, SESSION).await?;
    let leader = cluster.server(cluster.leader().await?);
    steady.strike();
    leader.pause().await?;
    // The accident itself, not a wait for something.
    sleep(SESSION + Duration::from_secs(2)).await;
    leader.resume().await?;
    steady.served().await;
    cluster.wait_until_served().await?;
    steady.served().await;
    steady.finish_on(&cluster, &DECLARED).await
}
