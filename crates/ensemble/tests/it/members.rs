//! Members that join and leave at work.

use zookit_client::{CreateMode, Reconfig};
use zookit_ensemble::config::Role;
use zookit_ensemble::{Cluster, Mode, Version};

use crate::releases::{options, since};

#[tokio::test]
async fn a_member_joins_and_another_leaves() {
    for release in since(Version::new(3, 5, 3), "dynamic reconfiguration") {
        let builder = Cluster::builder().release(&release).reconfigurable(true);
        let cluster = builder.start().await.unwrap();
        let client = cluster.connect_all_with(options()).await.unwrap();
        client.add_auth("digest", "super:test").await.unwrap();
        client.create("/kept", "data", CreateMode::Persistent).await.unwrap();

        let joined = cluster.add(Role::Participant).await.unwrap();
        assert_eq!((joined, cluster.servers().len()), (3, 4));
        let leaves = cluster.followers().await[0];
        let id = i64::try_from(cluster.member(leaves).id).unwrap();
        let change = Reconfig::incremental().joining(cluster.member(joined).into()).leaving(id);
        let config = client.reconfig(change).await.unwrap();
        assert_eq!(config.members.len(), 3, "{}", release.version);

        // Each server has written the change to files of its own.
        cluster.wait_until(move |modes| modes[joined] == Mode::Follower).await.unwrap();
        cluster.server(leaves).stop().await.unwrap();
        let left = cluster.member(leaves).id;
        let members = cluster.server(joined).config().unwrap().members;
        assert!(members.iter().all(|member| member.id != left), "{members:?}");
        assert!(members.contains(&cluster.member(joined)), "{members:?}");

        // The new member is needed for a quorum now.
        cluster.kill_leader().await.unwrap();
        cluster.leader().await.unwrap();
        let one = cluster.connect_with(joined, options()).await.unwrap();
        let data = one.get_data("/kept").await.unwrap().data;
        assert_eq!(data.as_deref(), Some(&b"data"[..]), "{}", release.version);
        one.close().await.unwrap();
        client.close().await.unwrap();
    }
}
