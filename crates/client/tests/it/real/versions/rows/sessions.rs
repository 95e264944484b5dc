//! Sessions: opened, authenticated, handed over and closed.

use zookit_client::{Client, ConnectOptions, CreateMode, State};

use super::{Row, probes};

pub(super) const OPENING: &[Row] = probes! {
    "connect", "": |scene| {
        // With the defaults, whatever the server.
        let client = Client::connect(scene.place.connect_string()).await.unwrap();
        client.close().await?;
    };
    "connect_with", "": |scene| {
        let (servers, options) = (scene.place.connect_string(), scene.place.server.options());
        Client::connect_with(servers, options).await.unwrap().close().await?;
    };
    "connect_lazy", "": |scene| {
        let (servers, options) = (scene.place.connect_string(), scene.place.server.options());
        let client = Client::connect_lazy(servers, options).unwrap();
        client.wait_connected().await?;
        client.close().await?;
    };
    "add_auth", "`digest`": |scene| {
        scene.client.add_auth("digest", "user:password").await?;
    };
};

pub(super) const ENDING: &[Row] = probes! {
    "export", "and taken up again with `resume`": |scene| {
        let path = format!("{}/n", scene.node);
        scene.client.create(&path, (), CreateMode::Ephemeral).await?;
        let session = scene.client.session_id();
        let resume = Some(scene.client.clone().export().await?);
        let options = ConnectOptions { resume, ..scene.place.server.options() };
        let client = scene.place.client_with(options).await;
        let stat = client.exists(&path).await?.unwrap();
        assert_eq!((client.session_id(), stat.ephemeral_owner), (session, session));
        client.close().await?;
    };
    "close", "": |scene| {
        let path = format!("{}/n", scene.node);
        scene.client.create(&path, (), CreateMode::Ephemeral).await?;
        scene.client.close().await?;
        assert!(matches!(scene.client.state(), State::Closed));
        assert_eq!(scene.other.exists(&path).await?, None);
    };
};

/// What a server before 3.5 makes of a client that was not told of it.
pub(super) const DEFAULT_FLOOR: &[Row] = &[Row {
    method: "create",
    way: "with the default `server_floor`, 3.5",
    options: |_| ConnectOptions::default(),
    probe: |scene| {
        Box::pin(async move {
            let path = format!("{}/n", scene.node);
            let created = scene.client.create(&path, (), CreateMode::Persistent).await?;
            assert!(created.stat.is_some());
            Ok(())
        })
    },
}];
