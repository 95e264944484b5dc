//! A client is cut off from all members for longer than its session lasts.

use std::time::Duration;

use tokio::time::sleep;

use super::prelude::*;
use crate::survive::lines::Lines;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "client-expired",
    about: "every packet of a client is lost for longer than its session lasts",
    since: Since::Always,
    declared: Some(&DECLARED),
    run: |setting| Box::pin(run(setting)),
};

const PARTITION: Duration = Duration::from_secs(9);

const DECLARED: Declared = Declared {
    hit: Expected::EXPIRES,
    others: Expected::UNTOUCHED,
    behind_raw: Duration::from_secs(4),
};

async fn run(setting: &Setting) -> Result<Verdict, Failure> {
    let cluster = setting.cluster(|builder| builder).await?;
    let lines = Lines::to(&cluster)?;
    let mut clients = setting.clients(&cluster, LONG_SESSION).await?;
    clients.push(lines.client(setting, SHORT_SESSION).await?);
    let mut steady = setting.steady_of(clients, &cluster, LONG_SESSION).await?;
    steady.hit([setting.members]);
    lines.hold();
    sleep(PARTITION).await;
    steady.over();
    lines.release();
    steady.served().await;
    steady.finish_on(&cluster, &DECLARED).await
}
