//! A follower is cut off from the other members, and then the leader with a minority.

use std::time::Duration;

use zookit_ensemble::{Cluster, Mode};

use super::prelude::*;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "members-partitioned",
    about: "a follower is cut off from the other members, and then the leader with a minority",
    since: Since::Always,
    declared: Some(&DECLARED),
    run: |setting| Box::pin(run(setting)),
};

/// The minority lets its clients go when it notices, and so do the followers of a lost leader.
const DECLARED: Declared = Declared {
    hit: Expected::RECONNECTS,
    others: Expected::RECONNECTS,
    behind_raw: Duration::from_secs(5),
};

async fn run(setting: &Setting) -> Result<Verdict, Failure> {
    let cluster = setting.cluster(|builder| builder.partitionable(true)).await?;
    let mut steady = setting.steady(&cluster, LONG_SESSION).await?;
    steady.strike();
    let follower = *cluster.followers().await.first().ok_or("nobody follows")?;
    cluster.isolate(follower);
    left(&cluster, follower).await?;
    steady.served().await;
    cluster.heal();
    cluster.wait_until_served().await?;
    steady.served().await;

    let leader = cluster.leader().await?;
    let members = setting.members;
    let others = (0..members).filter(|member| *member != leader);
    // With the leader as many as are no majority.
    let mut minority = vec![leader];
    minority.extend(others.clone().take((members - 1) / 2 - 1));
    let majority: Vec<_> = others.filter(|member| !minority.contains(member)).collect();
    cluster.partition(&[&minority, &majority]);
    left(&cluster, leader).await?;
    steady.served().await;
    cluster.heal();
    cluster.wait_until_served().await?;
    steady.served().await;
    steady.finish_on(&cluster, &DECLARED).await
}

/// Waits until a member has found out that it is cut off, and the others have a leader.
async fn left(cluster: &Cluster, member: usize) -> Result<(), Failure> {
    let is_so = move |modes: &[Mode]| {
        let mut leaders = modes.iter().enumerate().filter(|(_, mode)| **mode == Mode::Leader);
        !modes[member].serves() && leaders.any(|(leader, _)| leader != member)
    };
    Ok(cluster.wait_until(is_so).await?)
}
