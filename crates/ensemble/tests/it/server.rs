//! One server: its modes, its data, its ports and its files.

use std::net::{TcpListener, TcpStream};
use std::path::Path;

use zookit_client::{Client, CreateMode};
use zookit_ensemble::config::ServerCnxnFactory;
use zookit_ensemble::{Mode, Server, blocking};

use crate::releases::{ALL, newest, options, since};

#[tokio::test]
async fn a_server_stops_pauses_dies_and_comes_back_with_its_data() {
    for release in since(ALL, "a server") {
        let server = Server::builder().release(&release).start().await.unwrap();
        let address = server.address();
        assert_eq!(server.mode().await, Mode::Standalone);
        assert!(server.ask("srvr").await.unwrap().contains(&release.version.to_string()));
        let client = Client::connect_with(address.to_string(), options()).await.unwrap();
        client.create("/kept", "data", CreateMode::Persistent).await.unwrap();

        server.pause().await.unwrap();
        server.pause().await.unwrap();
        assert_eq!((server.mode().await, server.is_paused()), (Mode::NotServing, true));
        // The system still accepts for it.
        drop(TcpStream::connect(address).unwrap());
        server.resume().await.unwrap();
        assert_eq!((server.mode().await, server.is_paused()), (Mode::Standalone, false));

        // SIGTERM waits for SIGCONT, which comes with it.
        server.pause().await.unwrap();
        server.stop().await.unwrap();
        assert_eq!((server.mode().await, server.pid()), (Mode::Down, None));
        assert!(server.pause().await.is_err());
        assert!(TcpStream::connect(address).is_err());
        server.stop().await.unwrap();

        server.start().await.unwrap();
        let pid = server.pid().unwrap();
        server.start().await.unwrap();
        assert_eq!(server.pid(), Some(pid), "it ran, so nothing was started");
        server.kill().await.unwrap();

        // The other class that serves clients binds in its own way.
        let changed = server.configure(|config| {
            config.server_cnxn_factory = Some(ServerCnxnFactory::Netty);
            config.max_client_cnxns = Some(33);
        });
        changed.unwrap();
        server.restart().await.unwrap();
        assert!(server.log().contains("NettyServerCnxnFactory"), "{}", server.log());
        assert!(server.ask("conf").await.unwrap().contains("maxClientCnxns=33\n"));
        // Connections that it closes are left in TIME_WAIT on its side.
        server.restart().await.unwrap();
        assert_eq!(server.address(), address);
        let data = client.get_data("/kept").await.unwrap().data;
        assert_eq!(data.as_deref(), Some(&b"data"[..]), "{}", release.version);
        client.close().await.unwrap();
    }
}

#[test]
fn nothing_is_left_of_a_server_but_what_the_caller_named() {
    let Some(release) = newest("leftovers of a server") else { return };
    let parent = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let log = parent.join(format!("ensemble-{}.log", std::process::id()));
    std::fs::write(&log, "before\n").unwrap();
    let builder = blocking::Server::builder().release(&release).directory_in(parent);
    let server = builder.log_file(&log).start_blocking().unwrap();
    assert_eq!(server.log_file(), log);
    let (directory, address) = (server.directory().to_owned(), server.address());
    assert!(directory.starts_with(parent) && directory.join("data").is_dir());
    let other = server.clone();
    drop(server);
    assert_eq!(other.mode(), Mode::Standalone, "a clone is the same server");
    other.pause().unwrap();
    let pid = other.pid().unwrap();
    drop(other);
    assert!(!directory.exists());
    if cfg!(target_os = "linux") {
        assert!(!Path::new(&format!("/proc/{pid}")).exists());
    }
    TcpListener::bind(address).unwrap();
    let logged = std::fs::read_to_string(&log).unwrap();
    std::fs::remove_file(&log).unwrap();
    assert!(logged.starts_with("before\n") && logged.contains("binding to port"), "{logged}");
}

#[tokio::test]
async fn a_dropped_future_finishes_what_it_began() {
    let Some(release) = newest("a dropped future") else { return };
    let server = Server::builder().release(&release).start().await.unwrap();
    let pid = server.pid().unwrap();
    drop(server.restart());
    while server.pid().is_none_or(|now| now == pid) {
        tokio::task::yield_now().await;
    }
    server.wait_until_serving().await.unwrap();
    assert_eq!(server.mode().await, Mode::Standalone);
}
