//! The connection breaks again and again while all members are up.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use zookit_client::{Client, State};
use zookit_proxy::{Cut, Proxy};

use super::prelude::*;
use crate::survive::lines::Lines;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "reconnects",
    about: "the connection breaks again and again: another member takes the client in milliseconds",
    since: Since::Always,
    declared: None,
    run: |setting| Box::pin(run(setting)),
};

/// How often the connections of each client break.
const ROUNDS: usize = 20;

/// A connection that does not last so long is one more failure of its server.
const LASTS: Duration = Duration::from_millis(1100);

/// Half of the times it takes no longer than this …
const HALF: Duration = Duration::from_millis(50);

/// … and never longer than this: no fixed wait, of however little, is among it.
const MOST: Duration = Duration::from_millis(500);

const PATIENCE: Duration = Duration::from_secs(30);

async fn run(setting: &Setting) -> Result<Verdict, Failure> {
    let cluster = setting.cluster(|builder| builder).await?;
    let mut breaking = JoinSet::new();
    for _ in 0..setting.members {
        let lines = Lines::to(&cluster)?;
        let (client, _) = lines.client(setting, LONG_SESSION).await?;
        breaking.spawn_local(break_often(client, lines));
    }
    let mut verdict = Verdict::default();
    let mut took = Vec::new();
    while let Some(times) = breaking.join_next().await {
        took.append(&mut times?.map_err(|error| error.to_string())?);
    }
    took.sort();
    let (half, most) = (took[took.len() / 2], took[took.len() - 1]);
    verdict.hold(half <= HALF, || format!("half of the reconnects took {half:?} and longer"));
    verdict.hold(most <= MOST, || format!("one of the reconnects took {most:?}"));
    verdict.seen.push(format!(
        "{} connections broken; the next answered read came after {:.1} ms (median), {:.1} ms at \
         most",
        took.len(),
        half.as_secs_f64() * 1e3,
        most.as_secs_f64() * 1e3
    ));
    Ok(verdict)
}

/// How long it took each time.
async fn break_often(client: Client, lines: Lines) -> Result<Vec<Duration>, Failure> {
    let session = client.session_id();
    let mut took = Vec::new();
    for round in 0..ROUNDS {
        sleep(LASTS).await;
        let (_, line) = lines.of(&client).ok_or("the client is on no line")?;
        let cut = [Cut::Close, Cut::Reset][round % 2];
        took.push(timeout(PATIENCE, back(&client, line, cut)).await??);
    }
    if client.session_id() != session {
        return Err("a session was not kept".into());
    }
    client.close().await?;
    Ok(took)
}

/// Breaks the connection: how long it takes until a read is answered on another.
async fn back(client: &Client, line: &Proxy, cut: Cut) -> Result<Duration, Failure> {
    let mut states = client.states();
    let broken = Instant::now();
    line.cut(cut);
    loop {
        let update = states.next().await.ok_or("the client is closed")?;
        if update.change.state == State::Connected {
            break;
        }
    }
    client.exists("/").await?;
    Ok(broken.elapsed())
}
