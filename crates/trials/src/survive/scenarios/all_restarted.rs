//! All members are stopped, and started again on their data.

use std::time::Duration;

use super::prelude::*;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "all-restarted",
    about: "all members are stopped at once, and started again on their data",
    since: Since::Always,
    declared: Some(&DECLARED),
    run: |setting| Box::pin(run(setting)),
};

/// Sessions are in the data, and begin anew with the ensemble. By then the client's waits between
/// attempts have grown.
const DECLARED: Declared = Declared {
    hit: Expected::RECONNECTS,
    others: Expected::RECONNECTS,
    behind_raw: Duration::from_secs(6),
};

async fn run(setting: &Setting) -> Result<Verdict, Failure> {
    let cluster = setting.cluster(|builder| builder).await?;
    // Presumed gone only after 40 s of silence.
    let mut steady = setting.steady(&cluster, 2 * LONG_SESSION).await?;
    steady.strike();
    cluster.restart_all().await?;
    steady.served().await;
    steady.finish_on(&cluster, &DECLARED).await
}
