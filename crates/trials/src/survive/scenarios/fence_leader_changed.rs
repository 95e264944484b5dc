//! Leaders are killed under writes: what a fence behind the loss shows stays so.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;
use zookit_client::{Client, CreateMode, Deadline, Error};
use zookit_ensemble::Cluster;

use super::prelude::*;
use crate::survive::traffic::PATIENCE;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "fence-leader-changed",
    about: "leaders are killed under writes: what is read behind a fence stays so",
    since: Since::Always,
    declared: None,
    run: |setting| Box::pin(run(setting)),
};

/// How many leaders are killed.
const ROUNDS: usize = 4;

/// So many writes of a client are under way at once.
const WINDOW: usize = 24;

/// How long there is writing before a leader is killed.
const CALM: Duration = Duration::from_millis(300);

/// Paths of lost writes, and whether they were there behind the fence.
#[derive(Debug, Default)]
struct Found {
    verdicts: Vec<(String, bool)>,
    answered: usize,
    /// Of answered writes: what was not there behind the fence.
    faults: Vec<String>,
}

async fn run(setting: &Setting) -> Result<Verdict, Failure> {
    let cluster = setting.cluster(|builder| builder).await?;
    let found = Rc::new(RefCell::new(Found::default()));
    let writing = watch::Sender::new(true);
    let mut writers = JoinSet::new();
    for member in 0..setting.members {
        let (client, _) = setting.client_at(&cluster, member, LONG_SESSION).await?;
        let client = client.with_deadline(Deadline::After(PATIENCE));
        let place = format!("/fenced-{member}");
        client.create(&place, (), CreateMode::Persistent).await?;
        writers.spawn_local(write(client, place, writing.subscribe(), Rc::clone(&found)));
    }
    for _ in 0..ROUNDS {
        sleep(CALM).await;
        let killed = cluster.kill_leader().await?;
        cluster.leader().await?;
        cluster.server(killed).launch().await?;
        cluster.wait_until_served().await?;
    }
    sleep(CALM).await;
    writing.send_replace(false);
    while let Some(written) = writers.join_next().await {
        written??;
    }
    judge(setting, &cluster, &found.take()).await
}

/// Looks at all of it again, when all is calm: at every member.
async fn judge(setting: &Setting, cluster: &Cluster, found: &Found) -> Result<Verdict, Failure> {
    let mut members = Vec::new();
    for member in 0..setting.members {
        let client = cluster.connect_with(member, setting.options(LONG_SESSION)).await?;
        client.fence().await?;
        members.push(client);
    }
    let leader = cluster.leader().await?;
    let mut verdict = Verdict::default();
    let (mut applied, mut not_applied) = (0, 0);
    for (path, was_there) in &found.verdicts {
        let mut is_there = Vec::new();
        for client in &members {
            is_there.push(client.exists(path).await?.is_some());
        }
        let agreed = is_there[leader];
        verdict.hold(agreed == *was_there, || {
            format!("{path}: there behind the fence: {was_there}; in the end: {agreed}")
        });
        verdict.hold(is_there.iter().all(|one| *one == agreed), || {
            format!("the members themselves do not agree whether {path} is there: {is_there:?}")
        });
        *(if agreed { &mut applied } else { &mut not_applied }) += 1;
    }
    verdict.faults.extend(found.faults.iter().cloned());
    verdict.hold(!found.verdicts.is_empty(), || "no write was lost".to_owned());
    for client in members {
        client.close().await?;
    }
    verdict.seen.push(format!(
        "{ROUNDS} leaders killed, {} writes answered and {} lost: behind the fence {applied} were \
         there and {not_applied} were not, and so it was in the end",
        found.answered,
        found.verdicts.len()
    ));
    Ok(verdict)
}

/// Writes, many at once, and looks behind a fence at those that were lost.
async fn write(
    client: Client,
    place: String,
    writing: watch::Receiver<bool>,
    found: Rc<RefCell<Found>>,
) -> Result<(), Error> {
    let mut number = 0;
    while *writing.borrow() {
        let paths: Vec<_> =
            (0..WINDOW).map(|index| format!("{place}/{}", number + index)).collect();
        number += WINDOW;
        let create = |path: &String| client.create(path, (), CreateMode::Persistent);
        let answers: Vec<_> = paths.iter().map(create).collect();
        let (mut lost, mut done) = (Vec::new(), Vec::new());
        for (path, answer) in paths.into_iter().zip(answers) {
            match answer.await {
                Ok(_) => done.push(path),
                Err(error) if error.may_have_applied() => lost.push(path),
                Err(error) if error.is_transient() => {}
                Err(error) => return Err(error),
            }
        }
        found.borrow_mut().answered += done.len();
        if lost.is_empty() {
            continue;
        }
        // The first request of a connection: another leader may fall meanwhile.
        client.retry(Default::default(), |_| client.fence()).await?;
        for path in lost {
            let is_there = client.exists(&path).await?.is_some();
            found.borrow_mut().verdicts.push((path, is_there));
        }
        for path in done {
            if client.exists(&path).await?.is_none() {
                let fault = format!("{path} was answered, and is not there behind the fence");
                found.borrow_mut().faults.push(fault);
            }
        }
    }
    Ok(())
}
