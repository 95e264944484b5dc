//! The ensemble is restored from an old copy of its data: a client has seen more.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use zookit_client::{Client, CreateMode, Deadline, Error, SilentClose};
use zookit_ensemble::Cluster;

use super::prelude::*;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "restored",
    about: "the ensemble is restored from an old copy: a client has seen more, and says so",
    since: Since::Always,
    declared: None,
    run: |setting| Box::pin(run(setting)),
};

/// Long enough to be told why nobody takes the client.
const PATIENCE: Duration = Duration::from_secs(30);

/// How much the client sees that the copy does not have.
const MORE: usize = 50;

async fn run(setting: &Setting) -> Result<Verdict, Failure> {
    let cluster = setting.cluster(|builder| builder).await?;
    let client = cluster.connect_all_with(setting.options(LONG_SESSION)).await?;
    client.create("/old", "1", CreateMode::Persistent).await?;
    cluster.stop().await?;
    each(&cluster, copy_all)?;
    start(&cluster).await?;
    for number in 0..MORE {
        client.create(&format!("/new-{number}"), (), CreateMode::Persistent).await?;
    }
    cluster.stop().await?;
    each(&cluster, |data, copy| {
        fs::remove_dir_all(data)?;
        copy_all(copy, data)
    })?;
    start(&cluster).await?;

    let mut verdict = Verdict::default();
    let begun = Instant::now();
    let error = told(&client, &mut verdict).await;
    verdict.hold(error.is_some(), || format!("within {PATIENCE:?} nobody said why"));
    if let Some(error) = error {
        let after = begun.elapsed().as_millis();
        verdict.seen.push(format!("told after {after} ms: “{error}”"));
    }
    anew(setting, &cluster, &mut verdict).await?;
    Ok(verdict)
}

async fn start(cluster: &Cluster) -> Result<(), Failure> {
    for server in cluster.servers() {
        server.launch().await?;
    }
    Ok(cluster.wait_until_served().await?)
}

/// The error that says that the servers have less than this client has seen.
async fn told(client: &Client, verdict: &mut Verdict) -> Option<Error> {
    let hurried = client.with_deadline(Deadline::After(Duration::from_secs(1)));
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let Err(error) = hurried.get_data("/old").await else {
            verdict.faults.push("a client that has seen more is served".to_owned());
            return None;
        };
        let Error::NotSent(not_sent) = &error else { continue };
        let cause = not_sent.diagnosis().map(|found| found.cause);
        if matches!(cause, Some(SilentClose::BehindClient { ours, theirs }) if theirs < ours) {
            let same = client.diagnosis().map(|found| found.cause) == cause;
            verdict.hold(same, || "the client says something else than the error".to_owned());
            return Some(error);
        }
        sleep(Duration::from_millis(50)).await;
    }
    None
}

/// A new client finds the old data, and works.
async fn anew(setting: &Setting, cluster: &Cluster, verdict: &mut Verdict) -> Result<(), Failure> {
    let client = cluster.connect_all_with(setting.options(LONG_SESSION)).await?;
    let old = client.get_data("/old").await?;
    verdict.hold(old.data.as_deref() == Some(b"1"), || format!("the old data are {old:?}"));
    let new = client.exists("/new-0").await?;
    verdict.hold(new.is_none(), || "what is not in the copy is there".to_owned());
    client.create("/anew", (), CreateMode::Persistent).await?;
    client.close().await?;
    verdict.seen.push("a new client starts anew".to_owned());
    Ok(())
}

/// Of each member: where its data are, and where a copy is.
fn each(cluster: &Cluster, act: impl Fn(&Path, &Path) -> io::Result<()>) -> Result<(), Failure> {
    for server in cluster.servers() {
        let data = server.config()?.data_dir.ok_or("a server without a data directory")?;
        act(&data.join("version-2"), &server.directory().join("copy"))?;
    }
    Ok(())
}

/// Copies the files of a directory that has no directories.
fn copy_all(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}
