//! What cannot be right is refused before anything is sent.

use std::time::Duration;

use zookit_client::error::NotSentReason;
use zookit_client::{
    Acl, AddWatchMode, ArgumentError, CreateMode, CreateOptions, Error, Perms, Transaction, Version,
};
use zookit_proto::path::PathError;
use zookit_proto::types::TtlError;

use crate::peer::connected;

fn argument(result: Result<impl std::fmt::Debug, Error>) -> ArgumentError {
    match result.unwrap_err() {
        Error::NotSent(not_sent) => match not_sent.reason() {
            NotSentReason::Argument(error) => error.clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn bad_paths_are_not_sent() {
    let (client, _peer, mut line) = connected().await;
    let trailing = ArgumentError::Path(PathError::TrailingSlash);
    assert_eq!(argument(client.get_data("/a/").await), trailing);
    assert_eq!(argument(client.exists_and_watch("/a/").await), trailing);
    assert_eq!(argument(client.add_watch("/a/", AddWatchMode::Persistent).await), trailing);
    assert_eq!(argument(client.create("/a/", (), CreateMode::Persistent).await), trailing);
    let failed = client.delete_recursive("/a/").await;
    assert_eq!(argument(failed.map_err(Error::from)), trailing);
    let relative = ArgumentError::Path(PathError::NotAbsolute('a'));
    assert_eq!(argument(client.set_data("a", (), Version::Any).await), relative);
    let system = ArgumentError::Path(PathError::System);
    assert_eq!(argument(client.delete("/zookeeper", Version::Any).await), system);
    let failed = client.delete_recursive("/").await;
    assert_eq!(argument(failed.map_err(Error::from)), system);
    let error = client.get_data("/a//b").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "getData of /a//b was not sent: the path has an empty component at byte 3"
    );

    // The server has seen nothing of all that.
    drop(client);
    assert_eq!(line.asked().await.request.opcode(), zookit_proto::OpCode::CloseSession);
}

#[tokio::test(start_paused = true)]
async fn a_request_over_the_limit_of_servers_is_not_sent() {
    let (client, _peer, _line) = connected().await;
    let error = client.create("/x", vec![0; 2_097_152], CreateMode::Persistent).await.unwrap_err();
    let bytes = 8 + (4 + 2) + (4 + 2_097_152) + (4 + 4 + 4 + 5 + 4 + 6) + 4;
    assert_eq!(bytes, 2_097_201);
    assert_eq!(
        error.to_string(),
        "create of /x is 2,097,201 bytes; the server's jute.maxbuffer is probably 1,048,575"
    );
    assert!(!error.may_have_applied());
}

#[tokio::test(start_paused = true)]
async fn versions_acls_and_times_to_live_have_their_bounds() {
    let (client, _peer, _line) = connected().await;
    let any = ArgumentError::AnyVersion;
    assert_eq!(argument(client.delete("/a", Version::Exactly(-1)).await), any);
    assert_eq!(argument(client.set_data("/a", (), Version::Exactly(-1)).await), any);
    assert_eq!(argument(client.set_acl("/a", vec![], Version::Any).await), ArgumentError::EmptyAcl);
    let open = || vec![Acl::world(Perms::ALL)];
    assert_eq!(argument(client.set_acl("/a", open(), Version::Exactly(-1)).await), any);

    let create = |mode, ttl| {
        client.create("/a", (), CreateOptions { mode, ttl, ..CreateOptions::default() })
    };
    let (plain, with_ttl) = (CreateMode::Persistent, CreateMode::PersistentWithTtl);
    let second = Some(Duration::from_secs(1));
    assert_eq!(argument(create(with_ttl, None).await), ArgumentError::TtlMissing(with_ttl));
    assert_eq!(argument(create(plain, second).await), ArgumentError::TtlUnused(plain));
    let zero = ArgumentError::Ttl(TtlError(0));
    assert_eq!(argument(create(with_ttl, Some(Duration::ZERO)).await), zero);
    let unknown = CreateMode::Unknown(9);
    assert_eq!(argument(create(unknown, None).await), ArgumentError::UnknownMode(unknown));
    let no_acl = CreateOptions { acl: vec![], ..CreateOptions::default() };
    assert_eq!(argument(client.create("/a", (), no_acl).await), ArgumentError::EmptyAcl);
    let mode = AddWatchMode::Unknown(2);
    assert_eq!(argument(client.add_watch("/a", mode).await), ArgumentError::UnknownWatchMode(mode));
}

#[tokio::test(start_paused = true)]
async fn of_a_transaction_the_bad_operation_is_named() {
    let (client, _peer, _line) = connected().await;
    let transaction =
        Transaction::new().delete("/a", Version::Any).set_data("/b/", (), Version::Any);
    let error = client.multi(transaction).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "multi was not sent: operation 1, setData of /b/: the path ends with '/'"
    );
}
