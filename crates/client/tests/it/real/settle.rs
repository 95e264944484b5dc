//! Lost replies on a real server: once with the write applied, once with it never arrived.

use std::future::Future;
use std::sync::Arc;

use tokio::task::JoinHandle;
use zookit_client::{Client, CreateMode, Error, Owned, RetryPolicy, Stat, Version};

use super::lossy::Lossy;
use super::{Place, on_each_server};

/// Whether the write whose reply is lost reaches the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lost {
    Reply,
    Request,
}

const BOTH: [Lost; 2] = [Lost::Reply, Lost::Request];

/// Starts `write` on a client that loses it, and cuts the connection when it was applied or has
/// left: `applied` is awaited on another client.
async fn losing<T: Send + 'static>(
    place: &Place,
    lost: Lost,
    write: impl FnOnce(Client) -> JoinHandle<T>,
    applied: impl Future<Output = ()>,
) -> (Client, T) {
    let (client, lossy) = Lossy::client(place).await;
    match lost {
        Lost::Reply => lossy.deafen(),
        Lost::Request => lossy.mute(),
    }
    let writing = write(client.clone());
    match lost {
        Lost::Reply => applied.await,
        // The driver has written it when it is in flight.
        Lost::Request => {
            while client.stats().in_flight == 0 {
                tokio::task::yield_now().await;
            }
        }
    }
    lossy.cut();
    (client, writing.await.unwrap())
}

/// Asks again and again until it is so; the test's own patience bounds it.
async fn until<F: Future<Output = bool>>(mut so: impl FnMut() -> F) {
    while !so().await {}
}

#[test]
fn a_protected_create_stands_once_whatever_was_lost() {
    on_each_server("protected", |place| async move {
        let other = place.client().await;
        other.create("/lock", (), CreateMode::Persistent).await.unwrap();
        for mode in [CreateMode::EphemeralSequential, CreateMode::PersistentSequential] {
            for lost in BOTH {
                let write = |client: Client| {
                    tokio::spawn(
                        async move { client.create_protected("/lock/n-", "x", mode).await },
                    )
                };
                let applied =
                    until(|| async { !other.get_child_names("/lock").await.unwrap().is_empty() });
                let (client, created) = losing(&place, lost, write, applied).await;
                let created = created.unwrap();
                let names = client.get_child_names("/lock").await.unwrap();
                assert_eq!(names.len(), 1, "{lost:?}: {names:?}");
                assert_eq!(created.path, format!("/lock/{}", names[0]));
                let stat = client.exists(&created.path).await.unwrap().unwrap();
                if mode.is_ephemeral() {
                    assert_eq!(stat.ephemeral_owner, client.session_id());
                }
                client.delete_guaranteed(&created.path, Version::Any).await.unwrap();
                client.close().await.unwrap();
            }
        }
        other.close().await.unwrap();
    });
}

#[test]
fn an_owned_create_knows_its_owner_whatever_was_lost() {
    on_each_server("owned", |place| async move {
        let other = place.client().await;
        for lost in BOTH {
            let write = |client: Client| {
                let mode = CreateMode::Ephemeral;
                tokio::spawn(async move { client.create_owned("/leader", "x", mode).await })
            };
            let applied = until(|| async { other.exists("/leader").await.unwrap().is_some() });
            let (client, owned) = losing(&place, lost, write, applied).await;
            assert!(owned.unwrap().is_ours(), "{lost:?}");
            let theirs = other.create_owned("/leader", "y", CreateMode::Ephemeral).await.unwrap();
            let Owned::Theirs(stat) = theirs else { panic!("{theirs:?}") };
            assert_eq!(stat.ephemeral_owner, client.session_id());
            let again = client.create_owned("/leader", "z", CreateMode::Ephemeral).await.unwrap();
            assert!(again.is_ours(), "what one has one keeps");
            client.close().await.unwrap();
        }
        other.close().await.unwrap();
    });
}

#[test]
fn a_guarded_set_is_done_once_whatever_was_lost() {
    on_each_server("guarded", |place| async move {
        let other = place.client().await;
        other.create("/a", "0", CreateMode::Persistent).await.unwrap();
        for (version, lost) in [(0, Lost::Reply), (1, Lost::Request)] {
            let write = |client: Client| {
                tokio::spawn(async move { client.set_data_guarded("/a", "new", version).await })
            };
            let applied = until(|| async {
                other.exists("/a").await.unwrap().unwrap().version == version + 1
            });
            let (client, set) = losing(&place, lost, write, applied).await;
            let set: Result<Stat, Error> = set;
            assert_eq!(set.unwrap().version, version + 1, "{lost:?}");
            let node = client.get_data("/a").await.unwrap();
            assert_eq!((node.stat.version, node.data.unwrap()), (version + 1, "new".into()));
            let late = client.set_data_guarded("/a", "late", version).await.unwrap_err();
            assert!(late.is_bad_version(), "{late}");
            client.close().await.unwrap();
        }
        other.close().await.unwrap();
    });
}

#[test]
fn a_guaranteed_delete_is_done_though_nobody_waits_for_it() {
    on_each_server("guaranteed", |place| async move {
        let other = Arc::new(place.client().await);
        for lost in BOTH {
            other.create("/a", "0", CreateMode::Persistent).await.unwrap();
            let (client, lossy) = Lossy::client(&place).await;
            match lost {
                Lost::Reply => lossy.deafen(),
                Lost::Request => lossy.mute(),
            }
            drop(client.delete_guaranteed("/a", Version::Any));
            while client.stats().in_flight == 0 {
                tokio::task::yield_now().await;
            }
            lossy.cut();
            until(|| async { other.exists("/a").await.unwrap().is_none() }).await;
            let never = client.delete_guaranteed("/a", Version::Any).await.unwrap_err();
            assert!(never.is_no_node(), "{never}");
            client.close().await.unwrap();
        }
        other.close().await.unwrap();
    });
}

#[test]
fn a_retried_write_looks_first_behind_a_fence() {
    on_each_server("retried", |place| async move {
        let other = place.client().await;
        for (path, lost) in [("/a", Lost::Reply), ("/b", Lost::Request)] {
            let write = |client: Client| {
                tokio::spawn(async move {
                    let policy = RetryPolicy { lost_writes: true, ..RetryPolicy::default() };
                    let client = &client;
                    let create = |attempt: zookit_client::Attempt| async move {
                        if attempt.may_have_applied {
                            client.fence().await?;
                            if client.exists(path).await?.is_some() {
                                return Ok(attempt.number);
                            }
                        }
                        client.create(path, (), CreateMode::Persistent).await?;
                        Ok(attempt.number)
                    };
                    client.retry(policy, create).await
                })
            };
            let applied = until(|| async { other.exists(path).await.unwrap().is_some() });
            let (client, attempts) = losing(&place, lost, write, applied).await;
            assert_eq!(attempts.unwrap(), 2, "{lost:?}");
            assert!(client.exists(path).await.unwrap().is_some());
            client.close().await.unwrap();
        }
        other.close().await.unwrap();
    });
}
