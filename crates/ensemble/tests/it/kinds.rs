//! Ensembles with something of their own: read-only members, local sessions, one that differs.

use std::time::Duration;

use zookit_client::{ConnectOptions, CreateMode, ErrorCode};
use zookit_ensemble::{Cluster, Mode, Version};

use crate::releases::{ALL, options, since};

#[tokio::test]
async fn sessions_are_local_and_the_last_member_serves_those_who_only_read() {
    for release in since(ALL, "local sessions and a read-only member") {
        let builder = Cluster::builder().release(&release).read_only_mode(true);
        // In that mode a server makes no sessions but local ones.
        let builder = builder.config(|config| config.local_sessions_enabled = Some(true));
        let builder = builder.config_each(|at, config| {
            if at == 1 {
                config.max_client_cnxns = Some(33);
            }
        });
        let cluster = builder.start().await.unwrap();
        let conf = |at| cluster.server(at).ask("conf");
        assert!(conf(1).await.unwrap().contains("maxClientCnxns=33\n"));
        assert!(conf(2).await.unwrap().contains("maxClientCnxns=0\n"));
        if release.version > Version::new(3, 5, 0) {
            let client = cluster.connect_with(0, options()).await.unwrap();
            let error = client.create("/a", "", CreateMode::Ephemeral).await.unwrap_err();
            let code = ErrorCode::EphemeralOnLocalSession;
            assert_eq!(error.code(), Some(code), "{}", release.version);
            client.close().await.unwrap();
        }
        for at in [0, 1] {
            cluster.server(at).kill().await.unwrap();
        }
        cluster.wait_until(|modes| modes[2] == Mode::ReadOnly).await.unwrap();
        let read_only = ConnectOptions {
            read_only: true,
            connect_timeout: Duration::from_secs(30),
            ..options()
        };
        let client = cluster.connect_with(2, read_only).await.unwrap();
        assert!(client.exists("/zookeeper").await.unwrap().is_some(), "{}", release.version);
        let error = client.create("/a", "", CreateMode::Persistent).await.unwrap_err();
        assert_eq!(error.code(), Some(ErrorCode::NotReadOnly), "{}", release.version);
        client.close().await.unwrap();
    }
}
