//! Ensembles that are cut apart, and what becomes of their members.
//!
//! What members say to each other goes through proxies and past none: shown by their sockets, on
//! Linux, and everywhere by what members can no longer do.

use std::time::Duration;

use zookit_client::{Client, CreateMode, Version};
use zookit_ensemble::config::ConfigError;
use zookit_ensemble::{Cluster, ClusterBuilder, Error, Mode, Release};

use crate::releases::{ALL, options, since};

/// A member that hears nothing from its leader gives up after two seconds, and a leader on its
/// followers.
fn builder(release: &Release) -> ClusterBuilder {
    let builder = Cluster::builder().release(release).partitionable(true);
    builder.config(|config| config.sync_limit = Some(4))
}

async fn set(client: &Client, data: &str) {
    client.set_data("/a", data, Version::Any).await.unwrap();
}

async fn data(client: &Client) -> String {
    let data = client.get_data("/a").await.unwrap().data.unwrap();
    String::from_utf8(data.to_vec()).unwrap()
}

#[tokio::test]
async fn members_speak_to_each_other_through_the_proxies_alone() {
    for release in since(ALL, "elections through proxies") {
        let cluster = builder(&release).observers(1).start().await.unwrap();
        sockets::show_no_way_past_the_proxies(&cluster);
        // Whoever is elected, from whichever of them has connected.
        for _ in 0..2 {
            let leader = cluster.kill_leader().await.unwrap();
            assert_ne!(cluster.leader().await.unwrap(), leader);
            sockets::show_no_way_past_the_proxies(&cluster);
            cluster.server(leader).start().await.unwrap();
            cluster.wait_until_served().await.unwrap();
            sockets::show_no_way_past_the_proxies(&cluster);
        }
        // Nothing but the proxies is between them: without these nobody leads.
        cluster.partition(&[]);
        let nobody = |modes: &[Mode]| modes.iter().all(|mode| *mode == Mode::NotServing);
        cluster.wait_until(nobody).await.unwrap();
        cluster.heal();
        cluster.wait_until_served().await.unwrap();
        sockets::show_no_way_past_the_proxies(&cluster);
    }
}

#[tokio::test]
async fn a_leader_that_is_cut_off_loses_its_lead_and_comes_back_as_a_follower() {
    for release in since(ALL, "a leader that is cut off") {
        let cluster = builder(&release).start().await.unwrap();
        let client = cluster.connect_all_with(options()).await.unwrap();
        client.create("/a", "before", CreateMode::Persistent).await.unwrap();
        let old = cluster.leader().await.unwrap();
        cluster.isolate(old);
        cluster.wait_until(move |modes| modes[old] == Mode::NotServing).await.unwrap();
        let new = cluster.leader().await.unwrap();
        assert_ne!(old, new);
        let majority = cluster.connect_with(new, options()).await.unwrap();
        set(&majority, "meanwhile").await;
        // It asks for votes all the time, and nobody hears it.
        assert_eq!(cluster.modes().await[old], Mode::NotServing);
        cluster.heal();
        cluster.wait_until_served().await.unwrap();
        assert_eq!(cluster.leader().await.unwrap(), new);
        assert_eq!(cluster.modes().await[old], Mode::Follower);
        let there = cluster.connect_with(old, options()).await.unwrap();
        assert_eq!(data(&there).await, "meanwhile", "{}", release.version);
    }
}

#[tokio::test]
async fn a_cut_of_one_way_is_a_cut_of_one_way() {
    for release in since(ALL, "a follower that is not heard") {
        let cluster = builder(&release).start().await.unwrap();
        let leader = cluster.leader().await.unwrap();
        let [near, far] = cluster.followers().await[..] else { panic!("two follow") };
        let client = cluster.connect_with(near, options()).await.unwrap();
        client.create("/a", "before", CreateMode::Persistent).await.unwrap();
        let there = cluster.connect_with(far, options()).await.unwrap();

        // The leader does not hear it, and it hears the leader for a while.
        cluster.link(far, leader).cut();
        set(&client, "heard").await;
        while data(&there).await != "heard" {}
        // Then the leader gives up on it, and it finds no other one.
        cluster.wait_until(move |modes| modes[far] == Mode::NotServing).await.unwrap();
        assert_eq!(cluster.leader().await.unwrap(), leader);
        cluster.link(far, leader).clear();
        cluster.wait_until_served().await.unwrap();

        // It does not hear the leader.
        cluster.link(leader, far).cut();
        set(&client, "not heard").await;
        cluster.wait_until(move |modes| modes[far] == Mode::NotServing).await.unwrap();
        cluster.heal();
        cluster.wait_until_served().await.unwrap();
        let there = cluster.connect_with(far, options()).await.unwrap();
        assert_eq!(data(&there).await, "not heard", "{}", release.version);
    }
}

#[tokio::test]
async fn a_member_behind_a_slow_link_shows_the_past_until_a_sync() {
    for release in since(ALL, "a slow link") {
        let cluster = builder(&release).start().await.unwrap();
        let leader = cluster.leader().await.unwrap();
        let follower = cluster.followers().await[0];
        let client = cluster.connect_with(leader, options()).await.unwrap();
        let there = cluster.connect_with(follower, options()).await.unwrap();
        client.create("/a", "0", CreateMode::Persistent).await.unwrap();
        there.sync("/a").await.unwrap();
        cluster.link(leader, follower).delay(Duration::from_secs(1));
        set(&client, "1").await;
        assert_eq!(data(&there).await, "0", "{}", release.version);
        there.sync("/a").await.unwrap();
        assert_eq!(data(&there).await, "1", "{}", release.version);
        assert_eq!(cluster.modes().await[follower], Mode::Follower);
    }
}

#[tokio::test]
async fn clients_are_cut_off_and_members_are_not() {
    let Some(release) = since(ALL, "proxies of clients").pop() else { return };
    let cluster = builder(&release).voters(1).start().await.unwrap();
    assert_ne!(cluster.client_address(0), cluster.server(0).address());
    assert_eq!(cluster.proxy(0).upstream(), cluster.server(0).address());
    let client = cluster.connect(0).await.unwrap();
    cluster.proxy(0).lose_next_reply("/a");
    let lost = client.create("/a", "0", CreateMode::Persistent).await.unwrap_err();
    assert!(lost.may_have_applied());
    client.wait_connected().await.unwrap();
    client.fence().await.unwrap();
    assert_eq!(data(&client).await, "0");
    assert_eq!(cluster.leader().await.unwrap(), 0);
}

#[tokio::test]
async fn what_tells_members_of_other_ways_is_refused() {
    let Some(release) = since(ALL, "partitions that cannot be").pop() else { return };
    let refused = async |builder: ClusterBuilder| match builder.start().await.unwrap_err() {
        Error::Config(ConfigError::BadField { key, .. }) => key,
        other => panic!("{other}"),
    };
    assert_eq!(refused(builder(&release).reconfigurable(true)).await, "reconfigEnabled");
    let ssl = |config: &mut zookit_ensemble::ServerConfig| {
        config.other.push(("sslQuorum".to_owned(), "true".to_owned()));
    };
    assert_eq!(refused(builder(&release).config(ssl)).await, "sslQuorum");
}

/// The sockets of the members' processes.
#[cfg(target_os = "linux")]
mod sockets {
    use std::collections::BTreeSet;
    use std::fs;

    use zookit_ensemble::{Cluster, Server};

    /// What `/proc/net/tcp` has: addresses in hexadecimal, states as numbers.
    const ESTABLISHED: &str = "01";

    pub(super) fn show_no_way_past_the_proxies(cluster: &Cluster) {
        let connections = all();
        let members: Vec<BTreeSet<String>> =
            cluster.servers().iter().filter_map(Server::pid).map(sockets).collect();
        let of = |sockets: &BTreeSet<String>| {
            let own = connections.iter().filter(|connection| sockets.contains(&connection.inode));
            own.collect::<Vec<_>>()
        };
        let mut seen = 0;
        for (at, one) in members.iter().enumerate() {
            for other in &members[at + 1..] {
                for here in of(one) {
                    let met = of(other).into_iter().find(|there| there.local == here.remote);
                    assert!(met.is_none(), "{here:?} {met:?}");
                    seen += 1;
                }
            }
        }
        assert!(seen > 0, "the members have no connections at all");
    }

    #[derive(Debug)]
    struct Connection {
        local: String,
        remote: String,
        inode: String,
    }

    fn all() -> Vec<Connection> {
        let tables = ["/proc/net/tcp", "/proc/net/tcp6"]
            .map(|table| fs::read_to_string(table).unwrap_or_default());
        let lines = tables.iter().flat_map(|table| table.lines().skip(1));
        lines.filter_map(connection).collect()
    }

    fn connection(line: &str) -> Option<Connection> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, local, remote, state, _, _, _, _, _, inode, ..] = words[..] else { return None };
        let [local, remote] = [local, remote].map(plain);
        (state == ESTABLISHED).then(|| Connection { local, remote, inode: inode.to_owned() })
    }

    /// An IPv4 address that stands in an IPv6 one is the same. Java writes them so.
    fn plain(address: &str) -> String {
        let v4 = address.strip_prefix("0000000000000000FFFF0000");
        v4.unwrap_or(address).to_owned()
    }

    /// The sockets of a process.
    fn sockets(pid: u32) -> BTreeSet<String> {
        let files = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
        let targets = files.flatten().filter_map(|file| fs::read_link(file.path()).ok());
        let inode = |target: std::path::PathBuf| {
            let name = target.to_str()?.strip_prefix("socket:[")?;
            Some(name.strip_suffix(']')?.to_owned())
        };
        targets.filter_map(inode).collect()
    }
}

#[cfg(not(target_os = "linux"))]
mod sockets {
    use zookit_ensemble::Cluster;

    /// Elsewhere it shows by what members can no longer do when the proxies are cut.
    pub(super) fn show_no_way_past_the_proxies(_: &Cluster) {}
}
