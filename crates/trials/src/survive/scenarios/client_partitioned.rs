//! A client is cut off from all members for less than its session lasts.

use std::time::Duration;

use tokio::time::sleep;

use super::prelude::*;
use crate::survive::lines::Lines;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "client-partitioned",
    about: "every packet of a client is lost for most of its session timeout, and then passes late",
    since: Since::Always,
    declared: Some(&DECLARED),
    run: |setting| Box::pin(run(setting)),
};

const SESSION: Duration = Duration::from_secs(12);

/// It leaves its server after two thirds of the timeout; the session lives to be taken up again.
const PARTITION: Duration = Duration::from_secs(9);

const DECLARED: Declared = Declared {
    hit: Expected::RECONNECTS,
    others: Expected::UNTOUCHED,
    behind_raw: Duration::from_secs(4),
};

async fn run(setting: &Setting) -> Result<Verdict, Failure> {
    let cluster = setting.cluster(|builder| builder).await?;
    let lines = Lines::to(&cluster)?;
    let mut clients = setting.clients(&cluster, SESSION).await?;
    clients.push(lines.client(setting, SESSION).await?);
    let mut steady = setting.steady_of(clients, &cluster, SESSION).await?;
    steady.hit([setting.members]);
    lines.hold();
    sleep(PARTITION).await;
    steady.over();
    lines.release();
    steady.served().await;
    steady.finish_on(&cluster, &DECLARED).await
}
