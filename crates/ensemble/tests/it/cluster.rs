//! An ensemble.

use zookit_client::{ConnectOptions, CreateMode, ServerFloor};
use zookit_ensemble::{Cluster, Mode, Version};

use crate::releases::since;

#[tokio::test]
async fn a_cluster_goes_on_without_its_leader() {
    for release in since(Version::new(3, 4, 0), "a cluster") {
        let begun = std::time::Instant::now();
        let cluster = Cluster::builder().observers(1).release(&release).start().await.unwrap();
        println!("{} {:?}", release.version, begun.elapsed());
        let first = cluster.leader().await.unwrap();
        assert_eq!(cluster.observers().await, [3]);
        assert_eq!(cluster.followers().await.len(), 2);
        assert_eq!(cluster.kill_leader().await.unwrap(), first);
        let second = cluster.leader().await.unwrap();
        assert_ne!(first, second);
        cluster.server(first).start().await.unwrap();
        cluster.wait_until_served().await.unwrap();
        assert_eq!(cluster.pause_leader().await.unwrap(), second);
        let third = cluster.leader().await.unwrap();
        assert_ne!(third, second);
        cluster.server(second).resume().await.unwrap();
        cluster.wait_until_served().await.unwrap();
        assert_eq!(cluster.server(second).mode().await, Mode::Follower);
        println!("{:?}", begun.elapsed());
        cluster.rolling_restart().await.unwrap();
        cluster.restart_all().await.unwrap();
        println!("{:?}", begun.elapsed());
        let options = ConnectOptions { server_floor: ServerFloor::V3_4, ..Default::default() };
        let client = cluster.connect_all_with(options).await.unwrap();
        client.create("/a", "b", CreateMode::Persistent).await.unwrap();
        client.close().await.unwrap();
    }
}
