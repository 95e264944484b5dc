//! The reader of transaction logs, on those that real servers wrote.

use std::time::Duration;

use zookit_client::{
    Acl, Client, ConnectOptions, CreateMode, CreateOptions, Perms, RetryPolicy, ServerFloor,
    SessionId, Transaction as Multi, Version,
};
use zookit_ensemble::{Release, Server};
use zookit_proto::{ErrorCode, Text};
use zookit_server::core::{Change, Owner, Transaction};
use zookit_trials::chaos::translog::{MemberLog, agree};

/// The releases that the environment lists.
fn releases() -> Vec<Release> {
    let releases = Release::listed().unwrap_or_else(|error| panic!("{error}"));
    if releases.is_empty() {
        eprintln!("skipped: ZOOKIT_REAL_CLASSPATHS lists no release; `cargo xtask test` sets it");
    }
    releases
}

/// What was agreed on by the client's own sessions, as the server's log has it now.
fn logged(server: &Server) -> Vec<Transaction> {
    let log = MemberLog::read(&server.directory().join("data")).unwrap();
    agree(&[log]).unwrap().transactions
}

/// The changes under paths of the test, and refusals; sessions and the server's own work apart.
fn changes(transactions: &[Transaction]) -> Vec<Change> {
    let is_own = |change: &Change| {
        !matches!(change, Change::CreateSession { .. } | Change::CloseSession { .. })
    };
    let own = transactions.iter().filter(|transaction| is_own(&transaction.change));
    own.map(|transaction| transaction.change.clone()).collect()
}

fn text(path: &str) -> Text {
    Text::from(path)
}

/// A create as it is logged, but for what the test does not say.
fn is_create(change: &Change, wanted: &str, wanted_owner: Owner) -> bool {
    matches!(change, Change::Create { path, owner, .. }
        if *path == text(wanted) && *owner == wanted_owner)
}

fn is_set(change: &Change, wanted: &str, wanted_data: &'static [u8], wanted_version: i32) -> bool {
    matches!(change, Change::SetData { path, data: Some(data), version }
        if *path == text(wanted) && data == wanted_data && *version == wanted_version)
}

async fn ask_for_everything(client: &Client, has_ttl: bool) {
    let persistent = CreateMode::Persistent;
    client.create("/a", "1", persistent).await.unwrap();
    client.create("/a/s-", "", CreateMode::PersistentSequential).await.unwrap();
    client.create("/e", "", CreateMode::Ephemeral).await.unwrap();
    client.set_data("/a", "2", Version::Exactly(0)).await.unwrap();
    client.set_acl("/a", vec![Acl::world(Perms::ALL)], Version::Any).await.unwrap();
    let refused = client.set_data("/a", "3", Version::Exactly(7)).await.unwrap_err();
    assert!(refused.is_bad_version());
    let both = Multi::new().check("/a", Version::Exactly(1)).set_data("/a", "4", Version::Any);
    client.multi(both.create("/a/m", "5", persistent)).await.unwrap();
    let neither = Multi::new().delete("/a/m", Version::Any).delete("/none", Version::Any);
    assert!(client.multi(neither).await.unwrap_err().is_no_node());
    client.delete("/a/m", Version::Any).await.unwrap();
    client.fence().await.unwrap();
    if has_ttl {
        client.create("/c", "", CreateMode::Container).await.unwrap();
        let (mode, ttl) = (CreateMode::PersistentWithTtl, Some(Duration::from_secs(60)));
        let options = CreateOptions { mode, ttl, ..CreateOptions::default() };
        client.create("/t", "", options).await.unwrap();
    }
}

type IsIt<'a> = dyn Fn(&Change) -> bool + 'a;

/// The places of [`ask_for_everything`].
fn is_everything(changes: &[Change], own: SessionId, has_ttl: bool) {
    let no_node = |code: &ErrorCode| *code == ErrorCode::NoNode;
    let is_failed = |change: &Change| match change {
        Change::Multi(changes) => {
            changes.iter().any(|change| matches!(change, Change::Error(code) if no_node(code)))
        }
        _ => false,
    };
    let is_done = |change: &Change| match change {
        Change::Multi(changes) => match changes.as_slice() {
            [Change::Check { .. }, set, create] => {
                is_set(set, "/a", b"4", 2) && is_create(create, "/a/m", Owner::Persistent)
            }
            _ => false,
        },
        _ => false,
    };
    let expected: [(&str, &IsIt); 10] = [
        ("create", &|it| is_create(it, "/a", Owner::Persistent)),
        ("sequential", &|it| is_create(it, "/a/s-0000000000", Owner::Persistent)),
        ("ephemeral", &|it| is_create(it, "/e", Owner::Session(own))),
        ("setData", &|it| is_set(it, "/a", b"2", 1)),
        ("setACL", &|it| matches!(it, Change::SetAcl { aversion: 1, .. })),
        ("a refusal", &|it| matches!(it, Change::Error(ErrorCode::BadVersion))),
        ("a multi", &is_done),
        ("a multi that failed", &is_failed),
        ("delete", &|it| matches!(it, Change::Delete { path } if *path == text("/a/m"))),
        ("a fence", &|it| matches!(it, Change::Multi(changes) if changes.is_empty())),
    ];
    for ((what, is_it), change) in expected.iter().zip(changes) {
        assert!(is_it(change), "{what}: {change:?}");
    }
    if has_ttl {
        let [.., container, ttl] = changes else { panic!("{changes:?}") };
        assert!(is_create(container, "/c", Owner::Container), "{container:?}");
        assert!(is_create(ttl, "/t", Owner::Ttl { ms: 60_000 }), "{ttl:?}");
        assert_eq!(changes.len(), 12);
    } else {
        assert_eq!(changes.len(), 10);
    }
}

#[tokio::test]
async fn the_log_of_a_real_server_has_what_its_clients_asked_for() {
    for release in releases() {
        let version = release.version;
        // Containers and times to live came with 3.5.
        let has_ttl = (version.major, version.minor) >= (3, 5);
        let server = Server::builder().release(&release).start().await.unwrap();
        let server_floor = if has_ttl { ServerFloor::V3_5 } else { ServerFloor::V3_4 };
        let options = ConnectOptions { server_floor, ..ConnectOptions::default() };
        let address = server.address().to_string();
        let client = Client::connect_with(address.as_str(), options).await.unwrap();
        let own = client.session_id();
        ask_for_everything(&client, has_ttl).await;
        // Killed, it has a file that ends in the zeros that it had allocated.
        server.kill().await.unwrap();
        is_everything(&changes(&logged(&server)), own, has_ttl);
        server.start().await.unwrap();
        client.wait_connected().await.unwrap();
        client.retry(RetryPolicy::default(), |_| client.exists("/e")).await.unwrap();
        client.close().await.unwrap();
        server.stop().await.unwrap();
        let all = logged(&server);
        let ephemerals = vec![text("/e")];
        let ended = Change::CloseSession { ephemerals };
        assert_eq!(all.last().map(|last| &last.change), Some(&ended), "{version}");
        assert!(all.windows(2).all(|two| two[0].zxid < two[1].zxid), "{version}");
    }
}
