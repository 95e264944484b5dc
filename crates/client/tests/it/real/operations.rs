//! Each operation, as a real server answers it.

use std::time::Duration;

use bytes::Bytes;
use zookit_client::{
    Acl, CreateMode, CreateOptions, Data, Error, MultiOutcome, Perms, SessionId, Transaction,
    Version,
};

use super::on_each_server;

#[test]
fn every_mode_creates_its_znode() {
    on_each_server("modes", |place| async move {
        let client = place.client().await;
        let owner = client.session_id();
        for (mode, path, got, owner) in [
            (CreateMode::Persistent, "/p", "/p", SessionId::NONE),
            (CreateMode::Ephemeral, "/e", "/e", owner),
            (CreateMode::PersistentSequential, "/ps-", "/ps-0000000002", SessionId::NONE),
            (CreateMode::EphemeralSequential, "/es-", "/es-0000000003", owner),
        ] {
            let created = client.create(path, "x", mode).await.unwrap();
            assert_eq!(created.path, got);
            let stat = client.exists(got).await.unwrap().unwrap();
            assert_eq!((stat.ephemeral_owner, stat.data_length), (owner, 1), "{mode}");
            assert_eq!(created.stat, Some(stat).filter(|_| place.tells_stats()));
        }
        client.close().await.unwrap();
    });
}

#[test]
fn containers_and_times_to_live_are_of_3_5() {
    on_each_server("extended", |place| async move {
        let client = place.client().await;
        let container = client.create("/c", (), CreateMode::Container).await;
        if !place.is_at_least([3, 5, 3]) {
            let error = container.unwrap_err();
            assert!(error.is_unimplemented(), "{error}");
            client.wait_connected().await.unwrap();
            client.close().await.unwrap();
            return;
        }
        assert_eq!(container.unwrap().stat.unwrap().ephemeral_owner, SessionId::NONE);
        let under = client.create("/c/", (), CreateMode::PersistentSequential).await.unwrap();
        assert_eq!(under.path, "/c/0000000000");
        let ttl = Some(Duration::from_secs(3600));
        for (mode, path, got) in [
            (CreateMode::PersistentWithTtl, "/t", "/t"),
            (CreateMode::PersistentSequentialWithTtl, "/ts-", "/ts-0000000002"),
        ] {
            let options = CreateOptions { ttl, ..mode.into() };
            assert_eq!(client.create(path, (), options).await.unwrap().path, got);
        }
        client.close().await.unwrap();
    });
}

#[test]
fn null_data_is_not_empty_data() {
    on_each_server("null", |place| async move {
        let client = place.client().await;
        client.create("/null", Data::NULL, CreateMode::Persistent).await.unwrap();
        client.create("/empty", (), CreateMode::Persistent).await.unwrap();
        assert_eq!(client.get_data("/null").await.unwrap().data, None);
        assert_eq!(client.get_data("/empty").await.unwrap().data, Some(Bytes::new()));
        client.close().await.unwrap();
    });
}

#[test]
fn versions_guard_writes() {
    on_each_server("versions", |place| async move {
        let client = place.client().await;
        client.create("/a", "0", CreateMode::Persistent).await.unwrap();
        let stat = client.set_data("/a", "1", Version::Exactly(0)).await.unwrap();
        assert_eq!((stat.version, stat.mzxid), (1, client.zxid()));
        let late = client.set_data("/a", "2", Version::Exactly(0)).await.unwrap_err();
        assert!(late.is_bad_version(), "{late}");
        assert!(client.delete("/a", Version::Exactly(0)).await.unwrap_err().is_bad_version());
        assert_eq!(client.get_data("/a").await.unwrap().data.unwrap(), "1");
        client.set_data("/a", "3", Version::Any).await.unwrap();
        client.delete("/a", Version::Exactly(2)).await.unwrap();
        let gone = client.get_data("/a").await.unwrap_err();
        assert!(gone.is_no_node(), "{gone}");
        client.close().await.unwrap();
    });
}

#[test]
fn refusals_have_their_codes() {
    on_each_server("refusals", |place| async move {
        let client = place.client().await;
        client.create("/a", (), CreateMode::Persistent).await.unwrap();
        client.create("/a/b", (), CreateMode::Ephemeral).await.unwrap();
        let error = client.create("/a", (), CreateMode::Persistent).await.unwrap_err();
        assert!(error.is_node_exists(), "{error}");
        let error = client.create("/x/y", (), CreateMode::Persistent).await.unwrap_err();
        assert!(error.is_no_node(), "{error}");
        let error = client.create("/a/b/c", (), CreateMode::Persistent).await.unwrap_err();
        assert!(error.is_no_children_for_ephemerals(), "{error}");
        let error = client.delete("/a", Version::Any).await.unwrap_err();
        assert!(error.is_not_empty(), "{error}");
        let acl = vec![Acl::new(Perms::ALL, "no-such-scheme", "x")];
        let error = client.set_acl("/a", acl, Version::Any).await.unwrap_err();
        assert!(error.is_invalid_acl(), "{error}");
        client.close().await.unwrap();
    });
}

#[test]
fn children_come_with_their_parents_stat() {
    on_each_server("children", |place| async move {
        let client = place.client().await;
        let answers =
            ["/b", "/a", "/ü"].map(|path| client.create(path, (), CreateMode::Persistent));
        for answer in answers {
            answer.await.unwrap();
        }
        let mut children = client.get_children("/").await.unwrap();
        children.names.sort();
        assert_eq!(children.names, ["a", "b", "ü"]);
        assert_eq!(children.stat.num_children, 3);
        client.sync("/").await.unwrap();
        client.close().await.unwrap();
    });
}

#[test]
fn an_identity_opens_what_its_acl_closes() {
    on_each_server("auth", |place| async move {
        let (client, stranger) = (place.client().await, place.client().await);
        let authenticated = client.add_auth("digest", "user:password");
        let acl = vec![Acl::auth(Perms::ALL)];
        let mine = CreateOptions { acl, ..CreateOptions::default() };
        client.create("/mine", "x", mine).await.unwrap();
        authenticated.await.unwrap();
        let error = stranger.get_data("/mine").await.unwrap_err();
        assert!(error.is_no_auth(), "{error}");
        stranger.add_auth("digest", "user:password").await.unwrap();
        assert_eq!(stranger.get_data("/mine").await.unwrap().data.unwrap(), "x");

        let node = client.get_acl("/mine").await.unwrap();
        assert_eq!(node.acl, [Acl::digest(Perms::ALL, "user", "password")]);
        let open = vec![Acl::world(Perms::ALL)];
        let stat = client.set_acl("/mine", open, Version::Exactly(0)).await.unwrap();
        assert_eq!(stat.aversion, 1);
        client.close().await.unwrap();
        stranger.close().await.unwrap();
    });
}

#[test]
fn a_multi_does_all_or_nothing() {
    on_each_server("multi", |place| async move {
        let client = place.client().await;
        let has_containers = place.is_at_least([3, 5, 3]);
        let mode = if has_containers { CreateMode::Container } else { CreateMode::Ephemeral };
        let all = Transaction::new()
            .create("/a", "0", CreateMode::Persistent)
            .create("/s-", (), CreateMode::EphemeralSequential)
            .create("/c", (), mode)
            .set_data("/a", "1", Version::Exactly(0))
            .check("/a", Version::Exactly(1))
            .delete("/c", Version::Any);
        let outcomes = client.multi(all).await.unwrap();
        let [created, numbered, container, set, checked, deleted] = &outcomes[..] else {
            panic!("{outcomes:?}")
        };
        let path = |outcome: &MultiOutcome| match outcome {
            MultiOutcome::Created(created) => (created.path.clone(), created.stat),
            other => panic!("{other:?}"),
        };
        assert_eq!(path(created).0, "/a");
        assert_eq!(path(numbered).0, "/s-0000000001");
        assert_eq!(path(container).0, "/c");
        let tells_stats = place.is_at_least([3, 9, 0])
            || place.is_at_least([3, 8, 2])
            || (place.is_at_least([3, 7, 2]) && !place.is_at_least([3, 8, 0]));
        assert_eq!(path(created).1.is_some(), tells_stats, "{outcomes:?}");
        let MultiOutcome::DataSet(stat) = set else { panic!("{set:?}") };
        assert_eq!((stat.version, stat.mzxid), (1, stat.czxid), "one transaction, one zxid");
        assert_eq!((checked, deleted), (&MultiOutcome::Checked, &MultiOutcome::Deleted));

        let nothing = Transaction::new()
            .set_data("/a", "2", Version::Any)
            .delete("/no", Version::Any)
            .delete("/a", Version::Any);
        let error = client.multi(nothing).await.unwrap_err();
        assert!(error.is_no_node() && error.path() == Some("/no"), "{error}");
        assert_eq!(client.get_data("/a").await.unwrap().data.unwrap(), "1");

        let before = client.zxid();
        assert_eq!(client.multi(Transaction::new()).await.unwrap(), []);
        assert!(client.zxid() > before, "an empty one takes a number");
        client.close().await.unwrap();
    });
}

#[test]
fn the_largest_request_is_taken_and_a_larger_one_not_sent() {
    on_each_server("size", |place| async move {
        let client = place.client().await;
        client.create("/a", (), CreateMode::Persistent).await.unwrap();
        // Header, path, length of the data, version.
        let path = client.chroot().unwrap().len() + "/a".len();
        let largest = 0xf_ffff - (8 + 4 + path + 4 + 4);
        let stat = client.set_data("/a", vec![1; largest], Version::Any).await.unwrap();
        assert_eq!(stat.data_length as usize, largest);
        assert_eq!(client.get_data("/a").await.unwrap().data.unwrap(), vec![1; largest]);
        let error = client.set_data("/a", vec![1; largest + 1], Version::Any).await.unwrap_err();
        assert!(matches!(error, Error::NotSent(_)), "{error}");
        assert!(error.to_string().contains("is 1,048,576 bytes"), "{error}");
        client.close().await.unwrap();
    });
}
