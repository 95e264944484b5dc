//! An example that fails or does not end is noticed.

use std::future::pending;
use std::panic::catch_unwind;
use std::time::Duration;

use zookit_client::{AddWatchMode, EventType, WatchNotice, blocking::Client};

use super::{on_a_server, with_client};

/// What a panic says.
fn panic_of(run: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let panic = catch_unwind(run).expect_err("it is to panic");
    panic.downcast_ref::<String>().cloned().expect("a formatted message")
}

#[test]
fn an_example_that_fails_fails() {
    let message = panic_of(|| {
        with_client(async |client: zookit_client::Client| {
            client.delete_recursive("/absent").await.map(drop)
        });
    });
    assert!(message.starts_with("the example failed: "), "{message}");
    assert!(message.contains("/absent"), "{message}");
}

#[test]
fn an_example_that_does_not_end_fails() {
    let message = panic_of(|| {
        on_a_server(Duration::from_millis(200), || {
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            runtime.expect("a runtime").block_on(pending::<()>());
        });
    });
    assert_eq!(message, "the example has not ended within 200ms");
}

#[test]
fn others_change_what_is_watched_whatever_the_watch() {
    super::blocking::with_client(|client: Client| -> Result<(), zookit_client::Error> {
        let (_, mut created) = client.exists_and_watch("/ready")?;
        assert_eq!(created.wait().map(|event| event.event_type), Ok(EventType::NodeCreated));
        let (_, mut changed) = client.get_data_and_watch("/config")?;
        assert_eq!(changed.wait().map(|event| event.event_type), Ok(EventType::NodeDataChanged));
        let (_, mut joined) = client.get_children_and_watch("/members")?;
        assert_eq!(joined.wait().map(|event| event.event_type), Ok(EventType::NodeChildrenChanged));
        let mut watch = client.add_watch("/app", AddWatchMode::Persistent)?;
        assert!(matches!(watch.next(), Some(WatchNotice::Event(_))));
        Ok(())
    });
}
