//! Operations of many requests: parents, whole trees, and many requests at once.

use zookit_client::{CreateMode, Version};

use super::on_each_server;

#[test]
fn missing_parents_are_created_and_others_left_alone() {
    on_each_server("parents", |place| async move {
        let client = place.client().await;
        client.create("/a", "kept", CreateMode::Persistent).await.unwrap();
        let mode = CreateMode::PersistentSequential;
        let deep = client.create_with_parents("/a/b/c/d-", "x", mode).await.unwrap();
        assert_eq!(deep.path, "/a/b/c/d-0000000000");
        assert_eq!(client.get_data("/a").await.unwrap().data.unwrap(), "kept");
        assert_eq!(client.get_data("/a/b").await.unwrap().data.unwrap(), "");
        let again = client.create_with_parents("/a/b", (), CreateMode::Persistent).await;
        assert!(again.unwrap_err().is_node_exists());
        if !place.is_at_least([3, 5, 3]) {
            return client.close().await.unwrap();
        }
        let mode = CreateMode::EphemeralSequential;
        let lock = client.create_with_container_parents("/l/k/lock-", (), mode).await.unwrap();
        assert_eq!(lock.path, "/l/k/lock-0000000000");
        client.close().await.unwrap();
    });
}

#[test]
fn a_tree_is_deleted_in_batches() {
    on_each_server("tree", |place| async move {
        let client = place.client().await;
        // Long names: more than one batch of bytes.
        let name = "n".repeat(100);
        client.create("/t", (), CreateMode::Persistent).await.unwrap();
        let mut answers = Vec::new();
        for i in 0..30 {
            answers.push(client.create(&format!("/t/{i}"), (), CreateMode::Persistent));
            for j in 0..50 {
                let path = format!("/t/{i}/{name}{j}");
                answers.push(client.create(&path, (), CreateMode::Persistent));
            }
        }
        let mut deep = String::from("/t/deep");
        for _ in 0..40 {
            answers.push(client.create(&deep, (), CreateMode::Persistent));
            deep.push_str("/d");
        }
        let count = answers.len() as u64 + 1;
        for answer in answers {
            answer.await.unwrap();
        }
        assert_eq!(client.delete_recursive("/t").await.unwrap(), count);
        assert_eq!(client.exists("/t").await.unwrap(), None);
        let gone = client.delete_recursive("/t").await.unwrap_err();
        assert!(gone.deleted == 0 && gone.error.is_no_node(), "{gone}");
        client.close().await.unwrap();
    });
}

#[test]
fn a_tree_is_deleted_while_others_add_to_it_and_take_from_it() {
    on_each_server("contended", |place| async move {
        let (client, other) = (place.client().await, place.client().await);
        client.create("/t", (), CreateMode::Persistent).await.unwrap();
        let mut answers = Vec::new();
        for i in 0..100 {
            answers.push(client.create(&format!("/t/{i}"), (), CreateMode::Persistent));
        }
        for answer in answers {
            answer.await.unwrap();
        }
        // Between the listing and the batch: what is awaited here runs while the walk does.
        let meddling = async {
            for i in 0..20 {
                let _ = other.delete(&format!("/t/{i}"), Version::Any).await;
                let new = format!("/t/{}/new", i + 50);
                let _ = other.create(&new, (), CreateMode::Persistent).await;
            }
        };
        let (deleted, ()) = tokio::join!(client.delete_recursive("/t"), meddling);
        assert!((80..=120).contains(&deleted.unwrap()));
        assert_eq!(client.exists("/t").await.unwrap(), None);
        client.close().await.unwrap();
        other.close().await.unwrap();
    });
}

#[test]
fn thousands_of_requests_in_flight_keep_their_order() {
    on_each_server("pipeline", |place| async move {
        let client = place.client().await;
        client.create("/a", (), CreateMode::Persistent).await.unwrap();
        let sets: Vec<_> =
            (0..5000).map(|i| client.set_data("/a", i.to_string(), Version::Exactly(i))).collect();
        let read = client.get_data("/a");
        for (set, version) in sets.into_iter().zip(1..) {
            assert_eq!(set.await.unwrap().version, version);
        }
        assert_eq!(read.await.unwrap().data.unwrap(), "4999");
        client.close().await.unwrap();
    });
}
