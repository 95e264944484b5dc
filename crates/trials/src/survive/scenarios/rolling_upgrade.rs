//! One member after the other comes back as 3.9, under open sessions and watches.

use std::time::Duration;

use zookit_ensemble::Version;

use super::prelude::*;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "rolling-upgrade",
    about: "one member after the other comes back as 3.9, under open sessions and watches",
    since: Since::Line(3, 8, "it is the way from 3.8 to 3.9"),
    declared: Some(&DECLARED),
    run: |setting| Box::pin(run(setting)),
};

/// As a rolling restart.
const DECLARED: Declared = Declared {
    hit: Expected::RECONNECTS,
    others: Expected::RECONNECTS,
    behind_raw: Duration::from_secs(3),
};

async fn run(setting: &Setting) -> Result<Verdict, Failure> {
    let newer = setting.other_release(Version::NEWEST)?;
    let cluster = setting.cluster(|builder| builder).await?;
    let mut steady = setting.steady(&cluster, LONG_SESSION).await?;
    steady.strike();
    cluster.rolling_upgrade(&newer).await?;
    steady.served().await;
    let upgraded = cluster.servers().iter().all(|server| server.release() == newer);
    let mut verdict = steady.finish_on(&cluster, &DECLARED).await?;
    verdict.hold(upgraded, || "not every member was upgraded".to_owned());
    verdict.seen.push(format!("all members are {} now", newer.version));
    Ok(verdict)
}
