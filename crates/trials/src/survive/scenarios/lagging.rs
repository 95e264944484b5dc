//! A client loses its connection, and the next member is far behind.

use std::time::Duration;

use tokio::time::sleep;
use zookit_ensemble::Server;
use zookit_proxy::Cut;

use super::prelude::*;
use crate::survive::lines::Lines;
use crate::survive::steady::Steady;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "lagging",
    about: "a client has to go to a member that is far behind, and waits there for what it has seen",
    since: Since::Always,
    declared: Some(&DECLARED),
    run: |setting| Box::pin(run(setting)),
};

/// The member that lags refuses the client until it has caught up.
const DECLARED: Declared = Declared {
    hit: Expected::RECONNECTS,
    others: Expected::UNTOUCHED,
    behind_raw: Duration::from_secs(6),
};

/// How often the client has to go to it.
const ROUNDS: usize = 6;

/// What the leader says arrives there so much later.
const LAG: Duration = Duration::from_millis(800);

/// So long each connection to the member that does not lag lasts.
const LASTS: Duration = Duration::from_millis(1100);

/// What a server's log says when it refuses a client that has seen more.
const REFUSED: &str = "as it has seen zxid";

async fn run(setting: &Setting) -> Result<Verdict, Failure> {
    let cluster = setting.cluster(|builder| builder.partitionable(true)).await?;
    let leader = cluster.leader().await?;
    let followers = cluster.followers().await;
    let [behind, ahead, ..] = followers[..] else { return Err("too few follow".into()) };
    let lines = Lines::to(&cluster)?;
    // The client knows of two followers, and is with the one that does not lag.
    for (member, line) in lines.each().iter().enumerate() {
        line.refuse_connections(member != ahead);
    }
    let mut clients = vec![setting.client_at(&cluster, leader, LONG_SESSION).await?];
    clients.push(lines.client_of(&[behind, ahead], setting, LONG_SESSION).await?);
    let (changer, _) = setting.client_at(&cluster, leader, LONG_SESSION).await?;
    let members = cluster.servers().iter().map(Server::address).collect();
    let mut steady = Steady::begin(clients, changer, members, setting.kinds()).await?;
    steady.hit([1]);
    cluster.link(leader, behind).delay(LAG);
    steady.strike();
    for _ in 0..ROUNDS {
        for (from, to) in [(ahead, behind), (behind, ahead)] {
            lines.each()[to].refuse_connections(false);
            lines.each()[from].refuse_connections(true);
            lines.each()[from].cut(Cut::Reset);
            steady.served_a_little().await;
        }
        // A connection that does not last is one more failure of its server.
        sleep(LASTS).await;
    }
    let refused = cluster.server(behind).log().matches(REFUSED).count();
    cluster.heal();
    steady.served().await;
    let mut verdict = steady.finish_on(&cluster, &DECLARED).await?;
    verdict.hold(refused >= ROUNDS, || format!("the member refused the client {refused} times"));
    verdict.seen.push(format!(
        "{ROUNDS} times to a member {} ms behind, which refused the client {refused} times",
        LAG.as_millis()
    ));
    Ok(verdict)
}
