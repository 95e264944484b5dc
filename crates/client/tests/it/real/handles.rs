//! Sessions handed over and pinned, fences, batches and reservations on a real server.

use zookit_client::{
    BatchValue, Client, ConnectOptions, CreateMode, Generation, Identity, Limits, NodeData, State,
    Version,
};

use super::{Place, on_each_server};

async fn resume(place: &Place, identity: Identity) -> Client {
    let options = ConnectOptions { resume: Some(identity), ..place.server.options() };
    place.client_with(options).await
}

#[test]
fn an_exported_session_goes_on_elsewhere_with_its_ephemerals() {
    on_each_server("export", |place| async move {
        let client = place.client().await;
        let session = client.session_id();
        client.create("/e", "x", CreateMode::Ephemeral).await.unwrap();
        let (zxid, identity) = (client.zxid(), client.export().await.unwrap());
        assert_eq!((identity.session, identity.zxid), (session, zxid));
        let client = resume(&place, identity).await;
        assert_eq!((client.session_id(), client.generation()), (session, Generation(1)));
        let stat = client.exists("/e").await.unwrap().unwrap();
        assert_eq!(stat.ephemeral_owner, session);
        client.close().await.unwrap();
        let other = place.client().await;
        assert_eq!(other.exists("/e").await.unwrap(), None, "a close still closes it");
        other.close().await.unwrap();
    });
}

/// The session is closed by somebody else who has it: the client learns that it is gone.
#[test]
fn a_pinned_handle_ends_with_a_session_that_a_server_ends() {
    on_each_server("pinned", |place| async move {
        let identity = place.client().await.export().await.unwrap();
        let client = resume(&place, identity.clone()).await;
        let session = client.session();
        session.create("/e", (), CreateMode::Ephemeral).await.unwrap();
        let mut states = client.states();
        resume(&place, identity).await.close().await.unwrap();
        while client.generation() == Generation(1) || client.state() != State::Connected {
            states.next().await.unwrap();
        }
        let lost = session.create("/f", (), CreateMode::Ephemeral).await.unwrap_err();
        assert!(lost.is_session_lost(), "{lost}");
        assert!(session.exists("/e").await.unwrap_err().is_session_lost());
        assert_eq!(client.exists("/e").await.unwrap(), None);
        client.session().create("/f", (), CreateMode::Ephemeral).await.unwrap();
        client.close().await.unwrap();
    });
}

#[test]
fn a_fence_takes_the_next_number_and_shows_what_came_before() {
    on_each_server("fence", |place| async move {
        let (client, other) = (place.client().await, place.client().await);
        client.create("/a", "0", CreateMode::Persistent).await.unwrap();
        let fence = client.fence().await.unwrap();
        assert_eq!(fence, client.zxid());
        let node = client.get_data("/a").await.unwrap();
        assert!(node.stat.mzxid < fence && client.zxid() >= fence);
        for data in ["1", "2", "3"] {
            other.set_data("/a", data, Version::Any).await.unwrap();
            let read = client.linearizable_read(|client| client.get_data("/a")).await.unwrap();
            assert_eq!(read.data.unwrap(), data);
        }
        client.close().await.unwrap();
        other.close().await.unwrap();
    });
}

#[test]
fn a_batch_answers_each_of_its_requests() {
    on_each_server("batch", |place| async move {
        let client = place.client().await;
        let mut batch = client.batch::<BatchValue>();
        for index in 0..300 {
            batch.create(&format!("/n{index}"), index.to_string(), CreateMode::Ephemeral);
        }
        batch.get_child_names("/").delete("/none", Version::Any).exists("/none").sync("/");
        let mut results = batch.submit().await;
        let rest = results.split_off(300);
        assert!(results.iter().all(|result| matches!(result, Ok(BatchValue::Created(_)))));
        let [Ok(BatchValue::Names(names)), Err(refused), Ok(absent), Ok(synced)] = &rest[..] else {
            panic!("{rest:?}")
        };
        assert_eq!(names.len(), 300);
        assert!(refused.is_no_node());
        assert_eq!((absent, synced), (&BatchValue::Exists(None), &BatchValue::Done));

        let mut batch = client.batch();
        for index in 0..300 {
            batch.get_data(&format!("/n{index}"));
        }
        let nodes: Vec<_> = batch.submit().await;
        for (index, node) in nodes.into_iter().enumerate() {
            let node: NodeData = node.unwrap();
            assert_eq!(node.data.unwrap(), index.to_string());
        }
        client.close().await.unwrap();
    });
}

#[test]
fn reservations_keep_many_tasks_within_the_bound() {
    on_each_server("reserve", |place| async move {
        let limits = Limits { max_requests: 8, ..Limits::default() };
        let options = ConnectOptions { limits, ..place.server.options() };
        let client = place.client_with(options).await;
        client.create("/a", "x", CreateMode::Persistent).await.unwrap();
        let tasks: Vec<_> = (1..=40)
            .map(|task| {
                let client = client.clone();
                tokio::spawn(async move {
                    let room = client.reserve(task % 8 + 1).await.unwrap();
                    let mut batch = room.batch::<NodeData>();
                    for _ in 0..room.left() {
                        batch.get_data("/a");
                    }
                    let results = batch.submit().await;
                    assert!(results.iter().all(Result::is_ok), "{results:?}");
                    results.len() as u64
                })
            })
            .collect();
        let mut read = 0;
        for task in tasks {
            read += task.await.unwrap();
        }
        assert_eq!(read, 5 * (1..=8).sum::<u64>());
        let stats = client.stats();
        assert_eq!((stats.requests.answered, stats.requests.not_sent), (read + 1, 0), "{stats:?}");
        client.close().await.unwrap();
    });
}
