//! The rarer operations, as each version answers them: with a value, or with a clear refusal.

use std::time::Duration;

use zookit_client::{
    Acl, Answer, CreateMode, CreateOptions, Error, ErrorCode, MultiOutcome, MultiRead,
    MultiReadOutcome, Perms, Reconfig, SessionId, Transaction, Version,
};

use super::{Place, on_each_server};

/// The value, where the server is new enough; where it is not, `Unimplemented`, once from the
/// server and from then on from the client, which remembers.
async fn since<T: std::fmt::Debug>(
    place: &Place,
    version: [u32; 3],
    ask: impl Fn() -> Answer<T>,
) -> Option<T> {
    if place.is_at_least(version) {
        return Some(ask().await.unwrap());
    }
    let refused = ask().await.unwrap_err();
    assert!(refused.is_unimplemented() && !refused.is_transient(), "{refused}");
    let known = ask().await.unwrap_err();
    assert!(matches!(known, Error::NotSent(_)) && !known.is_transient(), "{known}");
    assert!(known.is_unimplemented(), "{known}");
    None
}

#[test]
fn znodes_are_counted_and_listed() {
    on_each_server("census", |place| async move {
        let client = place.client().await;
        client.create_with_parents("/a/b/c", (), CreateMode::Persistent).await.unwrap();
        client.create("/a/e", (), CreateMode::Ephemeral).await.unwrap();
        client.create("/f", (), CreateMode::Ephemeral).await.unwrap();
        let mut names = client.get_child_names("/a").await.unwrap();
        names.sort();
        assert_eq!(names, ["b", "e"]);
        if let Some(number) = since(&place, [3, 6, 0], || client.all_children_number("/")).await {
            assert_eq!(number, 5);
            assert_eq!(client.all_children_number("/a/b").await.unwrap(), 1);
            assert!(client.all_children_number("/no").await.unwrap_err().is_no_node());
        }
        if let Some(mut all) = since(&place, [3, 6, 0], || client.ephemerals("/")).await {
            all.sort();
            assert_eq!(all, ["/a/e", "/f"]);
            assert_eq!(client.ephemerals("/a").await.unwrap(), ["/a/e"]);
            assert_eq!(client.ephemerals("/a/").await.unwrap(), ["/a/e"]);
            assert!(client.ephemerals("/b").await.unwrap().is_empty());
        }
        client.close().await.unwrap();
    });
}

#[test]
fn reads_of_a_multi_read_fail_alone() {
    on_each_server("multi-read", |place| async move {
        let client = place.client().await;
        client.create("/a", "x", CreateMode::Persistent).await.unwrap();
        client.add_auth("digest", "user:password").await.unwrap();
        let acl = vec![Acl::digest(Perms::ALL, "user", "password")];
        client.create("/secret", "y", CreateOptions { acl, ..Default::default() }).await.unwrap();
        let stranger = place.client().await;
        let reads = || {
            let reads = MultiRead::new().get_data("/a").get_data("/no").get_data("/secret");
            stranger.multi_read(reads.get_child_names("/"))
        };
        if let Some(outcomes) = since(&place, [3, 6, 0], reads).await {
            let [Ok(MultiReadOutcome::Data(a)), Err(no), Err(secret), Ok(names)] = &outcomes[..]
            else {
                panic!("{outcomes:?}")
            };
            assert_eq!(a.data.as_ref().unwrap(), "x");
            assert!(no.is_no_node() && no.path() == Some("/no"), "{no}");
            assert!(secret.is_no_auth(), "{secret}");
            let MultiReadOutcome::ChildNames(names) = names else { panic!("{names:?}") };
            assert_eq!(names.len(), 2);
            let none = stranger.multi_read(MultiRead::new()).await.unwrap();
            assert!(none.is_empty());
        }
        stranger.close().await.unwrap();
        client.delete("/secret", Version::Any).await.unwrap();
        client.close().await.unwrap();
    });
}

#[test]
fn a_server_knows_who_asks() {
    on_each_server("who-am-i", |place| async move {
        let client = place.client().await;
        client.add_auth("digest", "user:password").await.unwrap();
        if let Some(ids) = since(&place, [3, 7, 0], || client.who_am_i()).await {
            let is =
                |scheme: &str, id: &str| ids.iter().any(|one| one.scheme == scheme && one.id == id);
            assert!(is("ip", "127.0.0.1") && is("digest", "user"), "{ids:?}");
        }
        client.close().await.unwrap();
    });
}

#[test]
fn a_standalone_server_has_a_configuration_and_does_not_change_it() {
    on_each_server("config", |place| async move {
        let client = place.client().await;
        let config = client.get_config_and_watch().await;
        if place.is_at_least([3, 5, 0]) {
            let (config, watch) = config.unwrap();
            assert_eq!((config.members, config.version), (vec![], 0));
            drop(watch);
        } else {
            assert!(config.unwrap_err().is_no_node());
        }
        let member = "server.2=127.0.0.1:1:2:participant;3".parse().unwrap();
        let refused = client.reconfig(Reconfig::incremental().joining(member)).await.unwrap_err();
        assert!(!refused.may_have_applied(), "{refused}");
        let codes = [ErrorCode::Unimplemented, ErrorCode::ReconfigDisabled, ErrorCode::NoAuth];
        assert!(codes.contains(&refused.code().unwrap()), "{refused}");
        client.close().await.unwrap();
    });
}

#[test]
fn a_transaction_creates_in_every_mode_the_server_has() {
    on_each_server("multi-modes", |place| async move {
        let client = place.client().await;
        let plain = [
            CreateMode::Persistent,
            CreateMode::Ephemeral,
            CreateMode::PersistentSequential,
            CreateMode::EphemeralSequential,
        ];
        let extended = [
            CreateMode::Container,
            CreateMode::PersistentWithTtl,
            CreateMode::PersistentSequentialWithTtl,
        ];
        let modes: Vec<_> = if place.is_at_least([3, 5, 3]) {
            plain.into_iter().chain(extended).collect()
        } else {
            plain.to_vec()
        };
        let paths: Vec<_> = (0..modes.len()).map(|index| format!("/n{index}-")).collect();
        let all = modes.iter().zip(&paths).fold(Transaction::new(), |all, (mode, path)| {
            let ttl = mode.has_ttl().then(|| Duration::from_secs(3600));
            all.create(path, (), CreateOptions { ttl, ..(*mode).into() })
        });
        let outcomes = client.multi(all).await.unwrap();
        for ((mode, path), outcome) in modes.iter().zip(&paths).zip(outcomes) {
            let MultiOutcome::Created(created) = outcome else { panic!("{mode}: {outcome:?}") };
            assert_eq!(created.path.len() - path.len(), if mode.is_sequential() { 10 } else { 0 });
            let stat = client.exists(&created.path).await.unwrap().unwrap();
            let owner = if mode.is_ephemeral() { client.session_id() } else { SessionId::NONE };
            assert_eq!(stat.ephemeral_owner, owner, "{mode}");
        }
        client.close().await.unwrap();
    });
}

#[test]
fn a_recursive_delete_that_fails_says_how_far_it_came() {
    on_each_server("halfway", |place| async move {
        let client = place.client().await;
        client.create("/t", (), CreateMode::Persistent).await.unwrap();
        // Two of them fill a batch: the walk is deep in the tree when it meets what it may not read.
        client.add_auth("digest", "user:password").await.unwrap();
        for name in ["a", "b", "c", "d"] {
            let path = format!("/t/{}", name.repeat(70_000));
            client.create(&path, (), CreateMode::Persistent).await.unwrap();
        }
        let kept = Perms::CREATE | Perms::READ;
        client.set_acl("/t", vec![Acl::world(Perms::ALL)], Version::Any).await.unwrap();
        let stranger = place.client().await;
        // What may not be deleted is one child of a znode that does not allow it.
        let acl = vec![Acl::world(kept), Acl::auth(Perms::ALL)];
        let keeper = format!("/t/{}", "e".repeat(70_000));
        client.create(&keeper, (), CreateOptions { acl, ..Default::default() }).await.unwrap();
        client.create(&format!("{keeper}/kept"), (), CreateMode::Persistent).await.unwrap();
        let failed = stranger.delete_recursive("/t").await.unwrap_err();
        assert!(failed.error.is_no_auth(), "{failed:?}");
        let left = client.get_child_names("/t").await.unwrap().len() as u64;
        assert_eq!(failed.deleted, 5 - left);
        // What the stranger may not do its owner may.
        assert_eq!(client.delete_recursive("/t").await.unwrap(), left + 2);
        stranger.close().await.unwrap();
        client.close().await.unwrap();
    });
}
