//! Writes.

use std::time::Duration;

use zookit_client::{
    Acl, Client, CreateMode, CreateOptions, Error, MultiOutcome, Owned, Perms, Reconfig, SessionId,
    Transaction, Version,
};

use super::{Row, probes};

fn options(mode: CreateMode) -> CreateOptions {
    let ttl = mode.has_ttl().then_some(Duration::from_secs(3600));
    CreateOptions { ttl, ..mode.into() }
}

/// What was created has the name and the owner that its mode gives it.
async fn check(client: &Client, mode: CreateMode, path: &str, created: &str) -> Result<(), Error> {
    let digits = if mode.is_sequential() { 10 } else { 0 };
    assert!(created.starts_with(path) && created.len() == path.len() + digits, "{created}");
    let stat = client.exists(created).await?.unwrap();
    let owner = if mode.is_ephemeral() { client.session_id() } else { SessionId::NONE };
    assert_eq!(stat.ephemeral_owner, owner, "{mode}");
    Ok(())
}

async fn create(client: &Client, node: &str, mode: CreateMode) -> Result<(), Error> {
    let path = format!("{node}/n");
    let created = client.create(&path, "x", options(mode)).await?;
    check(client, mode, &path, &created.path).await
}

async fn create_in_multi(client: &Client, node: &str, mode: CreateMode) -> Result<(), Error> {
    let path = format!("{node}/n");
    let one = Transaction::new().create(&path, "x", options(mode));
    let outcomes = client.multi(one).await?;
    let [MultiOutcome::Created(created)] = &outcomes[..] else { panic!("{outcomes:?}") };
    check(client, mode, &path, &created.path).await
}

pub(super) const ROWS: &[Row] = probes! {
    "create", "persistent": |scene| {
        create(&scene.client, &scene.node, CreateMode::Persistent).await?;
    };
    "create", "ephemeral": |scene| {
        create(&scene.client, &scene.node, CreateMode::Ephemeral).await?;
    };
    "create", "persistent sequential": |scene| {
        create(&scene.client, &scene.node, CreateMode::PersistentSequential).await?;
    };
    "create", "ephemeral sequential": |scene| {
        create(&scene.client, &scene.node, CreateMode::EphemeralSequential).await?;
    };
    "create", "container": |scene| {
        create(&scene.client, &scene.node, CreateMode::Container).await?;
    };
    "create", "persistent with a time to live": |scene| {
        create(&scene.client, &scene.node, CreateMode::PersistentWithTtl).await?;
    };
    "create", "persistent sequential with a time to live": |scene| {
        create(&scene.client, &scene.node, CreateMode::PersistentSequentialWithTtl).await?;
    };
    "create_with_parents", "": |scene| {
        let path = format!("{}/a/b/c", scene.node);
        let created = scene.client.create_with_parents(&path, (), CreateMode::Ephemeral).await?;
        assert_eq!(created.path, path);
    };
    "create_with_container_parents", "": |scene| {
        let (path, mode) = (format!("{}/a/b/c", scene.node), CreateMode::Ephemeral);
        let created = scene.client.create_with_container_parents(&path, (), mode).await?;
        assert_eq!(created.path, path);
    };
    "create_protected", "": |scene| {
        let (path, mode) = (format!("{}/n-", scene.node), CreateMode::EphemeralSequential);
        let created = scene.client.create_protected(&path, (), mode).await?;
        check(&scene.client, CreateMode::Ephemeral, &created.path, &created.path).await?;
    };
    "create_owned", "": |scene| {
        let path = format!("{}/n", scene.node);
        let owned = scene.client.create_owned(&path, (), CreateMode::Ephemeral).await?;
        assert!(matches!(owned, Owned::Ours(_)), "{owned:?}");
    };
    "set_data", "": |scene| {
        let stat = scene.client.set_data(&scene.node, "1", Version::Exactly(0)).await?;
        assert_eq!(stat.version, 1);
    };
    "set_data_guarded", "": |scene| {
        assert_eq!(scene.client.set_data_guarded(&scene.node, "1", 0).await?.version, 1);
    };
    "set_acl", "": |scene| {
        let acl = vec![Acl::world(Perms::ALL)];
        let stat = scene.client.set_acl(&scene.node, acl, Version::Exactly(0)).await?;
        assert_eq!(stat.aversion, 1);
    };
    "delete", "": |scene| {
        scene.client.delete(&scene.node, Version::Exactly(0)).await?;
        assert_eq!(scene.client.exists(&scene.node).await?, None);
    };
    "delete_guaranteed", "": |scene| {
        scene.client.delete_guaranteed(&scene.node, Version::Any).await?;
        assert_eq!(scene.client.exists(&scene.node).await?, None);
    };
    "delete_recursive", "": |scene| {
        create(&scene.other, &scene.node, CreateMode::Persistent).await?;
        let deleted = scene.client.delete_recursive(&scene.node).await;
        assert_eq!(deleted.map_err(|failed| failed.error)?, 2);
    };
    "multi", "check, create, set data, delete": |scene| {
        let (node, path) = (&scene.node, format!("{}/n", scene.node));
        let all = Transaction::new()
            .check(node, Version::Exactly(0))
            .create(&path, (), CreateMode::Persistent)
            .set_data(node, "1", Version::Any)
            .delete(&path, Version::Any);
        assert_eq!(scene.client.multi(all).await?.len(), 4);
        assert_eq!(scene.client.get_data(node).await?.data.unwrap(), "1");
    };
    "multi", "create of a container": |scene| {
        create_in_multi(&scene.client, &scene.node, CreateMode::Container).await?;
    };
    "multi", "create with a time to live": |scene| {
        create_in_multi(&scene.client, &scene.node, CreateMode::PersistentWithTtl).await?;
    };
    "multi", "whose check fails": |scene| {
        let wrong = Transaction::new()
            .check(&scene.node, Version::Exactly(7))
            .delete(&scene.node, Version::Any);
        let outcomes = scene.client.multi(wrong).await?;
        assert!(outcomes.is_empty(), "it has no such version: {outcomes:?}");
    };
    "reconfig", "": |scene| {
        let member = "server.2=127.0.0.1:1:2:participant;3".parse().unwrap();
        let config = scene.client.reconfig(Reconfig::incremental().joining(member)).await?;
        assert_eq!(config.members.len(), 1);
    };
};
