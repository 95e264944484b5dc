//! A client presumes its session gone that still lives: a new leader has given it more time.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use zookit_client::State;

use super::prelude::*;
use crate::survive::lines::Lines;
use crate::survive::transactions;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "presumed-gone",
    about: "a client presumes its session gone that a new leader keeps: it is closed before the next",
    since: Since::Always,
    declared: Some(&DECLARED),
    run: |setting| Box::pin(run(setting)),
};

const SESSION: Duration = Duration::from_secs(6);

/// The client hears nothing for 4/3 of its timeout, and the servers begin to count anew meanwhile.
const DECLARED: Declared = Declared {
    hit: Expected::EXPIRES,
    others: Expected::MAY_RECONNECT,
    behind_raw: Duration::from_secs(6),
};

/// When the leader is killed: before the session would end.
const KILLED_AFTER: Duration = Duration::from_millis(4500);

const PATIENCE: Duration = Duration::from_secs(20);

async fn run(setting: &Setting) -> Result<Verdict, Failure> {
    let cluster = setting.cluster(|builder| builder).await?;
    let lines = Lines::to(&cluster)?;
    let mut clients = setting.clients(&cluster, LONG_SESSION).await?;
    clients.push(lines.client(setting, SESSION).await?);
    let mut steady = setting.steady_of(clients, &cluster, LONG_SESSION).await?;
    let hit = setting.members;
    steady.hit([hit]);
    let client = steady.subjects()[hit].client.clone();
    let gone = client.session_id();

    lines.hold();
    sleep(KILLED_AFTER).await;
    let killed = cluster.kill_leader().await?;
    let begun = Instant::now();
    let mut states = client.states();
    while !matches!(client.state(), State::Expired | State::Connecting) {
        if begun.elapsed() > PATIENCE {
            return Err("the session is not presumed gone".into());
        }
        drop(tokio::time::timeout(Duration::from_millis(50), states.next()).await);
    }
    steady.over();
    lines.release();
    steady.served().await;
    let next = client.session_id();
    cluster.server(killed).launch().await?;
    cluster.wait_until_served().await?;
    steady.served().await;
    let mut verdict = steady.finish_on(&cluster, &DECLARED).await?;
    let history = transactions::read(&cluster).await?;
    let (ends, first) = (transactions::ends(&history), transactions::first_ephemerals(&history));
    let (ended, begins) = (ends.get(&gone), first.get(&next));
    verdict.hold(ended.is_some(), || format!("no log tells of the end of session {gone}"));
    verdict.hold(begins.is_some(), || format!("session {next} has no ephemeral znode"));
    if let (Some((end, _)), Some(begin)) = (ended, begins) {
        verdict.hold(end < begin, || {
            format!("session {next} had an ephemeral znode at {begin}, and {gone} ended at {end}")
        });
        verdict
            .seen
            .push(format!("{gone} ended at {end}, {next} had its first ephemeral at {begin}"));
    }
    Ok(verdict)
}
