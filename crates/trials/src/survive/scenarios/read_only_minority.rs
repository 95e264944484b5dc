//! A majority is killed: what is left serves those who only read.

use std::time::Duration;

use tokio::time::{Instant, timeout};
use zookit_client::{Client, ConnectOptions, CreateMode, Error, State};
use zookit_ensemble::{Cluster, Mode, Version};

use super::prelude::*;
use crate::survive::traffic::home::ROOT;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "read-only-minority",
    about: "a majority is killed: the rest serves those who only read, until there is one again",
    // Seen: 3.4.14 and 3.6.4 leave out a reply when they change their mode, and 3.4.14 answers from
    // an empty tree then.
    since: Since::Release(
        Version::new(3, 7, 0),
        "before 3.7 servers that change to reading or back leave out replies",
    ),
    declared: Some(&DECLARED),
    run: |setting| Box::pin(run(setting)),
};

/// Of clients that write: they wait until there is a majority.
const DECLARED: Declared = Declared {
    hit: Expected::RECONNECTS,
    others: Expected::RECONNECTS,
    behind_raw: Duration::from_secs(6),
};

/// A member begins to serve readers when it has looked for a leader for 2 s.
const PATIENCE: Duration = Duration::from_secs(30);

async fn run(setting: &Setting) -> Result<Verdict, Failure> {
    // From 3.7 on only a local session can begin on a server that only reads. Those of clients
    // that write become global with their first ephemeral znodes.
    let local = setting.release.version >= Version::new(3, 7, 0);
    let cluster = setting.cluster(|builder| {
        builder.read_only_mode(true).config(move |config| {
            config.local_sessions_enabled = local.then_some(true);
            config.local_sessions_upgrading_enabled = local.then_some(true);
        })
    });
    let cluster = cluster.await?;
    // Presumed gone only after 40 s of silence.
    let mut steady = setting.steady(&cluster, 2 * LONG_SESSION).await?;
    steady.strike();
    let killed = setting.members / 2 + 1;
    for member in 0..killed {
        cluster.server(member).kill().await?;
    }
    let killed_at = Instant::now();
    let left = killed..setting.members;
    cluster.wait_until(move |modes| left.clone().any(|at| modes[at] == Mode::ReadOnly)).await?;
    let mut verdict = Verdict::default();
    let after = killed_at.elapsed().as_millis();
    verdict.seen.push(format!("{after} ms after the loss a member serves readers"));
    let options = ConnectOptions { read_only: true, ..setting.options(LONG_SESSION) };
    let reader = Client::connect_lazy(cluster.connect_string(), options)?;
    served_read_only(&reader, &mut verdict).await?;
    let connected = steady.subjects().iter().filter(|one| one.client.state().is_connected());
    let connected = connected.count();
    verdict.hold(connected == 0, || format!("{connected} clients that write are connected"));

    for member in 0..killed {
        cluster.server(member).launch().await?;
    }
    cluster.wait_until_served().await?;
    served_again(&cluster, &reader, &mut verdict).await?;
    steady.served().await;
    let mut judged = steady.finish_on(&cluster, &DECLARED).await?;
    judged.faults.append(&mut verdict.faults);
    judged.seen.append(&mut verdict.seen);
    Ok(judged)
}

async fn served_read_only(reader: &Client, verdict: &mut Verdict) -> Result<(), Failure> {
    let begun = Instant::now();
    let found = becomes(reader, State::ConnectedReadOnly).await;
    verdict.hold(found, || format!("a reader is {:?}", reader.state()));
    let after = begun.elapsed().as_millis();
    let names = reader.get_children(ROOT).await?.names.len();
    verdict.hold(names > 0, || "a reader sees nothing".to_owned());
    let refused = reader.create("/written", (), CreateMode::Persistent).await;
    let right = refused.as_ref().is_err_and(Error::is_not_read_only);
    verdict.hold(right, || format!("a write to a member that only reads: {refused:?}"));
    verdict.seen.push(format!("a reader has it after {after} ms"));
    Ok(())
}

/// The reader finds the majority by itself.
async fn served_again(
    cluster: &Cluster,
    reader: &Client,
    verdict: &mut Verdict,
) -> Result<(), Failure> {
    let begun = Instant::now();
    let found = becomes(reader, State::Connected).await;
    verdict.hold(found, || format!("a reader does not find the majority of {cluster:?}"));
    let after = begun.elapsed().as_millis();
    reader.create("/written", (), CreateMode::Persistent).await?;
    reader.close().await?;
    verdict.seen.push(format!("it writes {after} ms after there is a majority"));
    Ok(())
}

/// Waits until the client's state is this one; false if it does not come.
async fn becomes(client: &Client, state: State) -> bool {
    let mut states = client.states();
    let become_so = async {
        while client.state() != state {
            let _ = states.next().await;
        }
    };
    timeout(PATIENCE, become_so).await.is_ok()
}
