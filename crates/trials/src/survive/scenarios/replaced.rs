//! Servers are replaced one by one by reconfig, and the clients follow.

use std::time::Duration;

use tokio::task::JoinSet;
use zookit_client::{Client, Endpoint, EnsembleConfig, Reconfig, RetryPolicy};
use zookit_ensemble::config::Role;
use zookit_ensemble::{Mode, Version};

use super::prelude::*;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "replaced",
    about: "every server is replaced by another through reconfig, and the clients follow",
    since: Since::Release(Version::new(3, 5, 3), "there is no reconfig before 3.5"),
    declared: Some(&DECLARED),
    run: |setting| Box::pin(run(setting)),
};

/// Each member that a client is at goes some time.
const DECLARED: Declared = Declared {
    hit: Expected::RECONNECTS,
    others: Expected::RECONNECTS,
    behind_raw: Duration::from_secs(4),
};

async fn run(setting: &Setting) -> Result<Verdict, Failure> {
    let cluster = setting.cluster(|builder| builder.reconfigurable(true)).await?;
    let mut steady = setting.steady(&cluster, LONG_SESSION).await?;
    let admin = cluster.connect_all_with(setting.options(LONG_SESSION)).await?;
    admin.add_auth("digest", "super:test").await?;
    let mut followers = JoinSet::new();
    let clients = steady.subjects().iter().map(|subject| subject.client.clone());
    for client in clients.chain([admin.clone(), steady.changer().clone()]) {
        followers.spawn_local(follow(client));
    }
    steady.strike();
    for old in 0..setting.members {
        let new = cluster.add(Role::Participant).await?;
        let id = i64::try_from(cluster.blocking().member(old).id)?;
        let change = Reconfig::incremental().joining(cluster.member(new).into()).leaving(id);
        replace(&admin, &change, id).await?;
        cluster
            .wait_until(move |modes| matches!(modes[new], Mode::Follower | Mode::Leader))
            .await?;
        cluster.server(old).stop().await?;
        let running = cluster.servers().into_iter().filter(|server| server.pid().is_some());
        steady.prober.set_members(running.map(|server| server.address()).collect());
        steady.served().await;
    }
    let mut verdict = steady.finish(&DECLARED).await?;
    let config = admin.get_config().await?;
    let ids: Vec<_> = config.members.iter().map(|member| member.id).collect();
    let replaced = ids.len() == setting.members
        && ids.iter().all(|id| usize::try_from(*id).is_ok_and(|id| id > setting.members));
    verdict.hold(replaced, || format!("the members are {ids:?}"));
    admin.close().await?;
    verdict.seen.push(format!("the members are {ids:?} now"));
    Ok(verdict)
}

/// Makes the change, whatever becomes of the replies: a leader that is left out closes its
/// connections when the others have agreed on it.
async fn replace(admin: &Client, change: &Reconfig, leaving: i64) -> Result<(), Failure> {
    let policy = RetryPolicy { lost_writes: true, ..RetryPolicy::default() };
    let replaced = admin.retry(policy, |attempt| async move {
        if attempt.may_have_applied {
            admin.fence().await?;
            let config = admin.get_config().await?;
            if config.members.iter().all(|member| member.id != leaving) {
                return Ok(());
            }
        }
        admin.reconfig(change.clone()).await.map(drop)
    });
    Ok(replaced.await?)
}

/// What a program does whose servers may be replaced: it watches the configuration and tells the
/// client.
async fn follow(client: Client) {
    loop {
        match client.get_config_and_watch().await {
            Ok((config, changed)) => {
                client.update_servers(servers(&config));
                // Whether it has fired or ended with its session: look again.
                let _ = changed.await;
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

fn servers(config: &EnsembleConfig) -> Vec<Endpoint> {
    let addresses = config.members.iter().filter_map(|member| member.client_address.as_deref());
    let endpoint = |address: &str| {
        let (host, port) = address.rsplit_once(':')?;
        Some(Endpoint::new(host, port.parse().ok()?))
    };
    addresses.filter_map(endpoint).collect()
}
