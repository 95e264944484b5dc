//! Watches: set, fired, and removed.

use zookit_client::admin::{self, AskOptions};
use zookit_client::{AddWatchMode, CreateMode, EventType, Version, WatchNotice};

use super::{Row, probes};
use crate::real::versions::{Lack, Scene};

/// Whether the server has a watch on the znode of this scene, whoever set it.
async fn is_watched(scene: &Scene) -> bool {
    let server = &scene.client.server().unwrap();
    let watched = admin::wchp(server, &AskOptions::default()).await.unwrap();
    let path = format!("{}{}", scene.place.chroot, scene.node);
    watched.paths.iter().any(|watched| watched.path == path)
}

/// The last watcher on a path is gone: so is the server's watch, unless it is too old to be told.
async fn is_removed(scene: &Scene) -> Result<(), Lack> {
    // Behind the removal.
    scene.client.sync(&scene.node).await?;
    if is_watched(scene).await { Err(Lack::NotAsked) } else { Ok(()) }
}

async fn add_watch(scene: &Scene, mode: AddWatchMode) -> Result<(), Lack> {
    let mut watch = scene.client.add_watch(&scene.node, mode).await?;
    for data in ["1", "2"] {
        scene.other.set_data(&scene.node, data, Version::Any).await?;
        let notice = watch.next().await;
        let Some(WatchNotice::Event(event)) = notice else { panic!("{notice:?}") };
        assert_eq!(event.event_type, EventType::NodeDataChanged);
    }
    Ok(())
}

pub(super) const ROWS: &[Row] = probes! {
    "exists_and_watch", "": |scene| {
        let (_, watch) = scene.client.exists_and_watch(&scene.node).await?;
        scene.other.delete(&scene.node, Version::Any).await?;
        assert_eq!(watch.await.unwrap().event_type, EventType::NodeDeleted);
    };
    "get_data_and_watch", "": |scene| {
        let (_, watch) = scene.client.get_data_and_watch(&scene.node).await?;
        scene.other.set_data(&scene.node, "1", Version::Any).await?;
        assert_eq!(watch.await.unwrap().event_type, EventType::NodeDataChanged);
    };
    "get_data_and_watch", "the watch dropped: removed from the server": |scene| {
        let (_, watch) = scene.client.get_data_and_watch(&scene.node).await?;
        assert!(is_watched(&scene).await);
        drop(watch);
        is_removed(&scene).await?;
    };
    "get_children_and_watch", "": |scene| {
        let (_, watch) = scene.client.get_children_and_watch(&scene.node).await?;
        let path = format!("{}/n", scene.node);
        scene.other.create(&path, (), CreateMode::Persistent).await?;
        assert_eq!(watch.await.unwrap().event_type, EventType::NodeChildrenChanged);
    };
    "get_config_and_watch", "": |scene| {
        let (config, _watch) = scene.client.get_config_and_watch().await?;
        assert!(config.members.is_empty());
    };
    "add_watch", "persistent": |scene| {
        add_watch(&scene, AddWatchMode::Persistent).await?;
    };
    "add_watch", "persistent recursive": |scene| {
        add_watch(&scene, AddWatchMode::PersistentRecursive).await?;
    };
    "add_watch", "the watch dropped: removed from the server": |scene| {
        let watch = scene.client.add_watch(&scene.node, AddWatchMode::Persistent).await?;
        assert!(is_watched(&scene).await);
        drop(watch);
        is_removed(&scene).await?;
    };
};
