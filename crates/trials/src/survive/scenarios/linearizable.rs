//! Reads through a follower that lags.

use std::time::Duration;

use tokio::time::sleep;
use zookit_client::{Client, CreateMode, Deadline, Version};

use super::prelude::*;
use crate::survive::traffic::PATIENCE;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "linearizable",
    about: "a follower lags: a plain read shows the past, a linearizable one never does",
    since: Since::Always,
    declared: None,
    run: |setting| Box::pin(run(setting)),
};

/// How often the follower falls behind.
const ROUNDS: usize = 60;

/// For so long it stands still each time; its leader has more patience.
const PAUSE: Duration = Duration::from_millis(60);

/// How much is written meanwhile: the last of it is what has to be seen.
const WRITES: usize = 20;

async fn run(setting: &Setting) -> Result<Verdict, Failure> {
    let cluster = setting.cluster(|builder| builder).await?;
    let leader = cluster.leader().await?;
    let follower = *cluster.followers().await.first().ok_or("nobody follows")?;
    let (writer, _) = setting.client_at(&cluster, leader, LONG_SESSION).await?;
    let (reader, _) = setting.client_at(&cluster, follower, LONG_SESSION).await?;
    let reader = reader.with_deadline(Deadline::After(PATIENCE));
    writer.create("/read", "0", CreateMode::Persistent).await?;
    let server = cluster.server(follower);
    let mut verdict = Verdict::default();
    let mut stale = 0;
    for _ in 0..ROUNDS {
        server.pause().await?;
        let mut version = 0;
        for _ in 0..WRITES {
            version = writer.set_data("/read", "x", Version::Any).await?.version;
        }
        sleep(PAUSE).await;
        // They are in its buffers before it can hear of the writes.
        let plain = reader.get_data("/read");
        let read = reader.linearizable_read(|client| client.get_data("/read"));
        let (shown, resumed) = tokio::join!(read, server.resume());
        resumed?;
        let (plain, shown) = (plain.await?.stat.version, shown?.stat.version);
        stale += usize::from(plain < version);
        verdict.hold(shown >= version, || {
            format!("a linearizable read shows version {shown}, and {version} was written before")
        });
    }
    let moved = is_at(&reader, &server.address().to_string());
    verdict.hold(moved, || "the reader has left the follower".to_owned());
    verdict.hold(stale > 0, || "no plain read was stale: that proves nothing".to_owned());
    verdict.seen.push(format!(
        "{ROUNDS} times the follower lagged: {stale} plain reads were stale, no linearizable one"
    ));
    Ok(verdict)
}

fn is_at(client: &Client, address: &str) -> bool {
    client.server().is_some_and(|server| server.to_string() == address)
}
