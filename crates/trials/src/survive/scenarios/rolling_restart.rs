//! One member after the other is restarted, the leader last.

use std::time::Duration;

use super::prelude::*;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "rolling-restart",
    about: "one member after the other is restarted, the leader last",
    since: Since::Always,
    declared: Some(&DECLARED),
    run: |setting| Box::pin(run(setting)),
};

/// Every client loses its connection once at least, and never its session.
const DECLARED: Declared = Declared {
    hit: Expected::RECONNECTS,
    others: Expected::RECONNECTS,
    behind_raw: Duration::from_secs(3),
};

async fn run(setting: &Setting) -> Result<Verdict, Failure> {
    let cluster = setting.cluster(|builder| builder).await?;
    let mut steady = setting.steady(&cluster, LONG_SESSION).await?;
    steady.strike();
    cluster.rolling_restart().await?;
    steady.served().await;
    steady.finish_on(&cluster, &DECLARED).await
}
