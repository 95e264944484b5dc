//! Ensembles: who leads, and what happens to it.

use zookit_client::CreateMode;
use zookit_ensemble::{Cluster, Mode, blocking};

use crate::releases::{ALL, newest, options, since};

#[tokio::test]
async fn a_cluster_goes_on_without_its_leader() {
    for release in since(ALL, "a leader that is lost") {
        let cluster = Cluster::builder().observers(1).release(&release).start().await.unwrap();
        let first = cluster.leader().await.unwrap();
        assert_eq!(cluster.observers().await, [3]);
        let followers: Vec<usize> = (0..3).filter(|at| *at != first).collect();
        assert_eq!(cluster.followers().await, followers);

        assert_eq!(cluster.kill_leader().await.unwrap(), first);
        let second = cluster.leader().await.unwrap();
        assert_ne!(first, second);
        cluster.server(first).start().await.unwrap();
        cluster.wait_until_served().await.unwrap();

        assert_eq!(cluster.pause_leader().await.unwrap(), second);
        assert_ne!(cluster.leader().await.unwrap(), second);
        // The one that is paused is not waited for.
        cluster.wait_until_served().await.unwrap();
        assert_eq!(cluster.modes().await[second], Mode::NotServing);
        cluster.server(second).resume().await.unwrap();
        cluster.wait_until_served().await.unwrap();
        assert_eq!(cluster.modes().await[second], Mode::Follower, "{}", release.version);
    }
}

#[tokio::test]
async fn restarts_keep_the_data_and_the_addresses() {
    for release in since(ALL, "restarts of an ensemble") {
        let cluster = Cluster::builder().release(&release).start().await.unwrap();
        let addresses = cluster.connect_string();
        let client = cluster.connect_all_with(options()).await.unwrap();
        client.create("/kept", "data", CreateMode::Persistent).await.unwrap();
        let pids = || cluster.servers().iter().map(|server| server.pid().unwrap()).collect();
        let before: Vec<u32> = pids();
        cluster.rolling_restart().await.unwrap();
        let between: Vec<u32> = pids();
        assert!((0..3).all(|at| before[at] != between[at]));
        cluster.restart_all().await.unwrap();
        let after: Vec<u32> = pids();
        assert!((0..3).all(|at| after[at] != between[at]));
        assert_eq!(cluster.connect_string(), addresses);
        for at in 0..3 {
            let one = cluster.connect_with(at, options()).await.unwrap();
            let data = one.get_data("/kept").await.unwrap().data;
            assert_eq!(data.as_deref(), Some(&b"data"[..]), "{}", release.version);
            one.close().await.unwrap();
        }
        client.close().await.unwrap();
    }
}

#[test]
fn several_run_side_by_side_and_without_futures() {
    let Some(release) = newest("several ensembles") else { return };
    let builder = blocking::Cluster::builder().release(&release);
    let (one, two) = std::thread::scope(|scope| {
        let one = scope.spawn(|| builder.start_blocking().unwrap());
        let two = scope.spawn(|| builder.clone().voters(1).start_blocking().unwrap());
        (one.join().unwrap(), two.join().unwrap())
    });
    assert_eq!(two.modes(), [Mode::Standalone]);
    assert_eq!(two.leader().unwrap(), 0);
    let (in_one, in_two) = (one.connect_all().unwrap(), two.connect(0).unwrap());
    in_one.create("/here", "", CreateMode::Persistent).unwrap();
    assert!(in_two.exists("/here").unwrap().is_none());
    let directories: Vec<_> =
        one.servers().iter().map(|server| server.directory().to_owned()).collect();
    drop(one);
    assert!(directories.iter().all(|directory| !directory.exists()));
    in_two.create("/there", "", CreateMode::Persistent).unwrap();
}
