//! The blocking twin on real servers.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use zookit_client::admin::AskOptions;
use zookit_client::blocking::{Client, TimedOut, admin};
use zookit_client::{
    AddWatchMode, BatchValue, ConnectOptions, ConnectString, CreateMode, EventType, SessionId,
    Transaction, Version, WatchNotice,
};

use super::{Place, on_each_server};

const LONG: Duration = Duration::from_secs(60);

/// Runs a test on a thread of its own, where it may block.
async fn program(test: impl FnOnce() + Send + 'static) {
    tokio::task::spawn_blocking(test).await.unwrap();
}

impl Place {
    fn blocking(&self) -> Client {
        Client::connect_with(self.connect_string(), self.server.options()).unwrap()
    }
}

#[test]
fn a_program_without_a_runtime_lives_a_whole_life() {
    on_each_server("blocking", |place| {
        program(move || {
            let client = place.blocking();
            client.create("/a", "0", CreateMode::Persistent).unwrap();
            client.create_with_parents("/b/c/d", "deep", CreateMode::Persistent).unwrap();
            let me = client.create("/a/", (), CreateMode::EphemeralSequential).unwrap();
            let owner = client.exists(&me.path).unwrap().unwrap().ephemeral_owner;
            assert_eq!(owner, client.session_id());

            let (node, mut changed) = client.get_data_and_watch("/a").unwrap();
            assert_eq!(changed.wait_timeout(Duration::ZERO), Err(TimedOut));
            client.set_data("/a", "1", Version::Exactly(node.stat.version)).unwrap();
            // Told before the reply of the set.
            let event = changed.wait_timeout(Duration::ZERO).unwrap().unwrap();
            assert_eq!(event.event_type, EventType::NodeDataChanged);

            let swap = Transaction::new().check("/a", Version::Exactly(1)).create(
                "/e",
                (),
                CreateMode::Persistent,
            );
            assert_eq!(client.multi(swap).unwrap().len(), 2);
            client.fence().unwrap();
            let read = client.linearizable_read(|client| client.get_data("/a")).unwrap();
            assert_eq!(read.data.unwrap(), "1");
            let mut batch = client.batch::<BatchValue>();
            batch.exists("/b/c/d").get_child_names("/b").delete("/e", Version::Any);
            assert!(batch.submit().iter().all(Result::is_ok));
            // A batch is a handle too.
            drop(batch);
            assert_eq!(client.delete_recursive("/b").unwrap(), 3);
            client.delete_guaranteed("/b", Version::Any).unwrap_err();

            let other = place.blocking();
            drop(client);
            assert_eq!(
                other.get_child_names("/a").unwrap(),
                [""; 0],
                "the drop closed the session"
            );
            other.close().unwrap();
        })
    });
}

#[test]
fn many_threads_share_one_client() {
    on_each_server("threads", |place| {
        program(move || {
            let client = place.blocking();
            thread::scope(|scope| {
                for thread in 0..8 {
                    let client = client.clone();
                    scope.spawn(move || {
                        let paths: Vec<_> = (0..20).map(|i| format!("/{thread}-{i}")).collect();
                        let create = |path: &String| {
                            client.submit().create(path, path.as_str(), CreateMode::Persistent)
                        };
                        let created: Vec<_> = paths.iter().map(create).collect();
                        for (path, created) in paths.iter().zip(created) {
                            assert_eq!(created.wait().unwrap().path, *path);
                            assert_eq!(client.get_data(path).unwrap().data.unwrap(), path);
                        }
                    });
                }
            });
            assert_eq!(client.get_child_names("/").unwrap().len(), 160);
        })
    });
}

#[test]
fn a_persistent_watch_is_read_on_another_thread() {
    on_each_server("iterator", |place| {
        program(move || {
            let client = place.blocking();
            let mode = AddWatchMode::PersistentRecursive;
            if !place.has_persistent_watches() {
                assert!(client.add_watch("/", mode).unwrap_err().is_unimplemented());
                client.wait_connected_timeout(LONG).unwrap().unwrap();
                return;
            }
            let watch = client.add_watch("/", mode).unwrap();
            let reader = thread::spawn(move || {
                let created = watch.filter_map(|notice| match notice {
                    WatchNotice::Event(event) => Some(event.path),
                    _ => None,
                });
                created.collect::<BTreeSet<_>>()
            });
            for path in ["/a", "/b", "/c"] {
                client.create(path, (), CreateMode::Persistent).unwrap();
            }
            drop(client);
            let paths = reader.join().unwrap();
            assert_eq!(paths, ["/a", "/b", "/c"].map(String::from).into());
        })
    });
}

#[test]
fn a_server_is_asked_about_itself() {
    on_each_server("asked", |place| {
        program(move || {
            let servers: ConnectString = place.server.connect.parse().unwrap();
            let server = &servers.servers()[0];
            // Only `srvr` is on the whitelist of every version.
            let stats = admin::srvr(server, &AskOptions::default()).unwrap();
            assert_eq!(stats.release(), Some(place.server.version));
        })
    });
}

#[test]
fn a_session_is_exported_and_taken_up_again() {
    on_each_server("handover", |place| {
        program(move || {
            let client = place.blocking();
            let id = client.session_id();
            client.create("/mine", (), CreateMode::Ephemeral).unwrap();
            let identity = client.export().unwrap();
            let options = ConnectOptions { resume: Some(identity), ..place.server.options() };
            let client = Client::connect_with(place.connect_string(), options).unwrap();
            assert_ne!(id, SessionId::NONE);
            assert_eq!(client.session_id(), id);
            assert_eq!(client.exists("/mine").unwrap().unwrap().ephemeral_owner, id);
        })
    });
}
