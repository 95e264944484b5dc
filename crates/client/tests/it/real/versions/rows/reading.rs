//! Reads, and what orders them.

use zookit_client::{CreateMode, MultiRead, MultiReadOutcome};

use super::{Row, probes};

pub(super) const ROWS: &[Row] = probes! {
    "exists", "": |scene| {
        assert_eq!(scene.client.exists(&scene.node).await?.unwrap().data_length, 1);
    };
    "get_data", "": |scene| {
        assert_eq!(scene.client.get_data(&scene.node).await?.data.unwrap(), "0");
    };
    "get_children", "": |scene| {
        let path = format!("{}/n", scene.node);
        scene.other.create(&path, (), CreateMode::Persistent).await?;
        let children = scene.client.get_children(&scene.node).await?;
        assert_eq!((children.names, children.stat.num_children), (vec!["n".to_owned()], 1));
    };
    "get_child_names", "": |scene| {
        let path = format!("{}/n", scene.node);
        scene.other.create(&path, (), CreateMode::Persistent).await?;
        assert_eq!(scene.client.get_child_names(&scene.node).await?, ["n"]);
    };
    "get_child_list", "": |scene| {
        let path = format!("{}/n", scene.node);
        scene.other.create(&path, (), CreateMode::Persistent).await?;
        let list = scene.client.get_child_list(&scene.node).await?;
        assert_eq!(list.names().collect::<Vec<_>>(), ["n"]);
    };
    "all_children_number", "": |scene| {
        assert_eq!(scene.client.all_children_number(&scene.node).await?, 0);
    };
    "ephemerals", "": |scene| {
        let path = format!("{}/n", scene.node);
        if scene.client.exists(&path).await?.is_none() {
            scene.client.create(&path, (), CreateMode::Ephemeral).await?;
        }
        assert_eq!(scene.client.ephemerals(&scene.node).await?, [path]);
    };
    "get_acl", "": |scene| {
        assert_eq!(scene.client.get_acl(&scene.node).await?.acl.len(), 1);
    };
    "multi_read", "": |scene| {
        let reads = MultiRead::new().get_data(&scene.node).get_child_names("/no");
        let outcomes = scene.client.multi_read(reads).await?;
        let [Ok(MultiReadOutcome::Data(node)), Err(no)] = &outcomes[..] else {
            panic!("{outcomes:?}")
        };
        assert_eq!(node.data.as_ref().unwrap(), "0");
        assert!(no.is_no_node(), "{no}");
    };
    "sync", "": |scene| {
        scene.client.sync(&scene.node).await?;
    };
    "fence", "": |scene| {
        let fence = scene.client.fence().await?;
        assert!(fence <= scene.client.zxid());
    };
    "linearizable_read", "": |scene| {
        let read = |client: &zookit_client::Client| client.get_data(&scene.node);
        assert_eq!(scene.client.linearizable_read(read).await?.data.unwrap(), "0");
    };
    "who_am_i", "": |scene| {
        assert!(!scene.client.who_am_i().await?.is_empty());
    };
    "get_config", "": |scene| {
        assert!(scene.client.get_config().await?.members.is_empty());
    };
};
