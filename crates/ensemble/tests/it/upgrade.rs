//! More than one release in an ensemble.

use zookit_client::CreateMode;
use zookit_ensemble::{Cluster, Release};

use crate::releases::{ALL, options, since, skipped};

/// Each release with the next one that is listed, oldest first.
fn pairs() -> Vec<(Release, Release)> {
    let mut releases = since(ALL, "upgrades");
    releases.sort_by_key(|release| release.version);
    let pairs = releases.windows(2).map(|pair| (pair[0].clone(), pair[1].clone()));
    let pairs: Vec<_> = pairs.collect();
    if releases.len() == 1 {
        skipped("upgrades", "one ZooKeeper alone");
    }
    pairs
}

#[tokio::test]
async fn each_release_is_upgraded_to_the_next_and_keeps_its_data() {
    for (old, new) in pairs() {
        // Without it a server from 3.5 on refuses the data of 3.4 while there is no snapshot.
        let trust = "-Dzookeeper.snapshot.trust.empty=true";
        // A member of each to begin with, where they understand each other.
        let mixed = [new.clone(), old.clone(), old.clone()];
        let begin = if old.version.minor >= 6 { mixed.to_vec() } else { vec![old.clone()] };
        let builder = Cluster::builder().releases(begin).java_flag(trust);
        let cluster = builder.start().await.unwrap();
        let client = cluster.connect_all_with(options()).await.unwrap();
        client.create("/kept", "data", CreateMode::Persistent).await.unwrap();
        cluster.rolling_upgrade(&new).await.unwrap();
        for at in 0..3 {
            let server = cluster.server(at);
            assert_eq!(server.release(), new);
            assert!(server.ask("srvr").await.unwrap().contains(&new.version.to_string()));
        }
        let data = client.get_data("/kept").await.unwrap().data;
        assert_eq!(data.as_deref(), Some(&b"data"[..]), "{} to {}", old.version, new.version);
        client.close().await.unwrap();
    }
}
