//! All members are dead for a while: clients do not hammer, and are soon back when one is up.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::prelude::*;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "dead-ensemble",
    about: "all members are dead for a while: nobody hammers, and all are soon back",
    since: Since::Always,
    declared: Some(&DECLARED),
    run: |setting| Box::pin(run(setting)),
};

/// Sessions last in the data.
const DECLARED: Declared = Declared {
    hit: Expected::RECONNECTS,
    others: Expected::RECONNECTS,
    behind_raw: Duration::from_secs(6),
};

const DEAD: Duration = Duration::from_secs(12);

/// A client dials each member at once, and then no more often than this in all that time …
const MOST_DIALS_A_SECOND: f64 = 3.0;

/// … and than this in its second half, when the waits have grown.
const MOST_LATE_DIALS_A_SECOND: f64 = 1.0;

async fn run(setting: &Setting) -> Result<Verdict, Failure> {
    let cluster = setting.cluster(|builder| builder).await?;
    let mut steady = setting.steady(&cluster, 2 * LONG_SESSION).await?;
    steady.strike();
    for server in cluster.servers() {
        server.kill().await?;
    }
    let dead = Instant::now();
    sleep(DEAD).await;
    let back = Instant::now();
    let dials: Vec<_> = steady.dials().into_iter().map(|dials| dials.dials()).collect();
    for server in cluster.servers() {
        server.launch().await?;
    }
    cluster.wait_until_served().await?;
    steady.served().await;
    let mut verdict = steady.finish_on(&cluster, &DECLARED).await?;
    let half = dead + DEAD / 2;
    for (client, dials) in dials.iter().enumerate() {
        let count = |from| dials.iter().filter(|(at, _)| *at >= from && *at < back).count();
        let (all, late) = (count(dead), count(half));
        for (dials, seconds, most) in [
            (all.saturating_sub(setting.members), DEAD.as_secs_f64(), MOST_DIALS_A_SECOND),
            (late, DEAD.as_secs_f64() / 2.0, MOST_LATE_DIALS_A_SECOND),
        ] {
            #[allow(clippy::cast_precision_loss, reason = "dials are few")]
            let rate = dials as f64 / seconds;
            verdict.hold(rate <= most, || {
                format!("client {client} dialed a dead ensemble {rate:.1} times a second")
            });
        }
        verdict.seen.push(format!(
            "client {client} dialed {all} times in {} s, {late} of them in the second half",
            DEAD.as_secs()
        ));
    }
    Ok(verdict)
}
