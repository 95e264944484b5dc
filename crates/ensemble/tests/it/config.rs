//! What is written is what a real server takes.

use std::time::Duration;

use zookit_ensemble::config::ServerCnxnFactory;
use zookit_ensemble::{ServerConfig, blocking};

use crate::releases::{ALL, since};

/// Every key that a standalone server can have, none of them at its default.
fn full(config: &mut ServerConfig, directory: &std::path::Path) {
    config.tick_time = Some(Duration::from_millis(321));
    config.init_limit = Some(11);
    config.sync_limit = Some(6);
    config.connect_to_learner_master_limit = Some(7);
    config.data_dir = Some(directory.join("data dir #1 = größer\\"));
    config.data_log_dir = Some(directory.join("log"));
    config.max_client_cnxns = Some(17);
    config.min_session_timeout = Some(Duration::from_millis(1234));
    config.max_session_timeout = Some(Duration::from_millis(56789));
    config.server_cnxn_factory = Some(ServerCnxnFactory::Nio);
    config.reconfig_enabled = Some(false);
    config.standalone_enabled = Some(true);
    config.quorum_listen_on_all_ips = Some(true);
    config.local_sessions_enabled = Some(true);
    config.local_sessions_upgrading_enabled = Some(true);
    config.auto_purge_snap_retain_count = Some(4);
    config.auto_purge_interval_hours = Some(2);
    config.snap_count = Some(5000);
    config.admin.enabled = Some(true);
    config.other = vec![("globalOutstandingLimit".to_owned(), "501".to_owned())];
}

#[test]
fn a_server_takes_every_key_that_is_written() {
    for release in since(ALL, "a configuration with every key") {
        let directory = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
        let directory = directory.join(format!("full {}-{}", release.version, std::process::id()));
        let here = directory.clone();
        // Java takes names of files to be in the language of the environment.
        let builder = blocking::Server::builder().release(&release);
        let builder = builder.java_flag("-Dsun.jnu.encoding=UTF-8");
        let server = builder.config(move |config| full(config, &here)).start_blocking().unwrap();
        let answer = server.ask("conf").unwrap();
        let has = |line: &str| assert!(answer.lines().any(|it| it == line), "{line}: {answer}");
        has("tickTime=321");
        has("maxClientCnxns=17");
        has("minSessionTimeout=1234");
        has("maxSessionTimeout=56789");
        has(&format!("clientPort={}", server.address().port()));
        has(&format!("dataLogDir={}/version-2", directory.join("log").display()));
        assert!(directory.join("log/version-2").is_dir());
        if release.version.minor > 4 {
            assert!(std::net::TcpStream::connect(server.admin_address().unwrap()).is_ok());
        }
        let mut expected = ServerConfig::default();
        full(&mut expected, &directory);
        let read = server.config().unwrap();
        assert_eq!((read.other, read.snap_count), (expected.other, expected.snap_count));
        assert_eq!(read.data_dir, expected.data_dir);
        drop(server);
        assert!(directory.exists(), "a data directory that the caller set stays");
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
