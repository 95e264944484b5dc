//! A client loses its connection, and the next member is far behind.

use std::time::Duration;

use tokio::time::sleep;
use zookit_client::{Client, CreateMode, Version};

use super::prelude::*;
use crate::survive::lines::Lines;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "lagging",
    about: "a client has to go to a member that is far behind: it waits there for what it has seen",
    since: Since::Always,
    run: |setting| Box::pin(run(setting)),
};

/// The member that lags refuses the client until it has caught up.
const DECLARED: Declared = Declared {
    hit: Expected::RECONNECTS,
    others: Expected::MAY_RECONNECT,
    behind_raw: Duration::from_secs(5),
};

/// How often the client has to go to it.
const ROUNDS: usize = 5;

/// For so long the member stands still: less than its leader's patience, more than its clients'
/// would be if it were longer.
const PAUSE: Duration = Duration::from_millis(1300);

/// What is written meanwhile, in bytes: it takes the member a while to get through.
const LOAD: usize = 100_000;

/// What a server's log says when it refuses a client that has seen more.
const REFUSED: &str = "as it has seen zxid";

async fn run(setting: &Setting) -> Result<Verdict, Failure> {
    let cluster = setting.cluster(|builder| builder).await?;
    let followers = cluster.followers().await;
    let [behind, ahead, ..] = followers[..] else { return Err("too few follow".into()) };
    let lines = Lines::to(&cluster)?;
    // The client knows of two followers, and is with the one that does not lag.
    for (member, line) in lines.each().iter().enumerate() {
        line.refuse_connections(member != ahead);
    }
    let mut clients = setting.clients(&cluster, LONG_SESSION).await?;
    clients.push(lines.client(setting, LONG_SESSION).await?);
    let loader = setting.client_at(&cluster, cluster.leader().await?, LONG_SESSION).await?.0;
    loader.create("/load", (), CreateMode::Persistent).await?;
    let mut steady = setting.steady_of(clients, &cluster, LONG_SESSION).await?;
    steady.hit([setting.members]);
    steady.strike();
    let server = cluster.server(behind);
    for _ in 0..ROUNDS {
        server.pause().await?;
        load(&loader).await?;
        let lines = lines.each();
        lines[behind].refuse_connections(false);
        lines[ahead].refuse_connections(true);
        lines[ahead].cut(zookit_proxy::Cut::Reset);
        server.resume().await?;
        steady.served().await;
        // And back to where it was.
        lines[ahead].refuse_connections(false);
        lines[behind].refuse_connections(true);
        lines[behind].cut(zookit_proxy::Cut::Reset);
        steady.served().await;
    }
    let refused = server.log().lines().filter(|line| line.contains(REFUSED)).count();
    let mut verdict = steady.finish(&DECLARED).await?;
    verdict.hold(refused > 0, || "the member never refused the client".to_owned());
    verdict.seen.push(format!(
        "{ROUNDS} times to a member far behind, which refused the client {refused} times"
    ));
    Ok(verdict)
}

/// Keeps the ensemble busy while the member stands still.
async fn load(client: &Client) -> Result<(), Failure> {
    let begun = tokio::time::Instant::now();
    while begun.elapsed() < PAUSE {
        client.set_data("/load", vec![b'x'; LOAD], Version::Any).await?;
        sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}
